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

/*
 * What a plan warns of. A remark holds for a cell; where it holds for several, it is said
 * once, by plan_remarks_end.
 */
struct plan_remarks {
    struct plan *plan;
    struct plan_remark *items;
    size_t n;
    size_t cap;
};

void plan_warn(struct plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void plan_remark(struct plan_remarks *r, const struct plan_cell *c, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void plan_remarks_end(struct plan_remarks *r);

void plan_warn_all(struct plan *p);

/* Files, ports, memory and cores that may not be enough for a cell: plan_machine.c. */
void plan_warn_machine(struct plan_remarks *r, const struct plan_cell *c);

/* -1 where a cell cannot do without more files or ports than there are. */
int plan_check_machine(const struct plan *p, struct err *err);

#endif
