#include "data/noise.h"

#include <math.h>

#include "test.h"

/* A side's trial with one figure in one cell, a median of the ttft. */
static void add(struct noise *n, enum noise_side side, size_t trial, int64_t ttft,
                enum validity validity)
{
    struct run_cell cell = { .name = "" };
    struct run run = { .cells = &cell, .n_cells = 1 };
    static struct summary_cell figures;
    struct summary s = { .run = &run, .cells = &figures, .health.validity = validity };

    memset(&figures, 0, sizeof(figures));
    figures.measured.metrics[METRIC_TTFT].stats[STAT_P50] =
        (struct summary_stat){ .present = ttft > 0, .value = ttft };
    noise_add(n, side, trial, &s);
}

static const int64_t p99[] = { 412, 405, 398, 421, 409, 415, 402, 418, 407, 411 };

static void add_all(struct noise *n, const int64_t *values)
{
    noise_init(n, 5);
    for (size_t i = 0; i < 5; i++) {
        add(n, NOISE_A, i, values[i], VALIDITY_VALID);
        add(n, NOISE_B, i, values[5 + i], VALIDITY_VALID);
    }
    noise_conclude(n, 1);
}

TEST(noise_of_trials_is_the_larger_of_both_floors)
{
    struct noise n;

    add_all(&n, p99);
    assert_int_equal(n.n_whole, 1);
    assert_string_equal(n.rows[0].figure->name, "ttft p50");
    assert_true(fabs(n.rows[0].floor - 0.02522247231) < 1e-10);
    assert_true(fabs(n.rows[0].empirical - 0.02168733507) < 1e-10);
    assert_true(fabs(n.rows[0].median - 410) < 1e-9);
    assert_false(n.rows[0].differs);
    assert_int_equal(n.n_differ, 0);
    noise_free(&n);
}

TEST(noise_says_where_the_two_sides_differ)
{
    static const int64_t apart[] = { 100, 101, 102, 101, 100, 120, 121, 122, 121, 120 };
    struct noise n;

    add_all(&n, apart);
    assert_true(n.rows[0].differs);
    assert_int_equal(n.n_differ, 1);
    noise_free(&n);
}

/* What the least number of trials for it comes from. */
TEST(noise_of_few_trials_lets_nothing_differ)
{
    for (size_t trials = 2; trials <= 5; trials++) {
        struct noise n;

        noise_init(&n, trials);
        for (size_t i = 0; i < trials; i++) {
            add(&n, NOISE_A, i, 100000, VALIDITY_VALID);
            add(&n, NOISE_B, i, 101000, VALIDITY_VALID);
        }
        noise_conclude(&n, 1);
        assert_int_equal(n.rows[0].differs, trials >= NOISE_LEAST_TO_DIFFER);
        noise_free(&n);
    }
}

TEST(noise_of_a_figure_that_one_trial_lacks_is_not_known)
{
    int64_t values[COUNT(p99)];
    struct noise n;

    memcpy(values, p99, sizeof(values));
    values[7] = 0;
    add_all(&n, values);
    assert_false(n.rows[0].whole);
    assert_int_equal(n.n_whole, 0);
    noise_free(&n);
}

TEST(noise_counts_the_trials_that_were_not_valid)
{
    struct noise n;

    noise_init(&n, 2);
    add(&n, NOISE_A, 0, 5, VALIDITY_DEGRADED);
    add(&n, NOISE_A, 1, 5, VALIDITY_SIM_LIMITED);
    add(&n, NOISE_B, 0, 5, VALIDITY_CLIENT_LIMITED);
    add(&n, NOISE_B, 1, 5, VALIDITY_VALID);
    assert_int_equal(n.degraded, 1);
    assert_int_equal(n.invalid, 2);
    noise_free(&n);
}
