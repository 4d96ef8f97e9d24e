#include "data/forecast.h"

#include "data/recorder.h"
#include "test.h"

enum { MINUTE_TPM = 2, DAY_RPD = 1 }; /* of rate_limit_kinds */

static const struct limit_seen untold[N_LIMITS] = {
    { -1, -1, -1, NS_ABSENT, NS_ABSENT },
    { -1, -1, -1, NS_ABSENT, NS_ABSENT },
    { -1, -1, -1, NS_ABSENT, NS_ABSENT },
};

static struct forecast of(const char *limit, int64_t requests, int64_t tokens)
{
    struct forecast f = forecast_none;

    f.limit = limit;
    f.size = 30;
    f.after = 3 * NS_PER_S;
    f.requests = requests;
    f.tokens = tokens;
    f.audio_s = 0;
    return f;
}

/* Ten a second of 100 tokens each, and the next one refused. */
static struct wall met(const char *kind, int64_t before, int64_t named)
{
    struct wall w;

    wall_init(&w, NULL);
    for (int64_t i = 0; i <= before; i++) {
        struct record r;

        record_init(&r);
        r.at[MOMENT_START] = i * NS_PER_S / 10;
        r.tokens.prompt = 80;
        r.tokens.completion = 20;
        if (i == before && kind) {
            r.outcome = OUTCOME_RATE_LIMITED;
            r.limit_kind = kind;
            r.limit_size = named;
        }
        if (i < before || kind)
            wall_add(&w, &r);
    }
    return w;
}

TEST(a_forecast_is_held_against_what_was_met)
{
    static const struct {
        const char *limit; /* foreseen after 30 requests of 100 tokens */
        bool paced;
        const char *kind; /* that refused; NULL: none did */
        int64_t before;
        enum forecast_end want;
        int64_t reached_ppm; /* -1: not compared */
    } cases[] = {
        { "RPM", false, "RPM", 30, FORECAST_MET, 1000000 },
        { "RPM", false, "RPM", 33, FORECAST_MET, 1100000 },
        { "TPM", false, "TPM", 15, FORECAST_MET, 500000 },
        { "RPM", false, "TPM", 15, FORECAST_OTHER, 500000 },
        { "", false, "TPM", 15, FORECAST_UNFORESEEN, -1 },
        { "RPM", false, "", 15, FORECAST_UNNAMED, 500000 },
        { "RPM", false, "NOISE", 15, FORECAST_UNNAMED, 500000 },
        { "RPM", false, NULL, 12, FORECAST_EARLY, 400000 },
        { "RPM", true, NULL, 12, FORECAST_PACED, 400000 },
        { "RPM", false, NULL, 60, FORECAST_BEYOND, 2000000 },
        { "", false, NULL, 60, FORECAST_SILENT, -1 },
        { "", false, NULL, 0, FORECAST_SILENT, -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct forecast f = of(cases[i].limit, 30, 3000);
        struct wall w = met(cases[i].kind, cases[i].before, -1);
        struct forecast_met m;

        f.paced = cases[i].paced;
        forecast_judge(&m, &f, &w, untold);
        if (m.end != cases[i].want)
            fail_msg("row %zu: %s", i, forecast_end_names[m.end]);
        assert_int_equal(m.compared, cases[i].reached_ppm >= 0);
        if (m.compared)
            assert_int_equal(m.reached_ppm, cases[i].reached_ppm);
    }
}

TEST(what_is_enforced_follows_from_what_got_through)
{
    struct forecast f = forecast_none;
    struct wall w = met("RPM", 33, -1); /* in 3.3 s, of a bucket of a minute */
    struct forecast_met m;

    forecast_judge(&m, &f, &w, untold);
    assert_true(m.enforced_lo > 31.2 && m.enforced_lo < 31.4); /* 33 / 1.055 */
    assert_true(m.enforced_hi > 32.2 && m.enforced_hi < 32.3);
}

TEST(another_limit_than_is_announced_is_seen)
{
    static const struct {
        struct limit told; /* of tokens, with the refusal */
        int64_t named;
        enum announced want;
    } cases[] = {
        { { -1, -1, NS_ABSENT }, 3000, ANNOUNCED_NOTHING },
        { { 3000, 40, 59 * NS_PER_S }, 3000, ANNOUNCED_RIGHT },
        { { 50000, 47000, 4 * NS_PER_S }, 3000, ANNOUNCED_WRONG },
        { { 3000, 40, 59 * NS_PER_S }, -1, ANNOUNCED_RIGHT },
        { { 50000, 47000, 4 * NS_PER_S },
          -1,
          ANNOUNCED_WRONG },                                  /* room enough, by itself */
        { { 50000, 0, 60 * NS_PER_S }, -1, ANNOUNCED_WRONG }, /* by what got through */
        { { 3000, 40, 23 * 3600 * NS_PER_S }, -1, ANNOUNCED_NOTHING }, /* that of a day */
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct forecast f = of("TPM", 30, 3000);
        struct wall w = met("TPM", 30, cases[i].named);
        struct forecast_met m;

        w.told[LIMIT_TOKENS] = cases[i].told;
        w.told_by_refusal = true;
        forecast_judge(&m, &f, &w, untold);
        if (m.announced != cases[i].want)
            fail_msg("row %zu: %s", i, announced_names[m.announced]);
    }
}

TEST(headroom_is_told_by_headers_else_by_our_own_count)
{
    struct limit_seen limits[N_LIMITS] = { untold[0], untold[1], untold[2] };
    int64_t sizes[N_RATE_LIMITS] = { 100, 1000, 10000, -1, -1, -1 };
    struct forecast f = forecast_none;
    struct forecast_met m;
    struct record r;
    struct wall w;

    wall_init(&w, sizes);
    for (int i = 0; i < 3; i++) { /* three at once, and three when a tenth has come back */
        for (int k = 0; k < 3; k++) {
            record_init(&r);
            r.at[MOMENT_START] = i * 6 * NS_PER_S;
            r.tokens.prompt = 1000;
            wall_add(&w, &r);
        }
    }
    memcpy(f.sizes, sizes, sizeof(sizes));
    limits[LIMIT_REQUESTS] = (struct limit_seen){ 1000, 990, 988, 14 * 60 * NS_PER_S, 1 };
    forecast_judge(&m, &f, &w, limits);
    assert_int_equal(m.rooms[0].left, 97);
    assert_true(m.rooms[0].counted);
    assert_int_equal(m.rooms[DAY_RPD].left, 988);
    assert_false(m.rooms[DAY_RPD].counted);
    assert_int_equal(m.rooms[MINUTE_TPM].left, 3000); /* 10000 - 9000 + 2 * 1000 */
    assert_int_equal(m.rooms[3].size, -1);
}
