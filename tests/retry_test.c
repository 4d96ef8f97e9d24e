#include "load/retry.h"

#include "data/outcome.h"
#include "test.h"

#define S NS_PER_S
#define NO NS_ABSENT
#define NEVER NS_ABSENT

static const struct retry none = { RETRY_NONE, 5 };
static const struct retry sdk = { RETRY_SDK, 2 };
static const struct retry respectful = { RETRY_RESPECTFUL, 5 };

static ns_t wait_of(const struct retry *policy, enum outcome o, int status, uint32_t try_no,
                    struct retry_facts facts, double u)
{
    struct record r;
    ns_t wait = 0;

    record_init(&r);
    r.outcome = o;
    r.http_status = status;
    r.try_no = try_no;
    return retry_next(policy, &r, &facts, u, &wait) ? wait : NEVER;
}

TEST(each_policy_retries_what_it_should_and_waits_as_long)
{
    static const struct retry_facts nothing = { NO, NO, NO, false, true };
    static const struct retry_facts says_3 = { 3 * S, 7 * S, 9 * S, false, true };
    static const struct retry_facts prose_7 = { NO, 7 * S, 9 * S, false, true };
    static const struct retry_facts bucket_9 = { NO, NO, 9 * S, false, true };
    static const struct retry_facts says_90 = { 90 * S, NO, NO, false, true };
    static const struct retry_facts daily = { 3 * S, NO, NO, true, true };
    static const struct {
        const struct retry *policy;
        enum outcome outcome;
        int status;
        uint32_t try_no;
        const struct retry_facts *facts;
        double u;
        ns_t wait;
    } cases[] = {
        { &none, OUTCOME_RATE_LIMITED, 429, 1, &says_3, 0, NEVER },
        { &none, OUTCOME_SERVER, 500, 1, &nothing, 0, NEVER },

        { &sdk, OUTCOME_RATE_LIMITED, 429, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 1, &nothing, 0.5, S / 16 * 7 },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 2, &nothing, 0, S },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 3, &nothing, 0, NEVER },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 1, &says_3, 0.9, 3 * S },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 1, &prose_7, 0, S / 2 },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 1, &says_90, 0, S / 2 },
        { &sdk, OUTCOME_RATE_LIMITED, 429, 1, &daily, 0, 3 * S },
        { &sdk, OUTCOME_CAPACITY, 498, 1, &nothing, 0, NEVER },
        { &sdk, OUTCOME_TOO_LARGE, 413, 1, &says_3, 0, NEVER },
        { &sdk, OUTCOME_GENERATION, 400, 1, &nothing, 0, NEVER },
        { &sdk, OUTCOME_BAD_REQUEST, 408, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_BAD_REQUEST, 409, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_BAD_REQUEST, 422, 1, &nothing, 0, NEVER },
        { &sdk, OUTCOME_AUTH, 401, 1, &nothing, 0, NEVER },
        { &sdk, OUTCOME_SERVER, 500, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_OVERLOADED, 503, 2, &nothing, 0, S },
        { &sdk, OUTCOME_TRANSPORT, 0, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_TIMEOUT_CONNECT, 0, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_TIMEOUT_TOTAL, 0, 1, &nothing, 0, S / 2 },
        { &sdk, OUTCOME_TIMEOUT_FIRST, 200, 1, &nothing, 0, NEVER },
        { &sdk, OUTCOME_TRANSPORT, 200, 1, &nothing, 0, NEVER },
        { &sdk, OUTCOME_PROTOCOL, 200, 1, &nothing, 0, NEVER },

        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &says_3, 0, 3 * S },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &says_3, 0.5, S * 315 / 100 },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &prose_7, 0, 7 * S },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &bucket_9, 0, 9 * S },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &says_90, 0, 90 * S },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &nothing, 0, S / 2 },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 5, &nothing, 0, 8 * S },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 6, &nothing, 0, NEVER },
        { &respectful, OUTCOME_RATE_LIMITED, 429, 1, &daily, 0, NEVER },
        { &respectful, OUTCOME_CAPACITY, 498, 1, &nothing, 0, S / 2 },
        { &respectful, OUTCOME_CAPACITY, 498, 3, &nothing, 0.5, 3 * S },
        { &respectful, OUTCOME_CAPACITY, 498, 1, &bucket_9, 0, S / 2 },
        { &respectful, OUTCOME_OVERLOADED, 503, 1, &says_3, 0, 3 * S },
        { &respectful, OUTCOME_OVERLOADED, 503, 1, &nothing, 0, S / 2 },
        { &respectful, OUTCOME_SERVER, 500, 1, &nothing, 0, S / 2 },
        { &respectful, OUTCOME_TRANSPORT, 0, 1, &nothing, 0, S / 2 },
        { &respectful, OUTCOME_TIMEOUT_FIRST, 0, 1, &nothing, 0, S / 2 },
        { &respectful, OUTCOME_TOO_LARGE, 413, 1, &says_3, 0, NEVER },
        { &respectful, OUTCOME_BAD_REQUEST, 400, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_BAD_REQUEST, 404, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_BAD_REQUEST, 409, 5, &nothing, 0, 8 * S },
        { &respectful, OUTCOME_BAD_REQUEST, 424, 2, &nothing, 0, S },
        { &respectful, OUTCOME_BAD_REQUEST, 424, 3, &nothing, 0, NEVER },
        { &respectful, OUTCOME_GENERATION, 400, 2, &nothing, 0, S },
        { &respectful, OUTCOME_GENERATION, 400, 3, &nothing, 0, NEVER },
        { &respectful, OUTCOME_AUTH, 403, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_BLOCKED, 400, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_PROTOCOL, 200, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_PARTIAL, 200, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_OK, 200, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_EMPTY, 200, 1, &nothing, 0, NEVER },
        { &respectful, OUTCOME_CUT, 0, 1, &nothing, 0, NEVER },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ns_t wait = wait_of(cases[i].policy, cases[i].outcome, cases[i].status,
                            cases[i].try_no, *cases[i].facts, cases[i].u);

        if (wait != cases[i].wait)
            fail_msg("row %zu (%s): %lld, want %lld", i, outcomes[cases[i].outcome].name,
                     (long long)wait, (long long)cases[i].wait);
    }
}

/* The library reads a body that is not streamed inside the call that it retries. */
TEST(sdk_retries_a_body_that_broke_unless_it_was_streamed)
{
    struct retry_facts whole = { NO, NO, NO, false, false };

    assert_int_equal(wait_of(&sdk, OUTCOME_TRANSPORT, 200, 1, whole, 0), S / 2);
}

TEST(nothing_is_retried_once_output_was_delivered)
{
    static const struct retry *const policies[] = { &sdk, &respectful };
    struct retry_facts facts = { NO, NO, NO, false, false };

    for (size_t i = 0; i < COUNT(policies); i++)
        for (int o = 0; o < N_OUTCOMES; o++) {
            struct record r;
            ns_t wait;

            record_init(&r);
            r.outcome = (enum outcome)o;
            r.http_status = 503;
            r.try_no = 1;
            r.frames = 1;
            r.at[MOMENT_FIRST] = 5;
            assert_false(retry_next(policies[i], &r, &facts, 0, &wait));
        }
}

TEST(an_announced_wait_is_never_cut_short)
{
    for (double u = 0; u < 1; u += 0.01) {
        struct retry_facts facts = { 12 * S, NO, NO, false, true };
        ns_t wait = wait_of(&respectful, OUTCOME_RATE_LIMITED, 429, 1, facts, u);

        assert_in_range(wait, 12 * S, 12 * S + 12 * S / 10);
    }
}

TEST(back_off_stops_growing)
{
    static const struct retry patient = { RETRY_RESPECTFUL, 1000 };
    static const struct retry stubborn = { RETRY_SDK, 1000 };
    struct retry_facts facts = { NO, NO, NO, false, true };

    for (uint32_t n = 6; n < 1000; n++) {
        assert_int_equal(wait_of(&patient, OUTCOME_SERVER, 500, n, facts, 0), 15 * S);
        assert_int_equal(wait_of(&stubborn, OUTCOME_SERVER, 500, n, facts, 0), 8 * S);
    }
}
