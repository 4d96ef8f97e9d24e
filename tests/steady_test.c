#include "data/steady.h"

#include <math.h>

#include "base/rng.h"
#include "data/series.h"
#include "data/stats.h"
#include "test.h"

/* The series of which the right answers are known, in requests. */
static const double warm_up[] = {
    479, 443, 397, 413, 382, 366, 347, 360, 335, 329, 290, 278, 259, 267, 213,
    291, 257, 251, 262, 235, 243, 250, 203, 264, 231, 238, 205, 211, 255, 211,
    212, 228, 245, 170, 245, 221, 232, 195, 220, 245, 212, 201, 204, 202, 228,
    216, 202, 227, 191, 184, 259, 199, 243, 209, 207, 221, 194, 195, 207, 203,
    225, 248, 188, 194, 225, 220, 232, 196, 222, 209, 179, 219, 180, 221, 202,
    207, 252, 240, 219, 218, 196, 235, 222, 194, 178, 210, 207, 227, 191, 193,
    219, 212, 229, 232, 193, 165, 212, 196, 215, 158, 208, 212, 200, 220, 212,
    215, 236, 235, 234, 218, 213, 221, 217, 196, 218, 228, 203, 189, 222, 196,
};
static const double even[] = {
    180, 201, 180, 211, 197, 207, 225, 225, 204, 167, 197, 185, 221, 232, 217,
    216, 215, 217, 199, 221, 200, 186, 206, 233, 202, 175, 227, 210, 215, 197,
    214, 233, 194, 217, 211, 191, 209, 216, 191, 225, 186, 225, 216, 210, 192,
    192, 168, 205, 203, 215, 223, 209, 200, 222, 205, 205, 185, 223, 194, 239,
};
static const double climb[] = {
    182, 187, 194, 188, 182, 187, 191, 198, 212, 210, 208, 215, 187, 204, 206,
    203, 219, 209, 207, 227, 214, 219, 209, 233, 227, 242, 250, 237, 229, 226,
    251, 235, 244, 242, 209, 244, 246, 248, 246, 251, 241, 258, 248, 256, 272,
    260, 249, 264, 248, 265, 279, 257, 267, 261, 273, 276, 276, 273, 259, 270,
};

enum { MOST = 5000 };

/* As a phase has them: request k due at k. */
static size_t batches_of(const double *x, size_t n, double *mean, ns_t *first)
{
    struct series s = { 0 };
    size_t m;

    for (size_t k = 0; k < n; k++)
        series_add(&s, k, (ns_t)k, &(struct series_values){ 1, x[k], x[k] * x[k] });
    m = series_batches(&s, mean, first);
    series_free(&s);
    return m;
}

static struct steady judge(const double *x, size_t n)
{
    static double mean[SERIES_BINS];
    static ns_t first[SERIES_BINS];

    return steady_judge(mean, batches_of(x, n, mean, first));
}

TEST(mser_cuts_where_the_reference_does)
{
    static const struct {
        const double *x;
        size_t n, m, cut;
        double at_0, at_cut, before, after;
    } rows[] = {
        { warm_up, COUNT(warm_up), 24, 5, 104.67177951388886, 5.198238810322207, 232.125,
          212.736842105 },
        { even, COUNT(even), 12, 1, 2.909351851851851, 2.0234410217881305, 206.433333,
          207.581818 },
        { climb, COUNT(climb), 12, 6, 59.51712962962962, 22.875555555555557, 232.833333,
          255.6 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        double mean[40], at_0, at_cut, all, rest, cv;
        ns_t first[40];
        size_t m = batches_of(rows[i].x, rows[i].n, mean, first);

        assert_int_equal(m, rows[i].m);
        assert_int_equal(stats_mser(mean, m, &at_0, &at_cut), rows[i].cut);
        stats_moments(mean, m, &all, &cv);
        stats_moments(mean + rows[i].cut, m - rows[i].cut, &rest, &cv);
        assert_true(fabs(at_0 / rows[i].at_0 - 1) < 1e-12);
        assert_true(fabs(at_cut / rows[i].at_cut - 1) < 1e-12);
        assert_true(fabs(all - rows[i].before) < 1e-6);
        assert_true(fabs(rest - rows[i].after) < 1e-6);
        assert_int_equal(first[rows[i].cut], 5 * rows[i].cut);
    }
}

TEST(a_phase_is_steady_begins_with_a_warm_up_or_drifts)
{
    static const double flat[60];

    assert_int_equal(judge(warm_up, COUNT(warm_up)).verdict, STEADY_WARM_UP);
    assert_int_equal(judge(even, COUNT(even)).verdict, STEADY_STEADY);
    assert_int_equal(judge(even, COUNT(even)).cut, 1); /* told, but it does not matter */
    assert_int_equal(judge(climb, COUNT(climb)).verdict, STEADY_DRIFT);
    assert_int_equal(judge(flat, COUNT(flat)).verdict, STEADY_STEADY);
    assert_int_equal(judge(warm_up, 49).verdict, STEADY_UNKNOWN);
}

/* --- how often it is right --------------------------------------------------------------
 */

/* Lognormal latencies, neighbours alike by `alike`, that begin (1 + warm) times as long. */
struct kind {
    size_t n;
    double alike;
    double sigma;
    double warm;
    double length; /* in which that falls to a third, as a share of all */
    double climb;
};

static enum steadiness draw(const struct kind *k, uint64_t seed)
{
    static double x[MOST];
    struct rng r = rng_stream(seed, "steady", k->n);
    double e = rng_normal(&r);

    for (size_t i = 0; i < k->n; i++) {
        double at = (double)i / (double)k->n;

        e = k->alike * e + sqrt(1 - k->alike * k->alike) * rng_normal(&r);
        x[i] = 200e6 * exp(k->sigma * e) * (1 + k->climb * at);
        if (k->length > 0)
            x[i] *= 1 + k->warm * exp(-at / k->length);
    }
    return judge(x, k->n).verdict;
}

static unsigned times(const struct kind *k, enum steadiness what, unsigned series)
{
    unsigned n = 0;

    for (unsigned i = 0; i < series; i++)
        n += draw(k, i + 1) == what;
    return n;
}

TEST(of_500_steady_series_at_most_2_percent_are_called_anything_else)
{
    static const struct kind kinds[] = {
        { .n = 50, .sigma = 0.3 },
        { .n = 60, .sigma = 0.8 },
        { .n = 100, .sigma = 0.5 },
        { .n = 150, .sigma = 0.5, .alike = 0.3 },
        { .n = 300, .sigma = 0.5, .alike = 0.6 },
        { .n = 1200, .sigma = 0.8, .alike = 0.3 },
        { .n = MOST, .sigma = 0.5, .alike = 0.8 },
    };

    for (size_t i = 0; i < COUNT(kinds); i++) {
        unsigned wrong = 500 - times(&kinds[i], STEADY_STEADY, 500);

        if (wrong > 10)
            fail_msg("row %zu: %u of 500", i, wrong);
    }
}

TEST(of_200_series_with_a_warm_up_or_a_drift_that_matters_95_percent_are_found)
{
    static const struct {
        struct kind kind;
        enum steadiness what;
    } rows[] = {
        { { .n = 200, .sigma = 0.3, .warm = 3, .length = 0.03 }, STEADY_WARM_UP },
        { { .n = 300, .sigma = 0.3, .warm = 1, .length = 0.1 }, STEADY_WARM_UP },
        { { .n = 1200, .sigma = 0.5, .warm = 2, .length = 0.05 }, STEADY_WARM_UP },
        { { .n = MOST, .sigma = 0.3, .warm = 1, .length = 0.1 }, STEADY_WARM_UP },
        { { .n = 1200, .sigma = 0.3, .climb = 0.5 }, STEADY_DRIFT },
        { { .n = MOST, .sigma = 0.3, .warm = 3, .length = 0.3 }, STEADY_DRIFT },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned found = times(&rows[i].kind, rows[i].what, 200);

        if (found < 190)
            fail_msg("row %zu: %u of 200", i, found);
    }
}
