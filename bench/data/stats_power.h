#ifndef DATA_STATS_POWER_H
#define DATA_STATS_POWER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How much data a gate needs. Figures of trials are taken for lognormal: s is the standard
 * deviation of their ln from trial to trial, differences are of ln. Pure, for any thread.
 */

/* A comparison by ranks knows a difference as well as one by means with fewer values does:
 * 3 / pi of them. */
#define STATS_RANK_EFFICIENCY 0.955

/* Standard error of the difference of n1 and n2 values compared by ranks. */
double stats_shift_error(double s, size_t n1, size_t n2);

/* The least ratio - 1 that n1 against n2 trials find in four of five comparisons, at 95 %.
 */
double stats_detectable(double s, size_t n1, size_t n2);

/* The upper 90 % limit of a standard deviation that was found to be s with that freedom. */
double stats_sd_upper(double s, double freedom);

/*
 * The rule of the gate, for one of `tests` figures: a ratio of `limit` or more fails where
 * ranks tell it from 1 (adjusted for all tests), and where half of it can be excluded: with
 * what confidence the gate wants that is a t quantile, stats_gate_quantile.
 */
struct stats_gate {
    double limit; /* ratio, above 1 */
    size_t tests;
    double alpha; /* of the rank test, family-wise: 0.05 */
    double gamma; /* chance to take half the limit for a failure, family-wise: 0.01 */
};
double stats_gate_half(double limit); /* the ratio half as far from 1 */
double stats_gate_quantile(const struct stats_gate *g, double freedom);

/*
 * The least number of trials for each side (n1, n2 where a side has more already) with
 * which a true ratio of 1 + 1.5 * (limit - 1) fails in 95 of 100 comparisons, and none
 * passes as often. 0: more than `most`.
 */
size_t stats_gate_trials(const struct stats_gate *g, double s, size_t n1, size_t n2,
                         size_t most);

#endif
