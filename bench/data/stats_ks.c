#include "data/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_EXACT = 100, RESCALE = 140 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double stats_ks_distance(double *u, size_t n)
{
    double d = 0;

    qsort(u, n, sizeof(*u), by_value);
    for (size_t i = 0; i < n; i++) {
        double below = u[i] - (double)i / (double)n;
        double above = (double)(i + 1) / (double)n - u[i];

        d = fmax(d, fmax(below, above));
    }
    return d;
}

/* A square matrix times 10^tens, so that large powers stay in range. */
struct matrix {
    size_t m;
    double *at; /* m * m, by rows */
    int tens;
};

static void multiply(const struct matrix *a, const struct matrix *b, struct matrix *out)
{
    size_t m = a->m;

    memset(out->at, 0, m * m * sizeof(*out->at));
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < m; k++)
            for (size_t j = 0; j < m; j++)
                out->at[i * m + j] += a->at[i * m + k] * b->at[k * m + j];
    out->tens = a->tens + b->tens;
    if (out->at[m / 2 * m + m / 2] > pow(10, RESCALE)) {
        for (size_t i = 0; i < m * m; i++)
            out->at[i] /= pow(10, RESCALE);
        out->tens += RESCALE;
    }
}

static void swap(struct matrix *a, struct matrix *b)
{
    struct matrix t = *a;

    *a = *b;
    *b = t;
}

static struct matrix matrix_new(size_t m)
{
    return (struct matrix){ .m = m, .at = mem_array(m * m, sizeof(double)) };
}

/* *h := *h to the power n > 0, by squares. */
static void raise(struct matrix *h, size_t n)
{
    struct matrix square = *h;
    struct matrix result = matrix_new(h->m);
    struct matrix spare = matrix_new(h->m);

    for (size_t i = 0; i < h->m; i++)
        result.at[i * h->m + i] = 1;
    for (;; n /= 2) {
        if (n % 2) {
            multiply(&result, &square, &spare);
            swap(&result, &spare);
        }
        if (n < 2)
            break;
        multiply(&square, &square, &spare);
        swap(&square, &spare);
    }
    free(square.at);
    free(spare.at);
    *h = result;
}

/*
 * The matrix of Marsaglia, Tsang and Wang (2003), n d = k - h with 0 <= h < 1: ones on and
 * below the first upper diagonal, the first column and the last row lowered by powers of h,
 * all divided by factorials.
 */
static struct matrix ks_matrix(size_t k, double h)
{
    size_t m = 2 * k - 1;
    struct matrix x = matrix_new(m);

    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m && j <= i + 1; j++)
            x.at[i * m + j] = 1;
    for (size_t i = 0; i < m; i++) {
        x.at[i * m] -= pow(h, (double)(i + 1));
        x.at[(m - 1) * m + i] -= pow(h, (double)(m - i));
    }
    if (2 * h > 1)
        x.at[(m - 1) * m] += pow(2 * h - 1, (double)m);
    for (size_t i = 0; i < m; i++) {
        double factorial = 1;

        for (size_t j = i + 1; j-- > 0;) {
            factorial *= (double)(i - j + 1);
            x.at[i * m + j] /= factorial;
        }
    }
    return x;
}

double stats_ks_exact(size_t n, double d)
{
    double reach = (double)n * d;
    size_t k = (size_t)reach + 1;
    struct matrix h;
    double p;

    if (d <= 0)
        return 1;
    if (d >= 1)
        return 0;
    h = ks_matrix(k, (double)k - reach);
    raise(&h, n);
    /* n!/n^n times the middle element, factor by factor. */
    p = h.at[(k - 1) * h.m + k - 1];
    for (size_t i = 1; i <= n; i++) {
        p *= (double)i / (double)n;
        if (p < pow(10, -RESCALE)) {
            p *= pow(10, RESCALE);
            h.tens -= RESCALE;
        }
    }
    free(h.at);
    return 1 - p * pow(10, h.tens);
}

double stats_kolmogorov(double l)
{
    double sum = 0, sign = 1;

    /* The series converges at once where l matters, and not at all at 0. */
    if (l < 0.2)
        return 1;
    for (int j = 1; j <= 100; j++, sign = -sign) {
        double term = exp(-2.0 * j * j * l * l);

        sum += sign * term;
        if (term < 1e-17 * sum)
            break;
    }
    return 2 * sum;
}

double stats_ks_stephens(size_t n, double d)
{
    double root = sqrt((double)n);

    return stats_kolmogorov((root + 0.12 + 0.11 / root) * d);
}

double stats_ks_p(size_t n, double d)
{
    return n <= MAX_EXACT ? stats_ks_exact(n, d) : stats_ks_stephens(n, d);
}
