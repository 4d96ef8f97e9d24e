#ifndef REPORTS_PALETTE_H
#define REPORTS_PALETTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * The colours of plots and pages, each with its counterpart on a dark ground. The eight of
 * Okabe and Ito, which the colour-blind tell apart, and one scale from little to much.
 * A plot is drawn in those of the light ground; a style sheet turns each into the other.
 */
struct colour {
    const char *name;  /* a variable of gnuplot, and --NAME of CSS */
    const char *light; /* #rrggbb, each once */
    const char *dark;
};

extern const struct colour palette[];
extern const size_t n_palette;

/* "name = '#rrggbb'" for gnuplot. */
void palette_put_gnuplot(struct buf *out);

/* "--name:#rrggbb;" for CSS. */
void palette_put_variables(struct buf *out, bool dark);

/* Rules that turn each colour of a plot into its counterpart. */
void palette_put_dark(struct buf *out);

#endif
