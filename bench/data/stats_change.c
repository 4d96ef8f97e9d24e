#include "data/stats_change.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { LEAST = 3, DRAWN = 999, MOST_HITS = 9 };

/*
 * The split with the greatest |mean of the left - mean of the right| in units of what
 * chance makes of it, sqrt(1 / k + 1 / (n - k)); and that greatest value.
 */
static double best_split(const double *x, size_t n, size_t *at)
{
    double total = 0, left = 0, best = -1;

    for (size_t i = 0; i < n; i++)
        total += x[i];
    for (size_t k = 1; k < n; k++) {
        double l = (double)k, r = (double)(n - k), d;

        left += x[k - 1];
        if (k < LEAST || n - k < LEAST)
            continue;
        d = fabs(left / l - (total - left) / r) / sqrt(1 / l + 1 / r);
        if (d > best) {
            best = d;
            *at = k;
        }
    }
    return best;
}

static void shuffle(double *x, size_t n, struct rng *r)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(rng_unit(r) * (double)i);
        double t = x[i - 1];

        x[i - 1] = x[j];
        x[j] = t;
    }
}

static int is_sure(const double *x, size_t n, double found, struct rng *r)
{
    double *drawn = mem_array(n, sizeof(*drawn));
    size_t hits = 0, at;

    memcpy(drawn, x, n * sizeof(*x));
    for (int i = 0; i < DRAWN && hits <= MOST_HITS; i++) {
        shuffle(drawn, n, r);
        hits += best_split(drawn, n, &at) >= found * (1 - 1e-9);
    }
    free(drawn);
    return hits <= MOST_HITS;
}

static size_t split(const double *x, size_t from, size_t n, struct rng *r, size_t *at)
{
    size_t k = 0, left;
    double found;

    if (n < 2 * (size_t)LEAST)
        return 0;
    found = best_split(x + from, n, &k);
    if (!(found > 0) || !is_sure(x + from, n, found, r))
        return 0;
    left = split(x, from, k, r, at);
    at[left++] = from + k;
    return left + split(x, from + k, n - k, r, at + left);
}

size_t stats_changes(const double *x, size_t n, uint64_t seed, size_t *at)
{
    struct rng r = rng_init(seed);

    return split(x, 0, n, &r, at);
}
