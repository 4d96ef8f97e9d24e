#include "data/stats_trend.h"

#include <math.h>

#include "base/rng.h"
#include "data/stats_change.h"
#include "test.h"

static void near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%.12g is not %.12g", got, want);
}

/* S and its variance reckoned by hand: p = erfc((|S| - 1) / sqrt(2 var)). */
TEST(a_trend_has_the_p_of_mann_and_kendall_and_the_slope_of_theil_and_sen)
{
    static const struct {
        double x[10];
        size_t n;
        double s, variance, slope;
    } cases[] = {
        { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, 10, 45, 125, 1 },
        { { 5, 4, 3, 2, 1 }, 5, -10, 50 / 3.0, -1 },
        { { 1, 1, 2, 2, 3, 3 }, 6, 12, (6 * 5 * 17 - 3 * 2 * 1 * 9) / 18.0, 0.5 },
        { { 2, 1, 4, 3, 6 }, 5, 6, 50 / 3.0, 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_trend t = stats_trend(cases[i].x, cases[i].n, NULL, 0);

        near(t.p, erfc((fabs(cases[i].s) - 1) / sqrt(2 * cases[i].variance)), 1e-12);
        near(t.slope, cases[i].slope, 1e-12);
    }
}

TEST(a_series_without_pairs_or_without_differences_has_no_trend)
{
    static const double even[] = { 3, 3, 3, 3 };

    near(stats_trend(even, 4, NULL, 0).p, 1, 0);
    near(stats_trend(even, 1, NULL, 0).p, 1, 0);
    near(stats_trend(even, 0, NULL, 0).p, 1, 0);
    near(stats_trend(even, 1, NULL, 0).slope, 0, 0);
}

/* Each row 200 times: how many are called a drift at 1 %. */
TEST(a_jump_is_no_drift_and_a_drift_is_one)
{
    static const struct {
        double jump, slope;
        int least, most;
    } cases[] = {
        { 0, 0, 0, 6 },
        { 0.2, 0, 0, 6 },
        { 0, 0.02, 190, 200 },
    };
    enum { N = 16, TIMES = 200 };

    for (size_t c = 0; c < COUNT(cases); c++) {
        struct rng r = rng_init(7 + c);
        int called = 0;

        for (int i = 0; i < TIMES; i++) {
            double x[N];
            size_t at[N], n;

            for (int k = 0; k < N; k++)
                x[k] = (k >= 9 ? cases[c].jump : 0) + cases[c].slope * k +
                       0.02 * rng_normal(&r);
            n = stats_changes(x, N, 1, at);
            called += stats_trend(x, N, at, n).p <= 0.01;
        }
        if (called < cases[c].least || called > cases[c].most)
            fail_msg("row %zu: %d of %d", c, called, TIMES);
    }
}
