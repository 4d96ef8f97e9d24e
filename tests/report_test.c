#include "reports/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "data/hlog.h"
#include "files.h"
#include "runs.h"
#include "test.h"

/* --- golden files -------------------------------------------------------------------- */

struct reading {
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
};

static void begin(void *ctx)
{
    struct reading *rd = ctx;

    rd->rec = recorder_open(&rd->run);
    rd->to = recorder_sink(rd->rec);
}

static void take_record(void *ctx, const struct record *r)
{
    struct reading *rd = ctx;

    rd->to.record(rd->to.ctx, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct reading *rd = ctx;

    rd->to.phase(rd->to.ctx, e);
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct reading *rd = ctx;

    rd->to.health(rd->to.ctx, h);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct reading *rd = ctx;

    rd->to.end(rd->to.ctx, e);
}

static void read_journal(struct reading *rd, const char *path)
{
    struct journal_sink sink = { take_record, take_phase, take_health, NULL, take_end, rd };
    struct journal_notes notes = { 0 };
    struct err err;

    if (journal_read(path, &rd->run, begin, &sink, &notes, &err))
        fail_msg("%s", err.msg);
}

static void close_reading(struct reading *rd)
{
    recorder_close(rd->rec);
    run_free(&rd->run);
}

/* With TOKDYNO_GOLDEN=write the files are made anew, for a person to look at. */
static void expect_golden(const char *name, const struct buf *got)
{
    const char *mode = getenv("TOKDYNO_GOLDEN");
    char *want;

    if (mode && !strcmp(mode, "write")) {
        FILE *f = fopen(test_path(name), "w");

        assert_non_null(f);
        fwrite(got->p, 1, got->len, f);
        fclose(f);
    }
    want = test_file(name, NULL);
    if (strcmp(got->p, want) != 0)
        fail_msg("%s differs; TOKDYNO_GOLDEN=write makes it anew. Got:\n%s", name, got->p);
    free(want);
}

TEST(reports_are_as_they_were_looked_at)
{
    static const struct {
        const char *journal;
        const char *text;
        const char *json;
    } cases[] = {
        { "golden/report/single.jsonl", "golden/report/single.txt",
          "golden/report/single.json" },
        { "golden/report/matrix.jsonl", "golden/report/matrix.txt", NULL },
        { "golden/report/torn.jsonl", "golden/report/torn.txt", NULL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reading rd = { 0 };
        struct buf text = { 0 }, json = { 0 };
        struct summary s;

        read_journal(&rd, test_path(cases[i].journal));
        summary_make(&s, &rd.run, rd.rec);
        report_text(&text, &s, false);
        report_json(&json, &s);
        expect_golden(cases[i].text, &text);
        if (cases[i].json)
            expect_golden(cases[i].json, &json);
        summary_free(&s);
        close_reading(&rd);
        buf_free(&text);
        buf_free(&json);
    }
}

static void strip_colour(struct buf *b)
{
    size_t to = 0;

    for (size_t i = 0; i < b->len; i++) {
        if (b->p[i] == '\x1b')
            i = (size_t)(strchr(b->p + i, 'm') - b->p);
        else
            b->p[to++] = b->p[i];
    }
    b->p[to] = '\0';
    b->len = to;
}

TEST(colour_changes_nothing_but_colour)
{
    struct reading rd = { 0 };
    struct buf plain = { 0 }, colour = { 0 };
    struct summary s;

    read_journal(&rd, test_path("golden/report/matrix.jsonl"));
    summary_make(&s, &rd.run, rd.rec);
    report_text(&plain, &s, false);
    report_text(&colour, &s, true);
    assert_null(strchr(plain.p, '\x1b'));
    assert_non_null(strchr(colour.p, '\x1b'));
    strip_colour(&colour);
    assert_string_equal(colour.p, plain.p);
    summary_free(&s);
    close_reading(&rd);
    buf_free(&plain);
    buf_free(&colour);
}

/* The width that a terminal is expected to have. */
TEST(no_line_of_a_report_is_wider_than_100_columns)
{
    static const char *const names[] = { "golden/report/single.txt",
                                         "golden/report/matrix.txt",
                                         "golden/report/torn.txt" };

    for (size_t i = 0; i < COUNT(names); i++) {
        char *text = test_file(names[i], NULL), *rest = text, *line;

        while ((line = test_line(&rest))) {
            size_t width = 0;

            for (const char *p = line; *p; p++)
                width += ((unsigned char)*p & 0xC0) != 0x80;
            if (width > 100)
                fail_msg("%s: %zu columns: %s", names[i], width, line);
        }
        free(text);
    }
}

/* --- live is report ------------------------------------------------------------------ */

static const char *const regions[] = { "dal", "fra", "b\xFFm", "", "a \"b\"\n" };

/* Anything may happen to it; times are such as an engine could have taken. */
static struct record any_record(const struct run *run, struct rng *rng, uint32_t trial,
                                uint64_t k, uint32_t *gaps)
{
    struct record r = runs_record(run, trial, k, (ns_t)rng_below(rng, NS_PER_S), NULL);

    r.phase = (uint32_t)rng_below(rng, 2);
    r.outcome = (enum outcome)rng_below(rng, rng_below(rng, 4) ? 2 : N_OUTCOMES);
    r.try_no = 1 + (uint32_t)rng_below(rng, 2);
    r.final = rng_below(rng, 8) > 0;
    r.region = regions[rng_below(rng, COUNT(regions))];
    r.tier = regions[rng_below(rng, COUNT(regions))];
    r.error = regions[rng_below(rng, COUNT(regions))];
    r.limit_kind = regions[rng_below(rng, COUNT(regions))];
    r.tokens.prompt = (int64_t)rng_below(rng, 5000);
    r.tokens.completion = (int64_t)rng_below(rng, 300) - 1;
    r.tokens.cached = (int64_t)rng_below(rng, 300) - 1;
    r.cost_nusd = (int64_t)rng_below(rng, 100000) - 1;
    r.at[MOMENT_LAST] = r.at[MOMENT_FIRST] + (ns_t)rng_below(rng, NS_PER_S);
    r.n_gaps = rng_below(rng, 20);
    r.gaps = gaps;
    for (size_t i = 0; i < r.n_gaps; i++)
        gaps[i] = (uint32_t)rng_below(rng, 100000);
    r.doubts = (struct doubts){ .first = (ns_t)rng_below(rng, 3) * NS_PER_MS,
                                .frame = (ns_t)rng_below(rng, 9) * NS_PER_MS,
                                .end = (ns_t)rng_below(rng, 3) - 1 };
    r.limits[LIMIT_TOKENS] = (struct limit){ 6000, (int64_t)rng_below(rng, 6000), 5 };
    return r;
}

static void any_health(struct health_sample *h, struct rng *rng, uint32_t trial,
                       struct hist *lag)
{
    hist_reset(lag);
    for (int i = 0; i < 20; i++)
        hist_record(lag, (int64_t)rng_below(rng, 300000), 1);
    *h = (struct health_sample){ .at = runs_begin(trial, 1),
                                 .worker = (uint32_t)rng_below(rng, 3),
                                 .trial = trial,
                                 .in_flight = (uint32_t)rng_below(rng, 50),
                                 .freeze = { 7, (ns_t)rng_below(rng, NS_PER_S) },
                                 .send_lag = lag,
                                 .turn = lag };
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        h->counters[i] = rng_below(rng, 1000);
}

/* What a collector does: each entry to the journal and to the recorder, in one order. */
struct both {
    struct buf journal;
    struct journal_sink live;
};

static void both_phase(struct both *b, uint32_t trial, uint32_t phase, bool is_begin)
{
    struct phase_event e = { .at = runs_begin(trial, phase),
                             .trial = trial,
                             .phase = phase,
                             .begin = is_begin,
                             .planned = is_begin ? 0 : 300,
                             .words_per_token = 1.0 / 3 };

    journal_put_phase(&b->journal, &e);
    b->live.phase(b->live.ctx, &e);
}

static void both_trial(struct both *b, const struct run *run, struct rng *rng,
                       uint32_t trial)
{
    uint32_t gaps[20];
    struct hist lag;

    hist_init_standard(&lag);
    both_phase(b, trial, 0, true);
    both_phase(b, trial, 1, true);
    for (uint64_t k = 0; k < 300; k++) {
        struct record r = any_record(run, rng, trial, k, gaps);
        struct health_sample h;

        journal_put_record(&b->journal, &r);
        b->live.record(b->live.ctx, &r);
        if (k % 50)
            continue;
        any_health(&h, rng, trial, &lag);
        journal_put_health(&b->journal, &h);
        b->live.health(b->live.ctx, &h);
    }
    both_phase(b, trial, 0, false);
    both_phase(b, trial, 1, false);
    hist_free(&lag);
}

static void reports(struct buf *out, const struct run *run, const struct recorder *rec)
{
    struct summary s;

    summary_make(&s, run, rec);
    report_json(out, &s);
    report_text(out, &s, true);
    report_hlog(out, run, rec);
    summary_free(&s);
}

TEST(a_result_made_from_the_journal_is_byte_for_byte_the_live_one)
{
    static const char slos[] = "ttft p95 < 400ms;error_rate < 1%;goodput(ttft<300ms) > 50%";

    for (uint64_t seed = 1; seed <= 4; seed++) {
        char path[] = "/tmp/tokdyno-report-XXXXXX";
        struct rng rng = rng_init(seed);
        struct run_end end = { 900 * NS_PER_S, END_DONE, "", 0, 5, NS_ABSENT, NS_ABSENT };
        struct both b = { 0 };
        struct buf live = { 0 }, again = { 0 };
        struct reading rd = { 0 };
        struct recorder *rec;
        struct run run;
        int fd = mkstemp(path);

        runs_make(&run, 2, 2, seed == 4, slos);
        rec = recorder_open(&run);
        b.live = recorder_sink(rec);
        run_write(&run, &b.journal);
        for (uint32_t t = 0; t < 4; t++)
            both_trial(&b, &run, &rng, t);
        journal_put_end(&b.journal, &end);
        b.live.end(b.live.ctx, &end);
        reports(&live, &run, rec);
        assert_int_equal(write(fd, b.journal.p, b.journal.len), (ssize_t)b.journal.len);
        close(fd);
        read_journal(&rd, path);
        unlink(path);
        reports(&again, &rd.run, rd.rec);
        assert_string_equal(again.p, live.p);
        assert_null(strstr(live.p, path));
        close_reading(&rd);
        recorder_close(rec);
        run_free(&run);
        buf_free(&b.journal);
        buf_free(&live);
        buf_free(&again);
    }
}

/* --- the rest ------------------------------------------------------------------------ */

TEST(the_exit_code_is_the_first_that_applies)
{
    static const struct {
        enum end_reason reason;
        enum validity validity;
        enum verdict verdict;
        int want;
    } cases[] = {
        { END_DONE, VALIDITY_VALID, VERDICT_PASS, 0 },
        { END_DONE, VALIDITY_VALID, VERDICT_NO_DATA, 0 },
        { END_DONE, VALIDITY_DEGRADED, VERDICT_PASS, 0 },
        { END_DONE, VALIDITY_VALID, VERDICT_FAIL, 1 },
        { END_BUDGET, VALIDITY_VALID, VERDICT_FAIL, 5 },
        { END_BUDGET, VALIDITY_SIM_LIMITED, VERDICT_FAIL, 3 },
        { END_DONE, VALIDITY_CLIENT_LIMITED, VERDICT_PASS, 3 },
        { END_DISK, VALIDITY_VALID, VERDICT_PASS, 3 },
        { END_FAILED, VALIDITY_VALID, VERDICT_PASS, 3 },
        { END_TARGET, VALIDITY_CLIENT_LIMITED, VERDICT_FAIL, 4 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct summary s = { .ended = true, .n_slos = 1, .verdict = cases[i].verdict };

        s.end.reason = cases[i].reason;
        s.health.validity = cases[i].validity;
        assert_int_equal(report_exit_code(&s), cases[i].want);
    }
}

struct seen_rows {
    size_t n;
    int64_t ttft; /* values under that metric */
    bool warm;
};

static void take_row(void *ctx, const struct hlog_row *row)
{
    struct seen_rows *seen = ctx;

    seen->n++;
    if (row->tag.n > 5 && !memcmp(row->tag.p + row->tag.n - 5, "/ttft", 5)) {
        seen->ttft += row->hist->total;
        seen->warm |= memmem(row->tag.p, row->tag.n, "/warmup/", 8) != NULL;
    }
}

static void no_damage(void *ctx, size_t line, const struct err *why)
{
    (void)ctx;
    fail_msg("line %zu: %s", line, why->msg);
}

TEST(the_hdr_log_holds_every_value_of_every_trial_and_phase)
{
    struct reading rd = { 0 };
    struct seen_rows seen = { 0 };
    struct hlog_sink sink = { take_row, no_damage, &seen };
    struct hlog_reader reader;
    struct buf log = { 0 };

    read_journal(&rd, test_path("golden/report/single.jsonl"));
    report_hlog(&log, &rd.run, rd.rec);
    hlog_reader_init(&reader, &sink);
    hlog_reader_feed(&reader, log.p, log.len);
    hlog_reader_end(&reader);
    hlog_reader_free(&reader);
    assert_int_equal(seen.ttft,
                     recorder_tally(rd.rec, 0, 0)->ok + recorder_tally(rd.rec, 0, 1)->ok);
    assert_true(seen.warm);
    assert_true(seen.n > 20);
    close_reading(&rd);
    buf_free(&log);
}

TEST(the_live_line_fits_the_terminal)
{
    struct recorder_live live = { .at = 12 * NS_PER_S,
                                  .phase = 1,
                                  .requests = 1234,
                                  .errors = 1,
                                  .in_flight = 7,
                                  .requests_per_s = 99.5,
                                  .tokens_per_s = 12345,
                                  .ttft_n = 59,
                                  .ttft_p50 = 80 * NS_PER_MS,
                                  .ttft_p95 = 200 * NS_PER_MS };
    struct buf line = { 0 };
    struct run run;

    runs_make(&run, 1, 2, false, "");
    report_live(&line, &run, &live, 200);
    assert_string_equal(line.p,
                        "12.0 s  trial 1/2  steady  1,234 done  7 in flight  1 error  "
                        "99.5/s  ttft p50 80.0 ms p95 200 ms  12,345 tok/s");
    buf_clear(&line);
    report_live(&line, &run, &live, 20);
    assert_string_equal(line.p, "12.0 s  trial 1/2  s");
    live.ttft_n = 58;
    buf_clear(&line);
    report_live(&line, &run, &live, 200);
    assert_non_null(strstr(line.p, "/s  ttft p50 80.0 ms  12,345 tok/s"));
    live.ttft_n = 4;
    buf_clear(&line);
    report_live(&line, &run, &live, 200);
    assert_null(strstr(line.p, "ttft"));
    buf_free(&line);
    run_free(&run);
}

TEST(a_run_under_way_says_so_and_has_no_results)
{
    struct buf json = { 0 };
    struct run run;

    runs_make(&run, 1, 1, false, "");
    report_json_running(&json, &run);
    assert_non_null(strstr(json.p, "\"state\": \"running\""));
    assert_null(strstr(json.p, "\"cells\""));
    buf_free(&json);
    run_free(&run);
}
