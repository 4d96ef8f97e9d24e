#include "data/rate.h"

#include <math.h>

#include "test.h"

TEST(rates_are_quotients_in_their_unit)
{
    static const struct tally t = {
        .requests = 1000,
        .request_errors = 3,
        .first_attempts = 1000,
        .first_errors = 40,
        .retried = 38,
        .ok = 997,
        .good = 950,
        .with_usage = 500,
        .with_cached = 400,
        .cache_hits = 100,
        .cached_tokens = 3,
        .cached_base = 4,
        .completion_tokens = 5000,
        .priced_tokens = 2000,
        .cost_nusd = 600,
        .tier_named = 10,
        .tier_other = 1,
        .vectors = 80,
        .embedded_tokens = 4000,
        .judged = 50,
        .flagged = 10,
        .span = 8 * NS_PER_S, /* rates count to the last answer */
        .busy = 10 * NS_PER_S,
    };
    static const double want[N_RATES] = {
        [RATE_ERROR] = 3000,
        [RATE_FIRST_ERROR] = 40000,
        [RATE_RETRY] = 38000,
        [RATE_RPS] = 99.7,
        [RATE_TPS_TOTAL] = 500,
        [RATE_GOODPUT] = 950000,
        [RATE_COST_PER_1K] = 300,
        [RATE_CACHE_TOKENS] = 750000,
        [RATE_CACHE_REQUESTS] = 250000,
        [RATE_CACHE_KNOWN] = 800000,
        [RATE_TIER_FALLBACK] = 100000,
        [RATE_VECTORS] = 8,
        [RATE_EMBEDDED_TPS] = 400,
        [RATE_FLAGGED] = 200000,
    };

    for (int i = 0; i < N_RATES; i++) {
        double v = -1;

        assert_true(rate_value((enum rate_id)i, &t, &v));
        assert_true(fabs(v - want[i]) < 1e-6 * want[i]);
    }
}

TEST(a_rate_of_nothing_is_absent_not_zero)
{
    static const struct tally none = { 0 };

    for (int i = 0; i < N_RATES; i++) {
        double v;

        assert_false(rate_value((enum rate_id)i, &none, &v));
    }
}

TEST(adding_tallies_misses_no_count)
{
    struct tally one = { 0 }, sum = { 0 };
    uint64_t *count = (uint64_t *)&one;

    _Static_assert(sizeof(one) % sizeof(*count) == 0, "all members are 64 bits");
    for (size_t i = 0; i < sizeof(one) / sizeof(*count); i++)
        count[i] = i + 1;
    tally_add(&sum, &one);
    tally_add(&sum, &one);
    for (size_t i = 0; i < sizeof(one) / sizeof(*count); i++)
        assert_int_equal(((uint64_t *)&sum)[i], 2 * (i + 1));
}
