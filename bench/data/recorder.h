#ifndef DATA_RECORDER_H
#define DATA_RECORDER_H

#include <stdint.h>

#include "data/hist.h"
#include "data/journal.h"
#include "data/metric.h"
#include "data/rate.h"
#include "data/run.h"

/*
 * Adds up a run: histograms per cell x trial x phase x metric (and region), tallies,
 * limits, health. Fed in the order of the journal, live or from the file; the same entries
 * give the same state. Memory depends on the number of trials, phases and regions, not of
 * requests: histograms of finished trials are kept encoded.
 *
 *     struct recorder *rec = recorder_open(&run);
 *     struct journal_sink sink = recorder_sink(rec);
 *     sink.record(sink.ctx, r); ...
 *     recorder_close(rec);
 */
struct recorder;

struct recorder *recorder_open(const struct run *run); /* run is borrowed */
void recorder_close(struct recorder *r);
struct journal_sink recorder_sink(struct recorder *r);

/* Outcomes of final attempts and of all attempts. */
struct outcome_counts {
    uint64_t final[N_OUTCOMES];
    uint64_t all[N_OUTCOMES];
};

enum { RECORDER_MAX_REGIONS = 32 }; /* later ones count as "other" */

/* What was seen of one rate limit in a cell. */
struct limit_seen {
    int64_t limit;     /* latest; -1: never seen */
    int64_t remaining; /* latest */
    int64_t lowest;    /* lowest remaining seen */
    ns_t reset;        /* latest */
    ns_t at;           /* when the latest was seen */
    uint64_t refused;  /* 429s that named this kind */
};

/*
 * One group: a cell's trial's phase. Reading a histogram: recorder_hist decodes into *h,
 * which the caller made with hist_init_standard; it adds to what is there, so several
 * groups merge.
 */
const struct tally *recorder_tally(const struct recorder *r, uint32_t trial,
                                   uint32_t phase);
const struct outcome_counts *recorder_outcomes(const struct recorder *r, uint32_t trial,
                                               uint32_t phase);
void recorder_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                   enum metric_id m, struct hist *h);

#endif
