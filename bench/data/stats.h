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

/* --- Special functions (stats_special.c) ------------------------------------------- */

/* Regularised incomplete gamma functions, a > 0, x >= 0: P + Q = 1. */
double stats_gamma_p(double a, double x);
double stats_gamma_q(double a, double x);

/* Regularised incomplete beta function I_x(a, b), and the x at which it is p. */
double stats_beta(double a, double b, double x);
double stats_beta_quantile(double a, double b, double p);

double stats_normal_cdf(double z);

/* --- Inverse distribution functions: one uniform u in (0, 1) gives one variate ------- */

double stats_normal_quantile(double u);
double stats_exponential_quantile(double u);         /* mean 1; u = 0 is allowed */
double stats_gamma_quantile(double shape, double u); /* mean 1: coefficient of variation
                                                        1/sqrt(shape) */
double stats_chi2_quantile(double freedom, double u);
double stats_t_quantile(double freedom, double u);

#endif
