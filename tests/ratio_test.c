#include "load/ratio.h"

#include <math.h>

#include "test.h"

static void near(double got, double want)
{
    if (fabs(got - want) > 1e-9)
        fail_msg("%.12g, want %.12g", got, want);
}

static const char *const both[] = { "a", "b", "a" };

TEST(the_ratio_of_a_round_is_the_mean_of_what_the_models_taught)
{
    struct ratio r;

    ratio_init(&r);
    near(ratio_round(&r, both, 3), RATIO_DEFAULT);
    ratio_add(&r, "c", 1, 2);
    near(ratio_round(&r, both, 3), RATIO_DEFAULT);
    ratio_add(&r, "a", 80, 100);
    near(ratio_round(&r, both, 3), 0.8);
    ratio_add(&r, "a", 700, 900);
    near(ratio_of(&r, "a"), 0.78);
    ratio_add(&r, "b", 60, 100);
    near(ratio_round(&r, both, 3), 0.69);
    near(ratio_of(&r, "d"), 0);
    ratio_free(&r);
}

TEST(attempts_that_tell_nothing_teach_nothing)
{
    struct ratio r;

    ratio_init(&r);
    ratio_add(&r, "a", -1, 100);
    ratio_add(&r, "a", 100, -1);
    ratio_add(&r, "a", 100, 0);
    ratio_add(&r, "a", 0, 100);
    ratio_add(&r, NULL, 100, 100);
    near(ratio_round(&r, both, 3), RATIO_DEFAULT);
    ratio_free(&r);
}

TEST(a_ratio_is_rounded_and_kept_within_reason)
{
    struct ratio r;

    ratio_init(&r);
    ratio_add(&r, "a", 1, 3);
    near(ratio_round(&r, both, 1), 0.333333);
    ratio_add(&r, "b", 1000000, 1);
    near(ratio_round(&r, both + 1, 1), 5);
    ratio_add(&r, "c", 1, 1000000);
    near(ratio_round(&r, (const char *const[]){ "c" }, 1), 0.05);
    ratio_free(&r);
}

/* Answers come in any order; the ratio, and with it every byte sent, does not change. */
TEST(the_order_of_answers_does_not_matter)
{
    struct ratio up, down;

    ratio_init(&up);
    ratio_init(&down);
    for (int i = 1; i < 1000; i++) {
        ratio_add(&up, both[i % 2], i * 7, i * 9 + i % 3);
        ratio_add(&down, both[(1000 - i) % 2], (1000 - i) * 7,
                  (1000 - i) * 9 + (1000 - i) % 3);
    }
    assert_true(ratio_round(&up, both, 2) == ratio_round(&down, both, 2));
    ratio_free(&up);
    ratio_free(&down);
}
