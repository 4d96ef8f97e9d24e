#include "data/stats_rank.h"

#include <math.h>
#include <stdlib.h>

#include "data/stats_pair.h"
#include "test.h"

static void near(double got, double want, const char *what, size_t row)
{
    if (!(fabs(got - want) <= 2e-9 * fmax(1e-3, fabs(want))))
        fail_msg("%s, row %zu: got %.12g, want %.12g", what, row, got, want);
}

struct sides {
    double a[20], b[20];
    size_t n1, n2;
};

static const struct sides W1 = {
    { 412, 398, 405, 421, 390 }, { 455, 431, 462, 440, 419, 448 }, 5, 6
};
static const struct sides W2 = {
    { 18, 19, 19, 20, 21, 22 }, { 19, 20, 20, 22, 23, 25, 25 }, 6, 7
};
static const struct sides W3 = {
    { 3069, 3075, 3069, 3067, 3207, 3064, 3064, 3058, 3059, 3062 },
    { 3075, 3065, 3059, 3065, 3060, 3081, 3186, 3135, 3087, 3062 },
    10,
    10
};
static const struct sides W4 = {
    { 10.1, 10.4, 10.2, 10.3 }, { 11.0, 11.2, 10.9, 11.5 }, 4, 4
};
static const struct sides W5 = {
    { 1726, 1723, 1707, 1707, 1713, 1729, 1736, 1707, 1705, 1774 },
    { 1423, 1416, 1411, 1413, 1412, 1426, 1422, 1424, 1447, 1425 },
    10,
    10
};
static const struct sides Y = { { 1012, 1034, 998, 1021, 1045, 1007, 1018, 1029 },
                                { 1093, 1120, 1071, 1104, 1132, 1085, 1111, 1099 },
                                8,
                                8 };

TEST(mann_whitney_is_exact_with_and_without_ties)
{
    static const struct {
        const struct sides *s;
        double u, lower, upper, p, normal;
    } cases[] = {
        { &W1, 1, 0.004329004329, 0.997835497835, 0.00865800865801, 0.0137108300781 },
        { &W2, 9.5, 0.0576923076923, 0.958624708625, 0.115384615385, 0.111054945776 },
        { &W3, 39.5, 0.223050942865, 0.787979822036, 0.44610188573, 0.448666623088 },
        { &W4, 0, 0.0142857142857, 1, 0.0285714285714, 0.0303828219766 },
        { &W5, 100, 1, 5.41254411223e-06, 1.08250882245e-05, 0.000178614488374 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sides *s = cases[i].s;
        struct stats_u u = stats_mann_whitney(s->a, s->n1, s->b, s->n2);

        assert_true(u.exact);
        near(u.u, cases[i].u, "u", i);
        near(u.lower, cases[i].lower, "lower", i);
        near(u.upper, cases[i].upper, "upper", i);
        near(u.p, cases[i].p, "p", i);
        near(stats_mann_whitney_normal(s->a, s->n1, s->b, s->n2).p, cases[i].normal,
             "normal", i);
    }
}

/* Counts a and b in the same four buckets. */
TEST(mann_whitney_of_buckets_is_that_of_values)
{
    static const size_t in_a[] = { 5, 10, 3, 2 }, in_b[] = { 2, 8, 6, 4 };
    double a[20], b[20];
    size_t n1 = 0, n2 = 0;
    struct stats_u u;

    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < in_a[i]; k++)
            a[n1++] = (double)i;
        for (size_t k = 0; k < in_b[i]; k++)
            b[n2++] = (double)i;
    }
    u = stats_mann_whitney(a, n1, b, n2);
    near(u.u, 140, "u", 0);
    near(u.p, 0.0933869927389, "exact", 0);
    near(stats_mann_whitney_normal(a, n1, b, n2).p, 0.0878757006579, "normal", 0);
}

TEST(mann_whitney_of_values_all_alike_shows_nothing)
{
    static const double a[] = { 3, 3, 3, 3 };

    near(stats_mann_whitney(a, 4, a, 4).p, 1, "exact", 0);
    near(stats_mann_whitney_normal(a, 4, a, 4).p, 1, "normal", 0);
}

TEST(the_least_p_is_that_of_sides_that_do_not_overlap)
{
    static const double least[] = {
        1, 0.3333333333, 0.1, 0.0285714286, 0.0079365079, 0.0021645022, 0.00058275058
    };

    for (size_t n = 1; n <= COUNT(least); n++) {
        double a[8], b[8];

        for (size_t i = 0; i < n; i++) {
            a[i] = (double)i;
            b[i] = (double)(100 + i);
        }
        assert_true(fabs(stats_least_p(n, n) - least[n - 1]) < 1e-9);
        near(stats_mann_whitney(a, n, b, n).p, stats_least_p(n, n), "p", n);
    }
    near(stats_least_p_paired(6), 0.03125, "paired", 0);
}

TEST(signed_ranks_are_exact)
{
    static const struct {
        double d[10];
        size_t n;
        double v, p;
    } cases[] = {
        { { 19, 6, 11, -3, 24, 13, -2, 23 }, 8, 33, 0.0390625 },
        { { 5, 7, 4, 9, 10, 3 }, 6, 21, 0.03125 },
        { { -0.2, 0.5, -0.2, 0.4, 0.5, -0.6, 0.9, 0.7, -0.3, 0.9 }, 10, 42, 0.1484375 },
        { { 0, 0, 0 }, 3, 0, 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        double v;

        near(stats_signed_rank(cases[i].d, cases[i].n, &v), cases[i].p, "p", i);
        near(v, cases[i].v, "v", i);
    }
}

TEST(the_shift_of_two_sides_has_its_exact_interval)
{
    static const struct {
        const struct sides *s;
        double shift, lo, hi, confidence, ratio, ratio_lo, ratio_hi;
    } cases[] = {
        { &W1, 38.5, 14, 58, 0.96969696969697, 1.09237144461665, 1.03456790123457,
          1.14871794871795 },
        { &W4, 0.85, 0.5, 1.4, 0.971428571428571, 1.08328557731853, 1.04807692307692,
          1.13861386138614 },
        { &W3, 3, -5, 23, 0.956742947455022, 1.00098023222359, 0.998368146214098,
          1.00750652741514 },
        { &Y, 81.5, 64, 101, 0.95011655011655, 1.07986425785696, 1.06219630709427,
          1.10009718172984 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct sides *s = cases[i].s;
        struct stats_shift r = stats_shift(s->a, s->n1, s->b, s->n2, 0.95);
        double la[20], lb[20];

        near(r.shift, cases[i].shift, "shift", i);
        near(r.lo, cases[i].lo, "lo", i);
        near(r.hi, cases[i].hi, "hi", i);
        near(r.confidence, cases[i].confidence, "confidence", i);
        for (size_t k = 0; k < 20; k++) {
            la[k] = k < s->n1 ? log(s->a[k]) : 0;
            lb[k] = k < s->n2 ? log(s->b[k]) : 0;
        }
        r = stats_shift(la, s->n1, lb, s->n2, 0.95);
        near(exp(r.shift), cases[i].ratio, "ratio", i);
        near(exp(r.lo), cases[i].ratio_lo, "ratio lo", i);
        near(exp(r.hi), cases[i].ratio_hi, "ratio hi", i);
    }
}

/* C of 95 % intervals: with a = 0 and b = 1, 2, ... the limits tell which it was. */
TEST(the_interval_of_a_shift_leaves_out_as_many_differences_as_the_table_says)
{
    static const struct {
        size_t n1, n2, c;
    } cases[] = { { 3, 3, 1 },  { 3, 5, 1 },   { 3, 12, 5 },  { 4, 4, 1 },
                  { 5, 5, 3 },  { 5, 8, 7 },   { 6, 6, 6 },   { 7, 10, 15 },
                  { 8, 8, 14 }, { 9, 12, 27 }, { 10, 10, 24 } };

    for (size_t i = 0; i < COUNT(cases); i++) {
        double a[12], b[12];
        size_t n = 0;

        /* differences n1 * n2 of them, all distinct: b - a = 0, 1, 2, ... */
        for (size_t k = 0; k < cases[i].n1; k++)
            a[k] = -(double)k;
        for (size_t k = 0; k < cases[i].n2; k++)
            b[n++] = (double)(k * cases[i].n1);
        near(stats_shift(a, cases[i].n1, b, cases[i].n2, 0.95).lo, (double)(cases[i].c - 1),
             "c", i);
    }
}

TEST(the_shift_of_pairs_is_that_of_walsh_averages)
{
    static const struct {
        double d[10];
        size_t n;
        double shift, lo, hi, confidence;
    } cases[] = {
        { { 19, 6, 11, -3, 24, 13, -2, 23 }, 8, 11, 1.5, 21.5, 0.9609375 },
        { { 5, 7, 4, 9, 10, 3 }, 6, 6.5, 3, 10, 0.96875 },
        { { -0.2, 0.5, -0.2, 0.4, 0.5, -0.6, 0.9, 0.7, -0.3, 0.9 },
          10,
          0.25,
          -0.2,
          0.7,
          0.951171875 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_shift r = stats_shift_paired(cases[i].d, cases[i].n, 0.95);

        near(r.shift, cases[i].shift, "shift", i);
        near(r.lo, cases[i].lo, "lo", i);
        near(r.hi, cases[i].hi, "hi", i);
        near(r.confidence, cases[i].confidence, "confidence", i);
    }
}

TEST(p_values_are_adjusted_for_their_number)
{
    static const struct {
        double p[5], holm[5], bh[5];
        size_t n;
    } cases[] = {
        { { 0.01, 0.04, 0.03, 0.005 },
          { 0.03, 0.06, 0.06, 0.02 },
          { 0.02, 0.04, 0.04, 0.02 },
          4 },
        { { 0.02, 0.02, 0.5, 0.012, 0.2 },
          { 0.08, 0.08, 0.5, 0.06, 0.4 },
          { 0.1 / 3, 0.1 / 3, 0.5, 0.1 / 3, 0.25 },
          5 },
        { { 0.2444444444, 0.0001554001554, 0.0001554001554, 0.02812742813,
            0.0003108003108 },
          { 0.2444444444, 0.000777000777, 0.000777000777, 0.05625485625, 0.0009324009324 },
          { 0.2444444444, 0.0003885003885, 0.0003885003885, 0.0351592851625,
            0.000518000518 },
          5 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        double holm[5], bh[5];

        memcpy(holm, cases[i].p, sizeof(holm));
        memcpy(bh, cases[i].p, sizeof(bh));
        stats_holm(holm, cases[i].n);
        stats_benjamini_hochberg(bh, cases[i].n);
        for (size_t k = 0; k < cases[i].n; k++) {
            near(holm[k], cases[i].holm[k], "Holm", i * 10 + k);
            near(bh[k], cases[i].bh[k], "BH", i * 10 + k);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static const double PAIR_A[20] = { 212, 198, 240, 225, 251, 207, 219, 233, 265, 201,
                                   228, 244, 310, 216, 222, 237, 256, 209, 230, 282 };
static const double PAIR_B[20] = { 248, 231, 262, 255, 290, 240, 252, 271, 305, 236,
                                   259, 276, 371, 249, 258, 266, 298, 243, 264, 334 };

TEST(two_single_trials_are_compared_by_the_exact_bootstrap)
{
    static const struct {
        double q, lo, hi, below, ratio_lo, ratio_hi;
    } cases[] = {
        { 0.5, 15, 49, 0.0003679773, 1.063291, 1.222222 },
        { 0.75, 6, 68, 0.0143230378, 1.022642, 1.288889 },
        { 0.9, -12, 115, 0.0746754861, 0.961290, 1.449219 },
    };
    double a[20], b[20];

    memcpy(a, PAIR_A, sizeof(a));
    memcpy(b, PAIR_B, sizeof(b));
    qsort(a, 20, sizeof(*a), by_size);
    qsort(b, 20, sizeof(*b), by_size);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_weighted wa[20], wb[20];
        size_t na = stats_quantile_weights(a, 20, cases[i].q, wa);
        size_t nb = stats_quantile_weights(b, 20, cases[i].q, wb);
        struct stats_pair d = stats_pair_difference(wa, na, wb, nb);
        struct stats_pair r = stats_pair_ratio(wa, na, wb, nb);

        near(d.lo, cases[i].lo, "lo", i);
        near(d.hi, cases[i].hi, "hi", i);
        assert_true(fabs(d.below - cases[i].below) < 1e-10);
        assert_true(fabs(r.lo - cases[i].ratio_lo) < 1e-6);
        assert_true(fabs(r.hi - cases[i].ratio_hi) < 1e-6);
    }
}

TEST(the_weights_of_a_histogram_are_those_of_its_values)
{
    struct hist h;
    double a[20];
    struct stats_weighted want[20], *got;
    size_t n_want, n_got;

    memcpy(a, PAIR_A, sizeof(a));
    qsort(a, 20, sizeof(*a), by_size);
    hist_init_standard(&h);
    for (size_t i = 0; i < 20; i++)
        hist_record(&h, (int64_t)a[i], 1);
    n_want = stats_quantile_weights(a, 20, 0.9, want);
    got = stats_hist_weights(&h, 20, 0.9, &n_got);
    assert_int_equal(n_got, n_want);
    for (size_t i = 0; i < n_got; i++) {
        near(got[i].value, want[i].value, "value", i);
        near(got[i].weight, want[i].weight, "weight", i);
    }
    free(got);
    hist_free(&h);
}
