#include "data/stats_rank.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum { EXACT_MOST = 50, EXACT_MOST_TIED = 25 };

struct mark {
    double value;
    bool of_a;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct mark *)a)->value, y = ((const struct mark *)b)->value;

    return (x > y) - (x < y);
}

/* All values in order, and how many are alike in each place. */
struct pool {
    struct mark *marks;
    size_t n;
    size_t n1;
    size_t *ties; /* sizes of groups, upwards */
    size_t groups;
    size_t twice_rank; /* twice the rank sum of a */
};

static void pool_free(struct pool *p)
{
    free(p->marks);
    free(p->ties);
}

static struct pool pool_of(const double *a, size_t n1, const double *b, size_t n2)
{
    struct pool p = { .n = n1 + n2, .n1 = n1 };

    assert(n1 && n2);
    p.marks = mem_array(p.n, sizeof(*p.marks));
    p.ties = mem_array(p.n, sizeof(*p.ties));
    for (size_t i = 0; i < p.n; i++)
        p.marks[i] = (struct mark){ i < n1 ? a[i] : b[i - n1], i < n1 };
    qsort(p.marks, p.n, sizeof(*p.marks), by_value);
    for (size_t i = 0, end; i < p.n; i = end) {
        for (end = i; end < p.n && p.marks[end].value == p.marks[i].value; end++)
            ;
        for (size_t k = i; k < end; k++)
            p.twice_rank += p.marks[k].of_a ? i + 1 + end : 0;
        p.ties[p.groups++] = end - i;
    }
    return p;
}

static double u_of(const struct pool *p)
{
    return ((double)p->twice_rank - (double)(p->n1 * (p->n1 + 1))) / 2;
}

static double choose(size_t n, size_t k)
{
    double c = 1;

    for (size_t i = 1; i <= k; i++)
        c = c * (double)(n - k + i) / (double)i;
    return c;
}

/*
 * ways[k][s]: in how many ways k of the values seen so far can be those of a, twice their
 * rank sum being s. A group of t alike gives j of them in C(t, j) ways, each of its
 * midrank.
 */
static void count_group(double *ways, size_t n1, size_t sums, size_t t, size_t twice_mid)
{
    for (size_t k = n1; k > 0; k--)
        for (size_t j = 1; j <= t && j <= k; j++) {
            double c = choose(t, j);
            const double *from = ways + (k - j) * sums;
            double *to = ways + k * sums;

            for (size_t s = j * twice_mid; s < sums; s++)
                to[s] += from[s - j * twice_mid] * c;
        }
}

struct stats_u stats_mann_whitney_exact(const double *a, size_t n1, const double *b,
                                        size_t n2)
{
    struct pool p = pool_of(a, n1, b, n2);
    size_t sums = n1 * (2 * p.n - n1 + 1) + 1, below = 0;
    double *ways = mem_array((n1 + 1) * sums, sizeof(*ways)), total = choose(p.n, n1);
    struct stats_u r = { .u = u_of(&p), .exact = true };

    ways[0] = 1;
    for (size_t g = 0; g < p.groups; g++) {
        count_group(ways, n1, sums, p.ties[g], 2 * below + p.ties[g] + 1);
        below += p.ties[g];
    }
    for (size_t s = 0; s < sums; s++) {
        r.lower += s <= p.twice_rank ? ways[n1 * sums + s] / total : 0;
        r.upper += s >= p.twice_rank ? ways[n1 * sums + s] / total : 0;
    }
    r.p = fmin(1, 2 * fmin(r.lower, r.upper));
    free(ways);
    pool_free(&p);
    return r;
}

struct stats_u stats_mann_whitney_normal(const double *a, size_t n1, const double *b,
                                         size_t n2)
{
    struct pool p = pool_of(a, n1, b, n2);
    struct stats_u r = { .u = u_of(&p), .p = 1 };
    double n = (double)p.n, off = r.u - (double)n1 * (double)n2 / 2, ties = 0, sd;

    for (size_t g = 0; g < p.groups; g++)
        ties += pow((double)p.ties[g], 3) - (double)p.ties[g];
    sd = sqrt((double)n1 * (double)n2 / 12 * ((n + 1) - ties / (n * (n - 1))));
    if (sd > 0 && off != 0)
        r.p = erfc((fabs(off) - 0.5) / sd / sqrt(2));
    r.p = fmin(1, r.p);
    pool_free(&p);
    return r;
}

static bool has_ties(const double *a, size_t n1, const double *b, size_t n2)
{
    struct pool p = pool_of(a, n1, b, n2);
    bool tied = p.groups < p.n;

    pool_free(&p);
    return tied;
}

struct stats_u stats_mann_whitney(const double *a, size_t n1, const double *b, size_t n2)
{
    size_t most = n1 > n2 ? n1 : n2;

    if (most <= EXACT_MOST_TIED || (most <= EXACT_MOST && !has_ties(a, n1, b, n2)))
        return stats_mann_whitney_exact(a, n1, b, n2);
    return stats_mann_whitney_normal(a, n1, b, n2);
}

double stats_least_p(size_t n1, size_t n2)
{
    return fmin(1, 2 / choose(n1 + n2, n1));
}

double stats_least_p_paired(size_t n)
{
    return fmin(1, ldexp(2, -(int)n));
}

/* --- pairs ---------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

    return (x > y) - (x < y);
}

/* Twice the ranks of |d|, those alike sharing; *positive: twice the sum of positive ones.
 */
static size_t *ranks_of(double *d, size_t n, size_t *positive)
{
    size_t *twice = mem_array(n + 1, sizeof(*twice));

    qsort(d, n, sizeof(*d), by_size);
    *positive = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && fabs(d[end]) == fabs(d[i]); end++)
            ;
        for (size_t k = i; k < end; k++) {
            twice[k] = i + 1 + end;
            *positive += d[k] > 0 ? twice[k] : 0;
        }
    }
    return twice;
}

double stats_signed_rank(const double *d, size_t n, double *v)
{
    double *kept = mem_array(n + 1, sizeof(*kept)), *share;
    double lower = 0, upper = 0;
    size_t m = 0, positive, sums, *twice;

    for (size_t i = 0; i < n; i++)
        if (d[i] != 0)
            kept[m++] = d[i];
    twice = ranks_of(kept, m, &positive);
    sums = m * (m + 1) + 1;
    share = mem_array(sums, sizeof(*share));
    share[0] = 1;
    for (size_t i = 0; i < m; i++)
        for (size_t s = sums; s-- > 0;)
            share[s] = (share[s] + (s >= twice[i] ? share[s - twice[i]] : 0)) / 2;
    for (size_t s = 0; s < sums; s++) {
        lower += s <= positive ? share[s] : 0;
        upper += s >= positive ? share[s] : 0;
    }
    if (v)
        *v = (double)positive / 2;
    free(kept);
    free(twice);
    free(share);
    return fmin(1, 2 * fmin(lower, upper));
}

/* --- several at once ------------------------------------------------------------------ */

struct ordered {
    double p;
    size_t at;
};

static int by_p(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;

    return (x->p > y->p) - (x->p < y->p);
}

static struct ordered *order_of(const double *p, size_t n)
{
    struct ordered *o = mem_array(n + 1, sizeof(*o));

    for (size_t i = 0; i < n; i++)
        o[i] = (struct ordered){ p[i], i };
    qsort(o, n, sizeof(*o), by_p);
    return o;
}

void stats_holm(double *p, size_t n)
{
    struct ordered *o = order_of(p, n);
    double most = 0;

    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fmin(1, (double)(n - i) * o[i].p));
        p[o[i].at] = most;
    }
    free(o);
}

void stats_benjamini_hochberg(double *p, size_t n)
{
    struct ordered *o = order_of(p, n);
    double least = 1;

    for (size_t i = n; i-- > 0;) {
        least = fmin(least, (double)n / (double)(i + 1) * o[i].p);
        p[o[i].at] = least;
    }
    free(o);
}
