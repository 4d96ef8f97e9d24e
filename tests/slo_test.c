#include "data/slo.h"

#include "test.h"

TEST(slo_reads_metrics_rates_and_goodput)
{
    struct arena a = { 0 };
    struct err err;
    struct slo s;

    assert_int_equal(slo_parse(&s, str_of("ttft p95 < 400ms"), &a, &err), 0);
    assert_true(!s.is_rate && s.metric == METRIC_TTFT && s.stat == SLO_PERCENTILE);
    assert_true(s.percentile == 95 && s.op == SLO_LT && s.value == 400e6 && !s.relative);
    assert_string_equal(s.text, "ttft p95 < 400ms");

    assert_int_equal(slo_parse(&s, str_of("tps p10>=300 tok/s"), &a, &err), 0);
    assert_true(s.metric == METRIC_TPS && s.percentile == 10 && s.op == SLO_GE);
    assert_true(s.value == 300e3);

    assert_int_equal(
        slo_parse(&s, str_of("retry_rate[service_tier=flex, phase=a] < 5%"), &a, &err), 0);
    assert_true(s.is_rate && s.rate == RATE_RETRY && s.value == 50000);
    assert_int_equal(s.n_selectors, 2);
    assert_string_equal(s.selectors[0].key, "service_tier");
    assert_string_equal(s.selectors[0].value, "flex");
    assert_string_equal(s.selectors[1].value, "a");

    assert_int_equal(
        slo_parse(&s, str_of("goodput(ttft<300ms, tpot <= 20ms) > 95%"), &a, &err), 0);
    assert_true(s.rate == RATE_GOODPUT && s.n_bounds == 2 &&
                s.bounds[0].value == 300000000);
    assert_true(s.bounds[1].op == SLO_LE && s.value == 950000);

    assert_int_equal(
        slo_parse(&s, str_of("e2e p99.9 [model=openai/gpt-oss-20b] <= 2s"), &a, &err), 0);
    assert_string_equal(s.selectors[0].value, "openai/gpt-oss-20b");
    assert_true(s.percentile == 99.9);

    assert_int_equal(slo_parse(&s, str_of("ttft p95 +20%"), &a, &err), 0);
    assert_true(s.relative && s.value == 200000 && s.op == SLO_LE);
    assert_int_equal(slo_parse(&s, str_of("tps p50 -10%"), &a, &err), 0);
    assert_true(s.relative && s.value == 100000 && s.op == SLO_GE);
    assert_int_equal(slo_parse(&s, str_of("rps > 9.5/s"), &a, &err), 0);
    assert_true(s.value == 9.5);
    assert_int_equal(slo_parse(&s, str_of("cost mean < $0.01"), &a, &err), 0);
    assert_true(s.value == 1e7);
    assert_int_equal(slo_parse(&s, str_of("cache_hit mean > 80%"), &a, &err), 0);
    assert_int_equal(slo_parse(&s, str_of("cache_hit > 60%"), &a, &err), 0);
    assert_true(s.is_rate && s.rate == RATE_CACHE_TOKENS && s.value == 600000);
    assert_int_equal(slo_parse(&s, str_of("cache_hit[model=m] -5%"), &a, &err), 0);
    assert_true(s.is_rate && s.relative && s.n_selectors == 1);
    assert_int_equal(slo_parse(&s, str_of("retry_rate[flex, phase=a] < 5%"), &a, &err), 0);
    assert_string_equal(s.selectors[0].key, "service_tier");
    assert_string_equal(s.selectors[0].value, "flex");
    assert_string_equal(s.selectors[1].value, "a");
    assert_int_equal(slo_parse(&s, str_of("stall max < 1s"), &a, &err), 0);
    assert_true(s.stat == SLO_MAX);
    arena_free(&a);
}

TEST(slo_says_what_it_expected)
{
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        { "", "\"\": no metric or rate \"\"" },
        { "tfft p95 < 1s",
          "\"tfft p95 < 1s\": no metric or rate \"tfft\"; did you mean \"ttft\"?" },
        { "eror_rate < 1%", "\"eror_rate < 1%\": no metric or rate \"eror_rate\"; did you "
                            "mean \"error_rate\"?" },
        { "ttft < 1s",
          "\"ttft < 1s\": \"< 1s\" is not expected here; expected p50, p95, p99.9 "
          "(any percentile), mean or max" },
        { "ttft p100 < 1s", "\"ttft p100 < 1s\": \"p100\" is not expected here; expected a "
                            "percentile above p0 and up to p99.99" },
        { "ttft p95", "\"ttft p95\": ends too early; expected <, <=, > or >=" },
        { "ttft p95 = 1s",
          "\"ttft p95 = 1s\": \"= 1s\" is not expected here; expected <, <=, > or >=" },
        { "ttft p95 < 400",
          "\"ttft p95 < 400\": \"400\" is not a duration; expected a number "
          "with a unit, as 500ms, 30s, 2m or 1h30m" },
        { "error_rate < 0.1",
          "\"error_rate < 0.1\": \"0.1\" is not a percentage; expected a number with %, as "
          "0.1% or 60%" },
        { "ttft p95 < 1s x", "\"ttft p95 < 1s x\": \"1s x\" is not a duration; expected a "
                             "number with a unit, as 500ms, 30s, 2m or 1h30m" },
        { "tps p50 +10%", "\"tps p50 +10%\": tps is better when higher; expected -20%, the "
                          "allowed worsening" },
        { "ttft p50 -10%",
          "\"ttft p50 -10%\": ttft is better when lower; expected +20%, the "
          "allowed worsening" },
        { "goodput > 95%",
          "\"goodput > 95%\": \"> 95%\" is not expected here; expected what "
          "is good, as goodput(ttft<300ms,tpot<20ms) > 95%" },
        { "goodput(ttfx<1s) > 95%",
          "\"goodput(ttfx<1s) > 95%\": no metric \"ttfx\"; did you mean \"ttft\"?" },
        { "goodput(ttft<1s > 95%",
          "\"goodput(ttft<1s > 95%\": \"1s > 95%\" is not a duration; "
          "expected a number with a unit, as 500ms, 30s, 2m or 1h30m" },
        { "error_rate[] < 1%", "\"error_rate[] < 1%\": \"] < 1%\" is not expected "
                               "here; expected a selector, as [service_tier=flex]" },
        { "error_rate[a= < 1%",
          "\"error_rate[a= < 1%\": ends too early; expected a comma or "
          "]" },
        { "tps p50 > fast", "\"tps p50 > fast\": \"fast\" is not expected here; expected "
                            "tokens per second, as 300 tok/s" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena a = { 0 };
        struct err err = { 0 };
        struct slo s;

        assert_int_equal(slo_parse(&s, str_of(cases[i].in), &a, &err), -1);
        assert_string_equal(err.msg, cases[i].want);
        arena_free(&a);
    }
}

/* Not NUL-ended, and cut at every byte: nothing behind the end may be looked at. */
TEST(slo_looks_at_nothing_behind_its_end)
{
    static const char *const texts[] = {
        "goodput(ttft<300ms,tpot<20ms)[a=b] > 95%",
        "tps p99.9[model=x] >= 300 tok/s",
        "ttft mean +20%",
    };

    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t n = 0; n <= strlen(texts[i]); n++) {
            struct arena a = { 0 };
            struct err err;
            struct slo s;
            char *copy = test_malloc(n + 1);

            memcpy(copy + 1, texts[i], n);
            slo_parse(&s, (struct str){ copy + 1, n }, &a, &err);
            test_free(copy);
            arena_free(&a);
        }
}
