#ifndef DATA_STATS_NOISE_H
#define DATA_STATS_NOISE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a figure varies by from trial to trial where nothing has changed (A/A): the least
 * relative difference that a comparison can tell from noise. Pure, for any thread.
 *
 * Values are one a trial, above 0; floors are shares, 0.03 being 3 %.
 */

/* Standard deviation of ln x; 0 with fewer than two. */
double stats_log_sd(const double *x, size_t n);

/*
 * exp(t(k-1, 0.975) * s * sqrt(2 / trials)) - 1: for `trials` against `trials`, s being the
 * standard deviation of ln of k values (k >= 2). Assumes that they are lognormal.
 */
double stats_noise_parametric(double s, size_t k, size_t trials);

/*
 * Assumes nothing: over all splits of the n values into two halves (10,000 drawn from the
 * seed where there are more), the 95th percentile of the difference of their mean ln x.
 * largest, where not NULL, is the largest. n >= 2; of an odd n the second half has one
 * more.
 */
double stats_noise_empirical(const double *x, size_t n, uint64_t seed, double *largest);

/* The larger of both. */
double stats_noise_floor(const double *x, size_t n, size_t trials, uint64_t seed);

/* |mean ln a - mean ln b| as a share: how far two sides are apart. Neither is empty. */
double stats_log_distance(const double *a, size_t n_a, const double *b, size_t n_b);

#endif
