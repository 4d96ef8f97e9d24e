#include "reports/asked.h"

#include <math.h>

#include "reports/findings.h"
#include "reports/report.h"
#include "runs.h"
#include "test.h"

/* --- a run of cells whose times are so many milliseconds ------------------------------ */

enum { N = 40 };

struct asking {
    struct run run;
    struct recorder *rec;
    struct summary summary;
    struct slo figures[2];
};

/* Requests of each trial take about base[cell] ms, and `step` ms more in each round. */
static void ask(struct asking *a, unsigned cells, unsigned rounds, const ns_t *base,
                const char *first, const char *second)
{
    struct journal_sink to;
    struct err err;

    runs_make(&a->run, cells, rounds, false, "");
    assert_int_equal(asked_parse(&a->figures[0], str_of(first), &a->run.arena, &err), 0);
    assert_int_equal(asked_parse(&a->figures[1], str_of(second), &a->run.arena, &err), 0);
    a->run.answer = (struct asked){ .figures = a->figures, .n = 2 };
    a->rec = recorder_open(&a->run);
    to = recorder_sink(a->rec);
    for (uint32_t t = 0; t < a->run.n_trials; t++) {
        runs_phase(&to, t, 1, true);
        for (uint64_t k = 0; k < N; k++) {
            ns_t spread = (ns_t)(k * 7 % N) * NS_PER_MS / N;
            struct record r =
                runs_record(&a->run, t, k, base[a->run.trials[t].cell] * NS_PER_MS + spread,
                            k % 4 ? "dal" : "fra");

            to.record(to.ctx, &r);
        }
        runs_phase(&to, t, 1, false);
    }
    summary_make(&a->summary, &a->run, a->rec);
}

static void done(struct asking *a)
{
    summary_free(&a->summary);
    recorder_close(a->rec);
    run_free(&a->run);
}

/* --- tests ---------------------------------------------------------------------------- */

TEST(each_cell_is_held_against_the_first)
{
    static const ns_t base[] = { 100, 200, 100 };
    struct asking k = { 0 };
    struct asked_rows a;
    struct asked_times t;

    ask(&k, 3, 1, base, "ttft p50", "error_rate");
    a = asked_rows(&k.summary);
    assert_int_equal(a.n, 3);
    assert_false(asked_times(&a, 0, 0).present);
    t = asked_times(&a, 1, 0);
    assert_true(t.present && t.interval && !t.alike && !t.trials);
    assert_true(t.lo > 1.9 && t.lo <= t.value && t.value <= t.hi && t.hi < 2.1);
    t = asked_times(&a, 2, 0);
    assert_true(t.present && t.alike && t.lo < 1 && t.hi > 1);
    assert_false(asked_times(&a, 1, 1).present); /* no error against no error */
    asked_free(&a);
    done(&k);
}

TEST(four_trials_of_each_are_told_apart_by_trials)
{
    static const ns_t base[] = { 100, 150 };
    struct asking k = { 0 };
    struct asked_rows a;
    struct asked_times t;

    ask(&k, 2, 4, base, "ttft p50", "error_rate");
    a = asked_rows(&k.summary);
    t = asked_times(&a, 1, 0);
    assert_true(t.trials && !t.alike);
    assert_true(fabs(t.value - 1.5) < 0.02);
    asked_free(&a);
    done(&k);
}

TEST(regions_are_held_against_the_one_with_most_attempts)
{
    static const ns_t base[] = { 100 };
    struct asking k = { 0 };
    struct asked_rows a;
    struct buf b = { 0 };

    ask(&k, 1, 1, base, "ttft_api p50", "e2e_api p50");
    k.run.answer.by = ASKED_BY_REGION;
    a = asked_rows(&k.summary);
    assert_int_equal(a.n, 2);
    asked_put_part(&b, &a, 1);
    buf_str(&b, " ");
    asked_put_against(&b, &a, 1);
    assert_string_equal(b.p, "fra times dal");
    buf_free(&b);
    asked_free(&a);
    done(&k);
}

TEST(what_answers_the_question_stands_before_all_other_figures)
{
    static const ns_t base[] = { 100, 200 };
    struct asking k = { 0 };
    struct buf b = { 0 };
    const char *figures, *rest;

    ask(&k, 2, 1, base, "ttft p50", "error_rate");
    report_text(&b, &k.summary, false);
    figures = strstr(b.p, "ttft p50");
    rest = strstr(b.p, "e2e p50");
    assert_true(figures && rest && figures < rest);
    assert_non_null(strstr(b.p, "times the first"));
    buf_free(&b);
    done(&k);
}

TEST(an_invalid_run_says_that_its_figures_are_no_answer)
{
    static const ns_t base[] = { 100, 200 };
    struct asking k = { 0 };
    struct buf b = { 0 };
    struct asked_rows a;

    ask(&k, 2, 1, base, "ttft p50", "error_rate");
    k.summary.health.validity = VALIDITY_CLIENT_LIMITED;
    a = asked_rows(&k.summary);
    asked_put_legend(&b, &a);
    assert_non_null(strstr(b.p, "No answer: the run is not valid"));
    buf_free(&b);
    asked_free(&a);
    k.summary.n_slos = 1;
    k.summary.slos = &(struct summary_slo){ .verdict = VERDICT_PASS };
    k.run.n_slos = 1;
    k.run.slos = k.figures;
    findings_put_objectives(&b, &k.summary);
    assert_string_equal(b.p,
                        "Objectives: the run is not valid; by its figures pass, 1 of 1 "
                        "met.");
    buf_free(&b);
    done(&k);
}

TEST(objectives_that_are_missed_are_named_and_those_of_several_cells_counted)
{
    static const ns_t base[] = { 100, 200, 300 };
    struct summary_slo slos[] = {
        { .slo = 0, .cell = 0, .verdict = VERDICT_PASS },
        { .slo = 0, .cell = 1, .verdict = VERDICT_FAIL },
        { .slo = 1, .cell = 0, .verdict = VERDICT_NO_DATA },
        { .slo = 1, .cell = 1, .verdict = VERDICT_NO_DATA },
    };
    struct asking k = { 0 };
    struct buf b = { 0 };

    ask(&k, 3, 1, base, "ttft p50", "error_rate");
    findings_put_objectives(&b, &k.summary);
    assert_int_equal(b.len, 0);
    k.run.n_slos = 2;
    k.run.slos = k.figures; /* their text is all that is told */
    k.summary.slos = slos;
    k.summary.n_slos = COUNT(slos);
    k.summary.verdict = VERDICT_FAIL;
    findings_put_objectives(&b, &k.summary);
    assert_string_equal(b.p,
                        "Objectives: fail, 1 of 4 met; missed: ttft p50 (m1); too little "
                        "data: error_rate (2 cells).");
    buf_free(&b);
    done(&k);
}

TEST(times_are_told_with_their_interval)
{
    static const struct {
        struct asked_times t;
        const char *want;
    } cases[] = {
        { { .present = false }, "" },
        { { .present = true, .value = 30.12 }, "30.1x" },
        { { .present = true, .value = 1.234, .interval = true, .lo = 1.1, .hi = 1.5 },
          "1.23x (1.10..1.50)" },
        { { .present = true,
            .value = 2,
            .interval = true,
            .lo = 0.5,
            .hi = INFINITY,
            .alike = true },
          "2.00x (0.50..∞) ≈" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        buf_str(&b, "");
        asked_put_times(&b, &cases[i].t);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}
