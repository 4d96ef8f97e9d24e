#include "test.h"

#include <math.h>

#include "data/stats.h"

static void near(double got, double want, double tolerance, const char *what, size_t row)
{
    double error = want != 0 ? fabs(got - want) / fabs(want) : fabs(got);

    if (!(error <= tolerance))
        fail_msg("%s, row %zu: got %.17g, want %.17g", what, row, got, want);
}

static const struct {
    int64_t n;
    double q, confidence;
    int64_t lo, hi;
    double coverage;
    int64_t upper; /* 0: none */
    double upper_coverage;
} intervals[] = {
    { 5, 0.5, 0.95, 0, 6, 1, 5, 0.9687500000 },
    { 6, 0.5, 0.95, 1, 6, 0.9687500000, 6, 0.9843750000 },
    { 10, 0.5, 0.95, 2, 9, 0.9785156250, 9, 0.9892578125 },
    { 20, 0.5, 0.95, 6, 15, 0.9586105347, 15, 0.9793052673 },
    { 100, 0.5, 0.95, 40, 61, 0.9647997998, 59, 0.9556869599 },
    { 100, 0.9, 0.95, 84, 96, 0.9556901072, 96, 0.9762889173 },
    { 100, 0.95, 0.95, 90, 100, 0.9826070607, 99, 0.9629187907 },
    { 100, 0.99, 0.95, 97, 101, 0.9816259636, 0, 0 },
    { 299, 0.99, 0.95, 292, 300, 0.9887358245, 299, 0.9504637434 },
    { 400, 0.99, 0.95, 392, 400, 0.9612808871, 400, 0.9820494467 },
    { 500, 0.99, 0.95, 490, 500, 0.9801859499, 499, 0.9602452592 },
    { 1000, 0.5, 0.95, 469, 532, 0.9537088026, 527, 0.9531563543 },
    { 1000, 0.9, 0.95, 881, 919, 0.9549071811, 916, 0.9514974931 },
    { 1000, 0.95, 0.95, 936, 964, 0.9580952682, 962, 0.9566518094 },
    { 1000, 0.99, 0.95, 983, 997, 0.9760947635, 996, 0.9713136000 },
    { 1000, 0.99, 0.99, 981, 998, 0.9940322082, 998, 0.9973205680 },
    { 1000, 0.999, 0.95, 997, 1001, 0.9810731665, 0, 0 },
    { 5000, 0.99, 0.95, 4936, 4964, 0.9537403179, 4962, 0.9534342612 },
    { 10000, 0.99, 0.95, 9880, 9920, 0.9557546828, 9917, 0.9544808402 },
    { 10000, 0.999, 0.95, 9983, 9997, 0.9754574619, 9996, 0.9708040498 },
    { 100000, 0.999, 0.95, 99880, 99920, 0.9547890568, 99917, 0.9537595285 },
};

TEST(stats_quantile_interval_has_the_ranks_and_the_coverage_of_the_table)
{
    for (size_t i = 0; i < COUNT(intervals); i++) {
        int64_t n = intervals[i].n, lo, hi, upper;
        double q = intervals[i].q;
        bool both = stats_quantile_ci(n, q, intervals[i].confidence, &lo, &hi);

        assert_int_equal(lo, intervals[i].lo);
        assert_int_equal(hi, intervals[i].hi);
        assert_int_equal(both, lo > 0 && hi <= n);
        near(stats_binomial_cdf(hi - 1, n, q) - stats_binomial_cdf(lo - 1, n, q),
             intervals[i].coverage, 1e-10, "coverage", i);

        upper = stats_quantile_upper(n, q, intervals[i].confidence);
        assert_int_equal(upper, intervals[i].upper ? intervals[i].upper : n + 1);
        if (intervals[i].upper)
            near(stats_binomial_cdf(upper - 1, n, q), intervals[i].upper_coverage, 1e-10,
                 "upper coverage", i);
    }
}

/* The definition itself, by adding up all terms. */
static void ranks_by_definition(int64_t n, double q, double confidence, int64_t *lo,
                                int64_t *hi)
{
    double tail = (1 - confidence) / 2;
    double f = 0;
    bool found = false;

    *hi = n + 1;
    for (int64_t k = 0; k <= n; k++) {
        f += stats_binomial_pmf(k, n, q);
        if (!found && f > tail) {
            *lo = k;
            found = true;
        }
        if (f >= 1 - tail) {
            *hi = k + 1;
            return;
        }
    }
}

TEST(stats_quantile_interval_agrees_with_its_definition_for_every_small_sample)
{
    static const double qs[] = { 0.05, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999 };

    for (int64_t n = 1; n <= 400; n++)
        for (size_t i = 0; i < COUNT(qs); i++) {
            int64_t lo, hi, want_lo, want_hi;

            stats_quantile_ci(n, qs[i], 0.95, &lo, &hi);
            ranks_by_definition(n, qs[i], 0.95, &want_lo, &want_hi);
            if (lo != want_lo || hi != want_hi)
                fail_msg("n %d, q %g: %d..%d instead of %d..%d", (int)n, qs[i], (int)lo,
                         (int)hi, (int)want_lo, (int)want_hi);
        }
}

TEST(stats_quantile_interval_of_ten_million_values_is_that_of_the_normal_law)
{
    static const double qs[] = { 0.5, 0.95, 0.999 };
    const int64_t n = 10000000;

    for (size_t i = 0; i < COUNT(qs); i++) {
        double half = 1.959963984540054 * sqrt((double)n * qs[i] * (1 - qs[i]));
        int64_t lo, hi;

        assert_true(stats_quantile_ci(n, qs[i], 0.95, &lo, &hi));
        assert_true(fabs((double)lo - ((double)n * qs[i] - half)) < 3);
        assert_true(fabs((double)hi - ((double)n * qs[i] + half)) < 3);
    }
}

TEST(stats_quantile_interval_of_nothing_is_unbounded)
{
    int64_t lo = 7, hi = 7;

    assert_false(stats_quantile_ci(0, 0.5, 0.95, &lo, &hi));
    assert_int_equal(lo, 0);
    assert_int_equal(hi, 1);
    assert_int_equal(stats_quantile_upper(0, 0.5, 0.95), 1);
    assert_false(stats_quantile_ci(100, 1, 0.95, &lo, &hi));
    assert_int_equal(lo, 100);
    assert_int_equal(hi, 101);
}

TEST(stats_minimal_sample_is_that_of_the_table)
{
    static const double qs[] = { 0.9, 0.95, 0.97, 0.99, 0.995, 0.999 };
    static const struct {
        double confidence;
        int64_t over, n[COUNT(qs)];
    } rows[] = {
        { 0.95, 0, { 29, 59, 99, 299, 598, 2995 } },
        { 0.95, 1, { 46, 93, 157, 473, 947, 4742 } },
        { 0.95, 2, { 61, 124, 208, 628, 1258, 6294 } },
        { 0.95, 3, { 76, 153, 257, 773, 1549, 7752 } },
        { 0.95, 4, { 89, 181, 303, 913, 1829, 9151 } },
        { 0.95, 5, { 103, 208, 348, 1049, 2100, 10511 } },
        { 0.95, 6, { 116, 234, 392, 1182, 2366, 11840 } },
        { 0.95, 8, { 142, 286, 478, 1441, 2884, 14432 } },
        { 0.95, 10, { 167, 336, 562, 1693, 3389, 16959 } },
        { 0.95, 20, { 286, 577, 965, 2902, 5808, 29058 } },
        { 0.95, 50, { 627, 1260, 2103, 6323, 12651, 63281 } },
        { 0.95, 100, { 1172, 2353, 3927, 11799, 23607, 118071 } },
        { 0.99, 0, { 44, 90, 152, 459, 919, 4603 } },
        { 0.99, 1, { 64, 130, 219, 662, 1325, 6636 } },
        { 0.99, 2, { 81, 165, 277, 838, 1678, 8403 } },
        { 0.99, 3, { 97, 198, 332, 1001, 2006, 10042 } },
        { 0.99, 4, { 113, 229, 383, 1157, 2318, 11601 } },
        { 0.99, 5, { 127, 259, 433, 1307, 2618, 13105 } },
        { 0.99, 6, { 142, 288, 482, 1453, 2910, 14567 } },
        { 0.99, 7, { 156, 316, 529, 1596, 3196, 15996 } },
        { 0.99, 8, { 170, 344, 576, 1736, 3476, 17398 } },
        { 0.99, 9, { 183, 371, 622, 1874, 3752, 18779 } },
        { 0.99, 10, { 197, 398, 667, 2010, 4024, 20140 } },
        { 0.99, 20, { 325, 656, 1097, 3304, 6615, 33097 } },
        { 0.99, 50, { 681, 1372, 2293, 6898, 13804, 69058 } },
        { 0.99, 100, { 1246, 2504, 4182, 12571, 25155, 125826 } },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < COUNT(qs); k++)
            assert_int_equal(stats_min_sample_over(rows[i].over, qs[k], rows[i].confidence),
                             rows[i].n[k]);
    assert_int_equal(stats_min_sample(0.5, 0.95), 5);
    assert_int_equal(stats_min_sample(0.95, 0.95), 59);
    assert_int_equal(stats_min_sample(0.99, 0.95), 299);
    assert_int_equal(stats_min_sample(0.999, 0.95), 2995);
    assert_true(stats_min_sample(1, 0.95) == INT64_MAX);
}

TEST(stats_minimal_sample_is_where_the_upper_limit_begins_to_exist)
{
    static const double qs[] = { 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999 };

    for (size_t i = 0; i < COUNT(qs); i++) {
        int64_t n = stats_min_sample(qs[i], 0.95);

        assert_int_equal(stats_quantile_upper(n, qs[i], 0.95), n);
        assert_int_equal(stats_quantile_upper(n - 1, qs[i], 0.95), n);
    }
}

TEST(stats_proportion_interval_meets_the_reference_values)
{
    static const struct {
        int64_t x, n;
        double lo, hi, upper;
    } rows[] = {
        { 0, 300, 0, 0.0122209746943, 0.00993608194446 },
        { 0, 1000, 0, 0.00368208389687, 0.00299124954510 },
        { 3, 1000, 0.00061909993165, 0.00874202323848, 0.00773524471848 },
        { 12, 1000, 0.0062155255596, 0.020867679591, 0.0193701992851 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        double lo, hi;

        stats_proportion_ci(rows[i].x, rows[i].n, 0.95, &lo, &hi);
        near(lo, rows[i].lo, 1e-11, "lower", i);
        near(hi, rows[i].hi, 1e-11, "upper", i);
        near(stats_proportion_upper(rows[i].x, rows[i].n, 0.95), rows[i].upper, 1e-11,
             "one-sided", i);
        /* Seen from the other side: successes instead of failures. */
        stats_proportion_ci(rows[i].n - rows[i].x, rows[i].n, 0.95, &lo, &hi);
        near(1 - hi, rows[i].lo, 1e-9, "mirrored lower", i);
        near(1 - lo, rows[i].hi, 1e-9, "mirrored upper", i);
    }
}

TEST(stats_proportion_interval_holds_at_the_edges_and_for_ten_million)
{
    double lo, hi;

    stats_proportion_ci(0, 0, 0.95, &lo, &hi);
    assert_true(lo == 0 && hi == 1);
    stats_proportion_ci(7, 7, 0.95, &lo, &hi);
    assert_true(lo > 0.5 && hi == 1);
    stats_proportion_ci(100000, 10000000, 0.95, &lo, &hi);
    near(lo, 0.01 - 1.96 * sqrt(0.01 * 0.99 / 1e7), 1e-4, "lower", 0);
    near(hi, 0.01 + 1.96 * sqrt(0.01 * 0.99 / 1e7), 1e-4, "upper", 0);
}

TEST(stats_fisher_test_meets_the_reference_values)
{
    near(stats_fisher_worse(2, 1000, 11, 1000), 0.0110216799751, 1e-10, "fisher", 0);
    near(stats_fisher_worse(0, 500, 5, 500), 0.0309376578183, 1e-10, "fisher", 1);
    near(stats_fisher_worse(10, 2000, 14, 2000), 0.270011981361, 1e-10, "fisher", 2);
    near(stats_fisher_worse(3, 10, 0, 10), 1, 1e-12, "none in B", 3);
    near(stats_fisher_worse(0, 10, 0, 10), 1, 0, "none at all", 4);
    near(stats_fisher_worse(10, 10, 10, 10), 1, 0, "all failed", 5);
    near(stats_fisher_worse(0, 5, 5, 5), 1.0 / 252, 1e-12, "all of B only", 6);
}
