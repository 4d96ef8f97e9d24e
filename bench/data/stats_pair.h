#ifndef DATA_STATS_PAIR_H
#define DATA_STATS_PAIR_H

#include <stddef.h>

#include "data/hist.h"

/*
 * Two single trials: how sure is the ratio of their quantiles? The bootstrap of both, which
 * for a quantile of nearest rank needs no drawing: value j of n sorted ones is drawn with
 * weight I_{j/n}(r, n-r+1) - I_{(j-1)/n}(r, n-r+1), r being the rank of the quantile. It
 * tells about these two trials, not about what was built between them.
 */
struct stats_weighted {
    double value;
    double weight;
};

/* The values that the quantile of n sorted ones may take; at most n to out[]. */
size_t stats_quantile_weights(const double *sorted, size_t n, double q,
                              struct stats_weighted *out);

/*
 * The same of a histogram, whose n values count as `counted` independent ones. The caller
 * frees what comes back; *n_out: how many.
 */
struct stats_weighted *stats_hist_weights(const struct hist *h, double counted, double q,
                                          size_t *n_out);

struct stats_pair {
    double lo; /* 95 % of b / a lie between */
    double hi;
    double below; /* P(b / a <= 1) */
};
struct stats_pair stats_pair_ratio(const struct stats_weighted *a, size_t n_a,
                                   const struct stats_weighted *b, size_t n_b);

/* The same of the difference b - a: below is P(b - a <= 0). */
struct stats_pair stats_pair_difference(const struct stats_weighted *a, size_t n_a,
                                        const struct stats_weighted *b, size_t n_b);

#endif
