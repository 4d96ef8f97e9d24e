#ifndef REPORTS_HTML_PARTS_H
#define REPORTS_HTML_PARTS_H

#include "reports/drawing.h"
#include "reports/svg.h"

/* The sections of the page, in their order. Each puts nothing where it has nothing to say.
 */
void html_headline(struct buf *out, const struct book *b);
void html_asked(struct buf *out,
                const struct summary *s); /* in it: what answers the question */
void html_warnings(struct buf *out, const struct book *b);
void html_tiles(struct buf *out, const struct book *b);  /* of a single cell */
void html_choice(struct buf *out, const struct book *b); /* of several: needs and ranking */
void html_objectives(struct buf *out, const struct book *b);
void html_details(struct buf *out, const struct book *b);
void html_limits(struct buf *out, const struct book *b);
void html_instrument(struct buf *out, const struct book *b);
void html_text(struct buf *out, const struct book *b);

/* Those drawings that are of a subject, SIZE_MAX: of all; and which were left out, and why.
 */
void html_plots(struct buf *out, const struct book *b, size_t subject);

/* --- pieces -------------------------------------------------------------------------- */

void html_printf(struct buf *out, const char *fmt, ...) /* the result is escaped */
    __attribute__((format(printf, 2, 3)));

/* A table that can be sorted, with these heads, '|' between them. Rows follow. */
void html_table(struct buf *out, const char *heads);
void html_table_end(struct buf *out);

/* Cells: of text; of a number, by which the column is sorted (NaN: last), as *shown says
 * it, which is emptied; with what stands smaller below it, NULL: nothing. */
void html_td(struct buf *out, const char *text);
void html_td_number(struct buf *out, double value, struct buf *shown, struct buf *below);
void html_td_count(struct buf *out, uint64_t n);

/* A percentile with its interval below, or how many values it needs. */
void html_td_stat(struct buf *out, const struct summary_metric *m, enum metric_id id,
                  enum stat_id stat);
void html_td_rate(struct buf *out, const struct summary_group *g, enum rate_id id);

#endif
