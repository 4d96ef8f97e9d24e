#ifndef REPORTS_SVG_H
#define REPORTS_SVG_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * gnuplot's SVG made fit for a page: only elements and attributes that draw are let
 * through, so nothing in it can run or fetch; colours as #rrggbb for the style sheet to
 * turn (palette.h), ids made the page's own by `prefix`, the reader told by `title` what it
 * is. alone: a file of its own, with the style sheet inside. title is plain text.
 */
void svg_put(struct buf *out, const struct buf *raw, const char *prefix, const char *title,
             bool alone);

/* Text for XML and HTML: markup escaped, what is not allowed there replaced. */
void markup_put(struct buf *out, const char *text);

#endif
