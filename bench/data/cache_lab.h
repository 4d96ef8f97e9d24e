#ifndef DATA_CACHE_LAB_H
#define DATA_CACHE_LAB_H

#include "data/summary.h"

/*
 * What cells that differ in one thing alone say of a prompt cache: from which prefix on it
 * hits, and after which pause it has forgotten.
 */
enum cache_sweep {
    CACHE_SWEEP_PREFIX, /* workload.shared_prefix.tokens: hits from some length on */
    CACHE_SWEEP_PAUSE,  /* think of a phase: hits up to some pause */
    N_CACHE_SWEEPS
};

/* Two neighbours of a sweep between which hits begin or end; or where they do not. */
struct cache_edge {
    bool swept;    /* at least two cells differ in it */
    bool has_hit;  /* ... the nearest that hits: */
    int64_t hit;   /* tokens; ns */
    bool has_miss; /* ... and the nearest that does not: */
    int64_t miss;
    bool ordered; /* nothing that hits lies beyond one that does not */
};

/*
 * A cell hits where more than half of the answers that tell had cached tokens; cells that
 * nobody told anything of are left out.
 */
struct cache_edge cache_edge(const struct summary *s, enum cache_sweep sweep);

#endif
