#include "test.h"

#include <math.h>

#include "data/stats.h"

static double relative(double got, double want)
{
    return want != 0 ? fabs(got - want) / fabs(want) : fabs(got);
}

#define ASSERT_NEAR(got, want, tolerance)                                                  \
    do {                                                                                   \
        double got_ = (got), want_ = (want);                                               \
        if (!(relative(got_, want_) <= (tolerance)))                                       \
            fail_msg("%s: got %.17g, want %.17g", #got, got_, want_);                      \
    } while (0)

TEST(stats_incomplete_gamma_meets_the_reference_values)
{
    static const struct {
        double a, x, p;
    } rows[] = {
        { 0.1, 0.01, 0.66262125995448 }, { 0.5, 0.5, 0.682689492137086 },
        { 1, 1, 0.632120558828558 },     { 2, 3, 0.800851726528544 },
        { 10, 8, 0.283375741272989 },    { 100, 110, 0.841721329939913 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        ASSERT_NEAR(stats_gamma_p(rows[i].a, rows[i].x), rows[i].p, 1e-13);
        ASSERT_NEAR(stats_gamma_q(rows[i].a, rows[i].x), 1 - rows[i].p, 1e-12);
    }
    ASSERT_NEAR(stats_gamma_q(0.25, 5), 0.00049202512444634, 1e-13);
    ASSERT_NEAR(stats_gamma_p(3, 0), 0, 0);
    ASSERT_NEAR(stats_gamma_q(3, 0), 1, 0);
    /* Shape 1 is the exponential, to 1 - 1e-40 and beyond. */
    ASSERT_NEAR(stats_gamma_q(1, 100), exp(-100), 1e-13);
}

TEST(stats_incomplete_beta_meets_the_reference_values)
{
    static const struct {
        double x, a, b, value;
    } rows[] = {
        { 0.5, 2, 3, 0.6875 },
        { 0.99, 100, 2, 0.732064682546458 },
        { 0.01, 1, 460, 0.99017823554097 },
        { 0.3, 0.5, 0.5, 0.369010119565545 },
        { 0.95, 950, 51, 0.537529040801424 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        ASSERT_NEAR(stats_beta(rows[i].a, rows[i].b, rows[i].x), rows[i].value, 1e-12);
        ASSERT_NEAR(stats_beta_quantile(rows[i].a, rows[i].b, rows[i].value), rows[i].x,
                    1e-11);
    }
    ASSERT_NEAR(stats_beta(2, 3, 0), 0, 0);
    ASSERT_NEAR(stats_beta(2, 3, 1), 1, 0);
}

TEST(stats_normal_distribution_meets_the_reference_values)
{
    static const double cdf[][2] = {
        { -4, 3.16712418331199e-05 }, { -1.96, 0.0249978951482204 },
        { -1, 0.158655253931457 },    { 0.5, 0.691462461274013 },
        { 3, 0.99865010196837 },
    };
    static const double quantile[][2] = {
        { 1e-12, -7.03448382530113 },
        { 1e-6, -4.7534243088229 },
        { 0.001, -3.09023230616781 },
        { 0.01, -2.32634787404084 },
        { 0.1, -1.2815515655446 },
        { 0.25, -0.674489750196082 },
        { 0.5, 0 },
        { 0.75, 0.674489750196082 },
        { 0.975, 1.95996398454005 },
    };

    for (size_t i = 0; i < COUNT(cdf); i++)
        ASSERT_NEAR(stats_normal_cdf(cdf[i][0]), cdf[i][1], 1e-13);
    for (size_t i = 0; i < COUNT(quantile); i++)
        ASSERT_NEAR(stats_normal_quantile(quantile[i][0]), quantile[i][1], 1e-13);
    /* The smallest and the largest uniform that rng_open gives. */
    assert_true(isfinite(stats_normal_quantile(0x1p-53)));
    assert_true(stats_normal_quantile(1 - 0x1p-53) == -stats_normal_quantile(0x1p-53));
}

TEST(stats_gamma_and_exponential_quantiles_meet_the_reference_values)
{
    static const double shapes[] = { 0.25, 0.5, 2, 4, 100 };
    static const struct {
        double u, exponential, gamma[COUNT(shapes)];
    } rows[] = {
        { 1e-12,
          1.0000000000005e-12,
          { 2.69987915724472e-48, 1.5707963267949e-24, 7.07107114520097e-07,
            0.000553586062547723, 0.448860220300176 } },
        { 1e-6,
          1.00000050000033e-06,
          { 2.69987915724469e-24, 1.57079632679572e-12, 0.000707440330739671,
            0.0177480978396553, 0.594363206981229 } },
        { 0.01,
          0.0100503358535014,
          { 2.69987917182339e-08, 0.000157087857909702, 0.074277370126633,
            0.205812171586346, 0.782159830537958 } },
        { 0.1,
          0.105360515657826,
          { 0.000270002495425359, 0.0157907740934312, 0.265905804194806, 0.436192390706228,
            0.874176364995937 } },
        { 0.5,
          0.693147180559945,
          { 0.174695209411494, 0.454936423119573, 0.83917349500833, 0.918015187212724,
            0.996668649193154 } },
        { 0.9,
          2.30258509299405,
          { 3.00157148894734, 2.70554345409542, 1.94486008493371, 1.67019576706397,
            1.13010523859844 } },
        { 0.99,
          4.60517018598809,
          { 9.73554168878812, 6.63489660102121, 3.31917603399691, 2.5112793787079,
            1.24722561490721 } },
        { 0.999999,
          13.8155105579355,
          { 42.7512703056439, 23.9281269768795, 8.34421039541472, 5.33761424080974,
            1.54919045994962 } },
    };
    static const double tenth[][2] = {
        { 0.1, 6.07304836274317e-10 },
        { 0.5, 0.00593391104460226 },
        { 0.9, 2.66154553738838 },
        { 0.999999, 94.5702706045744 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        /* At 0.999999 the value depends on the rounding of u itself. */
        double tolerance = rows[i].u > 0.99 ? 1e-10 : 1e-13;

        ASSERT_NEAR(stats_exponential_quantile(rows[i].u), rows[i].exponential, tolerance);
        for (size_t k = 0; k < COUNT(shapes); k++)
            ASSERT_NEAR(stats_gamma_quantile(shapes[k], rows[i].u), rows[i].gamma[k],
                        tolerance);
    }
    for (size_t i = 0; i < COUNT(tenth); i++)
        ASSERT_NEAR(stats_gamma_quantile(0.1, tenth[i][0]), tenth[i][1],
                    tenth[i][0] > 0.99 ? 1e-10 : 1e-13);
}

TEST(stats_gamma_quantile_of_shape_one_is_the_exponential)
{
    for (int i = 1; i < 1000; i++)
        ASSERT_NEAR(stats_gamma_quantile(1, i / 1000.0),
                    stats_exponential_quantile(i / 1000.0), 1e-13);
}

TEST(stats_gamma_quantile_rises_with_u_and_inverts_the_distribution_for_any_shape)
{
    static const double shapes[] = { 0.01, 0.05, 0.3, 0.7, 1.5, 10, 400, 10000, 1e6 };

    for (size_t k = 0; k < COUNT(shapes); k++) {
        double before = 0;

        for (int i = 1; i < 200; i++) {
            double u = i / 200.0;
            double x = stats_gamma_quantile(shapes[k], u);

            assert_true(isfinite(x) && x >= before);
            before = x;
            if (x > 1e-280)
                ASSERT_NEAR(stats_gamma_p(shapes[k], shapes[k] * x), u, 1e-10);
        }
        assert_true(isfinite(stats_gamma_quantile(shapes[k], 0x1p-53)));
        assert_true(isfinite(stats_gamma_quantile(shapes[k], 1 - 0x1p-53)));
    }
}

TEST(stats_chi2_and_t_quantiles_meet_the_reference_values)
{
    static const struct {
        double freedom, u, value;
    } chi2[] = { { 9, 0.025, 2.70038949998036 }, { 9, 0.5, 8.34283269225295 },
                 { 9, 0.975, 19.0227677986416 }, { 29, 0.025, 16.0470716953649 },
                 { 29, 0.5, 28.3361268665844 },  { 29, 0.975, 45.7222858041745 } },
      t[] = {
          { 1, 0.975, 12.7062047361747 }, { 2, 0.975, 4.30265272974946 },
          { 4, 0.975, 2.77644510519779 }, { 7, 0.975, 2.36462425159278 },
          { 9, 0.975, 2.2621571627982 },  { 19, 0.975, 2.09302405440831 },
          { 29, 0.975, 2.0452296421327 }, { 9, 0.9, 1.38302873839663 },
          { 9, 0.95, 1.83311293265624 },  { 9, 0.995, 3.24983554159213 },
          { 9, 0.05, -1.83311293265624 }, { 9, 0.5, 0 },
      };

    for (size_t i = 0; i < COUNT(chi2); i++)
        ASSERT_NEAR(stats_chi2_quantile(chi2[i].freedom, chi2[i].u), chi2[i].value, 1e-12);
    for (size_t i = 0; i < COUNT(t); i++)
        ASSERT_NEAR(stats_t_quantile(t[i].freedom, t[i].u), t[i].value, 1e-11);
}
