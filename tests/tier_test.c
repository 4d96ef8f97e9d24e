#include "data/tier.h"

#include "data/summary_parts.h"
#include "test.h"

static const struct tier_target *target(const char *tier, enum rate_id rate)
{
    for (int i = 0; i < N_TIER_TARGETS; i++)
        if (!strcmp(tier_targets[i].tier, tier) && tier_targets[i].rate == rate)
            return &tier_targets[i];
    fail_msg("no target of %s", tier);
    return NULL;
}

/* Requests, first attempts that failed, requests that failed in the end. */
static struct summary_group group(uint64_t n, uint64_t first, uint64_t final)
{
    struct summary_group g = { .tally = { .requests = n,
                                          .first_attempts = n,
                                          .first_errors = first,
                                          .request_errors = final } };

    for (int i = 0; i < N_RATES; i++)
        summary_rate_of(&g.rates[i], (enum rate_id)i, &g.tally);
    return g;
}

TEST(a_tier_is_held_against_its_target_with_as_many_requests_as_that_takes)
{
    static const struct {
        const char *tier;
        enum rate_id rate;
        uint64_t n;
        uint64_t first;
        uint64_t final;
        enum tier_verdict want;
    } cases[] = {
        { "flex", RATE_FIRST_ERROR, 1000, 20, 0, TIER_PASS },
        { "flex", RATE_FIRST_ERROR, 20, 0, 0, TIER_NO_DATA },
        { "flex", RATE_FIRST_ERROR, 1000, 70, 0, TIER_WARN },
        { "flex", RATE_FIRST_ERROR, 1000, 200, 0, TIER_ALERT },
        { "flex", RATE_FIRST_ERROR, 7, 1, 0, TIER_WARN }, /* may be chance */
        { "on_demand", RATE_ERROR, 1000, 0, 0, TIER_NO_DATA },
        { "on_demand", RATE_ERROR, 5000, 0, 2, TIER_PASS },
        { "on_demand", RATE_ERROR, 5000, 0, 100, TIER_ALERT },
        { "performance", RATE_ERROR, 5000, 0, 50, TIER_ALERT },
        { "auto", RATE_ERROR, 0, 0, 0, TIER_NO_DATA },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct summary_group g = group(cases[i].n, cases[i].first, cases[i].final);
        uint64_t needs;
        enum tier_verdict v = tier_judge(target(cases[i].tier, cases[i].rate), &g, &needs);

        if (v != cases[i].want)
            fail_msg("case %zu: %s", i, tier_verdict_names[v]);
    }
}

TEST(a_retry_that_repairs_does_not_hide_that_the_tier_refused)
{
    struct summary_group g = group(1000, 200, 0); /* all repaired */
    uint64_t needs;

    assert_int_equal(tier_judge(target("flex", RATE_FIRST_ERROR), &g, &needs), TIER_ALERT);
}

TEST(tiers_are_worth_a_word_where_another_than_the_ordinary_is_asked_for)
{
    struct run_cell cells[2] = { { .tier = NULL }, { .tier = "on_demand" } };
    struct run run = { .cells = cells, .n_cells = 2 };

    assert_false(tier_matters(&run));
    cells[1].tier = "flex";
    assert_true(tier_matters(&run));
}
