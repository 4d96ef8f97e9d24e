#include "data/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats.h"

enum { FIRST_ROOM = 64, MSER_BATCH = 5, FEW_REQUESTS = 20 };

static const double CLEARLY = 0.8, SIGNIFICANT = 3;

void series_free(struct series *s)
{
    free(s->bins);
    *s = (struct series){ 0 };
}

/* --- telling it ---------------------------------------------------------------------- */

static void merge(struct series_bin *into, const struct series_bin *b)
{
    if (b->n <= 0)
        return;
    if (into->n <= 0 || b->first < into->first)
        into->first = b->first;
    into->n += b->n;
    into->sum += b->sum;
}

static void widen(struct series *s)
{
    for (size_t i = 0; i < s->room; i++) {
        struct series_bin b = s->bins[i];

        s->bins[i] = (struct series_bin){ 0 };
        merge(&s->bins[i / 2], &b);
    }
    s->shift++;
}

static void make_room(struct series *s, size_t bin)
{
    size_t room = s->room ? s->room : FIRST_ROOM;

    while (room <= bin)
        room *= 2;
    if (room == s->room)
        return;
    s->bins = mem_resize(s->bins, room, sizeof(*s->bins));
    memset(s->bins + s->room, 0, (room - s->room) * sizeof(*s->bins));
    s->room = room;
}

void series_add(struct series *s, uint64_t k, ns_t at, const struct series_values *v)
{
    struct series_bin b = { v->n, v->sum, at };

    if (!(v->n > 0))
        return;
    while (k >> s->shift >= SERIES_BINS)
        widen(s);
    make_room(s, (size_t)(k >> s->shift));
    merge(&s->bins[k >> s->shift], &b);
    s->all.n += v->n;
    s->all.sum += v->sum;
    s->all.squares += v->squares;
    s->requests++;
}

/* --- what it is worth ---------------------------------------------------------------- */

/* A straight line through the means of the bins, each as heavy as it has values. */
static void fit(const struct series *s, double *level, double *slope)
{
    double n = 0, t = 0, y = 0, tt = 0, ty = 0;

    for (size_t i = 0; i < s->room; i++) {
        n += s->bins[i].n;
        t += s->bins[i].n * (double)i;
        y += s->bins[i].sum;
    }
    for (size_t i = 0; i < s->room; i++) {
        double off = (double)i - t / n;

        tt += s->bins[i].n * off * off;
        ty += s->bins[i].sum * off;
    }
    *slope = tt > 0 ? ty / tt : 0;
    *level = y / n - *slope * t / n;
}

/* What each bin's sum is off that line; sums to 0. */
static size_t residuals(const struct series *s, double *d)
{
    double level, slope;
    size_t m = 0;

    fit(s, &level, &slope);
    for (size_t i = 0; i < s->room; i++)
        if (s->bins[i].n > 0)
            d[m++] = s->bins[i].sum - s->bins[i].n * (level + slope * (double)i);
    return m;
}

static bool neighbours_are_alike(const double *d, size_t m)
{
    return stats_autocorrelation(d, m, 1) * sqrt((double)m) > SIGNIFICANT;
}

/*
 * A sum of n independent values has n times their variance, give or take a share of
 * sqrt(2); so the sums of all bins together have it for all values.
 */
static bool bins_are_alike(const struct series *s, double spread)
{
    double pairs = 0;

    for (size_t i = 0; i < s->room; i++)
        pairs += s->bins[i].n * s->bins[i].n;
    return spread > 1 + SIGNIFICANT * sqrt(2 * pairs) / s->all.n;
}

static uint64_t least_one(double v, uint64_t n)
{
    return v < 1 ? 1 : v < (double)n ? (uint64_t)v : n;
}

struct sample series_sample(const struct series *s)
{
    uint64_t n = (uint64_t)s->all.n;
    struct sample sample = { n, n, n };
    double mean = s->all.sum / s->all.n;
    double variance = s->all.squares / s->all.n - mean * mean;
    double spread = 0, tau, *d;
    size_t m;

    if (n < 2)
        return sample;
    d = mem_array(s->room, sizeof(*d));
    m = residuals(s, d);
    for (size_t i = 0; i < m; i++)
        spread += d[i] * d[i] / (variance * s->all.n);
    tau = (double)m / stats_effective_sample(d, m);
    if (variance > 1e-12 * mean * mean && spread > 0) /* not all alike, but for rounding */
        sample.effective = least_one(s->all.n / (tau * spread), n);
    if (neighbours_are_alike(d, m))
        sample.used = sample.effective;
    else if (bins_are_alike(s, spread))
        sample.used = least_one(s->all.n / spread, n);
    if ((double)sample.used >= CLEARLY * s->all.n)
        sample.used = n;
    if (s->all.n > s->requests && s->requests < FEW_REQUESTS)
        sample.used = least_one(s->requests, sample.used);
    free(d);
    return sample;
}

/* --- batches ------------------------------------------------------------------------- */

size_t series_batches(const struct series *s, double *mean, ns_t *first)
{
    size_t width = (size_t)1 << s->shift;
    size_t per = width < MSER_BATCH ? (MSER_BATCH + width - 1) / width : 1;
    struct series_bin batch = { 0 };
    size_t in = 0, m = 0;

    for (size_t i = 0; i < s->room; i++) {
        if (s->bins[i].n <= 0)
            continue;
        merge(&batch, &s->bins[i]);
        if (++in < per)
            continue;
        mean[m] = batch.sum / batch.n;
        first[m++] = batch.first;
        batch = (struct series_bin){ 0 };
        in = 0;
    }
    return m;
}

/* --- points -------------------------------------------------------------------------- */

size_t series_points(const struct series *s, struct series_point *p, size_t most)
{
    size_t full = 0, per, in = 0, n = 0;

    for (size_t i = 0; i < s->room; i++)
        full += s->bins[i].n > 0;
    per = (full + most - 1) / most;
    for (size_t i = 0; i < s->room && n < most; i++) {
        const struct series_bin *b = &s->bins[i];

        if (b->n <= 0)
            continue;
        if (!in)
            p[n] = (struct series_point){ 0 };
        p[n].k += (double)(i << s->shift) / (double)per;
        p[n].at += (double)b->first / (double)per;
        p[n].value += b->sum / b->n / (double)per;
        if (++in < per)
            continue;
        in = 0;
        n++;
    }
    return n;
}
