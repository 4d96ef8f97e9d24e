#ifndef DATA_JOURNAL_LINE_H
#define DATA_JOURNAL_LINE_H

#include "data/journal.h"

/* Room for what a line is read into; used again for every line. Zeroed is empty. */
struct line_reader {
    struct buf text;
    uint32_t *gaps; /* RECORD_MAX_GAPS of them */
};

void line_reader_free(struct line_reader *lr);

/*
 * One line without its LF into the sink; -1 where it is damaged or, with a run, names a
 * trial, phase or cell that the run does not have.
 */
int line_read(struct line_reader *lr, const char *p, size_t n, const struct run *run,
              const struct journal_sink *sink, struct err *err);

#endif
