#include "data/stats_noise.h"

#include <math.h>

#include "test.h"

static void near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%.12g is not %.12g", got, want);
}

static const double p99[] = { 412, 405, 398, 421, 409, 415, 402, 418, 407, 411 };

TEST(noise_floor_of_lognormal_trials_is_that_of_the_formula)
{
    static const struct {
        size_t trials;
        double floor;
    } rows[] = { { 3, 0.03268086328 }, { 5, 0.02522247231 }, { 10, 0.01776980923 } };
    double s = stats_log_sd(p99, COUNT(p99));

    near(s, 0.01741063446, 1e-11);
    for (size_t i = 0; i < COUNT(rows); i++)
        near(stats_noise_parametric(s, COUNT(p99), rows[i].trials), rows[i].floor, 1e-10);
}

TEST(noise_floor_of_splits_is_over_all_of_them)
{
    double largest;

    near(stats_noise_empirical(p99, COUNT(p99), 1, &largest), 0.02168733507, 1e-10);
    near(largest, 0.02771508049, 1e-10);
}

TEST(noise_floor_is_the_larger_of_both)
{
    near(stats_noise_floor(p99, COUNT(p99), 5, 1), 0.02522247231, 1e-10);
    near(stats_noise_floor(p99, COUNT(p99), 10, 1), 0.02168733507, 1e-10);
}

TEST(noise_floor_of_many_trials_is_drawn_and_the_same_for_a_seed)
{
    double x[40], all, drawn;

    for (size_t i = 0; i < COUNT(x); i++)
        x[i] = 100 + (double)(i * 7 % 40);
    drawn = stats_noise_empirical(x, COUNT(x), 7, NULL);
    all = stats_noise_parametric(stats_log_sd(x, COUNT(x)), COUNT(x), COUNT(x) / 2);
    near(drawn, stats_noise_empirical(x, COUNT(x), 7, NULL), 0);
    near(drawn, all, 0.02); /* both are about two standard errors */
}

TEST(noise_floor_of_equal_trials_is_nothing)
{
    const double same[] = { 5, 5, 5, 5 }, two[] = { 100, 110 };

    near(stats_noise_floor(same, 4, 2, 1), 0, 1e-12);
    near(stats_noise_empirical(two, 2, 1, NULL), 0.1, 1e-12);
}

TEST(distance_of_two_sides_is_the_ratio_of_their_geometric_means)
{
    const double a[] = { 100, 100 }, b[] = { 90, 160 };

    near(stats_log_distance(a, 2, b, 2), 0.2, 1e-12);
    near(stats_log_distance(b, 2, a, 2), 0.2, 1e-12);
}
