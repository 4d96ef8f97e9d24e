#include "load/profile.h"

#include <math.h>

#include "test.h"

#define S NS_PER_S

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.17g, want %.17g +- %g", got, want, tolerance);
}

static const struct load_point flat[] = { { 0, 10 }, { 20 * S, 10 } };
static const struct load_point ramp[] = { { 0, 1 }, { 10 * S, 41 } };
static const struct load_point steps[] = {
    { 0, 2 }, { 10 * S, 2 }, { 10 * S, 8 }, { 20 * S, 8 }, { 20 * S, 0 }, { 30 * S, 0 },
};
static const struct load_point down[] = { { 0, 10 }, { 10 * S, 0 } };
static const struct load_point pause[] = {
    { 0, 4 }, { 5 * S, 4 }, { 5 * S, 0 }, { 15 * S, 0 }, { 15 * S, 4 }, { 20 * S, 4 },
};

static struct phase phase_of(const struct load_point *points, size_t n, ns_t duration)
{
    return (struct phase){ .points = points, .n_points = n, .duration = duration };
}

TEST(a_profile_has_a_value_and_an_area_at_every_moment)
{
    static const struct {
        const struct load_point *points;
        size_t n;
        ns_t t;
        double value;
        double area;
    } cases[] = {
        { flat, COUNT(flat), 0, 10, 0 },         { flat, COUNT(flat), 3 * S, 10, 30 },
        { flat, COUNT(flat), 25 * S, 10, 250 },  { ramp, COUNT(ramp), 0, 1, 0 },
        { ramp, COUNT(ramp), 5 * S, 21, 55 },    { ramp, COUNT(ramp), 10 * S, 41, 210 },
        { ramp, COUNT(ramp), 11 * S, 41, 251 },  { steps, COUNT(steps), 10 * S - 1, 2, 20 },
        { steps, COUNT(steps), 10 * S, 8, 20 },  { steps, COUNT(steps), 15 * S, 8, 60 },
        { steps, COUNT(steps), 20 * S, 0, 100 }, { steps, COUNT(steps), 90 * S, 0, 100 },
        { down, COUNT(down), 5 * S, 5, 37.5 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phase p = phase_of(cases[i].points, cases[i].n, 30 * S);

        near(profile_at(&p, cases[i].t), cases[i].value, 1e-6);
        near(profile_area(&p, cases[i].t), cases[i].area, 1e-6);
    }
}

TEST(the_area_of_a_profile_tells_the_moment_that_gathered_it)
{
    static const struct {
        const struct load_point *points;
        size_t n;
        double area;
        ns_t t; /* -1: never */
    } cases[] = {
        { flat, COUNT(flat), 1, S / 10 },
        { flat, COUNT(flat), 200, 20 * S },
        { flat, COUNT(flat), 200.5, -1 },
        { ramp, COUNT(ramp), 55, 5 * S },
        { ramp, COUNT(ramp), 210, 10 * S },
        { ramp, COUNT(ramp), 251, 11 * S },
        { steps, COUNT(steps), 20, 10 * S },
        { steps, COUNT(steps), 24, 10 * S + S / 2 },
        { steps, COUNT(steps), 100, 20 * S },
        { steps, COUNT(steps), 101, -1 },
        { down, COUNT(down), 50, 10 * S },
        { down, COUNT(down), 37.5, 5 * S },
        { down, COUNT(down), 51, -1 },
        { pause, COUNT(pause), 20, 5 * S },
        { pause, COUNT(pause), 22, 15 * S + S / 2 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phase p = phase_of(cases[i].points, cases[i].n, 20 * S);
        struct profile_walk walk = { 0 };
        ns_t t = -1;
        bool reached = profile_reach_area(&p, cases[i].area, &walk, &t);

        assert_int_equal(reached, cases[i].t >= 0);
        if (reached)
            assert_int_equal(t, cases[i].t);
    }
}

/* The walk keeps its place: many small steps end where one large one does. */
TEST(a_walk_along_a_profile_agrees_with_a_jump)
{
    struct phase p = phase_of(steps, COUNT(steps), 30 * S);
    struct profile_walk walk = { 0 };
    ns_t last = 0;

    for (int k = 1; k <= 1000; k++) {
        struct profile_walk jump = { 0 };
        ns_t walked = -1;
        ns_t jumped = -1;

        assert_true(profile_reach_area(&p, k * 0.1, &walk, &walked));
        assert_true(profile_reach_area(&p, k * 0.1, &jump, &jumped));
        assert_int_equal(walked, jumped);
        assert_true(walked >= last);
        near(profile_area(&p, walked), k * 0.1, 1e-6);
        last = walked;
    }
}

TEST(a_phase_without_a_duration_goes_on_for_ever)
{
    struct phase p = phase_of(flat, COUNT(flat), NS_ABSENT);
    struct profile_walk walk = { 0 };
    ns_t t;

    assert_true(profile_reach_area(&p, 1e9, &walk, &t));
    assert_int_equal(t, 100000000 * S);
    assert_false(profile_reach_area(&p, 1e18, &walk, &t));
    assert_int_equal(profile_end(&p), INT64_MAX);
    assert_int_equal(profile_slot_begin(&p, 9, 7 * S), 7 * S);
    assert_int_equal(profile_slot_begin(&p, 10, 7 * S), NS_ABSENT);
}

TEST(slots_come_and_go_with_the_curve)
{
    static const struct load_point up[] = { { 0, 1 }, { 10 * S, 11 }, { 20 * S, 1 } };
    static const struct {
        uint64_t slot;
        ns_t from;
        ns_t begin;
    } cases[] = {
        { 0, 0, 0 },
        { 1, 0, S / 2 },             /* the curve is 1.5 */
        { 10, 0, 9 * S + S / 2 },    /* 10.5 */
        { 11, 0, NS_ABSENT },        /* 11.5: never */
        { 5, 2 * S, 4 * S + S / 2 }, /* not yet */
        { 5, 12 * S, 12 * S },       /* in use */
        { 5, 16 * S, NS_ABSENT },    /* no more */
        { 0, 20 * S - 1, 20 * S - 1 },
        { 0, 20 * S, NS_ABSENT }, /* the phase is over */
    };
    struct phase p = phase_of(up, COUNT(up), 20 * S);

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(profile_slot_begin(&p, cases[i].slot, cases[i].from),
                         cases[i].begin);
    assert_int_equal(profile_max_slots(&p), 11);
    for (ns_t t = 0; t < 20 * S; t += 37 * NS_PER_MS)
        for (uint64_t slot = 0; slot < 12; slot++)
            assert_int_equal(profile_slot_begin(&p, slot, t) == t,
                             profile_slots(&p, t) > slot);
}

TEST(a_slot_begins_at_the_first_ns_at_which_it_is_in_use)
{
    static const struct load_point odd[] = { { 0, 0 }, { 7 * S + 13, 19.3 } };
    struct phase p = phase_of(odd, COUNT(odd), 7 * S);

    for (uint64_t slot = 0; slot < 18; slot++) {
        ns_t t = profile_slot_begin(&p, slot, 0);

        assert_true(t > 0);
        assert_true(profile_slots(&p, t) > slot);
        assert_true(profile_slots(&p, t - 1) <= slot);
    }
}

TEST(slots_wait_for_a_step)
{
    struct phase p = phase_of(steps, COUNT(steps), 30 * S);

    assert_int_equal(profile_slot_begin(&p, 1, 0), 0);
    assert_int_equal(profile_slot_begin(&p, 2, 0), 10 * S);
    assert_int_equal(profile_slot_begin(&p, 7, 3 * S), 10 * S);
    assert_int_equal(profile_slot_begin(&p, 0, 20 * S), NS_ABSENT);
    assert_int_equal(profile_max_slots(&p), 8);
}

/* A ramp that ends in a step down never reaches its last value. */
TEST(a_peak_that_lasts_no_time_gives_no_slot)
{
    static const struct load_point tooth[] = {
        { 0, 0 }, { S, 1.5 }, { S, 0 }, { 2 * S, 0 }
    };
    struct phase p = phase_of(tooth, COUNT(tooth), 2 * S);

    assert_int_equal(profile_slot_begin(&p, 0, 0), 333333334);
    assert_int_equal(profile_slot_begin(&p, 1, 0), NS_ABSENT);
}
