#include "data/stats.h"

#include <math.h>

/*
 * MSER(d) is the squared standard error of the mean of what is left when the first d are
 * cut: the best cut takes no more than it has to. From the end backwards, so that mean and
 * squares of each rest come out of those of the one behind it (Welford).
 */
size_t stats_mser(const double *y, size_t m, double *at_0, double *at_cut)
{
    double mean = 0, squares = 0, best = INFINITY;
    size_t cut = 0;

    *at_0 = *at_cut = 0;
    for (size_t d = m; d-- > 0;) {
        double left = (double)(m - d);
        double off = y[d] - mean;

        mean += off / left;
        squares += off * (y[d] - mean);
        if (d > m / 2)
            continue;
        *at_0 = squares / (left * left);
        if (*at_0 <= best) {
            best = *at_cut = *at_0;
            cut = d;
        }
    }
    return cut;
}
