#include "data/health.h"

#include "test.h"

#define MS NS_PER_MS
#define NO NS_ABSENT

#define NONE                                                                               \
    {                                                                                      \
        -1, -1, -1                                                                         \
    }
#define FACTS(...)                                                                         \
    {                                                                                      \
        __VA_ARGS__,                                                                       \
        {                                                                                  \
            NONE, NONE, NONE, NONE, NONE, NONE, NONE                                       \
        }                                                                                  \
    }

TEST(a_run_is_judged_by_the_error_of_its_instrument)
{
    static const struct {
        struct health_facts facts;
        enum validity want;
        ns_t e;
    } cases[] = {
        /* the error is small at all */
        { FACTS(MS / 2, MS / 2, 10 * MS, NO, 0, false, 0), VALIDITY_VALID, MS },
        { FACTS(MS / 2, MS / 2 + 1, 10 * MS, NO, 0, false, 0), VALIDITY_DEGRADED, MS + 1 },
        { FACTS(2 * MS, 3 * MS, 10 * MS, NO, 0, false, 0), VALIDITY_DEGRADED, 5 * MS },
        { FACTS(2 * MS, 3 * MS + 1, 10 * MS, NO, 0, false, 0), VALIDITY_CLIENT_LIMITED,
          5 * MS + 1 },
        /* or small against what is measured */
        { FACTS(2 * MS, 2 * MS, 400 * MS, NO, 0, false, 0), VALIDITY_VALID, 4 * MS },
        { FACTS(2 * MS, 2 * MS + 1, 400 * MS, NO, 0, false, 0), VALIDITY_DEGRADED,
          4 * MS + 1 },
        { FACTS(10 * MS, 10 * MS, 400 * MS, NO, 0, false, 0), VALIDITY_DEGRADED, 20 * MS },
        { FACTS(10 * MS, 10 * MS + 1, 400 * MS, NO, 0, false, 0), VALIDITY_CLIENT_LIMITED,
          20 * MS + 1 },
        /* whatever the error: a lost record, an attempt not sent, a verdict within it */
        { FACTS(0, 0, 400 * MS, NO, 1, false, 0), VALIDITY_CLIENT_LIMITED, 0 },
        { FACTS(0, 0, 400 * MS, NO, 0, true, 0), VALIDITY_CLIENT_LIMITED, 0 },
        { FACTS(0, 0, 400 * MS, NO, 0, false, 1), VALIDITY_CLIENT_LIMITED, 0 },
        /* the simulator */
        { FACTS(0, 0, 10 * MS, MS, 0, false, 0), VALIDITY_VALID, 0 },
        { FACTS(0, 0, 10 * MS, MS + 1, 0, false, 0), VALIDITY_DEGRADED, 0 },
        { FACTS(0, 0, 10 * MS, 5 * MS + 1, 0, false, 0), VALIDITY_SIM_LIMITED, 0 },
        { FACTS(6 * MS, 0, 10 * MS, 6 * MS, 0, false, 0), VALIDITY_CLIENT_LIMITED, 6 * MS },
        /* what was not measured */
        { FACTS(NO, NO, NO, NO, 0, false, 0), VALIDITY_VALID, NO },
        { FACTS(NO, 2 * MS, NO, NO, 0, false, 0), VALIDITY_DEGRADED, 2 * MS },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ns_t e;
        enum validity got = health_judge(&cases[i].facts, &e);

        if (got != cases[i].want || e != cases[i].e)
            fail_msg("case %zu: %s, e %lld", i, validity_names[got], (long long)e);
    }
}

TEST(each_figure_is_judged_by_its_own_error_against_its_own_median)
{
    static const struct {
        enum headline h;
        struct health_figure figure;
        enum validity want;
        bool max_is_off;
    } cases[] = {
        { HEADLINE_TTFT, { 10 * MS, MS, MS }, VALIDITY_VALID, false },
        { HEADLINE_TTFT, { 10 * MS, MS + 1, 0 }, VALIDITY_DEGRADED, false },
        { HEADLINE_TTFT, { 10 * MS, 5 * MS + 1, 0 }, VALIDITY_CLIENT_LIMITED, false },
        { HEADLINE_E2E, { 1000 * MS, 10 * MS, 50 * MS }, VALIDITY_VALID, false },
        { HEADLINE_E2E, { 1000 * MS, 10 * MS + 1, 0 }, VALIDITY_DEGRADED, false },
        { HEADLINE_E2E, { 1000 * MS, 50 * MS + 1, 0 }, VALIDITY_CLIENT_LIMITED, false },
        { HEADLINE_ITL, { 20 * MS, 6 * MS, 0 }, VALIDITY_CLIENT_LIMITED, false },
        /* a freeze that touched less than one value in a hundred */
        { HEADLINE_STALL, { 20 * MS, 0, 5 * MS }, VALIDITY_VALID, false },
        { HEADLINE_STALL, { 20 * MS, 0, 5 * MS + 1 }, VALIDITY_DEGRADED, true },
        { HEADLINE_STALL, { 20 * MS, 6 * MS, 300 * MS }, VALIDITY_CLIENT_LIMITED, true },
        /* a speed: by share alone */
        { HEADLINE_TPS, { 100000, 1000, 5000 }, VALIDITY_VALID, false },
        { HEADLINE_TPS, { 100000, 1001, 5000 }, VALIDITY_DEGRADED, false },
        { HEADLINE_TPS, { 100000, 5001, 5000 }, VALIDITY_CLIENT_LIMITED, false },
        { HEADLINE_TPS, { 100000, 1000, 5001 }, VALIDITY_DEGRADED, true },
        /* what was not measured */
        { HEADLINE_TTFA, { -1, -1, -1 }, VALIDITY_VALID, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct health_facts f = FACTS(NO, NO, NO, NO, 0, false, 0);
        ns_t e;

        f.figures[HEADLINE_STALL] = (struct health_figure){ -1, 6 * MS, 6 * MS };
        f.figures[cases[i].h] = cases[i].figure;
        if (health_judge_figure(&f, cases[i].h) != cases[i].want ||
            health_max_is_off(&f, cases[i].h) != cases[i].max_is_off)
            fail_msg("case %zu: %s", i,
                     validity_names[health_judge_figure(&f, cases[i].h)]);
        f.figures[HEADLINE_STALL] = (struct health_figure){ -1, -1, -1 };
        f.figures[cases[i].h] = cases[i].figure;
        if (cases[i].h != HEADLINE_TPS && health_judge(&f, &e) != cases[i].want)
            fail_msg("case %zu: the run is %s", i, validity_names[health_judge(&f, &e)]);
    }
}

TEST(a_speed_whose_stamps_are_right_to_a_millisecond_is_not_doubted)
{
    struct health_facts f = FACTS(NO, NO, NO, NO, 0, false, 0);

    f.figures[HEADLINE_TPS] = (struct health_figure){ 100000, 20000, 20000 };
    f.figures[HEADLINE_STALL] = (struct health_figure){ 20 * MS, MS, MS };
    assert_int_equal(health_judge_figure(&f, HEADLINE_TPS), VALIDITY_VALID);
    f.figures[HEADLINE_STALL].error = MS + 1;
    assert_int_equal(health_judge_figure(&f, HEADLINE_TPS), VALIDITY_DEGRADED);
}
