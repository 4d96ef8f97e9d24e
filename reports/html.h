#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "base/err.h"
#include "reports/drawing.h"

/*
 * One page that holds all it needs: nothing is fetched, no script is needed to read it. The
 * same runs give the same bytes (but for what gnuplot's version does to the pictures).
 * -1 with ERR_IO where a file of the page is not installed.
 */
int report_html(struct buf *out, const struct book *b, struct err *err);

#endif
