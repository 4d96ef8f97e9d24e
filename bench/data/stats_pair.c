#include "data/stats_pair.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/stats.h"

#define NO_WEIGHT 1e-12

static double rank_of(double n, double q)
{
    return fmax(1, ceil(q * n - 1e-9));
}

size_t stats_quantile_weights(const double *sorted, size_t n, double q,
                              struct stats_weighted *out)
{
    double r = rank_of((double)n, q), before = 0;
    size_t kept = 0;

    for (size_t j = 1; j <= n; j++) {
        double upto = stats_beta(r, (double)n - r + 1, (double)j / (double)n);

        if (upto - before > NO_WEIGHT)
            out[kept++] = (struct stats_weighted){ sorted[j - 1], upto - before };
        before = upto;
    }
    return kept;
}

struct stats_weighted *stats_hist_weights(const struct hist *h, double counted, double q,
                                          size_t *n_out)
{
    double r = rank_of(counted, q), before = 0, n = (double)h->total;
    struct stats_weighted *out = NULL;
    size_t kept = 0, cap = 0;
    int64_t seen = 0;

    while (seen < h->total) {
        int64_t value = hist_value_at_rank(h, seen + 1, true);
        double upto;

        seen += hist_count_between(h, value, value);
        upto = stats_beta(r, counted - r + 1, (double)seen / n);
        if (upto - before > NO_WEIGHT) {
            out = mem_grow(out, kept, &cap, sizeof(*out));
            out[kept++] = (struct stats_weighted){ (double)value, upto - before };
        }
        before = upto;
    }
    *n_out = kept;
    return out;
}

static int by_value(const void *a, const void *b)
{
    double x = ((const struct stats_weighted *)a)->value;
    double y = ((const struct stats_weighted *)b)->value;

    return (x > y) - (x < y);
}

static struct stats_pair pair_of(const struct stats_weighted *a, size_t n_a,
                                 const struct stats_weighted *b, size_t n_b, bool ratio)
{
    struct stats_weighted *all = mem_array(n_a * n_b + 1, sizeof(*all));
    struct stats_pair r = { 0 };
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < n_a; i++)
        for (size_t j = 0; j < n_b; j++)
            all[n++] = (struct stats_weighted){ ratio ? b[j].value / a[i].value
                                                      : b[j].value - a[i].value,
                                                a[i].weight * b[j].weight };
    qsort(all, n, sizeof(*all), by_value);
    for (size_t i = 0; i < n; i++) {
        bool lo = sum < 0.025, hi = sum < 0.975;

        sum += all[i].weight;
        if (lo && sum >= 0.025)
            r.lo = all[i].value;
        if (hi)
            r.hi = all[i].value;
        if (all[i].value <= (ratio ? 1 : 0))
            r.below = sum;
    }
    free(all);
    return r;
}

struct stats_pair stats_pair_ratio(const struct stats_weighted *a, size_t n_a,
                                   const struct stats_weighted *b, size_t n_b)
{
    return pair_of(a, n_a, b, n_b, true);
}

struct stats_pair stats_pair_difference(const struct stats_weighted *a, size_t n_a,
                                        const struct stats_weighted *b, size_t n_b)
{
    return pair_of(a, n_a, b, n_b, false);
}
