#ifndef DATA_STATS_H
#define DATA_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Statistics of latencies, shares and arrivals: how sure a percentile or a share is, how
 * much data a claim needs, and whether arrivals are what was asked for. Pure functions,
 * no state, safe from any thread.
 */

/* Special functions (stats_special.c) */

/* Regularised incomplete gamma functions, a > 0, x >= 0: P + Q = 1. */
double stats_gamma_p(double a, double x);
double stats_gamma_q(double a, double x);

/* Regularised incomplete beta function I_x(a, b), and the x at which it is p. */
double stats_beta(double a, double b, double x);
double stats_beta_quantile(double a, double b, double p);

/* P(K = k) of K ~ Binomial(n, p). */
double stats_binomial_pmf(int64_t k, int64_t n, double p);

double stats_normal_cdf(double z);

/* Inverse distribution functions: one uniform u in (0, 1) gives one variate */

double stats_normal_quantile(double u);
double stats_exponential_quantile(double u);         /* mean 1; u = 0 is allowed */
double stats_gamma_quantile(double shape, double u); /* mean 1: coefficient of variation
                                                        1/sqrt(shape) */
double stats_chi2_quantile(double freedom, double u);
double stats_t_quantile(double freedom, double u);

/* Counts: how sure a percentile or a share is (stats.c) */

/* P(K <= k) of K ~ Binomial(n, p). */
double stats_binomial_cdf(int64_t k, int64_t n, double p);

/*
 * Two-sided confidence interval of the q-quantile of n values, whatever their distribution:
 * from the value of rank *lo to that of rank *hi. 0 means no lower limit, n + 1 no upper
 * limit at this confidence: print "unbounded", never the minimum or maximum. True where
 * both limits exist.
 */
bool stats_quantile_ci(int64_t n, double q, double confidence, int64_t *lo_rank,
                       int64_t *hi_rank);

/*
 * The same of n values that tell no more than `counted` independent ones, 1..n: the ranks
 * are found among those, each of which stands for n / counted neighbours in rank, and taken
 * outwards.
 */
bool stats_quantile_ci_of(int64_t n, int64_t counted, double q, double confidence,
                          int64_t *lo_rank, int64_t *hi_rank);

/* Rank of the one-sided upper limit; n + 1 where there is none. */
int64_t stats_quantile_upper(int64_t n, double q, double confidence);

/* The least n for which the one-sided upper limit of the q-quantile exists; INT64_MAX for
 * q = 1. */
int64_t stats_min_sample(double q, double confidence);

/* The least n that proves "the q-quantile is at most L" where `over` of the n are above L.
 */
int64_t stats_min_sample_over(int64_t over, double q, double confidence);

/* Clopper-Pearson interval of the share x / n; n = 0 gives 0 .. 1. */
void stats_proportion_ci(int64_t x, int64_t n, double confidence, double *lo, double *hi);

/* One-sided upper limit of the share x / n. */
double stats_proportion_upper(int64_t x, int64_t n, double confidence);

/* P(B shows at least x_b failures if both are alike): Fisher's exact test, one-sided. */
double stats_fisher_worse(int64_t x_a, int64_t n_a, int64_t x_b, int64_t n_b);

/* Arrivals: are they what was asked for? (stats_arrival.c, stats_ks.c) */

/* Mean and coefficient of variation (of the sample: n - 1); 0 where n is too small. */
void stats_moments(const double *x, size_t n, double *mean, double *cv);

/* Correlation of x[i] with x[i + lag]; times sqrt(n) it is about standard normal. */
double stats_autocorrelation(const double *x, size_t n, size_t lag);

/* As how many independent values the n count: initial positive sequence, at most n. */
double stats_effective_sample(const double *x, size_t n);

/*
 * MSER of batch means y[0..m): how many of the first to cut so that the mean of the rest is
 * known best, at most m / 2, which says that no steady state was found in the first half.
 * The squared standard errors without a cut and with it go to *at_0 and *at_cut.
 * (stats_steady.c)
 */
size_t stats_mser(const double *y, size_t m, double *at_0, double *at_cut);

/*
 * Kolmogorov-Smirnov. u[i] is the value that the distribution function, fixed in advance,
 * takes at x[i]; sorts u. The distance is that of its steps from the straight line.
 */
double stats_ks_distance(double *u, size_t n);
double stats_ks_exact(size_t n, double d);    /* P(distance >= d): Marsaglia, Tsang, Wang */
double stats_kolmogorov(double l);            /* the limit: l = sqrt(n) * distance */
double stats_ks_stephens(size_t n, double d); /* approximation for large n */
double stats_ks_p(size_t n, double d);        /* exact up to n = 100 */

/*
 * `at` are the n arrivals since the start, rising. Given the last one, the others of a
 * Poisson process of any rate are n - 1 sorted uniforms: the distance from that, and its
 * p-value. It sees trends and ramps.
 */
double stats_arrival_uniformity(const double *at, size_t n, double *p);

/*
 * Sum of (count - mean)^2 / mean over m equal windows up to the last arrival, which is not
 * counted: m - 1 for Poisson, more for bursts, less for even arrivals. p is two-sided.
 */
double stats_arrival_dispersion(const double *at, size_t n, size_t m, double *p);

/* Exact interval of the rate of a Poisson process whose n-th arrival was at `last`. */
void stats_arrival_rate_ci(size_t n, double last, double confidence, double *lo,
                           double *hi);

#endif
