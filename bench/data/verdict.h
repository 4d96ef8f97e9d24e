#ifndef DATA_VERDICT_H
#define DATA_VERDICT_H

#include "data/summary.h"

/*
 * One objective held against some part of a run: what summaries and searches have in
 * common.
 */

/* What an objective is about, added up. hist: hist_init_standard, by the caller. */
struct verdict_subject {
    struct hist hist; /* of its metric */
    uint64_t counted; /* as how many independent ones its values count */
    struct tally tally;
    uint64_t attempt_errors;
    uint64_t good;
};

/* Adds a trial's phase. slo: its number in the run. */
void verdict_gather(struct verdict_subject *to, const struct run *run,
                    const struct recorder *r, uint32_t slo, uint32_t trial, uint32_t phase);

/*
 * Fills all of *v but slo and cell. of_run: error of the instrument, NS_ABSENT: not known;
 * where the figure has an error of its own among the facts, and that is greater, it counts.
 */
void verdict_judge(struct summary_slo *v, const struct slo *slo, struct verdict_subject *of,
                   const struct health_facts *facts, ns_t of_run);

/*
 * The verdict that is told, in every report and by every gate. Of a share, as of a
 * percentile, a sample says nothing that could not prove it if all were good: 0 of 100
 * failed does not show "less than 0.1 %". Unless so few prove that it does not hold.
 * v->needs: the least n that bears the claim. A probe of a search has rules of its own.
 */
void verdict_bear(struct summary_slo *v, const struct slo *slo);

bool verdict_holds(enum slo_op op, double value, double bound);

#endif
