#include "load/pacer.h"

#include "test.h"

#define S NS_PER_S

static struct model models[] = {
    {
        .id = "m",
        .free = { 30, 14400, 6000, 500000, -1, -1 },
        .developer = { 1000, -1, 250000, -1, -1, -1 },
    },
};
static const struct catalogue catalogue = { .models = models, .n_models = 1 };

static struct rate_need of_tokens(double n)
{
    return (struct rate_need){ { [LIMIT_REQUESTS] = 1, [LIMIT_TOKENS] = n } };
}

static const struct limit unsaid[N_LIMITS] = { { -1, -1, -1 },
                                               { -1, -1, -1 },
                                               { -1, -1, -1 } };

/* How many requests of so many tokens pass at once, and when the next one may ask. */
static int burst(struct pacer *p, double tokens, ns_t now, int most, ns_t *again)
{
    int n = 0;

    *again = 0;
    while (n < most && !(*again = pacer_admit(p, of_tokens(tokens), now)))
        n++;
    return n;
}

TEST(the_bucket_that_runs_dry_first_holds_requests_back)
{
    static const struct {
        const char *model;
        const char *tier;
        const char *plan;
        double tokens;
        int passed;
        ns_t again; /* after now */
    } cases[] = {
        { "m", NULL, "free", 10, 30, 2 * S },          /* RPM: 30 a minute */
        { "m", "on_demand", "free", 1000, 6, 10 * S }, /* TPM: 6000 a minute */
        { "m", NULL, "free", 2000, 3, 20 * S },
        { "m", "flex", "free", 1000, 60, S },             /* ten times as much */
        { "m", NULL, "developer", 1000, 250, 240000000 }, /* TPM: 250000 */
        { "m", "performance", "free", 1000, 400, 0 },     /* nothing is known */
        { "other", NULL, "free", 1000, 400, 0 },
        { NULL, NULL, NULL, 1000, 400, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pacers *ps = pacers_open(&catalogue);
        ns_t now = 5 * S;
        struct pacer *p = pacers_get(ps, cases[i].model, cases[i].tier, cases[i].plan, now);
        ns_t again;

        assert_int_equal(burst(p, cases[i].tokens, now, 400, &again), cases[i].passed);
        assert_int_equal(again, cases[i].again ? now + cases[i].again : 0);
        if (again) {
            assert_int_equal(pacer_wait(p, of_tokens(cases[i].tokens), now), again - now);
            assert_int_not_equal(
                pacer_admit(p, of_tokens(cases[i].tokens), again - NS_PER_MS), 0);
            assert_int_equal(pacer_admit(p, of_tokens(cases[i].tokens), again), 0);
            assert_int_not_equal(pacer_admit(p, of_tokens(cases[i].tokens), again), 0);
        }
        pacers_close(ps);
    }
}

TEST(pacers_are_told_apart_by_model_tier_and_plan)
{
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);

    assert_ptr_equal(pacers_get(ps, "m", "on_demand", "free", 9), p);
    assert_ptr_not_equal(pacers_get(ps, "m", "flex", "free", 0), p);
    assert_ptr_not_equal(pacers_get(ps, "n", NULL, "free", 0), p);
    assert_ptr_not_equal(pacers_get(ps, "m", NULL, "developer", 0), p);
    pacers_close(ps);
}

TEST(tokens_that_were_not_used_come_back)
{
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);

    assert_int_equal(pacer_admit(p, of_tokens(5000), 0), 0);
    assert_int_not_equal(pacer_admit(p, of_tokens(5000), 0), 0);
    pacer_settle(p, of_tokens(5000), of_tokens(1000), unsaid, 0);
    assert_int_equal(pacer_admit(p, of_tokens(5000), 0), 0);
    pacer_settle(p, of_tokens(5000), of_tokens(-1), NULL,
                 0); /* not told: all of it was used */
    assert_int_equal(pacer_wait(p, of_tokens(1000), 0), 10 * S);
    pacers_close(ps);
}

TEST(an_admitted_rate_never_passes_the_limit_in_any_minute)
{
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);
    ns_t sent[4096];
    size_t n = 0, first = 0;
    ns_t now = 0;

    while (now < 1800 * S && n < COUNT(sent)) {
        ns_t again = pacer_admit(p, of_tokens(150), now);

        if (again) {
            assert_true(again > now);
            now = again;
            continue;
        }
        sent[n++] = now;
        pacer_settle(p, of_tokens(150), of_tokens(150), unsaid, now);
        /* A full bucket and a minute of refill is the most. */
        while (sent[first] < now - 60 * S)
            first++;
        assert_true(n - first <= 60);
    }
    assert_in_range(n, 30 * 30 - 1, 30 * 31 + 1);
    pacers_close(ps);
}

TEST(headers_teach_limits_that_nobody_knew)
{
    struct limit said[N_LIMITS] = { { 14400, 14399, 6 * S },
                                    { 6000, 4838, 11620000000 },
                                    { -1, -1, -1 } };
    struct pacers *ps = pacers_open(NULL);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);

    assert_int_equal(pacer_admit(p, of_tokens(1e9), 0), 0);
    pacer_settle(p, of_tokens(1e9), of_tokens(1162), said, 0);
    assert_int_equal(pacer_wait(p, of_tokens(4838), 0), 0);
    assert_int_equal(pacer_wait(p, of_tokens(5838), 0), 10 * S);
    pacers_close(ps);
}

/* Others have used the limit as well; or it is lower than the catalogue says. */
TEST(headers_that_say_less_is_left_are_believed)
{
    struct limit said[N_LIMITS] = { { -1, -1, -1 },
                                    { 6000, 1000, 50 * S },
                                    { -1, -1, -1 } };
    struct limit lower[N_LIMITS] = { { -1, -1, -1 },
                                     { 3000, 1000, 40 * S },
                                     { -1, -1, -1 } };
    struct limit more[N_LIMITS] = { { -1, -1, -1 }, { 6000, 5900, S }, { -1, -1, -1 } };
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);

    assert_int_equal(pacer_admit(p, of_tokens(500), 0), 0);
    assert_int_equal(pacer_admit(p, of_tokens(500), 0), 0);
    pacer_settle(p, of_tokens(500), of_tokens(500), said, 0);
    assert_int_equal(pacer_wait(p, of_tokens(500), 0),
                     0); /* 1000, less the one under way */
    assert_int_equal(pacer_wait(p, of_tokens(600), 0), S);
    pacer_settle(p, of_tokens(500), of_tokens(500), more,
                 0); /* sent before ours were booked: not believed */
    assert_int_equal(pacer_wait(p, of_tokens(600), 0), S);
    assert_int_equal(pacer_admit(p, of_tokens(0), 0), 0);
    pacer_settle(p, of_tokens(0), of_tokens(0), lower, 0);
    assert_int_equal(pacer_wait(p, of_tokens(1000), 0),
                     10 * S); /* 50 tokens a second now */
    pacers_close(ps);
}

/* What the server says is left may soon be taken by requests on their way to it. */
TEST(requests_under_way_count_against_what_headers_say_is_left)
{
    struct limit said[N_LIMITS] = { { -1, -1, -1 }, { 6000, 5200, 8 * S }, { -1, -1, -1 } };
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);

    assert_int_equal(pacer_admit(p, of_tokens(500), 0), 0);
    assert_int_equal(pacer_admit(p, of_tokens(500), 0), 0);
    pacer_settle(p, of_tokens(500), of_tokens(500), said, 0);
    assert_int_equal(pacer_wait(p, of_tokens(4700), 0), 0);
    assert_int_equal(pacer_wait(p, of_tokens(4800), 0), S);
    pacers_close(ps);
}

TEST(a_refused_request_may_have_been_counted)
{
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);

    for (int i = 0; i < 30; i++) {
        assert_int_equal(pacer_admit(p, of_tokens(1000), 0), 0);
        pacer_refused(p, of_tokens(1000), "", NS_ABSENT, unsaid, 0);
    }
    assert_int_equal(pacer_wait(p, of_tokens(1000), 0), 2 * S);
    pacers_close(ps);
}

/* Other services give limits per minute where this one gives them per day. */
TEST(the_window_of_a_limit_follows_from_its_reset)
{
    struct limit first[N_LIMITS] = { { 60, 59, S }, { -1, -1, -1 }, { -1, -1, -1 } };
    struct limit second[N_LIMITS] = { { 60, 58, 2 * S }, { -1, -1, -1 }, { -1, -1, -1 } };
    struct pacers *ps = pacers_open(NULL);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);
    ns_t again;

    assert_int_equal(burst(p, 1, 0, 2, &again), 2);
    pacer_settle(p, of_tokens(1), of_tokens(1), first,
                 0); /* one missing tells too little */
    pacer_settle(p, of_tokens(1), of_tokens(1), second, 0);
    assert_int_equal(burst(p, 1, 0, 400, &again), 58);
    assert_int_equal(again, S);
    pacers_close(ps);
}

/* A day's bucket that lacks a fraction of a request looks as if it filled in a minute. */
TEST(a_nearly_full_bucket_of_a_day_is_not_taken_for_one_of_a_minute)
{
    struct limit said[N_LIMITS] = { { 14400, 14399, 40 * NS_PER_MS },
                                    { -1, -1, -1 },
                                    { -1, -1, -1 } };
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);
    ns_t again;

    assert_int_equal(pacer_admit(p, of_tokens(1), 0), 0);
    pacer_settle(p, of_tokens(1), of_tokens(1), said, 0);
    assert_int_equal(burst(p, 1, 0, 400, &again), 29);
    assert_int_equal(again, 2 * S);
    pacers_close(ps);
}

TEST(a_refusal_keeps_everyone_away_as_long_as_announced)
{
    static const struct {
        const char *kind;
        ns_t wait;
        ns_t again; /* for the same request */
    } cases[] = {
        { "TPM", 12 * S, 12 * S },
        { "RPM", 7 * S, 7 * S },
        { "", 3 * S, 3 * S },
        { "ASPH", 3 * S, 3 * S },
        { "TPD", 5692 * S, 5692 * S },
        { "TPM", NS_ABSENT, 10 * S }, /* not told how long: as if it had been empty */
        { "", NS_ABSENT, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pacers *ps = pacers_open(&catalogue);
        struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);
        ns_t again;

        assert_int_equal(pacer_admit(p, of_tokens(1000), 0), 0);
        pacer_refused(p, of_tokens(1000), cases[i].kind, cases[i].wait, unsaid, 0);
        again = pacer_wait(p, of_tokens(1000), 0);
        assert_in_range(again, cases[i].again, cases[i].again + NS_PER_MS);
        pacers_close(ps);
    }
}

TEST(after_a_refusal_only_what_fits_is_let_through)
{
    struct pacers *ps = pacers_open(&catalogue);
    struct pacer *p = pacers_get(ps, "m", NULL, "free", 0);
    ns_t again;

    assert_int_equal(pacer_admit(p, of_tokens(1000), 0), 0);
    pacer_refused(p, of_tokens(1000), "TPM", 4 * S, unsaid, 0);
    assert_int_equal(burst(p, 1000, 4 * S, 10, &again), 1);
    assert_int_equal(again, 14 * S);
    pacers_close(ps);
}
