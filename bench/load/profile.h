#ifndef LOAD_PROFILE_H
#define LOAD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/scenario.h"

/*
 * The curve of a phase: rate per second in an open loop, number of slots in a closed one,
 * over the time since the phase began. Straight lines between the phase's points; before
 * the first point its value holds, behind the last one the last. At a step (two points at
 * one time) the later value holds. The curve itself has no end; the phase has
 * (profile_end).
 */
double profile_at(const struct phase *p, ns_t t);

/* Area under the curve from 0 to t, in value x seconds: for rates, the events by then. */
double profile_area(const struct phase *p, ns_t t);

/* The phase's duration; INT64_MAX for one that ends by count alone. */
ns_t profile_end(const struct phase *p);

/* Where a walk along the curve stands. {0} at the start. */
struct profile_walk {
    size_t leg;  /* number of points passed */
    double base; /* area left of it */
};

/*
 * The first moment at which the area reaches `area`, rounded to the ns. false where the
 * phase ends before. Areas of one walk must not fall; each call then costs O(1).
 */
bool profile_reach_area(const struct phase *p, double area, struct profile_walk *walk,
                        ns_t *t);

/* Closed loop: slots 0..n-1 are in use at t, n = the value rounded (half up). */
uint64_t profile_slots(const struct phase *p, ns_t t);

/* The highest value of the curve within the phase. */
double profile_peak(const struct phase *p);

/* Most slots ever in use in the phase. */
uint64_t profile_max_slots(const struct phase *p);

/*
 * First t >= from at which the slot is in use; NS_ABSENT where there is none before the end
 * of the phase. A slot that finds itself out of use (profile_slots <= slot) asks again from
 * now.
 */
ns_t profile_slot_begin(const struct phase *p, uint64_t slot, ns_t from);

#endif
