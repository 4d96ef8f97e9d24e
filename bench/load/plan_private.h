#ifndef LOAD_PLAN_PRIVATE_H
#define LOAD_PLAN_PRIVATE_H

#include "data/rate_limit.h"
#include "load/plan.h"

/*
 * The rate limits of one model, tier and plan while the plan is walked through: buckets in
 * which requests flow, since a plan knows means only.
 */
struct plan_buckets {
    struct plan_limit *limit;
    struct plan_cell *cell;      /* whose requests are taken */
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
 * So many requests of such a need are wanted, evenly over the time from b->at to
 * `until`. Returns how many of them fit; the first bucket ever to run dry is noted in the
 * plan's limit.
 */
double plan_buckets_take(struct plan_buckets *b, double requests,
                         const struct rate_need *need, ns_t until);

/* How long until so many more requests have found room. */
ns_t plan_buckets_time(const struct plan_buckets *b, double requests,
                       const struct rate_need *need);

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

/* What a search is going to take: plan_search.c. */
void plan_foresee_search(struct plan *p);
void plan_search_text(struct buf *b, const struct plan *p);
void plan_warn_search(struct plan *p);

/* What goes up as sound, or comes back as it: plan_audio.c. */
int plan_measure_audio(struct plan_cell *c, struct err *err);
void plan_measure_text(struct plan_cell *c);
double plan_audio_seconds(const struct plan_cell *c); /* that an answer takes for it */
int64_t plan_audio_cost(const struct plan_cell *c);   /* of all its requests; -1: unknown */
void plan_add_audio(struct plan_cell *total, struct plan_cell *c);
void plan_warn_audio(struct plan_remarks *r, const struct plan_cell *c);

void plan_warn_all(struct plan *p);

/* The simulator keeps limits only where it is told to. */
bool plan_keeps_limits(const struct plan_cell *c);

/* Files, ports, memory and cores that may not be enough for a cell: plan_machine.c. */
void plan_warn_machine(struct plan_remarks *r, const struct plan_cell *c);

/* -1 where a cell cannot do without more files or ports than there are. */
int plan_check_machine(const struct plan *p, struct err *err);

#endif
