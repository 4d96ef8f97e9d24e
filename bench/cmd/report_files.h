#ifndef CMD_REPORT_FILES_H
#define CMD_REPORT_FILES_H

#include "base/err.h"
#include "reports/drawing.h"

/*
 * The formats of `report` that are files: how each is called, and how it is made of a book.
 * `out` is where to: a file or a folder, NULL: where the first run is. *where, of `size`
 * bytes, is what was written.
 */
struct report_format {
    const char *name; /* after --format */
    const char *help;
    bool gathers; /* looks at the course of a run, not at its summary alone */
    /* NULL: printed to stdout, each run for itself, by report.c */
    int (*write)(struct book *b, const char *home, const char *out, char *where,
                 size_t size, struct err *err);
};

extern const struct report_format report_formats[];
extern const size_t n_report_formats;

#endif
