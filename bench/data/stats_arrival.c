#include "data/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static double mean_of(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n ? sum / (double)n : 0;
}

void stats_moments(const double *x, size_t n, double *mean, double *cv)
{
    double squares = 0;

    *mean = mean_of(x, n);
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - *mean) * (x[i] - *mean);
    *cv = n > 1 && *mean != 0 ? sqrt(squares / (double)(n - 1)) / *mean : 0;
}

/* Sum of (x[i] - mean) (x[i + lag] - mean). */
static double covariance(const double *x, size_t n, size_t lag, double mean)
{
    double sum = 0;

    for (size_t i = 0; i + lag < n; i++)
        sum += (x[i] - mean) * (x[i + lag] - mean);
    return sum;
}

double stats_autocorrelation(const double *x, size_t n, size_t lag)
{
    double mean = mean_of(x, n);
    double variance = covariance(x, n, 0, mean);

    return variance > 0 ? covariance(x, n, lag, mean) / variance : 0;
}

double stats_effective_sample(const double *x, size_t n)
{
    double mean = mean_of(x, n);
    double variance = covariance(x, n, 0, mean);
    double tau = -1;

    if (!(variance > 0))
        return (double)n;
    for (size_t lag = 0; lag + 1 < n; lag += 2) {
        double pair =
            (covariance(x, n, lag, mean) + covariance(x, n, lag + 1, mean)) / variance;

        if (pair <= 0)
            break;
        tau += 2 * pair;
    }
    return (double)n / fmax(tau, 1);
}

double stats_arrival_uniformity(const double *at, size_t n, double *p)
{
    double *u;
    double d;

    *p = 1;
    if (n < 2)
        return 0;
    u = mem_array(n - 1, sizeof(*u));
    for (size_t i = 0; i + 1 < n; i++)
        u[i] = at[i] / at[n - 1];
    d = stats_ks_distance(u, n - 1);
    *p = stats_ks_p(n - 1, d);
    free(u);
    return d;
}

double stats_arrival_dispersion(const double *at, size_t n, size_t m, double *p)
{
    double *count;
    double x2 = 0;
    double half = (double)(m - 1) / 2;
    double mean;

    *p = 1;
    if (n < 2 || m < 2)
        return 0;
    count = mem_array(m, sizeof(*count));
    for (size_t i = 0; i + 1 < n; i++) {
        size_t window = (size_t)(at[i] / at[n - 1] * (double)m);

        count[window < m ? window : m - 1]++;
    }
    mean = (double)(n - 1) / (double)m;
    for (size_t i = 0; i < m; i++)
        x2 += (count[i] - mean) * (count[i] - mean) / mean;
    free(count);
    *p = fmin(1, 2 * fmin(stats_gamma_p(half, x2 / 2), stats_gamma_q(half, x2 / 2)));
    return x2;
}

void stats_arrival_rate_ci(size_t n, double last, double confidence, double *lo, double *hi)
{
    double tail = (1 - confidence) / 2;

    *lo = stats_chi2_quantile(2 * (double)n, tail) / (2 * last);
    *hi = stats_chi2_quantile(2 * (double)n, 1 - tail) / (2 * last);
}
