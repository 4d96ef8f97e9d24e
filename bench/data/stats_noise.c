#include "data/stats_noise.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/stats.h"

enum { MOST_SPLITS = 200000, DRAWN_SPLITS = 10000 };

static double mean_log(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += log(x[i]);
    return sum / (double)n;
}

double stats_log_sd(const double *x, size_t n)
{
    double mean = mean_log(x, n), sum = 0;

    if (n < 2)
        return 0;
    for (size_t i = 0; i < n; i++)
        sum += (log(x[i]) - mean) * (log(x[i]) - mean);
    return sqrt(sum / (double)(n - 1));
}

double stats_noise_parametric(double s, size_t k, size_t trials)
{
    assert(k >= 2 && trials);
    return expm1(stats_t_quantile((double)(k - 1), 0.975) * s * sqrt(2 / (double)trials));
}

double stats_log_distance(const double *a, size_t n_a, const double *b, size_t n_b)
{
    return expm1(fabs(mean_log(a, n_a) - mean_log(b, n_b)));
}

/* Half of the values and what the other half is without it. */
struct splits {
    double *logs;
    size_t n;
    size_t half;
    double total;
    double *differences;
    size_t n_differences;
};

static void take(struct splits *s, double sum)
{
    double other = (s->total - sum) / (double)(s->n - s->half);

    s->differences[s->n_differences++] = fabs(sum / (double)s->half - other);
}

/* C(n, half), or one more than `most`. */
static size_t how_many(size_t n, size_t half, size_t most)
{
    size_t c = 1;

    for (size_t i = 1; i <= half; i++) {
        c = c * (n - half + i) / i;
        if (c > most)
            return most + 1;
    }
    return c;
}

/* The next set of indices in the order of a dictionary; false behind the last. */
static int next_set(size_t *set, size_t half, size_t n)
{
    size_t i = half;

    while (i && set[i - 1] == n - half + i - 1)
        i--;
    if (!i)
        return 0;
    set[i - 1]++;
    for (; i < half; i++)
        set[i] = set[i - 1] + 1;
    return 1;
}

static void take_all(struct splits *s)
{
    size_t *set = mem_array(s->half, sizeof(*set));

    for (size_t i = 0; i < s->half; i++)
        set[i] = i;
    do {
        double sum = 0;

        for (size_t i = 0; i < s->half; i++)
            sum += s->logs[set[i]];
        take(s, sum);
    } while (next_set(set, s->half, s->n));
    free(set);
}

/* The first half of a shuffle. */
static void take_drawn(struct splits *s, uint64_t seed)
{
    struct rng r = rng_init(seed);

    for (size_t k = 0; k < DRAWN_SPLITS; k++) {
        double sum = 0;

        for (size_t i = 0; i < s->half; i++) {
            size_t j = i + (size_t)(rng_unit(&r) * (double)(s->n - i));
            double log = s->logs[j];

            s->logs[j] = s->logs[i];
            s->logs[i] = log;
            sum += log;
        }
        take(s, sum);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double stats_noise_empirical(const double *x, size_t n, uint64_t seed, double *largest)
{
    struct splits s = { .n = n, .half = n / 2 };
    size_t all = how_many(n, s.half, MOST_SPLITS), rank;
    double floor;

    assert(n >= 2);
    s.logs = mem_array(n, sizeof(*s.logs));
    s.differences =
        mem_array(all > MOST_SPLITS ? DRAWN_SPLITS : all, sizeof(*s.differences));
    for (size_t i = 0; i < n; i++)
        s.total += s.logs[i] = log(x[i]);
    if (all > MOST_SPLITS)
        take_drawn(&s, seed);
    else
        take_all(&s);
    qsort(s.differences, s.n_differences, sizeof(*s.differences), by_size);
    rank = (s.n_differences * 95 + 99) / 100;
    floor = expm1(s.differences[rank - 1]);
    if (largest)
        *largest = expm1(s.differences[s.n_differences - 1]);
    free(s.logs);
    free(s.differences);
    return floor;
}

double stats_noise_floor(const double *x, size_t n, size_t trials, uint64_t seed)
{
    double parametric = stats_noise_parametric(stats_log_sd(x, n), n, trials);
    double empirical = stats_noise_empirical(x, n, seed, NULL);

    return parametric > empirical ? parametric : empirical;
}
