#include "data/recorder.h"

#include <stdlib.h>

#include "base/rng.h"
#include "runs.h"
#include "test.h"

#define MS NS_PER_MS

struct fixture {
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
};

static struct fixture *start(unsigned cells, unsigned rounds, bool concurrent,
                             const char *slos)
{
    struct fixture *f = calloc(1, sizeof(*f));

    runs_make(&f->run, cells, rounds, concurrent, slos);
    f->rec = recorder_open(&f->run);
    f->to = recorder_sink(f->rec);
    return f;
}

static void stop(struct fixture *f)
{
    recorder_close(f->rec);
    run_free(&f->run);
    free(f);
}

static void put(struct fixture *f, const struct record *r)
{
    f->to.record(f->to.ctx, r);
}

/* `n` good attempts of a trial with ttft 1, 2, ... ms. */
static void put_good(struct fixture *f, uint32_t trial, uint64_t n, const char *region)
{
    for (uint64_t k = 0; k < n; k++) {
        struct record r = runs_record(&f->run, trial, k, (ns_t)(k + 1) * MS, region);

        put(f, &r);
    }
}

static int64_t count(const struct fixture *f, uint32_t trial, uint32_t phase,
                     enum metric_id m)
{
    struct hist h;
    int64_t n;

    hist_init_standard(&h);
    recorder_hist(f->rec, trial, phase, m, &h);
    n = h.total;
    hist_free(&h);
    return n;
}

TEST(phases_and_trials_are_recorded_apart)
{
    struct fixture *f = start(2, 2, false, "");
    struct record warm = runs_record(&f->run, 0, 0, 9 * MS, NULL);

    warm.phase = 0;
    put(f, &warm);
    put_good(f, 0, 10, NULL);
    put_good(f, 1, 20, NULL);
    assert_int_equal(count(f, 0, 0, METRIC_TTFT), 1);
    assert_int_equal(count(f, 0, 1, METRIC_TTFT), 10);
    assert_int_equal(count(f, 1, 1, METRIC_TTFT), 20);
    assert_int_equal(count(f, 2, 1, METRIC_TTFT), 0);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->requests, 10);
    assert_int_equal(recorder_tally(f->rec, 3, 0)->requests, 0);
    stop(f);
}

/* Closed by what follows, with a straggler, or still open: the figures are the same. */
TEST(a_trial_that_is_over_keeps_its_figures)
{
    struct fixture *f = start(1, 3, false, "");
    struct record late;
    struct hist open, closed;

    hist_init_standard(&open);
    hist_init_standard(&closed);
    put_good(f, 0, 400, "dal");
    recorder_hist(f->rec, 0, 1, METRIC_TTFT, &open);
    put_good(f, 1, 3, "dal");
    recorder_hist(f->rec, 0, 1, METRIC_TTFT, &closed);
    assert_true(hist_equal(&open, &closed));
    late = runs_record(&f->run, 0, 400, 5 * MS, "dal");
    put(f, &late);
    hist_record(&open, 5 * MS, 1);
    hist_reset(&closed);
    recorder_hist(f->rec, 0, 1, METRIC_TTFT, &closed);
    assert_true(hist_equal(&open, &closed));
    assert_int_equal(count(f, 1, 1, METRIC_TTFT), 3);
    hist_free(&open);
    hist_free(&closed);
    stop(f);
}

TEST(trials_side_by_side_are_over_when_the_next_round_begins)
{
    struct fixture *f = start(2, 2, true, "");

    put_good(f, 1, 3, NULL);
    put_good(f, 0, 2, NULL);
    put_good(f, 1, 3, NULL);
    put_good(f, 2, 1, NULL);
    assert_int_equal(count(f, 0, 1, METRIC_TTFT), 2);
    assert_int_equal(count(f, 1, 1, METRIC_TTFT), 6);
    assert_int_equal(count(f, 2, 1, METRIC_TTFT), 1);
    stop(f);
}

static int64_t region_count(const struct fixture *f, const char *name, enum metric_id m,
                            uint64_t *attempts, uint64_t *errors)
{
    size_t n = recorder_regions(f->rec, 0, 1);
    int64_t total = -1;

    for (size_t i = 0; i < n; i++) {
        struct hist h;

        if (strcmp(recorder_region(f->rec, 0, 1, i, attempts, errors), name) != 0)
            continue;
        hist_init_standard(&h);
        recorder_region_hist(f->rec, 0, 1, i, m, &h);
        total = h.total;
        hist_free(&h);
        break;
    }
    return total;
}

TEST(the_only_region_has_the_figures_of_its_group)
{
    struct fixture *f = start(1, 2, false, "");
    uint64_t attempts, errors;

    put_good(f, 0, 7, "dal");
    assert_int_equal(region_count(f, "dal", METRIC_TTFT, &attempts, &errors), 7);
    put_good(f, 1, 1, "dal");
    assert_int_equal(region_count(f, "dal", METRIC_TTFT, &attempts, &errors), 7);
    assert_int_equal(attempts, 7);
    assert_int_equal(region_count(f, "fra", METRIC_TTFT, &attempts, &errors), -1);
    stop(f);
}

TEST(regions_split_when_a_second_one_is_seen_and_lose_nothing)
{
    struct fixture *f = start(1, 1, false, "");
    struct record bad = runs_record(&f->run, 0, 50, MS, "fra");
    uint64_t attempts, errors;

    put_good(f, 0, 7, "dal");
    bad.outcome = OUTCOME_SERVER;
    put(f, &bad); /* names a region, but has no latency */
    put_good(f, 0, 5, "fra");
    put_good(f, 0, 2, "dal");
    put_good(f, 0, 3, NULL);
    assert_int_equal(region_count(f, "dal", METRIC_TTFT, &attempts, &errors), 9);
    assert_int_equal(attempts, 9);
    assert_int_equal(region_count(f, "fra", METRIC_E2E, &attempts, &errors), 5);
    assert_int_equal(attempts, 6);
    assert_int_equal(errors, 1);
    assert_int_equal(region_count(f, "", METRIC_TTFT, &attempts, &errors), 3);
    assert_int_equal(count(f, 0, 1, METRIC_TTFT), 17);
    stop(f);
}

TEST(every_attempt_and_request_is_counted_where_it_belongs)
{
    struct fixture *f = start(1, 1, false, "");
    struct record r = runs_record(&f->run, 0, 0, MS, NULL);
    const struct tally *t = recorder_tally(f->rec, 0, 1);
    const struct outcome_counts *o;

    r.final = false;
    r.outcome = OUTCOME_CAPACITY;
    put(f, &r);
    r.try_no = 2;
    r.final = true;
    r.outcome = OUTCOME_OK;
    r.tokens.prompt = 100;
    r.tokens.completion = 11;
    r.tokens.cached = 40;
    r.cost_nusd = 500;
    put(f, &r);
    r = runs_record(&f->run, 0, 1, MS, NULL);
    r.tokens.prompt = 50;
    put(f, &r);
    r = runs_record(&f->run, 0, 2, MS, NULL);
    r.outcome = OUTCOME_CUT;
    put(f, &r);
    r = runs_record(&f->run, 0, 3, MS, NULL);
    r.outcome = OUTCOME_RATE_LIMITED;
    put(f, &r);
    t = recorder_tally(f->rec, 0, 1);
    o = recorder_outcomes(f->rec, 0, 1);
    assert_int_equal(t->requests, 3);
    assert_int_equal(t->request_errors, 1);
    assert_int_equal(t->first_attempts, 3);
    assert_int_equal(t->first_errors, 2);
    assert_int_equal(t->retried, 1);
    assert_int_equal(t->attempts, 5);
    assert_int_equal(t->cut, 1);
    assert_int_equal(t->ok, 2);
    assert_int_equal(t->prompt_tokens, 150);
    assert_int_equal(t->cached_base, 100);
    assert_int_equal(t->with_usage, 2);
    assert_int_equal(t->with_cached, 1);
    assert_int_equal(t->priced_tokens, 111);
    assert_int_equal(t->unpriced, 1);
    assert_int_equal(o->all[OUTCOME_CAPACITY], 1);
    assert_int_equal(o->final[OUTCOME_CAPACITY], 0);
    assert_int_equal(o->final[OUTCOME_OK], 2);
    stop(f);
}

TEST(a_tier_other_than_asked_for_is_a_fall_back)
{
    static const struct {
        const char *asked;
        const char *got;
        uint64_t other;
    } cases[] = {
        { NULL, "default", 0 },     { "flex", "flex", 0 }, { "flex", "on_demand", 1 },
        { "auto", "on_demand", 0 }, { "auto", "flex", 1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture *f = start(1, 1, false, "");
        struct record r = runs_record(&f->run, 0, 0, MS, NULL);

        f->run.cells[0].tier = cases[i].asked;
        r.tier = cases[i].got;
        put(f, &r);
        assert_int_equal(recorder_tally(f->rec, 0, 1)->tier_named, 1);
        assert_int_equal(recorder_tally(f->rec, 0, 1)->tier_other, cases[i].other);
        stop(f);
    }
}

TEST(values_out_of_range_are_clamped_and_counted)
{
    struct fixture *f = start(1, 1, false, "");
    struct record r = runs_record(&f->run, 0, 0, 48 * 3600 * NS_PER_S, NULL);

    put(f, &r);
    assert_int_equal(count(f, 0, 1, METRIC_TTFT), 1);
    /* ttft, ttft_api, e2e, e2e_api */
    assert_int_equal(recorder_tally(f->rec, 0, 1)->clamped, 4);
    stop(f);
}

TEST(limits_keep_the_latest_and_the_lowest)
{
    struct fixture *f = start(1, 1, false, "");
    static const int64_t remaining[] = { 90, 20, 60 };
    const struct limit_seen *l;

    for (uint64_t k = 0; k < COUNT(remaining); k++) {
        struct record r = runs_record(&f->run, 0, k, MS, NULL);

        r.limits[LIMIT_TOKENS] = (struct limit){ 100, remaining[k], (ns_t)k * MS };
        r.at[MOMENT_HEAD] = r.at[MOMENT_FIRST];
        put(f, &r);
    }
    l = recorder_limit(f->rec, 0, LIMIT_TOKENS);
    assert_int_equal(l->limit, 100);
    assert_int_equal(l->remaining, 60);
    assert_int_equal(l->lowest, 20);
    assert_int_equal(l->reset, 2 * MS);
    assert_int_equal(recorder_limit(f->rec, 0, LIMIT_REQUESTS)->at, NS_ABSENT);
    stop(f);
}

TEST(the_first_message_of_each_kind_of_error_is_kept)
{
    struct fixture *f = start(1, 1, false, "");

    for (uint64_t k = 0; k < 3; k++) {
        struct record r = runs_record(&f->run, 0, k, MS, NULL);

        r.outcome = OUTCOME_TRANSPORT;
        r.error = k == 0 ? "" : k == 1 ? "reset by peer" : "refused";
        r.error_code = "CURLE_RECV_ERROR";
        put(f, &r);
    }
    assert_string_equal(recorder_message(f->rec, 0, OUTCOME_TRANSPORT), "reset by peer");
    assert_string_equal(recorder_message(f->rec, 0, OUTCOME_SERVER), "");
    stop(f);
}

TEST(goodput_counts_requests_that_met_every_bound)
{
    struct fixture *f = start(1, 1, false,
                              "goodput(ttft<5ms) > 90%;ttft p50 < 1s;"
                              "goodput(ttft<5ms,tpot<1ms) > 90%");
    struct record r;

    put_good(f, 0, 10, NULL); /* four are faster than 5 ms; none has a token */
    r = runs_record(&f->run, 0, 10, MS, NULL);
    r.at[MOMENT_LAST] = r.at[MOMENT_FIRST] + 100 * MS;
    r.tokens.completion = 11;
    put(f, &r); /* tpot 10 ms */
    r.outcome = OUTCOME_PARTIAL;
    put(f, &r);
    r.outcome = OUTCOME_OK;
    r.at[MOMENT_FIRST] = NS_ABSENT;
    put(f, &r); /* not streamed: nothing to hold against the bound */
    assert_int_equal(recorder_good(f->rec, 0, 1, 0), 5);
    assert_int_equal(recorder_good(f->rec, 0, 1, 2), 4);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->good, 4);
    stop(f);
}

TEST(entries_of_trials_phases_or_cells_that_there_are_not_are_left_out)
{
    struct fixture *f = start(2, 1, false, "");
    struct record r = runs_record(&f->run, 0, 0, MS, NULL);
    struct phase_event e = { .trial = 2 };

    r.trial = 2;
    put(f, &r);
    r.trial = 0;
    r.phase = 2;
    put(f, &r);
    r.phase = 1;
    r.cell = 1;
    put(f, &r);
    f->to.phase(f->to.ctx, &e);
    assert_int_equal(count(f, 0, 1, METRIC_TTFT), 0);
    stop(f);
}

static void health(struct fixture *f, uint32_t worker, uint32_t trial, uint32_t in_flight,
                   int64_t lag)
{
    struct hist h;
    struct health_sample s = {
        .at = 1, .worker = worker, .trial = trial, .in_flight = in_flight, .send_lag = &h
    };

    hist_init_standard(&h);
    hist_record(&h, lag, 1);
    s.counters[HEALTH_READS] = 5;
    f->to.health(f->to.ctx, &s);
    hist_free(&h);
}

TEST(health_is_summed_over_workers_and_time)
{
    struct fixture *f = start(1, 2, false, "");
    struct health_seen seen;

    health(f, 0, 0, 10, 1000);
    health(f, 1, 0, 20, 2000);
    health(f, 0, 0, 5, 3000);
    health(f, 2, 1, 29, 4000); /* the workers of the trial before are gone */
    recorder_health(f->rec, &seen);
    assert_int_equal(seen.samples, 4);
    assert_int_equal(seen.counters[HEALTH_READS], 20);
    assert_int_equal(seen.in_flight_max, 30);
    assert_int_equal(seen.send_lag->total, 4);
    assert_int_equal(seen.read_lag->total, 0);
    stop(f);
}

TEST(without_an_end_the_latest_moment_stands_for_it)
{
    struct fixture *f = start(1, 1, false, "");
    struct run_end end;

    put_good(f, 0, 10, NULL);
    assert_false(recorder_end(f->rec, &end));
    assert_int_equal(end.at, runs_begin(0, 1) + 9 * MS + 20 * MS);
    assert_int_equal(end.cpu, NS_ABSENT);
    f->to.end(f->to.ctx, &(struct run_end){ .at = 7, .reason = END_BUDGET, .detail = "x" });
    assert_true(recorder_end(f->rec, &end));
    assert_int_equal(end.at, 7);
    assert_string_equal(end.detail, "x");
    stop(f);
}

TEST(the_span_of_a_phase_is_from_its_begin_to_its_end)
{
    struct fixture *f = start(1, 1, false, "");

    runs_phase(&f->to, 0, 1, true);
    put_good(f, 0, 10, NULL);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->span, 29 * MS);
    runs_phase(&f->to, 0, 1, false);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->span, 50 * NS_PER_S);
    stop(f);
}

TEST(a_phase_is_busy_until_its_last_good_answer)
{
    struct fixture *f = start(1, 1, false, "");
    struct record late = runs_record(&f->run, 0, 3, 20 * MS, NULL);

    late.at[MOMENT_END] = runs_begin(0, 1) + 90 * NS_PER_S;
    runs_phase(&f->to, 0, 1, true);
    runs_phase(&f->to, 0, 1, false);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->busy, 50 * NS_PER_S);
    late.outcome = OUTCOME_TIMEOUT_TOTAL;
    f->to.record(f->to.ctx, &late);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->busy, 50 * NS_PER_S);
    late.outcome = OUTCOME_OK;
    f->to.record(f->to.ctx, &late);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->busy, 90 * NS_PER_S);
    assert_int_equal(recorder_tally(f->rec, 0, 1)->span, 50 * NS_PER_S);
    stop(f);
}

TEST(what_outlives_a_phase_is_in_flight_until_its_end_only)
{
    struct fixture *f = start(1, 1, false, "");
    struct record late = runs_record(&f->run, 0, 3, 20 * MS, NULL);
    ns_t begin = runs_begin(0, 1), over;

    late.at[MOMENT_START] = begin + 10 * NS_PER_S;
    late.at[MOMENT_END] = begin + 90 * NS_PER_S;
    runs_phase(&f->to, 0, 1, true);
    f->to.record(f->to.ctx, &late);
    runs_phase(&f->to, 0, 1, false);
    assert_int_equal(recorder_in_flight(f->rec, 0, 1, &over), 40 * NS_PER_S);
    assert_int_equal(over, 50 * NS_PER_S);
    stop(f);
}

TEST(the_live_view_tells_of_the_phase_under_way)
{
    struct fixture *f = start(1, 1, false, "");
    struct recorder_live live;

    recorder_live(f->rec, &live);
    assert_int_equal(live.phase_begin, NS_ABSENT);
    assert_int_equal(live.ttft_p50, NS_ABSENT);
    runs_phase(&f->to, 0, 1, true);
    for (uint64_t k = 0; k < 6000; k += 10) { /* 100 a second for 6 s */
        struct record r = runs_record(&f->run, 0, k, 8 * MS, NULL);

        r.tokens.completion = 3;
        r.outcome = k % 100 ? OUTCOME_OK : OUTCOME_SERVER;
        put(f, &r);
    }
    recorder_live(f->rec, &live);
    assert_int_equal(live.requests, 600);
    assert_int_equal(live.errors, 60);
    assert_int_equal(live.phase, 1);
    assert_int_equal(live.phase_begin, runs_begin(0, 1));
    assert_int_equal(live.ttft_n, 540);
    assert_true(live.ttft_p50 >= 8 * MS && live.ttft_p50 < 8 * MS + 8 * MS / 100);
    assert_true(live.requests_per_s > 99 && live.requests_per_s < 101);
    assert_true(live.tokens_per_s > 297 && live.tokens_per_s < 303);
    stop(f);
}

TEST(turns_of_sessions_are_counted_apart_and_only_beginnings_are_arrivals)
{
    struct fixture *f = start(1, 1, false, "");
    uint64_t requests, errors;
    struct hist h;

    runs_phase(&f->to, 0, 1, true);
    for (uint64_t k = 0; k < 5; k++)
        for (uint32_t turn = 1; turn <= 40; turn++) {
            struct record r = runs_record(&f->run, 0, k, turn * MS, NULL);

            r.req = record_req(0, 1, k * RECORD_TURNS + turn - 1);
            r.turn = turn;
            if (k == 4 && turn == 2)
                r.outcome = OUTCOME_SERVER;
            put(f, &r);
        }
    hist_init_standard(&h);
    assert_true(recorder_turn(f->rec, 0, 1, 2, &requests, &errors));
    assert_int_equal(requests, 5);
    assert_int_equal(errors, 1);
    assert_true(recorder_turn_hist(f->rec, 0, 1, 2, METRIC_TTFT, &h));
    assert_int_equal(h.total, 4);
    assert_true(recorder_turn(f->rec, 0, 1, RECORDER_TURNS, &requests, &errors));
    assert_int_equal(requests, 5 * (40 - RECORDER_TURNS + 1));
    assert_false(recorder_turn(f->rec, 0, 0, 1, &requests, &errors));
    assert_int_equal(recorder_arrivals(f->rec, 0, 1).started, 5);
    hist_free(&h);
    stop(f);
}
