#ifndef TESTS_EXPORTED_H
#define TESTS_EXPORTED_H

#include "exporters/exporter.h"

/*
 * What an exporter makes of a journal below tests/: all its chunks in *out, as they would
 * be found in a file. Settings as on the command line, "metric=ttft,cell=0"; NULL: none.
 * accept NULL: the file; else the page that is scraped behind the last entry, and *type
 * where it is not NULL.
 */
void exported(struct buf *out, const char *kind, const char *settings, const char *journal);
void exported_page(struct buf *out, const char *kind, const char *journal,
                   const char *accept, const char **type);

/* Compare with a golden file; TOKDYNO_GOLDEN=write makes it anew, for a person to look at.
 */
void expect_golden_file(const char *name, const struct buf *got);

#endif
