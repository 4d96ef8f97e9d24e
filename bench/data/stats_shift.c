#include "data/stats_rank.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/*
 * Shares of the values 0..n1*n2 of U, no ties: the coefficients of
 * prod (1 - x^(n2+i)) / (1 - x^i) over i = 1..n1, each step scaled to stay a distribution.
 */
static double *shares_of_u(size_t n1, size_t n2)
{
    size_t most = n1 * n2;
    double *f = mem_array(most + 1, sizeof(*f));

    f[0] = 1;
    for (size_t i = 1; i <= n1; i++) {
        for (size_t u = most; u >= n2 + i; u--)
            f[u] -= f[u - n2 - i];
        for (size_t u = i; u <= most; u++)
            f[u] += f[u - i];
        for (size_t u = 0; u <= most; u++)
            f[u] *= (double)i / (double)(n2 + i);
    }
    return f;
}

/* Shares of the values 0..n(n+1)/2 of the sum of signed ranks, no ties. */
static double *shares_of_v(size_t n)
{
    size_t most = n * (n + 1) / 2;
    double *f = mem_array(most + 1, sizeof(*f));

    f[0] = 1;
    for (size_t i = 1; i <= n; i++)
        for (size_t v = most + 1; v-- > 0;)
            f[v] = (f[v] + (v >= i ? f[v - i] : 0)) / 2;
    return f;
}

/*
 * Of m sorted differences the c-th from either end, c being the least w with
 * P(W <= w) >= half of what may be missed, 1 at least.
 */
static struct stats_shift shift_of(double *d, size_t m, const double *shares,
                                   double confidence)
{
    struct stats_shift r = { 0 };
    double below = 0;
    size_t c = 0;

    while (below + shares[c] < (1 - confidence) / 2 * (1 - 1e-12))
        below += shares[c++];
    if (!c) {
        c = 1;
        below = shares[0];
    }
    qsort(d, m, sizeof(*d), by_size);
    r.shift = (d[(m - 1) / 2] + d[m / 2]) / 2;
    r.lo = d[c - 1];
    r.hi = d[m - c];
    r.confidence = 1 - 2 * below;
    return r;
}

struct stats_shift stats_shift(const double *a, size_t n1, const double *b, size_t n2,
                               double confidence)
{
    double *d = mem_array(n1 * n2, sizeof(*d)), *shares = shares_of_u(n1, n2);
    struct stats_shift r;

    assert(n1 && n2);
    for (size_t i = 0; i < n1; i++)
        for (size_t j = 0; j < n2; j++)
            d[i * n2 + j] = b[j] - a[i];
    r = shift_of(d, n1 * n2, shares, confidence);
    free(d);
    free(shares);
    return r;
}

struct stats_shift stats_shift_paired(const double *d, size_t n, double confidence)
{
    size_t m = 0;
    double *walsh = mem_array(n * (n + 1) / 2 + 1, sizeof(*walsh));
    double *shares = shares_of_v(n);
    struct stats_shift r;

    assert(n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            walsh[m++] = (d[i] + d[j]) / 2;
    r = shift_of(walsh, m, shares, confidence);
    free(walsh);
    free(shares);
    return r;
}
