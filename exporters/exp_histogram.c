#include "exporters/exp_histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void exp_hist_init(struct exp_hist *h, double unit, int most, int scale)
{
    assert(most >= 2 && most <= EXP_BUCKETS);
    memset(h, 0, sizeof(*h));
    h->unit = unit;
    h->most = most;
    h->scale = scale;
}

/*
 * Rounding of log2 may be off by one bucket next to a boundary, but for powers of two: they
 * are the upper end of a bucket at every scale, and exact.
 */
int32_t exp_index(double v, int scale)
{
    int e;
    double f = frexp(v, &e); /* v = f 2^e, f in [0.5, 1) */

    if (scale <= 0)
        return (e - (f == 0.5 ? 2 : 1)) >> -scale;
    if (f == 0.5)
        return (e - 1) * (1 << scale) - 1;
    return (e - 1) * (1 << scale) + (int32_t)floor(ldexp(log2(2 * f), scale));
}

double exp_lower(int32_t i, int scale)
{
    if (scale <= 0)
        return ldexp(1, i * (1 << -scale));
    return ldexp(exp2(ldexp(i & ((1 << scale) - 1), -scale)), i >> scale);
}

void exp_hist_downscale(struct exp_hist *h, int by)
{
    int32_t offset = h->offset >> by;
    uint64_t merged[EXP_BUCKETS] = { 0 };

    h->scale -= by;
    if (!h->n)
        return;
    for (int i = 0; i < h->n; i++)
        merged[((h->offset + i) >> by) - offset] += h->counts[i];
    h->n = ((h->offset + h->n - 1) >> by) - offset + 1;
    h->offset = offset;
    memcpy(h->counts, merged, sizeof(merged));
}

/* Buckets for index i as well; there is room. */
static void stretch(struct exp_hist *h, int32_t i)
{
    int32_t lo = h->n && h->offset < i ? h->offset : i;
    int32_t hi = h->n && h->offset + h->n - 1 > i ? h->offset + h->n - 1 : i;

    if (h->n && lo < h->offset) {
        size_t by = (size_t)(h->offset - lo);

        memmove(h->counts + by, h->counts, (size_t)h->n * sizeof(*h->counts));
        memset(h->counts, 0, by * sizeof(*h->counts));
    }
    h->offset = lo;
    h->n = hi - lo + 1;
}

void exp_hist_add(struct exp_hist *h, int32_t i, int scale, uint64_t n)
{
    int32_t lo, hi;
    int by = 0;

    if (scale < h->scale)
        exp_hist_downscale(h, h->scale - scale);
    i >>= scale - h->scale;
    lo = h->n && h->offset < i ? h->offset : i;
    hi = h->n && h->offset + h->n - 1 > i ? h->offset + h->n - 1 : i;
    for (; hi - lo + 1 > h->most; by++) {
        lo >>= 1;
        hi >>= 1;
    }
    if (by)
        exp_hist_downscale(h, by);
    stretch(h, i >> by);
    h->counts[(i >> by) - h->offset] += n;
}

static void add_value(struct exp_hist *h, double value, uint64_t n)
{
    double v = value / h->unit;

    if (v > 0)
        exp_hist_add(h, exp_index(v, h->scale), h->scale, n);
    else
        h->zero += n;
}

static void note(struct exp_hist *h, uint64_t n, double sum, double min, double max)
{
    if (!h->count || min < h->min)
        h->min = min;
    if (!h->count || max > h->max)
        h->max = max;
    h->count += n;
    h->sum += sum;
}

void exp_hist_record(struct exp_hist *h, double value)
{
    if (!(value >= 0) || isinf(value))
        return;
    add_value(h, value, 1);
    note(h, 1, value, value, value);
}

void exp_hist_add_hist(struct exp_hist *h, const struct hist *from)
{
    double sum = 0;

    if (!from->total)
        return;
    for (size_t i = hist_next(from, 0); i < from->len; i = hist_next(from, i + 1)) {
        double median = (double)hist_median_equivalent(from, hist_value(from, i));

        add_value(h, median, (uint64_t)from->counts[i]);
        sum += median * (double)from->counts[i];
    }
    note(h, (uint64_t)from->total, sum, (double)hist_min(from), (double)hist_max(from));
}
