#include "data/arrivals.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "test.h"

#define MS NS_PER_MS
#define S NS_PER_S

static const struct run_point flat[] = { { 0, 100000000 }, { 20 * S, 100000000 } };
static const struct run_point ramp[] = { { 0, 10000000 }, { 20 * S, 190000000 } };
static const struct run_point steps[] = {
    { 0, 50000000 }, { 10 * S, 50000000 }, { 10 * S, 150000000 }, { 20 * S, 150000000 }
};

#define LOAD(p, time)                                                                      \
    {                                                                                      \
        .open = true, .points = p, .n_points = COUNT(p), .duration = time                  \
    }

static const struct run_load loads[] = { LOAD(flat, 20 * S), LOAD(ramp, 20 * S),
                                         LOAD(steps, 20 * S) };

/* The moment at which the load has asked for `area` requests, by halving. */
static ns_t when(const struct run_load *l, double area)
{
    ns_t lo = 0, hi = 40 * S;

    while (hi - lo > 1) {
        ns_t mid = lo + (hi - lo) / 2;

        if (arrivals_area(l, mid) < area)
            lo = mid;
        else
            hi = mid;
    }
    return hi;
}

static double cv(const struct arrivals_seen *a)
{
    return sqrt(a->gap_m2 / (double)(a->gaps - 1)) / a->gap_mean;
}

TEST(the_area_under_a_load_counts_the_requests_it_asks_for)
{
    static const struct {
        size_t load;
        ns_t t;
        double want;
    } cases[] = {
        { 0, 0, 0 },         { 0, -5, 0 },       { 0, 10 * S, 1000 },
        { 0, 30 * S, 3000 }, { 1, 10 * S, 550 }, { 1, 20 * S, 2000 },
        { 1, 21 * S, 2190 }, { 2, 10 * S, 500 }, { 2, 10 * S + 500 * MS, 575 },
        { 2, 20 * S, 2000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        double got = arrivals_area(&loads[cases[i].load], cases[i].t);

        if (fabs(got - cases[i].want) > 1e-6)
            fail_msg("case %zu: %f", i, got);
    }
}

TEST(even_arrivals_have_no_variance_whatever_the_profile)
{
    for (size_t l = 0; l < COUNT(loads); l++) {
        struct arrivals a;
        struct arrivals_seen seen;

        arrivals_init(&a, &loads[l]);
        arrivals_begin(&a, 7 * S);
        for (uint64_t k = 0; k < 2000; k++)
            arrivals_add(&a, k, 7 * S + when(&loads[l], (double)k + 0.5));
        seen = arrivals_see(&a, 20 * S);
        assert_int_equal(seen.started, 2000);
        assert_int_equal(seen.gaps, 1999);
        assert_true(fabs(seen.gap_mean - 1) < 1e-6);
        assert_true(cv(&seen) < 1e-4);
        assert_int_equal(seen.windows, 200);
        assert_true(seen.dispersion < 1e-9);
        arrivals_free(&a);
    }
}

TEST(poisson_arrivals_have_cv_and_dispersion_1_whatever_the_profile)
{
    for (size_t l = 0; l < COUNT(loads); l++) {
        struct rng rng = rng_init(l + 1);
        struct arrivals a;
        struct arrivals_seen seen;
        double area = 0;

        arrivals_init(&a, &loads[l]);
        arrivals_begin(&a, 0);
        for (uint64_t k = 0; (area -= log(rng_open(&rng))) < 2000; k++)
            arrivals_add(&a, k, when(&loads[l], area));
        seen = arrivals_see(&a, 20 * S);
        assert_true(fabs(cv(&seen) - 1) < 0.1);
        assert_true(fabs(seen.dispersion / (seen.windows - 1) - 1) < 0.3);
        arrivals_free(&a);
    }
}

/* Ends come in another order than starts; the figures are those of the starts. */
TEST(the_order_in_which_attempts_end_does_not_matter)
{
    enum { N = 3000, SPREAD = 500 };
    struct rng rng = rng_init(9);
    struct arrivals ordered, mixed;
    struct arrivals_seen x, y;
    ns_t *start = malloc(N * sizeof(*start));
    uint64_t *order = malloc(N * sizeof(*order));

    for (uint64_t k = 0; k < N; k++) {
        order[k] = k;
        start[k] = when(&loads[0], (double)k * 0.6 + rng_unit(&rng) * 0.5);
    }
    for (uint64_t k = 0; k + SPREAD < N; k++) {
        uint64_t other = k + rng_below(&rng, SPREAD), swap = order[k];

        order[k] = order[other];
        order[other] = swap;
    }
    arrivals_init(&ordered, &loads[0]);
    arrivals_init(&mixed, &loads[0]);
    arrivals_begin(&ordered, 0);
    arrivals_begin(&mixed, 0);
    for (uint64_t k = 0; k < N; k++) {
        arrivals_add(&ordered, k, start[k]);
        arrivals_add(&mixed, order[k], start[order[k]]);
    }
    x = arrivals_see(&ordered, 20 * S);
    y = arrivals_see(&mixed, 20 * S);
    assert_int_equal(x.gaps, N - 1);
    assert_int_equal(y.gaps, N - 1);
    assert_true(fabs(cv(&x) - cv(&y)) < 1e-9);
    assert_true(fabs(x.dispersion - y.dispersion) < 1e-9);
    arrivals_free(&ordered);
    arrivals_free(&mixed);
    free(start);
    free(order);
}

TEST(attempts_told_before_the_phase_began_are_counted_when_it_has)
{
    struct arrivals a;

    arrivals_init(&a, &loads[0]);
    arrivals_add(&a, 1, 5 * S + 20 * MS);
    arrivals_add(&a, 0, 5 * S + 10 * MS);
    assert_int_equal(arrivals_see(&a, NS_ABSENT).gaps, 0);
    arrivals_begin(&a, 5 * S);
    arrivals_add(&a, 2, 5 * S + 30 * MS);
    assert_int_equal(arrivals_see(&a, NS_ABSENT).started, 3);
    assert_int_equal(arrivals_see(&a, NS_ABSENT).gaps, 2);
    assert_true(fabs(arrivals_see(&a, NS_ABSENT).gap_mean - 1) < 1e-9);
    arrivals_free(&a);
}

TEST(a_phase_that_was_cut_short_is_judged_by_the_part_it_lasted_for)
{
    struct arrivals a;
    struct arrivals_seen seen;

    arrivals_init(&a, &loads[0]);
    arrivals_begin(&a, 0);
    for (uint64_t k = 0; k < 500; k++)
        arrivals_add(&a, k, (ns_t)k * 10 * MS + 5 * MS);
    seen = arrivals_see(&a, 5 * S);
    assert_int_equal(seen.windows, 50);
    assert_true(seen.dispersion < 1e-9);
    assert_true(arrivals_see(&a, 20 * S).dispersion > 100);
    arrivals_free(&a);
}

TEST(what_leaves_after_the_phase_is_no_arrival_of_it)
{
    struct arrivals a;

    arrivals_init(&a, &loads[0]);
    arrivals_begin(&a, 0);
    arrivals_add(&a, 0, 20 * S);
    arrivals_add(&a, 1, 20 * S + 1);
    assert_int_equal(arrivals_see(&a, 20 * S).started, 1);
    assert_int_equal(arrivals_see(&a, 20 * S).last, 20 * S);
    arrivals_free(&a);
}

TEST(a_closed_loop_asks_for_no_gaps)
{
    static const struct run_load closed = { .points = flat,
                                            .n_points = COUNT(flat),
                                            .duration = 20 * S };
    struct arrivals a;

    arrivals_init(&a, &closed);
    arrivals_begin(&a, 0);
    for (uint64_t k = 0; k < 500; k++)
        arrivals_add(&a, k, (ns_t)k * MS);
    assert_int_equal(arrivals_see(&a, 20 * S).started, 500);
    assert_int_equal(arrivals_see(&a, 20 * S).gaps, 0);
    assert_int_equal(arrivals_see(&a, 20 * S).windows, 0);
    arrivals_free(&a);
}
