#ifndef REPORTS_FINDINGS_H
#define REPORTS_FINDINGS_H

#include <stdbool.h>

#include "data/summary.h"

/*
 * What a run found, as sentences that stand below its question: what each cell searched for
 * (answer.h), then what the whole run says of prompt caches ("Least prefix that is cached:
 * between 896 tokens and 1,152 tokens."), of service tiers, and of whether it is worse than
 * before. Number i of findings_count is empty where there is nothing to say.
 */
size_t findings_count(const struct summary *s);
void findings_put(struct buf *out, const struct summary *s, size_t i);

/* Were prompts meant to have something in common, and do answers tell of a cache? */
bool findings_of_cache(const struct summary *s);

/* How many objectives are met, each in each cell. */
size_t findings_met(const struct summary *s);

/* "Objectives: fail, 1 of 3 met; missed: ttft p95 < 400ms (flex)."; nothing without any. */
void findings_put_objectives(struct buf *out, const struct summary *s);

#endif
