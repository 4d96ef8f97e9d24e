#include "data/search_judge.h"

#include "data/summary.h"
#include "reports/report.h"
#include "test.h"

/* A run of one cell and trial that searches, with 12 probes of 10 s each. */
static const char LINE[] =
    "{\"t\":\"run\",\"schema\":1,\"id\":\"x\",\"name\":\"test\",\"phases\":["
    "{\"name\":\"p1\",\"measured\":true},{\"name\":\"p2\",\"measured\":true},"
    "{\"name\":\"p3\",\"measured\":true}],\"cells\":[{\"name\":\"all\",\"model\":\"m\","
    "\"loads\":[{\"open\":true,\"points_millionths\":[[0,9],[1,9]],\"duration\":1},"
    "{\"open\":true,\"points_millionths\":[[0,9],[1,9]],\"duration\":1},"
    "{\"open\":true,\"points_millionths\":[[0,9],[1,9]],\"duration\":1}],"
    "\"search\":{\"from_millionths\":10000000,\"to_millionths\":20000000,"
    "\"within_ppm\":50000,\"probes\":3,\"duration\":10000000000}}],"
    "\"trials\":[{\"cell\":0,\"round\":0}],\"slos\":[\"ttft p90 < 100ms\"],"
    "\"search_slos\":1,\"scenario\":{}}";

struct played {
    struct run run;
    struct recorder *recorder;
    struct journal_sink to;
};

static void start(struct played *p)
{
    struct err err;

    if (run_read(&p->run, LINE, sizeof(LINE) - 1, &err))
        fail_msg("%s", err.msg);
    p->recorder = recorder_open(&p->run);
    p->to = recorder_sink(p->recorder);
}

static void stop(struct played *p)
{
    recorder_close(p->recorder);
    run_free(&p->run);
}

#define PROBE (10 * NS_PER_S)

static void phase(struct played *p, uint32_t no, bool begin, ns_t length, int64_t rate)
{
    struct phase_event e = { .at = no * 100 * NS_PER_S + (begin ? 0 : length),
                             .phase = no,
                             .begin = begin,
                             .rate = rate,
                             .duration = PROBE };

    p->to.phase(p->to.ctx, &e);
}

/* What a probe is made of. */
struct probe {
    ns_t ttft; /* of most requests ... */
    ns_t slow; /* ... and of `n_slow` of the hundred */
    unsigned n_slow;
    unsigned failed;
    unsigned cut;
    ns_t growth;   /* added from request to request */
    ns_t send_lag; /* of all */
    ns_t capped;   /* held by the cap, of all: part of the ttft */
    bool waits;    /* what grows is the waiting for the cap */
    ns_t paced;
    ns_t length;    /* of the phase; 0: as asked */
    unsigned every; /* one of so many came; 0: all */
    bool no_end;
    uint64_t no_fds;
};

static void attempt(struct played *p, const struct probe *a, uint32_t no, unsigned k)
{
    struct record r;
    ns_t due = no * 100 * NS_PER_S + k * PROBE / 100;
    ns_t grown = k * a->growth;
    ns_t ttft = grown + (k * 37 % 100 < a->n_slow ? a->slow : a->ttft); /* here and there */

    record_init(&r);
    r.req = record_req(0, no, k);
    r.final = true;
    r.phase = no;
    r.at[MOMENT_DUE] = due;
    r.held[HOLD_CAP] = a->capped + (a->waits ? grown : 0);
    r.held[HOLD_PACING] = a->paced;
    r.at[MOMENT_READY] = due + r.held[HOLD_CAP] + a->paced;
    r.at[MOMENT_START] = r.at[MOMENT_READY] + a->send_lag;
    r.at[MOMENT_FIRST] = due + ttft;
    r.at[MOMENT_END] = due + ttft + NS_PER_MS;
    if (k >= 100 - a->failed)
        r.outcome = OUTCOME_OVERLOADED;
    else if (k >= 100 - a->failed - a->cut)
        r.outcome = OUTCOME_CUT;
    if (r.outcome != OUTCOME_OK)
        r.at[MOMENT_FIRST] = NS_ABSENT;
    p->to.record(p->to.ctx, &r);
}

static void play_at(struct played *p, const struct probe *a, uint32_t no, int64_t rate)
{
    struct health_sample h = { .worker = 0, .at = no * 100 * NS_PER_S };

    phase(p, no, true, 0, rate);
    for (unsigned k = 0; k < 100; k += a->every ? a->every : 1)
        attempt(p, a, no, k);
    h.counters[HEALTH_FD_EXHAUSTED] = a->no_fds;
    p->to.health(p->to.ctx, &h);
    if (!a->no_end)
        phase(p, no, false, a->length ? a->length : PROBE, rate);
}

static void play(struct played *p, const struct probe *a, uint32_t no)
{
    play_at(p, a, no, 10000000);
}

TEST(a_probe_is_judged_by_the_server_and_by_the_client)
{
    static const struct {
        const char *name;
        struct probe probe;
        enum search_verdict verdict;
        enum search_why why;
    } cases[] = {
        { "all fast", { .ttft = 50 * NS_PER_MS }, SEARCH_MET, SEARCH_WHY_NONE },
        { "all slow", { .ttft = 200 * NS_PER_MS }, SEARCH_MISSED, SEARCH_WHY_NONE },
        { "two slow",
          { .ttft = 50 * NS_PER_MS, .slow = NS_PER_S, .n_slow = 2 },
          SEARCH_MET,
          SEARCH_WHY_NONE },
        { "about as many slow as allowed",
          { .ttft = 50 * NS_PER_MS, .slow = NS_PER_S, .n_slow = 9 },
          SEARCH_UNSURE,
          SEARCH_WHY_SAMPLE },
        { "half of them failed",
          { .ttft = 50 * NS_PER_MS, .failed = 50 },
          SEARCH_MISSED,
          SEARCH_WHY_NONE },
        { "half of them never came",
          { .ttft = 50 * NS_PER_MS, .cut = 50 },
          SEARCH_MISSED,
          SEARCH_WHY_NONE },
        { "a queue that grows, though not to the bound yet",
          { .ttft = 20 * NS_PER_MS, .growth = 500000 },
          SEARCH_MISSED,
          SEARCH_WHY_GROWS },
        { "one that grows by less than what we care for",
          { .ttft = 20 * NS_PER_MS, .growth = 200000 },
          SEARCH_MET,
          SEARCH_WHY_NONE },
        { "one that grows since the cap holds requests back",
          { .ttft = 20 * NS_PER_MS,
            .growth = 500000,
            .capped = 5 * NS_PER_MS,
            .waits = true },
          SEARCH_INVALID,
          SEARCH_WHY_CAP },
        { "the client was late",
          { .ttft = 200 * NS_PER_MS, .send_lag = 60 * NS_PER_MS },
          SEARCH_INVALID,
          SEARCH_WHY_LATE },
        { "the cap made it slow",
          { .ttft = 200 * NS_PER_MS, .capped = 150 * NS_PER_MS },
          SEARCH_INVALID,
          SEARCH_WHY_CAP },
        { "the cap was reached, but the server is slow",
          { .ttft = 500 * NS_PER_MS, .capped = 150 * NS_PER_MS },
          SEARCH_MISSED,
          SEARCH_WHY_NONE },
        { "the cap was reached, and nobody minds",
          { .ttft = 50 * NS_PER_MS, .capped = 10 * NS_PER_MS },
          SEARCH_MET,
          SEARCH_WHY_NONE },
        { "pacing",
          { .ttft = 50 * NS_PER_MS, .paced = 20 * NS_PER_MS },
          SEARCH_INVALID,
          SEARCH_WHY_PACING },
        { "no descriptor",
          { .ttft = 50 * NS_PER_MS, .no_fds = 1 },
          SEARCH_INVALID,
          SEARCH_WHY_UNSENT },
        { "ended early",
          { .ttft = 50 * NS_PER_MS, .length = PROBE / 2 },
          SEARCH_UNFINISHED,
          SEARCH_WHY_STOPPED },
        { "did not end",
          { .ttft = 50 * NS_PER_MS, .no_end = true },
          SEARCH_UNFINISHED,
          SEARCH_WHY_STOPPED },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct search_probe probes[SEARCH_MAX_PROBES];
        struct played p;
        struct search s;

        start(&p);
        play(&p, &cases[i].probe, 0);
        assert_int_equal(search_replay(&s, probes, NULL, &p.run, p.recorder, 0), 1);
        if (probes[0].verdict != cases[i].verdict || probes[0].why != cases[i].why)
            fail_msg("%s: %s (%s)", cases[i].name, search_verdict_names[probes[0].verdict],
                     search_whys[probes[0].why]);
        assert_int_equal(s.n, cases[i].verdict == SEARCH_UNFINISHED ? 0 : 1);
        stop(&p);
    }
}

/* The same journal of a search with a minute, whose first probe is cut short of its drain.
 */
TEST(what_the_budget_of_time_cuts_says_nothing_of_the_server)
{
    static const struct {
        ns_t budget;
        enum search_verdict verdict;
        enum search_why why;
    } cases[] = {
        { 0, SEARCH_MISSED, SEARCH_WHY_NONE },
        { 60 * NS_PER_S, SEARCH_MISSED, SEARCH_WHY_NONE },
        { 12 * NS_PER_S, SEARCH_UNFINISHED, SEARCH_WHY_TIME },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct search_probe probes[SEARCH_MAX_PROBES];
        struct probe cut = { .ttft = 50 * NS_PER_MS, .cut = 50 };
        struct played p;
        struct search s;

        start(&p);
        p.run.cells[0].search.budget = cases[i].budget;
        p.run.cells[0].search.drain = 30 * NS_PER_S;
        play(&p, &cut, 0);
        assert_int_equal(search_replay(&s, probes, NULL, &p.run, p.recorder, 0), 1);
        assert_int_equal(probes[0].verdict, cases[i].verdict);
        assert_int_equal(probes[0].why, cases[i].why);
        stop(&p);
    }
}

/* Half of what was asked for came, or the queue may have grown: so much is not sure. */
TEST(the_error_reaches_as_far_as_the_probes_leave_open)
{
    static const struct {
        struct probe met;
        double from_least, from_most; /* per second */
    } cases[] = {
        { { .ttft = 20 * NS_PER_MS }, 9.99, 10 },
        { { .ttft = 20 * NS_PER_MS, .growth = 200000 }, 9.96, 9.981 },
        { { .ttft = 20 * NS_PER_MS, .every = 2 }, 5.05, 5.11 },
    };
    static const struct probe slow = { .ttft = NS_PER_S };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;
        struct summary s;
        struct summary_capacity c;

        start(&p);
        play(&p, &cases[i].met, 0);
        play_at(&p, &slow, 1, 20000000);
        summary_make(&s, &p.run, p.recorder);
        c = summary_capacity(&s, 0);
        assert_int_equal(s.searches[0].knee_to, 20000000);
        assert_int_equal(c.rate + c.error, 20000000);
        assert_int_equal(c.rate - c.error, s.searches[0].knee_from);
        if ((double)s.searches[0].knee_from < cases[i].from_least * 1e6 ||
            (double)s.searches[0].knee_from > cases[i].from_most * 1e6)
            fail_msg("case %zu: from %.4f", i, (double)s.searches[0].knee_from / 1e6);
        summary_free(&s);
        stop(&p);
    }
}

static void says(struct played *p, const char *want)
{
    struct summary s;
    struct buf text = { 0 };

    summary_make(&s, &p->run, p->recorder);
    report_text(&text, &s, false);
    if (!strstr(text.p, want))
        fail_msg("no \"%s\" in:\n%s", want, text.p);
    buf_free(&text);
    summary_free(&s);
}

TEST(the_report_of_a_search_opens_with_its_answer)
{
    static const struct probe slow = { .ttft = NS_PER_S }, fast = { .ttft = NS_PER_MS };
    static const struct probe capped = { .ttft = NS_PER_S, .capped = NS_PER_S - NS_PER_MS };
    struct played p;

    start(&p);
    play(&p, &slow, 0);
    play(&p, &slow, 1);
    says(&p, "Answer: not surely met even at 10/s, where the search begins.");
    stop(&p);

    start(&p);
    play(&p, &capped, 0);
    play(&p, &capped, 1);
    says(&p, "Answer: INVALID as a limit of the server: the client could not carry 10/s.");
    stop(&p);

    start(&p);
    play(&p, &fast, 0);
    says(&p, "it was stopped; ttft p90 < 100ms held");
    stop(&p);
}

TEST(a_journal_whose_search_has_no_phases_is_damaged)
{
    char line[sizeof(LINE)];
    struct run run;
    struct err err;

    memcpy(line, LINE, sizeof(LINE));
    strstr(line, "\"probes\":3")[9] = '4';
    assert_int_equal(run_read(&run, line, sizeof(LINE) - 1, &err), -1);
}
