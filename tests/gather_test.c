#include "reports/gather.h"

#include <stdlib.h>
#include <string.h>

#include "runs.h"
#include "test.h"

enum { MANY = 3000 };

/* Requests 0..n-1 of a trial, from the last to the first where `back`. */
static struct gather *fed(const struct run *run, uint64_t n, bool back)
{
    struct gather *g = gather_open(run);
    struct journal_sink to = gather_sink(g);

    to.phase(to.ctx, &(struct phase_event){ .at = runs_begin(0, 0), .begin = true });
    for (uint64_t i = 0; i < n; i++) {
        uint64_t k = back ? n - 1 - i : i;
        struct record r = runs_record(run, 0, k, (ns_t)(1 + k % 50) * NS_PER_MS, NULL);

        r.tokens.prompt = (int64_t)(100 + k);
        r.tokens.cached = (int64_t)(k % 101);
        to.record(to.ctx, &r);
    }
    return g;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct course_point *)a)->key;
    uint64_t y = ((const struct course_point *)b)->key;

    return (x > y) - (x < y);
}

TEST(the_course_of_a_run_does_not_depend_on_the_order_of_ends)
{
    struct run run;
    struct gather *a, *b;
    struct course *x, *y;

    runs_make(&run, 1, 1, false, "");
    a = fed(&run, MANY, false);
    b = fed(&run, MANY, true);
    x = malloc(sizeof(*x));
    y = malloc(sizeof(*y));
    *x = *gather_course(a, 0);
    *y = *gather_course(b, 0);
    qsort(x->points, x->n_points, sizeof(x->points[0]), by_key);
    qsort(y->points, y->n_points, sizeof(y->points[0]), by_key);
    assert_int_equal(x->n_points, COURSE_POINTS);
    assert_int_equal(x->of_points, MANY);
    assert_int_equal(x->width, y->width);
    assert_memory_equal(x->points, y->points, sizeof(x->points));
    assert_memory_equal(x->bins, y->bins, sizeof(x->bins));
    assert_memory_equal(x->heat, y->heat, sizeof(x->heat));
    free(x);
    free(y);
    gather_close(a);
    gather_close(b);
    run_free(&run);
}

TEST(steps_of_time_grow_wider_and_lose_nothing)
{
    struct run run;
    struct gather *g;
    const struct course *c;
    uint64_t due = 0, ended = 0, heat = 0, shares = 0;

    runs_make(&run, 1, 1, false, "");
    g = fed(&run, MANY, false);
    c = gather_course(g, 0);
    for (size_t i = 0; i < COURSE_BINS; i++) {
        due += c->bins[i].due;
        ended += c->bins[i].ended[OUTCOME_OK];
        for (size_t l = 0; l < COURSE_LEVELS; l++)
            heat += c->heat[i][l];
    }
    for (size_t i = 0; i < COURSE_SHARES; i++)
        shares += c->shares[i];
    /* 53 s hold 128 steps of 0.8 s at most half empty: 50 ms were doubled four times. */
    assert_int_equal(c->width, 800 * NS_PER_MS);
    assert_int_equal(due, MANY);
    assert_int_equal(ended, MANY);
    assert_int_equal(heat, MANY);
    assert_int_equal(shares, MANY);
    gather_close(g);
    run_free(&run);
}

TEST(levels_of_latency_rise_and_hold_their_least)
{
    for (size_t i = 1; i < COURSE_LEVELS; i++)
        assert_true(course_level(i) > course_level(i - 1));
    assert_int_equal(course_level(0), 1024);
    assert_int_equal(course_level(4), 2048);
    assert_int_equal(course_level(5), 2560);
    assert_int_equal(course_fine(32), 2048);
}

TEST(time_in_flight_is_spread_over_the_steps)
{
    struct run run;
    struct gather *g;
    struct record r;
    struct journal_sink to;
    ns_t sum = 0;

    runs_make(&run, 1, 1, false, "");
    g = gather_open(&run);
    to = gather_sink(g);
    r = runs_record(&run, 0, 0, 700 * NS_PER_MS, NULL);
    to.record(to.ctx, &r);
    for (size_t i = 0; i < COURSE_BINS; i++)
        sum += gather_course(g, 0)->bins[i].in_flight;
    assert_int_equal(sum, r.at[MOMENT_END] - r.at[MOMENT_START]);
    assert_true(gather_course(g, 0)->n_bins > 20);
    gather_close(g);
    run_free(&run);
}
