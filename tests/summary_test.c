#include "data/summary.h"

#include <math.h>
#include <stdlib.h>

#include "runs.h"
#include "test.h"

#define MS NS_PER_MS

struct fixture {
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
    struct summary s;
};

static struct fixture *start(unsigned cells, unsigned rounds, const char *slos)
{
    struct fixture *f = calloc(1, sizeof(*f));

    runs_make(&f->run, cells, rounds, false, slos);
    f->rec = recorder_open(&f->run);
    f->to = recorder_sink(f->rec);
    return f;
}

static void stop(struct fixture *f)
{
    summary_free(&f->s);
    recorder_close(f->rec);
    run_free(&f->run);
    free(f);
}

static void put(struct fixture *f, uint32_t trial, uint64_t k, ns_t ttft, enum outcome o)
{
    struct record r = runs_record(&f->run, trial, k, ttft, NULL);

    r.outcome = o;
    f->to.record(f->to.ctx, &r);
}

/* n good requests of ttft 1, 2, ... n ms. */
static void put_good(struct fixture *f, uint32_t trial, uint64_t n)
{
    for (uint64_t k = 0; k < n; k++)
        put(f, trial, k, (ns_t)(k + 1) * MS, OUTCOME_OK);
}

static bool about(double got, double want)
{
    return fabs(got - want) <= fabs(want) / 1000;
}

TEST(a_percentile_is_there_from_the_sample_on_that_carries_its_upper_limit)
{
    static const struct {
        enum stat_id stat;
        uint64_t needs;
    } cases[] = {
        { STAT_P50, 5 },   { STAT_P90, 29 },    { STAT_P95, 59 },
        { STAT_P99, 299 }, { STAT_P999, 2995 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (uint64_t n = cases[i].needs - 1; n <= cases[i].needs; n++) {
            struct fixture *f = start(1, 1, "");
            const struct summary_metric *m;
            const struct summary_stat *stat;

            put_good(f, 0, n);
            summary_make(&f->s, &f->run, f->rec);
            m = &f->s.groups[1].metrics[METRIC_TTFT];
            stat = &m->stats[cases[i].stat];
            assert_int_equal(m->n, n);
            assert_int_equal(stat->needs, cases[i].needs);
            assert_int_equal(stat->present, n == cases[i].needs);
            stop(f);
        }
}

/* Ranks of 100 values: p50 is the 50th, its interval the 40th to the 61st. */
TEST(a_percentile_is_of_nearest_rank_and_has_its_interval)
{
    struct fixture *f = start(1, 1, "");
    const struct summary_metric *m;

    put_good(f, 0, 100);
    summary_make(&f->s, &f->run, f->rec);
    m = &f->s.groups[1].metrics[METRIC_TTFT];
    assert_true(about((double)m->stats[STAT_P50].value, 50 * MS));
    assert_true(about((double)m->stats[STAT_P50].lo, 40 * MS));
    assert_true(about((double)m->stats[STAT_P50].hi, 61 * MS));
    assert_true(about((double)m->stats[STAT_P95].value, 95 * MS));
    assert_true(about((double)m->stats[STAT_P95].lo, 90 * MS));
    assert_true(about((double)m->stats[STAT_P95].hi, 100 * MS));
    assert_true(about((double)m->mean, 50.5 * MS));
    assert_true(about((double)m->min, MS));
    assert_true(about((double)m->max, 100 * MS));
    stop(f);
}

TEST(an_interval_without_an_upper_limit_is_open)
{
    struct fixture *f = start(1, 1, "");

    put_good(f, 0, 299);
    summary_make(&f->s, &f->run, f->rec);
    assert_true(f->s.groups[1].metrics[METRIC_TTFT].stats[STAT_P99].present);
    assert_int_equal(f->s.groups[1].metrics[METRIC_TTFT].stats[STAT_P99].hi, -1);
    assert_true(f->s.groups[1].metrics[METRIC_TTFT].stats[STAT_P99].lo > 0);
    stop(f);
}

TEST(trials_of_a_cell_are_merged_and_their_spread_is_told)
{
    struct fixture *f = start(2, 2, ""); /* trials: cells 0 1 1 0 */
    const struct summary_metric *m;

    put_good(f, 0, 100);
    put_good(f, 1, 10);
    put_good(f, 2, 4); /* too few for a median */
    put_good(f, 3, 200);
    summary_make(&f->s, &f->run, f->rec);
    m = &f->s.groups[1].metrics[METRIC_TTFT];
    assert_int_equal(m->n, 300);
    assert_int_equal(m->trials, 2);
    assert_true(about((double)m->spread_lo, 50 * MS));
    assert_true(about((double)m->spread_hi, 100 * MS));
    assert_true(about((double)f->s.trials[3 * 2 + 1].metrics[METRIC_TTFT].max, 200 * MS));
    m = &f->s.cells[1].measured.metrics[METRIC_TTFT];
    assert_int_equal(m->n, 14);
    assert_int_equal(m->trials, 1);
    assert_int_equal(m->spread_lo, -1);
    assert_int_equal(f->s.total.requests, 314);
    stop(f);
}

TEST(what_is_not_measured_is_told_apart)
{
    struct fixture *f = start(1, 1, "");
    struct record r = runs_record(&f->run, 0, 0, MS, "dal");

    put_good(f, 0, 3);
    r.phase = 0;
    f->to.record(f->to.ctx, &r);
    summary_make(&f->s, &f->run, f->rec);
    assert_int_equal(f->s.groups[0].tally.requests, 1);
    assert_int_equal(f->s.cells[0].measured.tally.requests, 3);
    assert_int_equal(f->s.cells[0].measured.metrics[METRIC_TTFT].n, 3);
    assert_int_equal(f->s.total.requests, 3);
    assert_int_equal(f->s.all.requests, 4);
    assert_int_equal(f->s.cells[0].measured.n_regions, 0);
    assert_int_equal(f->s.groups[0].n_regions, 1);
    stop(f);
}

TEST(achieved_load_stands_beside_the_one_asked_for)
{
    struct fixture *f = start(1, 1, "");
    const struct summary_load *l;

    runs_phase(&f->to, 0, 1, true);
    for (uint64_t k = 0; k < 500; k++) { /* each 100 ms, for 50 s, half a second each */
        struct record r = runs_record(&f->run, 0, k, 250 * MS, NULL);
        ns_t late = (ns_t)k * 99 * MS + 50 * MS;

        for (int i = 0; i < N_MOMENTS; i++)
            if (r.at[i] != NS_ABSENT)
                r.at[i] += late;
        f->to.record(f->to.ctx, &r);
    }
    runs_phase(&f->to, 0, 1, false);
    summary_make(&f->s, &f->run, f->rec);
    l = &f->s.groups[1].load;
    assert_true(l->open && l->has_rate && l->has_cv && l->has_dispersion);
    assert_true(about(l->asked, 10));
    assert_true(about(l->rate, 10));
    assert_true(l->concurrency > 4.9 && l->concurrency < 5); /* the last few outlive it */
    assert_true(l->cv < 1e-6 && l->dispersion < 1e-6);
    assert_int_equal(l->planned, 500);
    assert_true(about(f->s.groups[1].rates[RATE_RPS].value, 500 / 50.45));
    stop(f);
}

TEST(regions_of_all_trials_come_together_the_busiest_first)
{
    struct fixture *f = start(1, 2, "");
    static const char *const names[] = { "dal", "fra", "fra" };

    for (uint32_t t = 0; t < 2; t++)
        for (uint64_t k = 0; k < 30; k++) {
            struct record r = runs_record(&f->run, t, k, MS, names[k % 3]);

            f->to.record(f->to.ctx, &r);
        }
    summary_make(&f->s, &f->run, f->rec);
    assert_int_equal(f->s.cells[0].measured.n_regions, 2);
    assert_string_equal(f->s.cells[0].measured.regions[0].name, "fra");
    assert_int_equal(f->s.cells[0].measured.regions[0].attempts, 40);
    assert_int_equal(f->s.cells[0].measured.regions[0].metrics[0].n, 40);
    assert_int_equal(f->s.cells[0].measured.regions[1].metrics[0].n, 20);
    stop(f);
}

/* --- verdicts ------------------------------------------------------------------------ */

static const struct summary_slo *judged(struct fixture *f)
{
    summary_make(&f->s, &f->run, f->rec);
    assert_true(f->s.n_slos > 0);
    return &f->s.slos[0];
}

TEST(an_objective_passes_fails_or_has_no_data)
{
    static const struct {
        const char *slo;
        uint64_t good; /* ttft 1, 2, ... ms */
        uint64_t bad;
        enum verdict want;
        double value; /* -1: none, -2: infinite */
    } cases[] = {
        { "ttft p50 < 60ms", 100, 0, VERDICT_PASS, 50e6 },
        { "ttft p50 < 40ms", 100, 0, VERDICT_FAIL, 50e6 },
        { "ttft p50 > 40ms", 100, 0, VERDICT_PASS, 50e6 },
        { "ttft p95 < 1s", 58, 0, VERDICT_NO_DATA, -1 },
        { "ttft p95 < 1s", 59, 0, VERDICT_PASS, 57e6 },
        { "ttft p99 < 1s", 298, 0, VERDICT_NO_DATA, -1 },
        { "ttft p99 < 1s", 299, 0, VERDICT_PASS, 297e6 },
        /* failures count as infinitely slow */
        { "ttft p95 < 1s", 95, 5, VERDICT_PASS, 95e6 },
        { "ttft p95 < 1s", 94, 6, VERDICT_FAIL, -2 },
        { "ttft p50 < 1s", 60, 40, VERDICT_PASS, 50e6 },
        { "ttft p50 < 1s", 0, 40, VERDICT_FAIL, -2 },
        { "ttft_api p95 < 1s", 94, 6, VERDICT_FAIL, -2 },
        { "e2e mean < 1s", 99, 0, VERDICT_PASS, 100e6 },
        { "e2e mean < 1s", 99, 1, VERDICT_FAIL, -2 },
        { "e2e max <= 201ms", 100, 0, VERDICT_PASS, 200e6 },
        { "e2e max < 1s", 100, 1, VERDICT_FAIL, -2 },
        { "e2e max < 1s", 0, 0, VERDICT_NO_DATA, -1 },
        { "send_lag max < 1s", 100, 50, VERDICT_PASS, 0 },
        /* rates */
        { "error_rate < 1%", 299, 0, VERDICT_PASS, 0 },
        { "error_rate < 1%", 298, 0, VERDICT_NO_DATA, 0 }, /* too few to show it */
        { "error_rate < 1%", 99, 1, VERDICT_NO_DATA, 10000 },
        { "error_rate < 1%", 90, 10, VERDICT_FAIL, 100000 }, /* enough to show this */
        { "error_rate < 1%", 297, 3, VERDICT_FAIL, 10000 },
        { "error_rate <= 1%", 297, 3, VERDICT_PASS, 10000 },
        { "error_rate < 1%", 0, 0, VERDICT_NO_DATA, -1 },
        { "retry_rate < 5%", 59, 0, VERDICT_PASS, 0 },
        { "retry_rate < 5%", 58, 0, VERDICT_NO_DATA, 0 },
        { "goodput(ttft<=50ms) > 40%", 99, 1, VERDICT_PASS, 500000 },
        { "goodput(ttft<=50ms) > 60%", 99, 1, VERDICT_FAIL, 500000 },
        { "cost_per_1k_tokens < $1", 10, 0, VERDICT_NO_DATA, -1 },
        /* who is meant */
        { "ttft p50[model=m0] < 60ms", 100, 0, VERDICT_PASS, 50e6 },
        { "ttft p50[phase=steady] < 60ms", 100, 0, VERDICT_PASS, 50e6 },
        { "ttft p50[phase=warmup] < 60ms", 100, 0, VERDICT_NO_DATA, -1 },
        { "ttft p50[model=other] < 60ms", 100, 0, VERDICT_NO_DATA, -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture *f = start(1, 1, cases[i].slo);
        const struct summary_slo *v;

        put_good(f, 0, cases[i].good);
        for (uint64_t k = 0; k < cases[i].bad; k++)
            put(f, 0, 1000 + k, MS, OUTCOME_SERVER);
        v = judged(f);
        if (v->verdict != cases[i].want)
            fail_msg("%s: %s", cases[i].slo, verdict_names[v->verdict]);
        assert_int_equal(v->has_value,
                         cases[i].value > -1.5 && cases[i].value < -0.5 ? 0 : 1);
        assert_int_equal(v->infinite, cases[i].value < -1.5);
        if (cases[i].value >= 0 && !about(v->value, cases[i].value))
            fail_msg("%s: %f", cases[i].slo, v->value);
        stop(f);
    }
}

TEST(cut_requests_are_neither_error_nor_latency)
{
    struct fixture *f = start(1, 1, "error_rate < 30%;ttft p50 < 1s");

    put_good(f, 0, 10);
    for (uint64_t k = 0; k < 90; k++)
        put(f, 0, 100 + k, MS, OUTCOME_CUT);
    summary_make(&f->s, &f->run, f->rec);
    assert_int_equal(f->s.verdict, VERDICT_PASS);
    assert_int_equal(f->s.slos[0].n, 10);
    assert_int_equal(f->s.slos[1].n, 10);
    assert_int_equal(f->s.total.cut, 90);
    stop(f);
}

TEST(a_speed_counts_failures_as_the_slowest)
{
    static const struct {
        uint64_t bad;
        enum verdict want;
    } cases[] = { { 0, VERDICT_PASS }, { 40, VERDICT_PASS }, { 140, VERDICT_FAIL } };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture *f = start(1, 1, "tps p50 > 5");

        for (uint64_t k = 0; k < 100; k++) {
            struct record r = runs_record(&f->run, 0, k, MS, NULL);

            r.at[MOMENT_LAST] = r.at[MOMENT_FIRST] + NS_PER_S;
            r.tokens.completion = 11;
            f->to.record(f->to.ctx, &r);
        }
        for (uint64_t k = 0; k < cases[i].bad; k++)
            put(f, 0, 1000 + k, MS, OUTCOME_SERVER);
        assert_int_equal(judged(f)->verdict, cases[i].want);
        stop(f);
    }
}

TEST(an_objective_is_judged_in_every_cell_it_names)
{
    struct fixture *f = start(2, 1, "ttft p50 < 60ms;ttft p50[model=m1] < 5ms");

    put_good(f, 0, 100);
    put_good(f, 1, 6);
    summary_make(&f->s, &f->run, f->rec);
    assert_int_equal(f->s.n_slos, 3);
    assert_int_equal(f->s.slos[0].cell, 0);
    assert_int_equal(f->s.slos[1].cell, 1);
    assert_int_equal(f->s.slos[2].cell, 1);
    assert_int_equal(f->s.verdict, VERDICT_PASS);
    stop(f);
}

/* 10 s of audio in 100 ms, which may be 1 ms less: 100 times as fast, or 101. */
TEST(a_speed_is_as_uncertain_as_the_time_it_was_reached_in)
{
    static const struct {
        const char *slo;
        enum verdict verdict;
        bool flips;
    } cases[] = {
        { "speed_factor p50 > 90x", VERDICT_PASS, false },
        { "speed_factor p50 > 100.5x", VERDICT_FAIL, true },
        { "speed_factor p50 > 105x", VERDICT_FAIL, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture *f = start(1, 1, cases[i].slo);
        const struct summary_slo *v;

        for (uint64_t k = 0; k < 100; k++) {
            struct record r = runs_record(&f->run, 0, k, MS, NULL);

            r.at[MOMENT_END] = r.at[MOMENT_START] + 100 * MS;
            r.audio.sent = 10 * NS_PER_S;
            r.doubts.end = MS;
            f->to.record(f->to.ctx, &r);
        }
        v = judged(f);
        assert_int_equal(v->verdict, cases[i].verdict);
        assert_int_equal(v->flips, cases[i].flips);
        stop(f);
    }
}

TEST(a_verdict_within_the_error_of_the_instrument_makes_the_run_invalid)
{
    static const struct {
        const char *slo;
        bool flips;
    } cases[] = {
        { "ttft p50 < 60ms", false },    { "ttft p50 < 50.3ms", true },
        { "ttft p50 < 40ms", false },    { "ttft p50 > 49.9ms", false },
        { "queue p50 < 50.3ms", false }, /* the server's clock */
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture *f = start(1, 1, cases[i].slo);

        for (uint64_t k = 0; k < 100; k++) {
            struct record r = runs_record(&f->run, 0, k, (ns_t)(k + 1) * MS, NULL);

            r.at[MOMENT_READY] -= 500 * NS_PER_US; /* send lag */
            r.at[MOMENT_DUE] = r.at[MOMENT_READY] + 500 * NS_PER_US;
            r.server.queue = (ns_t)(k + 1) * MS;
            f->to.record(f->to.ctx, &r);
        }
        assert_int_equal(judged(f)->flips, cases[i].flips);
        assert_int_equal(f->s.health.validity == VALIDITY_CLIENT_LIMITED, cases[i].flips);
        assert_true(about((double)f->s.health.e, 500e3));
        stop(f);
    }
}

TEST(the_error_of_the_instrument_is_of_send_lag_and_stamps)
{
    struct fixture *f = start(1, 1, "");
    struct hist lag, turn, stamp;
    struct health_sample h = { .send_lag = &lag, .turn = &turn };

    hist_init_standard(&lag);
    hist_init_standard(&turn);
    hist_init_standard(&stamp);
    hist_record(&lag, 300000, 100);
    hist_record(&turn, 400000, 100);
    hist_record(&stamp, 100000, 100);
    f->to.health(f->to.ctx, &h);
    summary_make(&f->s, &f->run, f->rec);
    assert_true(about((double)f->s.health.e, 700e3));
    assert_int_equal(f->s.health.validity, VALIDITY_VALID);
    summary_free(&f->s);
    h.stamp_error = &stamp; /* tells more of the stamps than the turn does */
    f->to.health(f->to.ctx, &h);
    summary_make(&f->s, &f->run, f->rec);
    assert_true(about((double)f->s.health.e, 400e3));
    hist_free(&lag);
    hist_free(&turn);
    hist_free(&stamp);
    stop(f);
}

TEST(a_full_disk_makes_the_run_invalid)
{
    struct fixture *f = start(1, 1, "");

    put_good(f, 0, 10);
    f->to.end(f->to.ctx, &(struct run_end){ .reason = END_DISK,
                                            .detail = "no space",
                                            .dropped = 3,
                                            .sim_late_p99 = NS_ABSENT });
    summary_make(&f->s, &f->run, f->rec);
    assert_int_equal(f->s.health.validity, VALIDITY_CLIENT_LIMITED);
    assert_int_equal(f->s.health.facts.dropped, 3);
    stop(f);
}

TEST(a_trial_that_could_not_be_started_makes_the_run_invalid)
{
    struct fixture *f = start(1, 1, "");

    put_good(f, 0, 10);
    f->to.end(f->to.ctx, &(struct run_end){ .reason = END_FAILED,
                                            .detail = "too many open files",
                                            .sim_late_p99 = NS_ABSENT });
    summary_make(&f->s, &f->run, f->rec);
    assert_int_equal(f->s.health.validity, VALIDITY_CLIENT_LIMITED);
    stop(f);
}
