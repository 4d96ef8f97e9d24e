#include <math.h>

#include "data/summary_parts.h"

void summary_load_asked(struct summary_load *to, const struct run_load *l)
{
    ns_t t = l->duration;

    to->open = l->open;
    to->replay = l->replay;
    to->sessions = l->sessions;
    to->by_count = l->duration == NS_ABSENT;
    to->asked_cv = (double)l->cv_ppm / 1e6;
    if (!l->n_points)
        return;
    to->asked_first = (double)l->points[0].millionths / 1e6;
    to->asked_last = (double)l->points[l->n_points - 1].millionths / 1e6;
    to->asked = t > 0 ? arrivals_area(l, t) * NS_PER_S / (double)t : to->asked_first;
}

/* Moments of two samples together (Chan, Golub and LeVeque). */
static void add_gaps(struct arrivals_seen *into, const struct arrivals_seen *a)
{
    double n = (double)(into->gaps + a->gaps), off = a->gap_mean - into->gap_mean;

    if (!a->gaps)
        return;
    into->gap_m2 += a->gap_m2 + off * off * (double)into->gaps * (double)a->gaps / n;
    into->gap_mean += off * (double)a->gaps / n;
    into->gaps += a->gaps;
}

void summary_load_add(struct summary_load *to, struct summary_load_sums *sums,
                      const struct recorder *r, uint32_t trial, uint32_t phase)
{
    struct arrivals_seen a = recorder_arrivals(r, trial, phase);
    struct phase_event begin, end;
    ns_t over;

    recorder_phase(r, trial, phase, &begin, &end);
    to->planned += end.planned;
    to->issued += end.issued;
    sums->arrivals.started += a.started;
    sums->last += a.last;
    if (end.at != NS_ABSENT && begin.at + a.last > end.at)
        sums->beyond += begin.at + a.last - end.at;
    sums->arrivals.dispersion += a.dispersion;
    sums->freedom += a.windows ? a.windows - 1 : 0;
    sums->in_flight += (double)recorder_in_flight(r, trial, phase, &over);
    sums->under_way += (double)over;
    add_gaps(&sums->arrivals, &a);
}

void summary_load_end(struct summary_load *to, const struct summary_load_sums *sums,
                      ns_t span)
{
    const struct arrivals_seen *a = &sums->arrivals;

    if (span > 0) {
        /* While the last sessions talk on, no more are asked for. */
        bool talk_on = to->open && to->sessions && to->by_count && sums->last > 0;

        to->has_rate = true;
        to->rate = (double)a->started * NS_PER_S /
                   (double)(talk_on ? sums->last : span + sums->beyond);
        to->concurrency = sums->in_flight / sums->under_way;
    }
    to->has_cv = to->open && a->gaps >= 2 && a->gap_mean > 0;
    if (to->has_cv)
        to->cv = sqrt(a->gap_m2 / (double)(a->gaps - 1)) / a->gap_mean;
    to->has_dispersion = to->open && !to->replay && sums->freedom > 0;
    if (to->has_dispersion)
        to->dispersion = a->dispersion / sums->freedom;
}
