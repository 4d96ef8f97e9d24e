#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "data/metric.h"

/*
 * Documentation from the tables that the program itself uses: scenario keys, metrics,
 * rates, outcomes.
 */

/* All names, by section. */
void explain_all(struct buf *out);

/*
 * Everything called so: a key ("limits.drain", "load.steady.rate", "drain"), a section, a
 * metric, a rate, an outcome, a kind of value. -1 with the nearest name.
 */
int explain_name(struct buf *out, const char *name, struct err *err);

void explain_markdown(struct buf *out); /* docs/scenario.md */
void explain_schema(struct buf *out);   /* docs/scenario.schema.json */
void explain_metrics(struct buf *out);  /* docs/metrics.md */

/* A bound that one could set for the metric, as "p95 < 400ms". */
const char *explain_example(const struct metric *m);

#endif
