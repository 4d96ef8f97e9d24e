#ifndef EXPORTERS_PROM_COUNTS_H
#define EXPORTERS_PROM_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/journal.h"
#include "data/labels.h"
#include "exporters/buckets.h"

/*
 * What a page for Prometheus is made of: counts that only grow, and the state of now. Fed
 * with the entries of a journal; memory depends on cells, phases and regions, not on
 * requests.
 */

/* One value of a bucket, and the attempt it is of. */
struct prom_example {
    int64_t value;
    ns_t at;
    uint64_t req;
    uint32_t try_no; /* 0: none yet */
};

struct prom_hist {
    uint64_t counts[BUCKETS_MAX + 1];
    double sum; /* of the metric's base unit */
    uint64_t n;
    struct prom_example *examples; /* one a bucket, the latest; NULL: none are kept */
};

/* The first REGIONS that answers name, then "other"; 0 is for those that name none. */
enum { PROM_REGIONS = 8, PROM_REGION_SLOTS = PROM_REGIONS + 2 };

/* All attempts of one cell, phase and region. */
struct prom_group {
    uint64_t requests[N_OUTCOMES]; /* by the outcome of their final attempt */
    uint64_t attempts[N_OUTCOMES];
    /* -1: no answer told it */
    int64_t prompt_tokens;
    int64_t cached_tokens;
    int64_t completion_tokens;
    int64_t reasoning_tokens;
    uint64_t frames;
    uint64_t bytes_up;
    uint64_t bytes_down;
    int64_t cost_nusd;
    bool priced;
    struct prom_hist *hists[N_METRICS]; /* made with the first value */
};

/* Of one cell and phase. */
struct prom_phase {
    uint64_t planned; /* of the trials that are over */
    uint64_t issued;
};

struct prom_worker {
    uint32_t in_flight;
};

/* Histograms of a health sample. */
struct prom_lag {
    const char *name; /* of the family */
    const char *help;
    size_t offset; /* of the struct hist * in struct health_sample */
};
enum { N_PROM_LAGS = 4 };
extern const struct prom_lag prom_lags[N_PROM_LAGS];

struct prom_counts {
    const struct run *run;
    bool nested; /* its requests are spans of its own trace, see data/trace_shape.h */
    struct prom_group **groups; /* [(cell * n_phases + phase) * REGION_SLOTS + region] */
    struct prom_phase *phases;  /* [cell * n_phases + phase] */
    size_t *under_way;          /* of each cell: 1 + phase it is in now; 0: none */
    struct limit (*limits)[N_LIMITS]; /* latest of each cell */
    char *regions[PROM_REGIONS];
    size_t n_regions;
    struct prom_worker *workers; /* latest sample of each */
    size_t n_workers;
    uint64_t health[N_HEALTH_COUNTERS];
    struct prom_hist lags[N_PROM_LAGS]; /* see prom_lags */
};

void prom_counts_init(struct prom_counts *c, const struct run *run);
void prom_counts_free(struct prom_counts *c);
struct journal_sink prom_counts_sink(struct prom_counts *c);

/* NULL: no attempt of it has ended. region: 0..PROM_REGION_SLOTS-1. */
const struct prom_group *prom_counts_group(const struct prom_counts *c, size_t cell,
                                           size_t phase, size_t region);
const char *prom_counts_region(const struct prom_counts *c, size_t region); /* "": none */

#endif
