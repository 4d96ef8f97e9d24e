#include "data/dist.h"

#include <math.h>

#include "data/stats.h"

const struct dist_row dist_rows[] = {
    { "uniform", DIST_UNIFORM, DIST_MIN | DIST_MAX, "every count from min to max alike" },
    { "normal", DIST_NORMAL, DIST_MEAN | DIST_CV, "the bell curve" },
    { "lognormal", DIST_LOGNORMAL, DIST_MEAN | DIST_CV, "many small ones, a long tail" },
    { "exponential", DIST_EXPONENTIAL, DIST_MEAN, "falls off evenly; cv is 1" },
    { NULL, DIST_NONE, 0, NULL },
};

/* exp(mu + sigma * z) has mean m and coefficient of variation cv where sigma^2 = ln(1 +
 * cv^2) and mu = ln m - sigma^2 / 2. */
static double lognormal(double mean, double cv, double u)
{
    double variance = log1p(cv * cv);

    return mean * exp(sqrt(variance) * stats_normal_quantile(u) - variance / 2);
}

static double quantile(const struct dist *d, double u)
{
    switch (d->kind) {
    case DIST_NONE:
        return 0;
    case DIST_FIXED:
        return d->mean;
    case DIST_UNIFORM:
        return floor(d->min + u * (d->max - d->min + 1));
    case DIST_NORMAL:
        return d->mean * (1 + d->cv * stats_normal_quantile(u));
    case DIST_LOGNORMAL:
        return lognormal(d->mean, d->cv, u);
    case DIST_EXPONENTIAL:
        return d->mean * stats_exponential_quantile(u);
    }
    return 0;
}

double dist_draw(const struct dist *d, double u)
{
    double v = fmax(round(quantile(d, u)), d->min);

    return d->max > 0 ? fmin(v, d->max) : v;
}
