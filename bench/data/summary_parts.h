#ifndef DATA_SUMMARY_PARTS_H
#define DATA_SUMMARY_PARTS_H

#include "data/summary.h"

/* How a summary is made, part by part; for summary*.c and verdict.c alone. */

/* What is needed again and again; the histograms are for whoever needs one. */
struct summary_making {
    struct summary *s;
    const struct run *run;
    const struct recorder *r;
    struct hist one; /* of a trial's phase */
    struct hist phase;
    struct hist cell;
};

/* Ready for the next sum, at no cost where nothing is in it. */
static inline void summary_empty(struct hist *h)
{
    if (h->total)
        hist_reset(h);
}

/* What values are worth, added up over trials and phases. */
struct summary_size {
    uint64_t effective;
    uint64_t counted; /* for intervals */
    uint64_t carries; /* for the least sample */
    bool known;       /* of any of them */
};

void summary_size_sum(struct summary_size *to, const struct summary_size *s);

/* n values of metric m in a trial's phase. */
struct summary_size summary_size_of(const struct summary_making *k, uint32_t trial,
                                    uint32_t phase, enum metric_id m, uint64_t n);

/* A part of n values, n_part of them: worth the same share. */
struct summary_size summary_size_part(const struct summary_metric *m, uint64_t n_part);

void summary_metric_sized(struct summary_metric *m, const struct hist *h,
                          const struct summary_size *size);

/* A quotient of counts and, where it is a share, how sure it is. */
void summary_rate_of(struct summary_rate *rate, enum rate_id id, const struct tally *t);

/* The load of a group: what was asked, then each of its trials, then the figures. */
struct summary_load_sums {
    struct arrivals_seen arrivals;
    ns_t last;      /* of first attempts, since their phase began */
    ns_t beyond;    /* how long after its phase was over the last request of it left */
    double freedom; /* windows - 1, summed */
    double in_flight;
    double under_way; /* time that in_flight is about */
};

void summary_load_asked(struct summary_load *to, const struct run_load *l);
void summary_load_add(struct summary_load *to, struct summary_load_sums *sums,
                      const struct recorder *r, uint32_t trial, uint32_t phase);
void summary_load_end(struct summary_load *to, const struct summary_load_sums *sums,
                      ns_t span);

/* Those that attempts of the group named. */
void summary_make_regions(struct summary_making *k, struct summary_group *g);

/* The turns of its sessions. */
void summary_make_turns(struct summary_making *k, struct summary_group *g);

void summary_make_health(struct summary_making *k);

/* What the probes of searches said. */
void summary_make_searches(struct summary_making *k);

/* The verdict on each objective in each cell it is about; needs cells and health.e. */
void summary_judge(struct summary *s, const struct recorder *r);

#endif
