#include "data/health.h"

#include "test.h"

#define MS NS_PER_MS
#define NO NS_ABSENT

TEST(a_run_is_judged_by_the_error_of_its_instrument)
{
    static const struct {
        struct health_facts facts;
        enum validity want;
        ns_t e;
    } cases[] = {
        /* the error is small at all */
        { { MS / 2, MS / 2, 10 * MS, NO, 0, false, 0 }, VALIDITY_VALID, MS },
        { { MS / 2, MS / 2 + 1, 10 * MS, NO, 0, false, 0 }, VALIDITY_DEGRADED, MS + 1 },
        { { 2 * MS, 3 * MS, 10 * MS, NO, 0, false, 0 }, VALIDITY_DEGRADED, 5 * MS },
        { { 2 * MS, 3 * MS + 1, 10 * MS, NO, 0, false, 0 },
          VALIDITY_CLIENT_LIMITED,
          5 * MS + 1 },
        /* or small against what is measured */
        { { 2 * MS, 2 * MS, 400 * MS, NO, 0, false, 0 }, VALIDITY_VALID, 4 * MS },
        { { 2 * MS, 2 * MS + 1, 400 * MS, NO, 0, false, 0 },
          VALIDITY_DEGRADED,
          4 * MS + 1 },
        { { 10 * MS, 10 * MS, 400 * MS, NO, 0, false, 0 }, VALIDITY_DEGRADED, 20 * MS },
        { { 10 * MS, 10 * MS + 1, 400 * MS, NO, 0, false, 0 },
          VALIDITY_CLIENT_LIMITED,
          20 * MS + 1 },
        /* whatever the error: a lost record, an attempt not sent, a verdict within it */
        { { 0, 0, 400 * MS, NO, 1, false, 0 }, VALIDITY_CLIENT_LIMITED, 0 },
        { { 0, 0, 400 * MS, NO, 0, true, 0 }, VALIDITY_CLIENT_LIMITED, 0 },
        { { 0, 0, 400 * MS, NO, 0, false, 1 }, VALIDITY_CLIENT_LIMITED, 0 },
        /* the simulator */
        { { 0, 0, 10 * MS, MS, 0, false, 0 }, VALIDITY_VALID, 0 },
        { { 0, 0, 10 * MS, MS + 1, 0, false, 0 }, VALIDITY_DEGRADED, 0 },
        { { 0, 0, 10 * MS, 5 * MS + 1, 0, false, 0 }, VALIDITY_SIM_LIMITED, 0 },
        { { 6 * MS, 0, 10 * MS, 6 * MS, 0, false, 0 }, VALIDITY_CLIENT_LIMITED, 6 * MS },
        /* what was not measured */
        { { NO, NO, NO, NO, 0, false, 0 }, VALIDITY_VALID, NO },
        { { NO, 2 * MS, NO, NO, 0, false, 0 }, VALIDITY_DEGRADED, 2 * MS },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ns_t e;
        enum validity got = health_judge(&cases[i].facts, &e);

        if (got != cases[i].want || e != cases[i].e)
            fail_msg("case %zu: %s, e %lld", i, validity_names[got], (long long)e);
    }
}
