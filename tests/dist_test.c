#include "data/dist.h"

#include <math.h>

#include "test.h"

TEST(dist_draws_quantiles)
{
    static const struct {
        struct dist d;
        double u;
        double want;
    } cases[] = {
        { { DIST_FIXED, 512, 0, 0, 0 }, 0.9, 512 },
        { { DIST_UNIFORM, 0, 0, 1, 4 }, 0.001, 1 },
        { { DIST_UNIFORM, 0, 0, 1, 4 }, 0.26, 2 },
        { { DIST_UNIFORM, 0, 0, 1, 4 }, 0.9999, 4 },
        { { DIST_NORMAL, 1000, 0.1, 0, 0 }, 0.5, 1000 },
        { { DIST_NORMAL, 1000, 0.1, 0, 0 }, 0.975, 1196 },
        { { DIST_NORMAL, 10, 2, 0, 0 }, 0.01, 0 },
        { { DIST_LOGNORMAL, 1000, 0, 0, 0 }, 0.3, 1000 },
        { { DIST_LOGNORMAL, 1000, 1, 0, 0 }, 0.5, 707 }, /* 1000 / sqrt(2) */
        { { DIST_LOGNORMAL, 900, 0.6, 0, 4000 }, 0.99999, 4000 },
        { { DIST_LOGNORMAL, 900, 0.6, 100, 0 }, 0.00001, 100 },
        { { DIST_EXPONENTIAL, 1000, 0, 0, 0 }, 0.5, 693 },
        { { DIST_NONE, 0, 0, 0, 0 }, 0.5, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(dist_draw(&cases[i].d, cases[i].u) == cases[i].want);
}

TEST(dist_draws_have_the_mean_and_cv_asked_for)
{
    static const struct dist dists[] = {
        { DIST_NORMAL, 5000, 0.2, 0, 0 },
        { DIST_LOGNORMAL, 5000, 0.6, 0, 0 },
        { DIST_EXPONENTIAL, 5000, 1, 0, 0 },
    };
    enum { N = 20000 };

    for (size_t i = 0; i < COUNT(dists); i++) {
        double sum = 0;
        double squares = 0;
        double mean;

        for (int k = 0; k < N; k++) {
            double v = dist_draw(&dists[i], (k + 0.5) / N);

            sum += v;
            squares += v * v;
        }
        mean = sum / N;
        assert_true(fabs(mean / 5000 - 1) < 0.002);
        assert_true(fabs(sqrt(squares / N - mean * mean) / mean - dists[i].cv) < 0.005);
    }
}
