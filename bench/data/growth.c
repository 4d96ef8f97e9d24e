#include "data/growth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats.h"

/* More say nothing that so many do not. */
enum { MOST_POINTS = 512, LEAST_POINTS = 40, FITTED = 3 };

/* A walk is seen by the steps between the means of so many batches. */
enum { BATCHES = 8 };

static const double CONFIDENCE = 0.995;

/* What is to be fitted, each less its mean: latency, due and how far ahead, in seconds. */
struct cloud {
    double *y;
    double *t;
    double *ahead;
    size_t n;
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void take_mean_off(double *a, size_t n)
{
    double mean = 0;

    for (size_t i = 0; i < n; i++)
        mean += a[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        a[i] -= mean;
}

static void take_off(double *a, double times, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] -= times * b[i];
}

static void gather(struct cloud *c, const struct series *s, double asked)
{
    struct series_point *p = mem_array(MOST_POINTS, sizeof(*p));

    c->n = series_points(s, p, MOST_POINTS);
    c->y = mem_array(c->n + 1, sizeof(double));
    c->t = mem_array(c->n + 1, sizeof(double));
    c->ahead = mem_array(c->n + 1, sizeof(double));
    for (size_t i = 0; i < c->n; i++) {
        c->y[i] = p[i].value / NS_PER_S;
        c->t[i] = (p[i].at - p[0].at) / NS_PER_S;
        c->ahead[i] = p[i].k / asked - c->t[i];
    }
    take_mean_off(c->y, c->n);
    take_mean_off(c->t, c->n);
    take_mean_off(c->ahead, c->n);
    free(p);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool comes_back(const struct cloud *c)
{
    double *sorted = mem_array(c->n, sizeof(*sorted)), least = c->y[c->n - 1], fast;

    for (size_t i = c->n * 2 / 3; i < c->n; i++)
        least = fmin(least, c->y[i]);
    memcpy(sorted, c->y, c->n * sizeof(*sorted));
    qsort(sorted, c->n, sizeof(*sorted), by_size);
    fast = sorted[c->n / 20];
    free(sorted);
    return least <= fast;
}

/*
 * Gram and Schmidt: `ahead` loses its trend, and y what of it ahead explains, so that the
 * slope of y is that of both together, but for what ahead's trend takes of it: *lost.
 * Arrivals that are even are never ahead: rounding is not to be fitted. Returns what the
 * second regressor adds to the variance of the slope.
 */
static double explain(struct cloud *c, double gap, double *lost)
{
    double trend = dot(c->ahead, c->t, c->n) / dot(c->t, c->t, c->n), share, squares;

    *lost = 0;
    take_off(c->ahead, trend, c->t, c->n);
    squares = dot(c->ahead, c->ahead, c->n);
    if (squares < (double)c->n * gap * gap)
        return 0;
    share = dot(c->y, c->ahead, c->n) / squares;
    if (share <= 0)
        return 0;
    take_off(c->y, share, c->ahead, c->n);
    *lost = share * trend;
    return trend * trend / squares;
}

static double mean_of(const double *a, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i];
    return sum / (double)n;
}

/*
 * How steep a line through y may be by chance where y is a walk, each of whose steps stays:
 * the work of a busy server is one, and no effective sample tells that, for a line takes
 * most of a short walk with it. The slope of a line fitted to n steps of variance v has the
 * variance 6/5 v / n.
 */
static double slope_of_a_walk(const struct cloud *c)
{
    size_t per = c->n / BATCHES;
    double squares = 0, last = mean_of(c->y, per);
    double width = (c->t[c->n - 1] - c->t[0]) * (double)per / (double)c->n;

    for (size_t i = 1; i < BATCHES; i++) {
        double mean = mean_of(c->y + i * per, per);

        squares += (mean - last) * (mean - last);
        last = mean;
    }
    return stats_t_quantile(BATCHES - 1, CONFIDENCE) *
           sqrt(6.0 / 5 * squares / (BATCHES - 1) / BATCHES) / width;
}

static struct growth fit(struct cloud *c, double gap)
{
    bool back = comes_back(c);
    double squares = dot(c->t, c->t, c->n), lost, more = explain(c, gap, &lost);
    double slope = dot(c->y, c->t, c->n) / squares, n = (double)c->n, counted, error;
    struct growth g = { .known = true, .rate = slope - lost };

    take_off(c->y, slope, c->t, c->n);
    counted = stats_effective_sample(c->y, c->n);
    error = dot(c->y, c->y, c->n) / (n - FITTED) * (1 / squares + more) * n / counted;
    error = stats_t_quantile(fmax(1, counted - FITTED), CONFIDENCE) * sqrt(error);
    error = fmax(error, slope_of_a_walk(c));
    g.least = g.rate - error;
    g.most = g.rate + error;
    g.beyond_doubt = g.least > 0 && !back;
    return g;
}

struct growth growth_of(const struct series *latency, double asked)
{
    struct growth g = { 0 };
    struct cloud c;

    gather(&c, latency, asked);
    if (c.n >= LEAST_POINTS && dot(c.t, c.t, c.n) > 0)
        g = fit(&c, 1 / asked);
    free(c.y);
    free(c.t);
    free(c.ahead);
    return g;
}
