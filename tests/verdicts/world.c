#include "world.h"

#include <assert.h>
#include <math.h>

#include "base/rng.h"
#include "sim/timing.h"

enum { PILOT = 3, TOKENS = 40, RATE = 20 };

const struct world worlds[] = {
    { "quiet machine", 300, 0.01, 0.3, 0, false },
    { "usual", 300, 0.03, 0.5, 0, false },
    { "restless", 300, 0.08, 0.5, 0, false },
    { "long trials", 1200, 0.03, 0.5, 0, false },
    { "failures", 300, 0.03, 0.5, 0.01, false },
    { "same seeds", 300, 0.03, 0.5, 0, true },
};
const size_t n_worlds = sizeof(worlds) / sizeof(worlds[0]);

static void make_run(struct run *run, unsigned trials, uint64_t seed, unsigned side)
{
    struct buf b = { 0 };
    struct err err;
    int rc;

    buf_printf(&b,
               "{\"t\":\"run\",\"schema\":1,\"id\":\"%016llx%016x\",\"name\":\"world\","
               "\"seed\":%llu,\"digest\":\"0\",\"cells\":[{\"name\":\"all\","
               "\"model\":\"m\",\"keys\":[],\"loads\":[{\"open\":true,"
               "\"points_millionths\":[[0,%u000000],[100000000000,%u000000]],"
               "\"duration\":100000000000}]}],\"trials\":[",
               (unsigned long long)seed, side, (unsigned long long)seed, RATE, RATE);
    for (unsigned t = 0; t < trials; t++)
        buf_printf(&b, "%s{\"cell\":0,\"round\":%u}", t ? "," : "", t);
    buf_str(&b, "],\"slos\":[],\"concurrent\":false,\"phases\":[{\"name\":\"steady\","
                "\"measured\":true}],\"scenario\":{}}");
    rc = run_read(run, b.p, b.len, &err);
    assert(!rc);
    (void)rc;
    buf_free(&b);
}

static struct timing_params model(const struct world *w, double slower)
{
    return (struct timing_params){ .queue_median = 0.03,
                                   .queue_sigma = w->queue_sigma,
                                   .prefill_base = 0.05,
                                   .prefill_tps = 20000,
                                   .tps = 200,
                                   .tps_sigma = 0.1,
                                   .event_tokens = 1,
                                   .burst = 1,
                                   .speed = 1 / slower };
}

static struct record answer(const struct timing *t, uint64_t req, uint32_t trial, ns_t due,
                            uint32_t tokens, bool fails)
{
    ns_t first = due + t->queue + t->prefill + (ns_t)t->token_ns;
    struct record r;

    record_init(&r);
    r.req = req;
    r.final = true;
    r.trial = trial;
    r.outcome = fails ? OUTCOME_SERVER : OUTCOME_OK;
    r.at[MOMENT_DUE] = r.at[MOMENT_READY] = r.at[MOMENT_START] = due;
    r.at[MOMENT_SENT] = r.at[MOMENT_CONNECTED] = due;
    r.at[MOMENT_END] = fails ? first : first + t->decode;
    r.cost_nusd = 1000 * (50 + (int64_t)tokens);
    r.tokens.prompt = 50;
    r.tokens.completion = tokens;
    r.tokens.total = 50 + (int64_t)tokens;
    if (fails)
        return r;
    r.at[MOMENT_FIRST] = first;
    r.at[MOMENT_LAST] = r.at[MOMENT_END];
    r.frames = tokens;
    return r;
}

/* The work is of (seed, trial, k) and so the same for sides of one seed; what the server
 * makes of it is of its side as well. */
static void play_trial(const struct world *w, const struct journal_sink *to, uint32_t trial,
                       double slower, uint64_t seed, unsigned side)
{
    uint64_t own = rng_stream_seed(seed, side ? "head" : "base", trial);
    uint64_t work = w->same_seeds ? rng_stream_seed(seed, "work", trial) : own;
    struct rng luck = rng_init(own), gaps = rng_stream(work, "gaps", 0);
    struct timing_params p = model(w, slower * exp(w->trial_sd * rng_normal(&luck)));
    ns_t begin = (ns_t)trial * 200 * NS_PER_S, due = begin;
    struct phase_event e = { .at = begin, .trial = trial, .begin = true };

    to->phase(to->ctx, &e);
    for (uint64_t k = 0; k < w->requests; k++) {
        struct rng lengths = rng_stream(work, "lengths", k);
        uint32_t prompt = (uint32_t)rng_lognormal(&lengths, 400, 0.6) + 1;
        uint32_t tokens = (uint32_t)rng_lognormal(&lengths, TOKENS, 0.3) + 2;
        struct timing t;
        struct record r;

        due += (ns_t)(-log(rng_open(&gaps)) / RATE * NS_PER_S);
        timing_draw(&t, &p, work ^ (w->same_seeds ? 0 : side), k, 0, prompt, tokens);
        r = answer(&t, record_req(trial, 0, k), trial, due, tokens,
                   rng_unit(&luck) < w->errors);
        to->record(to->ctx, &r);
    }
    e = (struct phase_event){ .at = begin + 100 * NS_PER_S,
                              .trial = trial,
                              .planned = w->requests,
                              .issued = w->requests };
    to->phase(to->ctx, &e);
}

struct evidence *world_run(const struct world *w, unsigned trials, double slower,
                           uint64_t seed, unsigned side)
{
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
    struct run_end end = { .at = (ns_t)trials * 200 * NS_PER_S,
                           .detail = "",
                           .cpu = NS_ABSENT,
                           .sim_late_p99 = NS_ABSENT,
                           .sim_cpu = NS_ABSENT };
    struct summary s;
    struct evidence *e;

    make_run(&run, trials, seed, side);
    rec = recorder_open(&run);
    to = recorder_sink(rec);
    for (uint32_t t = 0; t < trials; t++)
        play_trial(w, &to, t, slower, seed, side);
    to.end(to.ctx, &end);
    summary_make(&s, &run, rec);
    e = evidence_make(&s, rec, side ? "head" : "base");
    summary_free(&s);
    recorder_close(rec);
    run_free(&run);
    return e;
}

static bool worse(enum compare_verdict a, enum compare_verdict b)
{
    static const int order[] = { [COMPARE_PASS] = 0,
                                 [COMPARE_NO_DATA] = 1,
                                 [COMPARE_INCONCLUSIVE] = 2,
                                 [COMPARE_FAIL] = 3 };

    return order[a] > order[b];
}

enum compare_verdict world_compare(const struct world *w, unsigned trials, double slower,
                                   uint64_t seed, size_t *wanted)
{
    struct evidence *base = world_run(w, trials, 1, seed, 0);
    struct evidence *head = world_run(w, trials, slower, seed, 1);
    struct compare_side a = { &base, 1 }, b = { &head, 1 };
    struct arena arena = { 0 };
    struct compare_rules rules = compare_usual_rules(&arena);
    struct compare_options none = { 0 };
    enum compare_verdict all = COMPARE_PASS;
    struct compare c;
    bool told = true;

    compare_make(&c, &a, &b, &rules, &none);
    *wanted = 0;
    for (size_t i = 0; i < c.n_rows; i++) {
        const struct compare_row *r = &c.rows[i];

        if (r->watched)
            continue;
        all = worse(r->verdict, all) ? r->verdict : all;
        if (r->verdict != COMPARE_INCONCLUSIVE || r->method == COMPARE_SHARES)
            continue;
        told &= r->trials > 0;
        *wanted = r->trials > *wanted ? r->trials : *wanted;
    }
    *wanted = told ? *wanted : 0;
    compare_free(&c);
    arena_free(&arena);
    evidence_free(base);
    evidence_free(head);
    return all;
}

struct world_count world_count(const struct world *w, unsigned n, unsigned trials,
                               double slower, uint64_t seed)
{
    struct world_count c = { .n = n };

    for (unsigned i = 0; i < n; i++) {
        size_t wanted = trials, ignored;

        if (!trials)
            world_compare(w, PILOT, slower, rng_stream_seed(seed, "pilot", i), &wanted);
        c.untold += !wanted;
        if (!wanted)
            continue;
        c.trials += (double)wanted / n;
        switch (world_compare(w, (unsigned)wanted, slower, rng_stream_seed(seed, "real", i),
                              &ignored)) {
        case COMPARE_PASS:
            c.pass++;
            break;
        case COMPARE_FAIL:
            c.fail++;
            break;
        case COMPARE_INCONCLUSIVE:
            c.inconclusive++;
            break;
        case COMPARE_NO_DATA:
            c.no_data++;
            break;
        }
    }
    return c;
}
