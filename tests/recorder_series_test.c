#include "data/recorder_series.h"

#include <math.h>

#include "base/rng.h"
#include "data/summary.h"
#include "runs.h"
#include "test.h"

enum { REQUESTS = 500 };

/* Requests of trial 0, each like the one before by `alike`, told in another order. */
static void tell(const struct run *run, const struct journal_sink *to, double alike,
                 uint64_t stride)
{
    struct rng r = rng_stream(7, "recorder", 0);
    ns_t ttft[REQUESTS];
    double e = 0;

    for (size_t k = 0; k < REQUESTS; k++) {
        e = alike * e + sqrt(1 - alike * alike) * rng_normal(&r);
        ttft[k] = (ns_t)(60e6 * exp(0.3 * e));
    }
    runs_phase(to, 0, 1, true);
    for (uint64_t i = 0; i < REQUESTS; i++) {
        uint64_t k = i * stride % REQUESTS;
        struct record one = runs_record(run, 0, k, ttft[k], NULL);

        to->record(to->ctx, &one);
    }
    runs_phase(to, 0, 1, false);
}

static struct sample sample(const struct recorder *rec)
{
    struct sample s;

    assert_true(recorder_sample(rec, 0, 1, METRIC_TTFT, &s));
    return s;
}

TEST(what_values_are_worth_depends_on_the_order_of_the_plan_not_of_the_ends)
{
    struct sample first = { 0 };
    uint64_t strides[] = { 1, 3, 499 };

    for (size_t i = 0; i < COUNT(strides); i++) {
        struct run run;
        struct recorder *rec;
        struct journal_sink to;

        runs_make(&run, 1, 1, false, "");
        rec = recorder_open(&run);
        to = recorder_sink(rec);
        tell(&run, &to, 0.8, strides[i]);
        if (!i)
            first = sample(rec);
        assert_true(first.used < REQUESTS / 4 && first.n == REQUESTS);
        assert_int_equal(sample(rec).effective, first.effective);
        assert_int_equal(sample(rec).used, first.used);
        recorder_close(rec);
        run_free(&run);
    }
}

TEST(a_trial_that_is_over_says_what_it_said_before)
{
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
    struct steady_seen open, closed;
    struct sample before;
    struct record late;

    runs_make(&run, 1, 2, false, "");
    rec = recorder_open(&run);
    to = recorder_sink(rec);
    tell(&run, &to, 0.8, 1);
    before = sample(rec);
    open = recorder_steady(rec, 0, 1);
    runs_phase(&to, 1, 0, true);
    late = runs_record(&run, 0, REQUESTS, 60 * NS_PER_MS, NULL);
    to.record(to.ctx, &late); /* in the histogram alone */
    closed = recorder_steady(rec, 0, 1);
    assert_int_equal(closed.ttft.verdict, open.ttft.verdict);
    assert_int_equal(closed.ttft.batches, open.ttft.batches);
    assert_true(closed.ttft.after == open.ttft.after);
    assert_int_equal(closed.ttft_cut, open.ttft_cut);
    assert_int_equal(closed.tokens.batches, 50);
    assert_int_equal(sample(rec).n, REQUESTS);
    assert_int_equal(sample(rec).used, before.used);
    assert_int_not_equal(open.ttft.verdict, STEADY_UNKNOWN);
    recorder_close(rec);
    run_free(&run);
}

/* A journal's run line with one phase: a rate, or a concurrency. */
static void make_run(struct run *run, const char *load)
{
    struct buf b = { 0 };
    struct err err;

    buf_printf(&b,
               "{\"t\":\"run\",\"schema\":1,\"id\":\"x\",\"name\":\"test\",\"cells\":[{"
               "\"name\":\"\",\"model\":\"m\",\"keys\":[],\"loads\":[{},{%s}]}],"
               "\"trials\":[{\"cell\":0,\"round\":0}],\"phases\":[{\"name\":\"warmup\"},{"
               "\"name\":\"steady\",\"measured\":true}],\"slos\":[\"ttft p95 < 1s\"],"
               "\"scenario\":{}}",
               load);
    if (run_read(run, b.p, b.len, &err))
        fail_msg("%s", err.msg);
    buf_free(&b);
}

/* 500 that count as some 60: too few for a p99 where requests come by themselves. */
TEST(the_least_sample_is_of_independent_values_but_for_the_waves_of_a_closed_loop)
{
    static const struct {
        const char *load;
        bool p95, p99, less;
    } rows[] = {
        { "\"open\":true,\"points_millionths\":[[0,10000000]],\"duration\":50000000000",
          false, false, true },
        { "\"points_millionths\":[[0,4000000]],\"duration\":50000000000", true, true,
          true },
        { "\"open\":true,\"points_millionths\":[[0,10000000],[50000000000,20000000]],"
          "\"duration\":50000000000",
          true, true, false },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct run run;
        struct recorder *rec;
        struct journal_sink to;
        const struct summary_metric *m;
        struct summary s;

        make_run(&run, rows[i].load);
        rec = recorder_open(&run);
        to = recorder_sink(rec);
        tell(&run, &to, 0.85, 1);
        summary_make(&s, &run, rec);
        m = &s.cells[0].measured.metrics[METRIC_TTFT];
        assert_int_equal(m->n, REQUESTS);
        assert_true((m->counted < 59) == rows[i].less);
        assert_true(m->stats[STAT_P50].present);
        assert_true(m->stats[STAT_P95].present == rows[i].p95);
        assert_true(m->stats[STAT_P99].present == rows[i].p99);
        if (rows[i].p99)
            assert_true((m->stats[STAT_P99].hi < 0) == rows[i].less);
        assert_int_equal(s.slos[0].verdict, VERDICT_PASS); /* of the requests there were */
        assert_true((s.slos[0].hi < 0) == rows[i].less);
        assert_true((s.trials[1].steady.ttft.verdict != STEADY_UNKNOWN) == rows[i].less);
        summary_free(&s);
        recorder_close(rec);
        run_free(&run);
    }
}

/* The first 100 of 500 take three times as long. */
TEST(a_warm_up_is_told_with_the_time_it_took)
{
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
    struct steady_seen seen;
    struct rng r = rng_stream(7, "recorder", 1);

    runs_make(&run, 1, 1, false, "");
    rec = recorder_open(&run);
    to = recorder_sink(rec);
    runs_phase(&to, 0, 1, true);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        ns_t ttft = (ns_t)rng_lognormal(&r, k < 100 ? 180e6 : 60e6, 0.2);
        struct record one = runs_record(&run, 0, k, ttft, NULL);

        to.record(to.ctx, &one);
    }
    runs_phase(&to, 0, 1, false);
    seen = recorder_steady(rec, 0, 1);
    assert_int_equal(seen.ttft.verdict, STEADY_WARM_UP);
    assert_int_equal(seen.ttft.cut, 20);
    assert_int_equal(seen.ttft_cut, 100 * NS_PER_MS); /* request k is due at k ms */
    recorder_close(rec);
    run_free(&run);
}
