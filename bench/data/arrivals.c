#include "data/arrivals.h"

#include <stdlib.h>

#include "base/mem.h"

/* Windows hold 10 asked requests or more; with fewer than MIN_WINDOWS nothing is said. */
enum { RING = 1 << 14, MAX_EARLY = 1 << 14, MAX_WINDOWS = 1000, MIN_WINDOWS = 10 };

/* Area under the line from a to b, up to t <= b.at. */
static double leg(const struct run_point *a, const struct run_point *b, ns_t t)
{
    double whole = (double)(b->at - a->at), part = (double)(t - a->at);
    double from = (double)a->millionths, to = (double)b->millionths;
    double at = whole > 0 ? from + (to - from) * part / whole : from;

    return (from + at) / 2e6 * part / NS_PER_S;
}

/* Behind its last point the profile goes on as it was there. */
double arrivals_area(const struct run_load *l, ns_t t)
{
    double area = 0;

    for (size_t i = 0; i + 1 < l->n_points; i++) {
        const struct run_point *a = &l->points[i], *b = &l->points[i + 1];

        if (t <= a->at)
            return area;
        area += leg(a, b, t < b->at ? t : b->at);
    }
    if (l->n_points && t > l->points[l->n_points - 1].at) {
        const struct run_point *end = &l->points[l->n_points - 1];

        area += (double)end->millionths / 1e6 * (double)(t - end->at) / NS_PER_S;
    }
    return area;
}

static double covered(const struct run_load *l)
{
    double area = l->duration == NS_ABSENT ? 0 : arrivals_area(l, l->duration);
    double count = (double)l->requests;

    if (l->duration == NS_ABSENT || (l->requests && count < area))
        return count;
    return area;
}

void arrivals_init(struct arrivals *a, const struct run_load *load)
{
    *a = (struct arrivals){ .load = load, .begin = NS_ABSENT };
    if (!load->open)
        return;
    a->area = covered(load);
    if (a->area >= 10.0 * MAX_WINDOWS)
        a->n_windows = MAX_WINDOWS;
    else if (a->area >= 10.0 * MIN_WINDOWS)
        a->n_windows = (uint32_t)(a->area / 10);
}

void arrivals_free(struct arrivals *a)
{
    arrivals_rest(a);
    free(a->windows);
    free(a->early);
    a->windows = NULL;
    a->early = NULL;
}

/* Welford's running mean and sum of squared deviations. */
static void gap(struct arrivals *a, double g)
{
    double off = g - a->gap_mean;

    a->gaps++;
    a->gap_mean += off / (double)a->gaps;
    a->gap_m2 += off * (g - a->gap_mean);
}

static void place(struct arrivals *a, uint64_t k, double u)
{
    struct arrival_slot *before, *after;

    if (!a->ring)
        a->ring = mem_array(RING, sizeof(*a->ring));
    before = &a->ring[(k + RING - 1) % RING];
    after = &a->ring[(k + 1) % RING];
    if (k && before->k1 == k)
        gap(a, u - before->u);
    if (after->k1 == k + 2)
        gap(a, after->u - u);
    a->ring[k % RING] = (struct arrival_slot){ k + 1, u };
}

static void count(struct arrivals *a, double u)
{
    double at = u / a->area * a->n_windows;

    if (!a->n_windows || !(at >= 0 && at < a->n_windows))
        return;
    if (!a->windows)
        a->windows = mem_array(a->n_windows, sizeof(*a->windows));
    a->windows[(size_t)at]++;
}

void arrivals_add(struct arrivals *a, uint64_t k, ns_t start)
{
    ns_t since = start - a->begin;
    double u;

    if (a->begin == NS_ABSENT) {
        if (a->n_early == MAX_EARLY)
            return;
        a->early = mem_grow(a->early, a->n_early, &a->cap_early, sizeof(*a->early));
        a->early[a->n_early++] = (struct early_arrival){ k, start };
        return;
    }
    if (a->load->duration == NS_ABSENT || since <= a->load->duration) {
        a->started++;
        if (since > a->last)
            a->last = since;
    }
    if (!a->load->open)
        return;
    u = arrivals_area(a->load, since);
    place(a, k, u);
    count(a, u);
}

void arrivals_begin(struct arrivals *a, ns_t at)
{
    if (a->begin != NS_ABSENT)
        return;
    a->begin = at;
    for (size_t i = 0; i < a->n_early; i++)
        arrivals_add(a, a->early[i].k, a->early[i].start);
    free(a->early);
    a->early = NULL;
    a->n_early = a->cap_early = 0;
}

void arrivals_rest(struct arrivals *a)
{
    free(a->ring);
    a->ring = NULL;
}

/* Index of dispersion over the first n windows: chi-square sum of counts against their
 * mean. */
static double dispersion(const uint32_t *windows, uint32_t n)
{
    double mean = 0, sum = 0;

    for (uint32_t i = 0; i < n; i++)
        mean += windows[i];
    mean /= n;
    for (uint32_t i = 0; i < n; i++)
        sum += (windows[i] - mean) * (windows[i] - mean);
    return mean > 0 ? sum / mean : 0;
}

struct arrivals_seen arrivals_see(const struct arrivals *a, ns_t span)
{
    struct arrivals_seen seen = {
        .started = a->started,
        .last = a->last,
        .gaps = a->gaps,
        .gap_mean = a->gap_mean,
        .gap_m2 = a->gap_m2,
    };
    double reached = arrivals_area(a->load, span == NS_ABSENT ? a->last : span);
    double whole = a->area > 0 ? reached / a->area * a->n_windows : 0;
    uint32_t n = whole >= a->n_windows ? a->n_windows : (uint32_t)whole;

    if (a->windows && n >= MIN_WINDOWS) {
        seen.windows = n;
        seen.dispersion = dispersion(a->windows, n);
    }
    return seen;
}
