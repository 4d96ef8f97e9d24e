#include "data/stats_trend.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

/* What the pairs within all levels say together. */
struct pairs {
    double *slopes;
    size_t n;
    double rises; /* pairs that rise less those that fall: Kendall's S */
    double variance;
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* t (t - 1) (2 t + 5): what t values give to 18 times the variance of S. */
static double weight(double t)
{
    return t * (t - 1) * (2 * t + 5);
}

/* Of x[at] and those equal to it, counted where the first of them stands. */
static double ties(const double *x, size_t n, size_t at)
{
    size_t equal = 1;

    for (size_t i = 0; i < n; i++) {
        bool same = !(x[i] < x[at]) && !(x[i] > x[at]);

        if (same && i < at)
            return 0;
        equal += same && i > at;
    }
    return weight((double)equal);
}

static void add_level(struct pairs *p, const double *x, size_t n)
{
    double tied = 0;

    for (size_t i = 0; i < n; i++) {
        tied += ties(x, n, i);
        for (size_t k = i + 1; k < n; k++) {
            p->rises += (x[k] > x[i]) - (x[k] < x[i]);
            p->slopes[p->n++] = (x[k] - x[i]) / (double)(k - i);
        }
    }
    p->variance += (weight((double)n) - tied) / 18;
}

static double median(double *v, size_t n)
{
    if (!n)
        return 0;
    qsort(v, n, sizeof(*v), by_size);
    return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

struct stats_trend stats_trend(const double *x, size_t n, const size_t *levels,
                               size_t n_levels)
{
    struct pairs p = { .slopes = mem_array(n * n / 2 + 1, sizeof(double)) };
    struct stats_trend t = { 0, 1 };
    double far;

    for (size_t l = 0; l <= n_levels; l++) {
        size_t from = l ? levels[l - 1] : 0, to = l < n_levels ? levels[l] : n;

        add_level(&p, x + from, to - from);
    }
    t.slope = median(p.slopes, p.n);
    far = fabs(p.rises) - 1; /* continuity: S moves in steps of two */
    if (p.variance > 0 && far > 0)
        t.p = erfc(far / sqrt(2 * p.variance));
    free(p.slopes);
    return t;
}
