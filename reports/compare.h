#ifndef REPORTS_COMPARE_H
#define REPORTS_COMPARE_H

#include "data/compare.h"
#include "reports/gate.h"

/*
 * `tokdyno compare` as a gate.
 *
 *     report_compare_begin(&g, "chat-steady");
 *     report_compare_add(&g, &c, "", base_line, head_line, false);
 *     report_compare_end(&g);
 */
void report_compare_begin(struct gate *g, const char *scenario);

/* anyway: sides that are different experiments are compared all the same. */
void report_compare_add(struct gate *g, const struct compare *c, const char *title,
                        const char *base, const char *head, bool anyway);
void report_compare_end(struct gate *g);

/* "5 trials of runs/a (valid)", of all runs of a side. */
void report_side(struct buf *out, const struct compare_side *s);

#endif
