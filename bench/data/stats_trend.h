#ifndef DATA_STATS_TREND_H
#define DATA_STATS_TREND_H

#include <stddef.h>

/*
 * Does a series drift, and how fast? Mann and Kendall's test within each level by itself,
 * summed over the levels, so that a jump alone is no drift; the slope is that of Theil and
 * Sen: the median of the slopes between all pairs within a level. Pure.
 *
 * levels[] are the indices at which a new level begins, rising, as stats_changes gives
 * them.
 */
struct stats_trend {
    double slope; /* of x, a step; 0 where there is no pair */
    double p;     /* two-sided, by the normal approximation; 1 where nothing can be told */
};
struct stats_trend stats_trend(const double *x, size_t n, const size_t *levels,
                               size_t n_levels);

#endif
