#include "load/arrival.h"

#include <math.h>
#include <stdlib.h>

#include "data/stats.h"
#include "test.h"

#define S NS_PER_S

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.17g, want %.17g +- %g", got, want, tolerance);
}

static const struct load_point four[] = { { 0, 4 }, { S, 4 } };
static const struct load_point ramp[] = { { 0, 2 }, { 100 * S, 42 } };

static struct phase open_phase(const struct load_point *points, double cv, ns_t duration,
                               uint64_t requests)
{
    return (struct phase){
        .open = true,
        .points = points,
        .n_points = 2,
        .cv = cv,
        .duration = duration,
        .requests = requests,
    };
}

TEST(even_arrivals_are_computed_one_by_one_and_end_with_the_phase)
{
    static const struct load_point third[] = { { 0, 1.0 / 3 }, { S, 1.0 / 3 } };
    struct phase p = open_phase(four, 0, 20 * S, 0);
    struct phase slow = open_phase(third, 0, 3000000 * S, 0);
    struct arrival a;
    ns_t due;
    int n = 0;

    arrival_init(&a, &p, 42, 0);
    for (; arrival_next(&a, &due); n++)
        assert_int_equal(due, (n + 1) * S / 4);
    assert_int_equal(n, 80);
    assert_int_equal(due, 20 * S);
    assert_false(arrival_next(&a, &due));

    arrival_init(&a, &slow, 42, 0);
    for (n = 0; arrival_next(&a, &due); n++)
        ;
    assert_int_equal(n, 1000000);
    assert_int_equal(due, 3000000 * S);
}

/* 0.29 * 100 is a little less than 29 in a double; the 29th request is due all the same. */
TEST(rounding_does_not_swallow_the_last_request)
{
    static const struct load_point then_none[] = {
        { 0, 0.29 },
        { 100 * S, 0.29 },
        { 100 * S, 0 },
        { 200 * S, 0 },
    };
    struct phase p = open_phase(then_none, 0, 200 * S, 0);
    struct arrival a;
    ns_t due = 0;
    int n = 0;

    p.n_points = COUNT(then_none);
    arrival_init(&a, &p, 1, 0);
    while (arrival_next(&a, &due))
        n++;
    assert_int_equal(n, 29);
    assert_int_equal(due, 100 * S);
}

TEST(a_long_schedule_does_not_drift)
{
    static const struct load_point one[] = { { 0, 1 }, { S, 1 } };
    struct phase p = open_phase(one, 1, NS_ABSENT, 0);
    struct rng rng = rng_init(1);
    struct arrival a;
    long double sum = 0;
    ns_t due = 0;

    arrival_init_rng(&a, &p, rng_init(1));
    for (int i = 0; i < 1000000; i++) {
        assert_true(arrival_next(&a, &due));
        sum += (long double)-log1p(-rng_unit(&rng));
    }
    near((double)((long double)due - sum * 1e9L), 0, 1.5);
}

TEST(poisson_arrivals_of_seed_42_are_those_of_the_reference)
{
    static const ns_t want[] = {
        21897333,   140995431,  425887919,  1072433285, 2273457932,
        2640593890, 2958174200, 3432468269, 3790683120, 4009559890,
    };
    struct phase p = open_phase(four, 1, 3600 * S, 20);
    struct arrival a;
    ns_t due = 0;
    int n = 0;

    arrival_init_rng(&a, &p, rng_init(42));
    for (; arrival_next(&a, &due); n++)
        if (n < (int)COUNT(want))
            assert_in_range(due, want[n] - 1, want[n] + 1);
    assert_int_equal(n, 20);
    assert_in_range(due, 7050044252 - 1, 7050044252 + 1);
}

TEST(gamma_arrivals_of_seed_42_are_those_of_the_reference)
{
    static const struct {
        double shape;
        double gaps[5];
        double sum; /* of 20 */
    } cases[] = {
        { 0.25,
          { 3.33869626998941e-05, 0.0140809070781138, 0.163973504920264, 0.931525630549162,
            2.59498131305897 },
          7.48493893376938 },
        { 0.5,
          { 0.00277207120635244, 0.0611092280184553, 0.247280981453964, 0.790845326497246,
            1.74753000777739 },
          7.414825454371 },
        { 2,
          { 0.059857828624111, 0.164551463022752, 0.29348807668462, 0.530386633086923,
            0.858342834453678 },
          6.60220638233873 },
        { 4,
          { 0.102254384375704, 0.194817753423582, 0.289717414483629, 0.44553232808484,
            0.644707525424712 },
          6.1967561410431 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phase p = open_phase(four, 1 / sqrt(cases[i].shape), 3600 * S, 20);
        struct arrival a;
        double sum = 0;
        ns_t due = 0;

        arrival_init_rng(&a, &p, rng_init(42));
        for (int n = 0; arrival_next(&a, &due); n++) {
            if (n < 5) {
                sum += cases[i].gaps[n];
                near((double)due, sum * 1e9, 2);
            }
        }
        near((double)due, cases[i].sum * 1e9, 2);
    }
}

TEST(an_arrival_stream_is_that_of_seed_and_index)
{
    struct phase p = open_phase(four, 1, 100 * S, 0);
    struct arrival a;
    ns_t due, first;

    /* First output of seed 42, stream "arrivals", index 1: 0215c97fa1c8204c. */
    arrival_init(&a, &p, 42, 1);
    assert_true(arrival_next(&a, &first));
    near((double)first, -log1p(-(double)(0x0215c97fa1c8204c >> 11) * 0x1p-53) / 4 * 1e9, 1);
    arrival_init(&a, &p, 42, 1);
    assert_true(arrival_next(&a, &due));
    assert_int_equal(due, first);
    arrival_init(&a, &p, 42, 2);
    assert_true(arrival_next(&a, &due));
    assert_int_not_equal(due, first);
    arrival_init(&a, &p, 43, 1);
    assert_true(arrival_next(&a, &due));
    assert_int_not_equal(due, first);
}

/* Rate and length stretch and cut a schedule; they do not draw another one. */
TEST(schedules_of_different_rates_share_their_randomness)
{
    static const struct load_point eight[] = { { 0, 8 }, { S, 8 } };
    static const double cvs[] = { 1, 2 };

    for (size_t i = 0; i < COUNT(cvs); i++) {
        struct phase slow = open_phase(four, cvs[i], 50 * S, 0);
        struct phase fast = open_phase(eight, cvs[i], 50 * S, 100);
        struct arrival a, b;
        ns_t t, u;
        int n = 0;

        arrival_init(&a, &slow, 7, 3);
        arrival_init(&b, &fast, 7, 3);
        for (; n < 100 && arrival_next(&a, &t); n++) {
            assert_true(arrival_next(&b, &u));
            assert_in_range(t, 2 * u - 2, 2 * u + 2);
        }
        assert_true(n == 100);
        assert_false(arrival_next(&b, &u));
    }
}

static double ks_uniform(double *u, size_t n)
{
    return stats_ks_p(n, stats_ks_distance(u, n));
}

/* p of the gaps of n arrivals, counted in area under the rate curve: each has mean 1. */
static double gaps_p(const struct phase *p, uint64_t seed, double shape, int n)
{
    double *u = calloc((size_t)n, sizeof(*u));
    struct arrival a;
    double before = 0, result;
    ns_t due;

    arrival_init(&a, p, seed, 0);
    for (int i = 0; i < n; i++) {
        double area;

        assert_true(arrival_next(&a, &due));
        area = profile_area(p, due);
        u[i] = stats_gamma_p(shape, shape * fmax(0, area - before));
        before = area;
    }
    result = ks_uniform(u, (size_t)n);
    free(u);
    return result;
}

/* n = 2000: D = 0.0228607684442749, p = 0.243996031154611 by Stephens. */
TEST(gaps_of_seed_20240601_fit_as_well_as_those_of_the_reference)
{
    struct phase p = open_phase(four, 1, NS_ABSENT, 2000);
    struct arrival a;
    double u[2000] = { 0 };
    ns_t due, before = 0;

    arrival_init_rng(&a, &p, rng_init(20240601));
    for (int i = 0; arrival_next(&a, &due); i++, before = due) {
        assert_true(i < 2000);
        u[i] = -expm1(-4 * (double)(due - before) / 1e9);
        assert_true(due >= before);
    }
    near(stats_ks_stephens(2000, stats_ks_distance(u, 2000)), 0.243996031154611, 1e-5);
}

TEST(gaps_have_the_distribution_asked_for_on_flat_and_rising_rates)
{
    static const struct {
        const struct load_point *points;
        double cv;
    } cases[] = {
        { four, 1 }, { four, 2 }, { four, 0.5 }, { ramp, 1 }, { ramp, 2 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phase p = open_phase(cases[i].points, cases[i].cv, NS_ABSENT, 0);
        double shape = 1 / (cases[i].cv * cases[i].cv);

        assert_true(gaps_p(&p, 7, shape, 2000) > 0.001);
        assert_true(gaps_p(&p, 7, shape * 1.5, 2000) < 0.001);
    }
}

TEST(p_values_of_a_hundred_seeds_are_uniform)
{
    static const double cvs[] = { 1, 2, 0.5 };

    for (size_t i = 0; i < COUNT(cvs); i++) {
        struct phase p = open_phase(ramp, cvs[i], NS_ABSENT, 0);
        double all[100];
        int low = 0;

        for (uint64_t seed = 1; seed <= 100; seed++) {
            all[seed - 1] = gaps_p(&p, seed, 1 / (cvs[i] * cvs[i]), 300);
            low += all[seed - 1] < 0.01;
        }
        assert_in_range(low, 0, 4);
        assert_true(ks_uniform(all, 100) > 0.01);
    }
}

/* Workers take k % n of one sequence: together they have every request once. */
TEST(workers_that_walk_the_same_sequence_share_it_out)
{
    struct phase p = open_phase(four, 2, 100 * S, 0);
    struct arrival alone, workers[3];
    ns_t want, due;
    uint64_t k = 0;

    arrival_init(&alone, &p, 1, 0);
    for (int i = 0; i < 3; i++)
        arrival_init(&workers[i], &p, 1, 0);
    for (; arrival_next(&alone, &want); k++)
        for (int i = 0; i < 3; i++) {
            assert_true(arrival_next(&workers[i], &due));
            assert_int_equal(due, want);
        }
    assert_in_range(k, 300, 500);
}

/* With a seed of its own each, 100 s at 4 per s hold 400 requests, give or take chance. */
TEST(a_phase_holds_as_many_requests_as_its_area)
{
    struct phase p = open_phase(ramp, 1, 100 * S, 0);
    double sum = 0;

    for (uint64_t seed = 0; seed < 50; seed++) {
        struct arrival a;
        ns_t due;

        arrival_init(&a, &p, seed, 0);
        for (; arrival_next(&a, &due); sum++)
            assert_true(due <= 100 * S);
    }
    near(sum / 50, 2200, 4 * sqrt(2200.0 / 50));
}
