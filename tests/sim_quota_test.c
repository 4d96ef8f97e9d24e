#include "sim/quota.h"

#include "sim/gotext.h"
#include "test.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* What was read off real answers: limit, remaining, and the reset that stood next to them.
 */
TEST(sim_meters_reset_as_the_api_does)
{
    static const struct {
        int64_t limit;
        int64_t remaining;
        int64_t window_s;
        const char *reset;
    } cases[] = {
        { 14400, 14399, DAY, "6s" },       { 14400, 14398, DAY, "12s" },
        { 14400, 14397, DAY, "18s" },      { 1000, 999, DAY, "1m26.4s" },
        { 1000, 998, DAY, "2m52.8s" },     { 2000, 1999, DAY, "43.2s" },
        { 2000, 1997, DAY, "2m9.6s" },     { 500000, 499999, DAY, "172.8ms" },
        { 6000, 5963, MINUTE, "370ms" },   { 12000, 11963, MINUTE, "185ms" },
        { 6000, 4838, MINUTE, "11.62s" },  { 15000, 14792, MINUTE, "832ms" },
        { 15000, 14585, MINUTE, "1.66s" }, { 15000, 14413, MINUTE, "2.348s" },
        { 6000, 5499, MINUTE, "5.01s" },   { 8000, 3164, MINUTE, "36.27s" },
        { 7200, 7198, HOUR, "1s" },        { 7200, 7190, HOUR, "5s" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct meter m;
        struct buf b;

        meter_init(&m, cases[i].limit, cases[i].window_s * NS_PER_S, 0);
        meter_take(&m, cases[i].limit - cases[i].remaining, 0);
        assert_int_equal(meter_remaining(&m, 0), cases[i].remaining);
        buf_init(&b, 0);
        gotext_duration(&b, meter_reset(&m, 0));
        assert_string_equal(b.p, cases[i].reset);
        buf_free(&b);
    }
}

TEST(sim_meters_make_wait_as_the_api_does)
{
    static const struct {
        int64_t limit, used, requested, window_s;
        const char *wait;
        int64_t retry_after;
    } cases[] = {
        { 8000, 6644, 2931, MINUTE, "11.8125s", 12 },
        { 8000, 6670, 5883, MINUTE, "34.1475s", 35 },
        { 8000, 7274, 7590, MINUTE, "51.48s", 52 },
        { 12000, 7174, 7540, MINUTE, "13.57s", 14 },
        { 7000, 0, 12903, MINUTE, "50.597142858s", 51 },
        { 100000, 96604, 9985, DAY, "1h34m52.896s", 5693 },
        { 200000, 199754, 2679, DAY, "17m31.056s", 1052 },
        { 100000, 99552, 1533, DAY, "15m37.44s", 938 },
        { 30, 30, 1, MINUTE, "2s", 2 },
        { 7200, 5956, 2336, HOUR, "9m6s", 546 },
        { 7200, 6445, 1601, HOUR, "7m3s", 423 },
        { 28800, 28596, 600, DAY, "19m48s", 1188 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quota_denial d = { 0 };
        struct meter m;
        struct buf b;

        meter_init(&m, cases[i].limit, cases[i].window_s * NS_PER_S, 0);
        meter_take(&m, cases[i].used, 0);
        d.wait = meter_wait(&m, cases[i].requested, 0);
        assert_int_equal(quota_retry_after_s(&d), cases[i].retry_after);
        buf_init(&b, 0);
        gotext_duration(&b, d.wait);
        assert_string_equal(b.p, cases[i].wait);
        buf_free(&b);
    }
}

TEST(sim_meters_refill_without_steps_and_never_beyond_full)
{
    struct meter m;

    meter_init(&m, 60, MINUTE * NS_PER_S, 0);
    meter_take(&m, 60, 0);
    assert_int_equal(meter_wait(&m, 1, 0), NS_PER_S);
    assert_int_equal(meter_wait(&m, 1, NS_PER_S / 2), NS_PER_S / 2);
    assert_int_equal(meter_remaining(&m, NS_PER_S - 1), 0);
    assert_int_equal(meter_remaining(&m, NS_PER_S), 1);
    assert_int_equal(meter_wait(&m, 1, NS_PER_S), 0);
    assert_int_equal(meter_remaining(&m, 3600 * NS_PER_S), 60);
    assert_int_equal(meter_reset(&m, 3600 * NS_PER_S), 0);
}

TEST(sim_meters_may_owe_and_pay_back)
{
    struct meter m;

    meter_init(&m, 60, MINUTE * NS_PER_S, 0);
    meter_take(&m, 90, 0);
    assert_int_equal(meter_remaining(&m, 0), 0);
    assert_int_equal(meter_used(&m, 0), 90);
    assert_int_equal(meter_wait(&m, 1, 0), 31 * NS_PER_S);
    meter_take(&m, -1000, 0);
    assert_int_equal(meter_remaining(&m, 0), 60);
}

TEST(sim_meters_without_a_limit_let_everything_pass)
{
    struct meter m;

    meter_init(&m, 0, MINUTE * NS_PER_S, 0);
    meter_take(&m, 1000000, 0);
    assert_int_equal(meter_wait(&m, 1000000, 0), 0);
    assert_int_equal(meter_reset(&m, 0), 0);
}

static struct quota_need tokens(int64_t n)
{
    return (struct quota_need){ .tokens = n };
}

static const struct quota_rates rates = { .limit = { 2, 100, 1000, 5000 }, .speed = 1 };

TEST(sim_headers_may_announce_what_is_not_kept)
{
    struct quota_rates lying = rates;
    struct quota_book book = { 0 };
    struct quota *q = quota_get(&book, 1, "m", false, &rates, 0);
    struct quota_denial d;
    struct quota_shown s;

    lying.announced[QUOTA_TPM] = 6000;
    assert_int_equal(quota_admit(q, tokens(900), 0, &d), 0);
    quota_show(q, &lying, 0, &s);
    assert_int_equal(s.tokens.limit, 6000);
    assert_int_equal(s.tokens.remaining, 5100);
    assert_int_equal(s.tokens.reset, 9 * NS_PER_S); /* 900 / 6000 of a minute */
    assert_int_equal(s.requests.limit, 100);
    assert_int_equal(quota_admit(q, tokens(900), 0, &d), -1);
    assert_int_equal(d.limit, 1000);
    quota_book_free(&book);
}

TEST(sim_quotas_take_all_or_nothing)
{
    struct quota_book book = { 0 };
    struct quota *q = quota_get(&book, 1, "m", false, &rates, 0);
    struct quota_denial d;
    struct quota_shown s;

    assert_int_equal(quota_admit(q, tokens(900), 0, &d), 0);
    assert_int_equal(quota_admit(q, tokens(200), 0, &d), -1);
    assert_int_equal(d.kind, QUOTA_TPM);
    assert_int_equal(d.used, 900);
    assert_false(d.too_large);
    quota_show(q, &rates, 0, &s);
    assert_int_equal(s.requests.limit, 100);
    assert_int_equal(s.requests.remaining, 99);
    assert_int_equal(s.tokens.limit, 1000);
    assert_int_equal(s.tokens.remaining, 100);
    assert_int_equal(s.tokens.reset, 54 * NS_PER_S);
    assert_int_equal(quota_admit(q, tokens(100), 0, &d), 0);
    assert_int_equal(quota_admit(q, tokens(0), 0, &d), -1);
    assert_int_equal(d.kind, QUOTA_RPM);
    assert_int_equal(d.wait, 30 * NS_PER_S);
    quota_book_free(&book);
}

TEST(sim_quotas_count_seconds_of_audio_by_the_hour_and_the_day)
{
    static const struct quota_rates heard = {
        .limit = { [QUOTA_ASH] = 100, [QUOTA_ASD] = 150 }, .speed = 1
    };
    static const struct {
        int64_t at_s, audio_s;
        enum quota_kind denied; /* N_QUOTAS: none */
        int64_t remaining;
    } steps[] = {
        { 0, 60, N_QUOTAS, 40 },  { 0, 50, QUOTA_ASH, 40 },     { 0, 0, N_QUOTAS, 40 },
        { 360, 50, N_QUOTAS, 0 }, { 3960, 60, QUOTA_ASD, 100 },
    };
    struct quota_book book = { 0 };
    struct quota *q = quota_get(&book, 1, "m", false, &heard, 0);
    struct quota_shown s;
    struct quota_denial d;

    for (size_t i = 0; i < COUNT(steps); i++) {
        ns_t now = steps[i].at_s * NS_PER_S;
        struct quota_need need = { .audio_s = steps[i].audio_s };
        int rc = quota_admit(q, need, now, &d);

        assert_int_equal(rc, steps[i].denied == N_QUOTAS ? 0 : -1);
        if (rc) {
            assert_int_equal(d.kind, steps[i].denied);
            assert_string_equal(quota_denial_type(&d), "seconds");
        }
        quota_show(q, &heard, now, &s);
        assert_int_equal(s.audio.limit, 100);
        assert_int_equal(s.audio.remaining, steps[i].remaining);
        assert_int_equal(s.tokens.limit, 0);
    }
    quota_book_free(&book);
}

TEST(sim_quotas_call_what_never_fits_too_large)
{
    struct quota_book book = { 0 };
    struct quota *q = quota_get(&book, 1, "m", false, &rates, 0);
    struct quota_denial d;

    assert_int_equal(quota_admit(q, tokens(1001), 0, &d), -1);
    assert_true(d.too_large);
    assert_int_equal(d.kind, QUOTA_TPM);
    quota_book_free(&book);
}

TEST(sim_quotas_are_kept_for_each_organization_model_and_tier)
{
    static const char model[] = "m";
    static const char other[] = "n";
    struct quota_book book = { 0 };
    struct quota *q = quota_get(&book, 1, model, false, &rates, 0);
    struct quota_denial d;

    assert_ptr_equal(q, quota_get(&book, 1, model, false, &rates, 0));
    assert_ptr_not_equal(q, quota_get(&book, 2, model, false, &rates, 0));
    assert_ptr_not_equal(q, quota_get(&book, 1, other, false, &rates, 0));
    assert_int_equal(
        quota_admit(quota_get(&book, 1, model, true, &rates, 0), tokens(9999), 0, &d),
        0); /* flex: ten times as much */
    for (uint64_t org = 0; org < 10000; org++)
        quota_get(&book, org, model, false, &rates, 0);
    assert_true(book.n <= 4096);
    quota_book_free(&book);
}

TEST(sim_quotas_run_faster_with_the_simulated_time)
{
    struct quota_rates fast = rates;
    struct quota_book book = { 0 };
    struct quota_denial d;
    struct quota *q;

    fast.speed = 10;
    q = quota_get(&book, 1, "m", false, &fast, 0);
    assert_int_equal(quota_admit(q, tokens(1000), 0, &d), 0);
    assert_int_equal(quota_admit(q, tokens(1000), 6 * NS_PER_S - 1, &d), -1);
    assert_int_equal(quota_admit(q, tokens(1000), 6 * NS_PER_S, &d), 0);
    quota_book_free(&book);
}

TEST(sim_denials_are_told_in_the_words_of_the_api)
{
    static const struct {
        struct quota_denial d;
        const char *type;
        const char *text;
    } cases[] = {
        { { QUOTA_TPM, 8000, 6670, 5883, 34147500000, false },
          "tokens",
          "Rate limit reached for model `m` in organization `o` service tier `on_demand` "
          "on "
          "tokens per minute (TPM): Limit 8000, Used 6670, Requested 5883. Please try "
          "again "
          "in 34.1475s. Need more tokens? Upgrade to Dev Tier today at "
          "https://console.groq.com/settings/billing" },
        { { QUOTA_RPD, 1000, 1000, 1, 86400000000, false },
          "requests",
          "Rate limit reached for model `m` in organization `o` service tier `on_demand` "
          "on "
          "requests per day (RPD): Limit 1000, Used 1000, Requested 1. Please try again in "
          "1m26.4s. Need more tokens? Upgrade to Dev Tier today at "
          "https://console.groq.com/settings/billing" },
        { { QUOTA_TPD, 100000, 0, 200000, 1, true },
          "tokens",
          "Request too large for model `m` in organization `o` service tier `on_demand` on "
          "tokens per day (TPD): Limit 100000, Requested 200000, please reduce your "
          "message "
          "size and try again. Need more tokens? Upgrade to Dev Tier today at "
          "https://console.groq.com/settings/billing" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b;

        buf_init(&b, 0);
        quota_denial_text(&b, &cases[i].d, "m", "o", "on_demand");
        assert_string_equal(b.p, cases[i].text);
        assert_string_equal(quota_denial_type(&cases[i].d), cases[i].type);
        buf_free(&b);
    }
}
