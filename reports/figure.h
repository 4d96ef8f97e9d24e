#ifndef REPORTS_FIGURE_H
#define REPORTS_FIGURE_H

#include "base/buf.h"
#include "data/metric.h"
#include "data/rate.h"
#include "data/summary.h"

/* Figures as people read them: three digits and the unit that fits. */
void figure_value(struct buf *out, enum unit unit, double value);
void figure_rate(struct buf *out, enum rate_unit unit, double value);
void figure_share(struct buf *out, double ppm); /* "0.25 %", "41 %" */
void figure_number(struct buf *out, double v);  /* "9.93", "2,101" */

/* "60.1..66 ms", the unit once where both share it; an end that is -1 is open. */
void figure_range(struct buf *out, enum unit unit, int64_t lo, int64_t hi);

void figure_rate_range(struct buf *out, enum rate_unit unit, double lo, double hi);

/* "60.1 ms (58..66 ms)", its interval in brackets. */
void figure_stat(struct buf *out, enum unit unit, const struct summary_stat *s);

/* Of how many a verdict is: "1,234", or "12 of 59 needed" where they cannot bear one. */
void figure_sample(struct buf *out, const struct summary_slo *v);

/* What is known of the cost: "$0.012", "unknown", ">= $0.012 (3 unpriced)", "–". */
void figure_cost(struct buf *out, const struct tally *t);

/* "on_demand", else "–". */
const char *figure_or_dash(const char *text);

#endif
