#ifndef DATA_STEADY_H
#define DATA_STEADY_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * Did a phase begin with a warm-up, did it get steady at all? Judged on a series of batch
 * means: MSER proposes a cut, and only what matters is told:
 *
 *   warm-up   what is cut differs from the rest beyond doubt, and without it the mean moves
 *             by more than 5 % and more than its own 95 % confidence interval; the rest
 *             does not drift
 *   drift     the halves differ like that, and no cut in the first cures it: no steady
 *             state, or too short a phase
 *
 * A rule that looks at means: it says nothing about single spikes.
 */
enum steadiness { STEADY_UNKNOWN, STEADY_STEADY, STEADY_WARM_UP, STEADY_DRIFT, N_STEADY };
extern const char
    *const steady_names[N_STEADY]; /* "unknown", "steady", "warm-up", "drift" */

/* Fewer batches are too few to say anything. */
enum { STEADY_MIN_BATCHES = 10 };

struct steady {
    enum steadiness verdict;
    uint32_t batches;
    uint32_t cut;  /* batches that MSER would cut; told whatever the verdict */
    double before; /* means: of all, */
    double after;  /* and of what is left; with a drift of the halves */
};

struct steady steady_judge(const double *y, size_t m);

#endif
