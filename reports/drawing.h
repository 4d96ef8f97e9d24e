#ifndef REPORTS_DRAWING_H
#define REPORTS_DRAWING_H

#include "reports/plot.h"

/*
 * Runs as the page and the files show them: their cells in the order of the ranking, and
 * of each cell and of all together the plots.
 *
 *     struct book book = { .runs = runs, .n_runs = n };
 *     book_open(&book);
 *     book_draw(&book, PLOT_SVG, say, ctx);
 *     report_html(&out, &book);
 *     book_close(&book);
 */
struct book_run {
    const char *name; /* where it is; told apart by it where there are several */
    const struct run *run;
    const struct recorder *recorder;
    const struct summary *summary;
    const struct gather *gather;
};

struct drawing {
    const struct plot *plot;
    size_t subject;     /* of which it is; SIZE_MAX: of all */
    bool drawn;         /* else the caption says why not */
    char *caption;      /* plain text */
    char *trouble;      /* what gnuplot had to say for itself; NULL: nothing */
    struct buf picture; /* as gnuplot made it */
};

/* Of more cells than that none has plots of its own. */
enum { BOOK_DETAILS = 12 };

struct book {
    const struct book_run *runs; /* the caller's */
    size_t n_runs;
    struct subject *subjects;
    size_t n;
    struct drawing *drawings;
    size_t n_drawings;
    const char *trouble; /* of the first drawing that has any; NULL: none */
};

void book_open(struct book *b);
void book_close(struct book *b);

/* Makes the drawings, as many at once as there are cores; say, which may be NULL, is told
 * how far it is, by the calling thread. */
typedef void book_say(void *ctx, size_t done, size_t of);
void book_draw(struct book *b, enum plot_format format, book_say *say, void *ctx);

/* All that is to be drawn as the pages of one PDF. */
int book_print(struct book *b, struct buf *out, struct err *err);

/* "heat", "heat-2" where there are several subjects: the name of its file. */
void drawing_name(struct buf *out, const struct book *b, const struct drawing *d);

#endif
