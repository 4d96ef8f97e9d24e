#ifndef DATA_ARRIVALS_H
#define DATA_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/run.h"

/*
 * The load that arrived in a phase: first attempts, told in the order in which they ended.
 * Gaps and windows count in units of the asked rate: a moment becomes the number of
 * requests that the profile asks for until then, so that a ramp does not look like bursts
 * and asked gaps have mean 1.
 *
 * Gaps need the order of the plan, not of the ends: request k waits in a ring until its
 * neighbours have come. A gap is lost only where they lie RING ends apart.
 */
struct arrival_slot {
    uint64_t k1; /* k + 1; 0: empty */
    double u;
};

struct early_arrival {
    uint64_t k;
    ns_t start;
};

struct arrivals {
    const struct run_load *load; /* borrowed */
    ns_t begin;                  /* NS_ABSENT: not known yet */
    struct early_arrival *early; /* came before the begin was told */
    size_t n_early;
    size_t cap_early;
    struct arrival_slot *ring;
    uint32_t *windows;
    uint32_t n_windows;
    double area; /* requests that the windows cover */
    uint64_t started;
    ns_t last; /* since the phase began */
    uint64_t gaps;
    double gap_mean;
    double gap_m2; /* sum of squared deviations */
};

/* Told in the end. */
struct arrivals_seen {
    uint64_t started; /* first attempts that left before the phase was over */
    ns_t last;        /* when the last of them left, since the phase began */
    uint64_t gaps;
    double gap_mean;
    double gap_m2;
    uint32_t windows;  /* of equal asked area, that the phase lasted for */
    double dispersion; /* sum of (count - mean)^2 / mean over them */
};

void arrivals_init(struct arrivals *a, const struct run_load *load);
void arrivals_free(struct arrivals *a);

void arrivals_begin(struct arrivals *a, ns_t at);
void arrivals_add(struct arrivals *a, uint64_t k, ns_t start);

/* No more will come: gives back the memory that only adding needs. */
void arrivals_rest(struct arrivals *a);

/* span: how long the phase lasted; NS_ABSENT: it is not over. */
struct arrivals_seen arrivals_see(const struct arrivals *a, ns_t span);

/* Requests that the load asks for in the first t of the phase. */
double arrivals_area(const struct run_load *l, ns_t t);

#endif
