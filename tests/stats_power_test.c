#include "data/stats_power.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "data/stats_change.h"
#include "data/stats_rank.h"
#include "test.h"

static const struct {
    const char *name;
    bool more_is_better;
    double a[8], b[8];
    double ratio, lo, hi, p;
} figures[] = {
    { "ttft p50",
      false,
      { 231, 228, 235, 229, 233, 230, 227, 236 },
      { 233, 231, 237, 230, 235, 232, 229, 238 },
      1.008676830,
      0.9914893617,
      1.025974026,
      0.2444444444 },
    { "ttft p99",
      false,
      { 1012, 1034, 998, 1021, 1045, 1007, 1018, 1029 },
      { 1290, 1331, 1248, 1302, 1367, 1275, 1315, 1339 },
      1.281186233,
      1.248775710,
      1.315324165,
      0.0001554001554 },
    { "itl p99",
      false,
      { 41.2, 40.8, 42.0, 41.5, 40.9, 41.7, 41.1, 41.9 },
      { 43.9, 44.6, 43.5, 44.1, 45.0, 43.8, 44.3, 44.7 },
      1.068835207,
      1.055421687,
      1.083129584,
      0.0001554001554 },
    { "e2e p99",
      false,
      { 6.21, 5.98, 6.45, 7.02, 6.11, 6.33, 5.87, 6.60 },
      { 6.90, 8.10, 6.40, 9.05, 7.35, 6.75, 6.05, 7.80 },
      1.134404009,
      1.022727273,
      1.289173789,
      0.02812742813 },
    { "tokens/s",
      true,
      { 1520, 1531, 1512, 1526, 1518, 1509, 1534, 1523 },
      { 1498, 1507, 1489, 1503, 1511, 1494, 1500, 1505 },
      1.013391483,
      1.007941760,
      1.019476158,
      0.0003108003108 },
};

static void near(double got, double want, double tolerance, const char *what,
                 const char *of)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s of %s: got %.12g, want %.12g", what, of, got, want);
}

TEST(figures_of_eight_trials_a_side_have_the_ratio_interval_and_p_of_the_worked_example)
{
    for (size_t i = 0; i < COUNT(figures); i++) {
        double sign = figures[i].more_is_better ? -1 : 1, a[8], b[8];
        struct stats_shift s;

        for (size_t k = 0; k < 8; k++) {
            a[k] = sign * log(figures[i].a[k]);
            b[k] = sign * log(figures[i].b[k]);
        }
        s = stats_shift(a, 8, b, 8, 0.95);
        near(exp(s.shift), figures[i].ratio, 1e-9, "ratio", figures[i].name);
        near(exp(s.lo), figures[i].lo, 1e-9, "lower limit", figures[i].name);
        near(exp(s.hi), figures[i].hi, 1e-9, "upper limit", figures[i].name);
        near(stats_mann_whitney(a, 8, b, 8).p, figures[i].p, 1e-9, "p", figures[i].name);
    }
}

/* In units of s, of the exact t test: ours is a good approximation of it. */
TEST(the_detectable_difference_is_that_of_the_t_test)
{
    static const struct {
        size_t n;
        double units;
    } cases[] = { { 3, 3.0709 },  { 4, 2.3808 },  { 5, 2.0244 },
                  { 6, 1.7955 },  { 8, 1.5066 },  { 10, 1.3249 },
                  { 15, 1.0598 }, { 20, 0.9091 }, { 30, 0.7356 } };

    for (size_t i = 0; i < COUNT(cases); i++)
        near(log1p(stats_detectable(0.05, cases[i].n, cases[i].n)) / 0.05, cases[i].units,
             0.012, "units", "the table");
}

TEST(a_gate_wants_more_trials_the_more_they_vary_and_the_more_figures_it_has)
{
    static const double sd[] = { 0, 0.01, 0.03, 0.06, 0.1 };
    size_t before = 0;

    for (size_t tests = 1; tests <= 12; tests++) {
        struct stats_gate g = { 1.2, tests, 0.05, 0.01 };
        size_t least = stats_gate_trials(&g, 0, 1, 1, 200), last = 0;

        assert_true(stats_least_p(least, least) * (double)tests < 0.05);
        assert_true(stats_least_p(least - 1, least - 1) * (double)tests >= 0.05);
        assert_true(least >= before);
        before = least;
        for (size_t i = 0; i < COUNT(sd); i++) {
            size_t n = stats_gate_trials(&g, sd[i], 1, 1, 200);

            assert_true(n >= last);
            last = n;
        }
    }
    assert_int_equal(
        stats_gate_trials(&(struct stats_gate){ 1.01, 6, 0.05, 0.01 }, 0.1, 5, 5, 200), 0);
}

TEST(a_series_changes_where_its_level_does)
{
    static const struct {
        size_t n;
        size_t jumps[3]; /* where, 0: none more */
        double by;
        size_t want;
    } cases[] = {
        { 5, { 0 }, 0, 0 },     { 40, { 0 }, 0, 0 },        { 16, { 8 }, 0.2, 1 },
        { 40, { 11 }, 0.2, 1 }, { 60, { 20, 40 }, 0.2, 2 }, { 12, { 11 }, 0.2, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rng r = rng_init(i + 1);
        double x[60], level = 0;
        size_t at[20], n;

        for (size_t k = 0; k < cases[i].n; k++) {
            for (size_t j = 0; j < 3; j++)
                level += cases[i].jumps[j] && cases[i].jumps[j] == k ? cases[i].by : 0;
            x[k] = level + 0.02 * rng_normal(&r);
        }
        n = stats_changes(x, cases[i].n, 1, at);
        assert_int_equal(n, cases[i].want);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(at[k], cases[i].jumps[k]);
    }
}
