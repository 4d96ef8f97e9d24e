#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/rng.h"
#include "data/scenario.h"
#include "load/profile.h"

/*
 * When the requests of an open-loop phase are due. Two independent choices:
 *
 *   spacing  the phase's cv: 0 even, 1 Poisson, else gamma-distributed gaps
 *   profile  how the rate moves over time
 *
 * Gaps of mean 1 are drawn and stretched by the profile: request k is due when the area
 * under the rate curve reaches gap[0] + ... + gap[k]. So the first request waits for the
 * first gap; at a constant rate of n/s even request k is due at (k + 1)/n s, and the last
 * one of a phase of d s at d, which still belongs to the phase: n * d requests in all.
 *
 * One uniform a gap, through the inverse distribution function: gap k depends on the k-th
 * uniform only, so phases that differ in rate or burstiness alone share their randomness,
 * and the beginning does not depend on the length. Nothing else goes in: every worker walks
 * the same sequence and takes the k with k % workers == its number.
 *
 * A phase that replays a trace has neither: request k is due when row k is.
 *
 *     struct arrival a;
 *     arrival_init(&a, phase, seed, round * n_phases + phase_number);
 *     for (k = 0; arrival_next(&a, &due); k++) ...
 */
struct arrival {
    const struct phase *phase; /* borrowed */
    struct rng rng;
    struct profile_walk walk;
    double shape; /* of the gamma distribution: 1 / cv^2 */
    double area;  /* sum of the gaps so far, and what rounding left out of it */
    double lost;
    uint64_t k; /* requests so far */
};

/* The stream "arrivals" of the seed. */
void arrival_init(struct arrival *a, const struct phase *phase, uint64_t seed,
                  uint64_t index);

/* The same from a generator of the caller's. */
void arrival_init_rng(struct arrival *a, const struct phase *phase, struct rng rng);

/*
 * When the next request is due, ns since the phase began; false at the end of the duration
 * or after `requests` of them, and from then on.
 */
bool arrival_next(struct arrival *a, ns_t *due);

#endif
