#ifndef LOAD_PLAN_PRIVATE_H
#define LOAD_PLAN_PRIVATE_H

#include "load/plan.h"
#include "load/rate_limit.h"

/*
 * The rate limits of one model, tier and plan while the plan is walked through: buckets in
 * which requests flow, since a plan knows means only.
 */
struct plan_buckets {
    struct plan_limit *limit;
    int64_t size[N_RATE_LIMITS]; /* -1: unknown */
    double level[N_RATE_LIMITS];
    ns_t at;
};

/* One for each model, tier and plan of the cells, in plan->limits' order and arena. */
struct plan_buckets *plan_buckets_open(struct plan *p);

/* The one that holds for a cell. */
struct plan_buckets *plan_buckets_of(struct plan *p, struct plan_buckets *all,
                                     const struct cell *cell);

/*
 * So many requests of so many tokens are wanted, evenly over the time from b->at to
 * `until`. Returns how many of them fit; the first bucket ever to run dry is noted in the
 * plan's limit.
 */
double plan_buckets_take(struct plan_buckets *b, double requests, double tokens,
                         ns_t until);

/* How long until so many more requests have found room. */
ns_t plan_buckets_time(const struct plan_buckets *b, double requests, double tokens);

/* What rate the run could have had: plan->total.time is known now. */
void plan_buckets_sustain(struct plan *p);

void plan_warn_all(struct plan *p);

#endif
