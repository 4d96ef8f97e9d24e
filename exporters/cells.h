#ifndef EXPORTERS_CELLS_H
#define EXPORTERS_CELLS_H

#include "base/buf.h"

/*
 * Cells of a table of comma-separated values (RFC 4180): rows end in CR LF.
 *
 *     cells_text(&b, "a"); cells_text(&b, "b"); cells_end(&b);     // a,b
 */

/*
 * Text that begins like a formula (= + - @, tab, CR) gets a ' in front, or a spreadsheet
 * would run what a server said.
 */
void cells_text(struct buf *b, const char *text);

/* Something made of digits; "" is an empty cell. */
void cells_bare(struct buf *b, const char *digits);
void cells_int(struct buf *b, int64_t v);

/* The row is over: what stood behind its last cell is replaced by the end of the line. */
void cells_end(struct buf *b);

#endif
