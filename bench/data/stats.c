#include "data/stats.h"

#include <float.h>
#include <math.h>

/*
 * P(K <= k), left of the mode: the terms fall faster the farther they are, and
 * P(k-1) / P(k) = k (1-p) / ((n-k+1) p).
 */
static double lower_tail(int64_t k, int64_t n, double p)
{
    double term = stats_binomial_pmf(k, n, p);
    double sum = term;
    double odds = (1 - p) / p;

    for (int64_t i = k; i > 0 && term > sum * DBL_EPSILON / 16; i--) {
        term *= (double)i / (double)(n - i + 1) * odds;
        sum += term;
    }
    return sum;
}

double stats_binomial_cdf(int64_t k, int64_t n, double p)
{
    if (k < 0)
        return 0;
    if (k >= n)
        return 1;
    if ((double)k <= (double)n * p)
        return lower_tail(k, n, p);
    /* P(K > k) = P(n - K <= n - k - 1), a lower tail of Binomial(n, 1 - p). */
    return 1 - lower_tail(n - k - 1, n, 1 - p);
}

/*
 * The least k with P(K <= k) > tail. Begins where the normal approximation says and walks:
 * one sum of a tail, then one term a step.
 */
static int64_t tail_rank(int64_t n, double p, double tail)
{
    double mean = (double)n * p;
    double guess = mean + stats_normal_quantile(tail) * sqrt(mean * (1 - p));
    int64_t k = guess > 0 ? (int64_t)guess : 0;
    double f = stats_binomial_cdf(k, n, p);

    while (f <= tail)
        f += stats_binomial_pmf(++k, n, p);
    while (k > 0) {
        double below = f - stats_binomial_pmf(k, n, p);

        if (below <= tail)
            break;
        f = below;
        k--;
    }
    return k;
}

bool stats_quantile_ci(int64_t n, double q, double confidence, int64_t *lo_rank,
                       int64_t *hi_rank)
{
    double tail = (1 - confidence) / 2;

    /*
     * The number K of values at or below the quantile is Binomial(n, q). The lower rank is
     * the least l with P(K <= l) > tail, the upper one the least u with P(K >= u) <= tail;
     * counted from above, n - K is Binomial(n, 1 - q), so u is the same search mirrored.
     */
    *lo_rank = n > 0 ? tail_rank(n, q, tail) : 0;
    *hi_rank = stats_quantile_upper(n, q, 1 - tail);
    return *lo_rank > 0 && *hi_rank <= n;
}

bool stats_quantile_ci_of(int64_t n, int64_t counted, double q, double confidence,
                          int64_t *lo_rank, int64_t *hi_rank)
{
    bool both = stats_quantile_ci(counted, q, confidence, lo_rank, hi_rank);

    /* In whole numbers: rounded, the last of the counted might become one beyond the n. */
    *hi_rank = *hi_rank > counted ? n + 1 : (*hi_rank * n + counted - 1) / counted;
    if (*lo_rank > 0)
        *lo_rank = (*lo_rank - 1) * n / counted + 1;
    return both;
}

int64_t stats_quantile_upper(int64_t n, double q, double confidence)
{
    return n > 0 ? n + 1 - tail_rank(n, 1 - q, 1 - confidence) : n + 1;
}

int64_t stats_min_sample(double q, double confidence)
{
    return stats_min_sample_over(0, q, confidence);
}

int64_t stats_min_sample_over(int64_t over, double q, double confidence)
{
    int64_t low = over; /* too few: all of them would be over */
    int64_t high = over + 1;

    if (q >= 1)
        return INT64_MAX;
    while (stats_binomial_cdf(over, high, 1 - q) > 1 - confidence) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        int64_t mid = low + (high - low) / 2;

        if (stats_binomial_cdf(over, mid, 1 - q) > 1 - confidence)
            low = mid;
        else
            high = mid;
    }
    return high;
}

static double proportion_limit(int64_t x, int64_t n, double p)
{
    return stats_beta_quantile((double)x, (double)(n - x + 1), p);
}

void stats_proportion_ci(int64_t x, int64_t n, double confidence, double *lo, double *hi)
{
    double tail = (1 - confidence) / 2;

    *lo = x > 0 ? proportion_limit(x, n, tail) : 0;
    *hi = stats_proportion_upper(x, n, 1 - tail);
}

double stats_proportion_upper(int64_t x, int64_t n, double confidence)
{
    return x < n ? proportion_limit(x + 1, n, confidence) : 1;
}

double stats_fisher_worse(int64_t x_a, int64_t n_a, int64_t x_b, int64_t n_b)
{
    int64_t all = x_a + x_b;
    int64_t most = all < n_b ? all : n_b;
    double p = (double)all / (double)(n_a + n_b);
    double sum = 0;

    if (all == 0 || all == n_a + n_b || x_b <= all - n_a)
        return 1;
    /* Given the sum, the share of B is hypergeometric: a ratio of binomials, for any p. */
    for (int64_t k = x_b; k <= most; k++) {
        double term = stats_binomial_pmf(k, n_b, p) * stats_binomial_pmf(all - k, n_a, p);

        sum += term;
        if ((double)k > (double)n_b * p && term <= sum * DBL_EPSILON / 16)
            break;
    }
    return fmin(1, sum / stats_binomial_pmf(all, n_a + n_b, p));
}
