#include "cmd/doctor_load.h"

#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>

#include "cmd/readrun.h"
#include "cmd/selfrun.h"
#include "cmd/simchild.h"
#include "data/observed.h"
#include "data/summary.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MODEL "llama-3.1-8b-instant"

/* --- the place ------------------------------------------------------------------------ */

/* The two that lie farthest apart: neighbours are often halves of one core. */
static void choose_cores(struct doctor_bench *b)
{
    cpu_set_t set;

    b->client_core = b->sim_core = -1;
    if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 2)
        return;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET((size_t)i, &set)) {
            b->sim_core = b->sim_core < 0 ? i : b->sim_core;
            b->client_core = i;
        }
}

int doctor_bench_open(struct doctor_bench *b, const char *keep,
                      const struct interrupts *interrupts, struct err *err)
{
    *b = (struct doctor_bench){ .interrupts = interrupts };
    choose_cores(b);
    return scratch_open(&b->dir, "doctor", keep, err);
}

void doctor_bench_close(struct doctor_bench *b)
{
    scratch_close(&b->dir);
}

/* --- a load --------------------------------------------------------------------------- */

enum { MAX_ARGS = 32 };

/* A load under way: a simulator, unless there is no network, a run against it, and what
 * both say. */
struct load {
    const struct doctor_bench *bench;
    struct doctor_rung *rung;
    const char *const *sim_flags;
    size_t n_sim_flags;
    const char *args[MAX_ARGS];
    size_t n_args;
    char texts[MAX_ARGS][96]; /* of those that are made */
    size_t n_texts;
    char name[48];
    char truth_name[64];
    char out[SCRATCH_PATH];
    char truth[SCRATCH_PATH];
    struct readrun read;
    struct observer *observer;
    struct err err; /* why the truth log could not be read */
};

static void add(struct load *l, const char *arg)
{
    l->args[l->n_args++] = arg;
}

static void add_made(struct load *l, const char *flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void add_made(struct load *l, const char *flag, const char *fmt, ...)
{
    char *text = l->texts[l->n_texts++];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(l->texts[0]), fmt, ap);
    va_end(ap);
    add(l, flag);
    add(l, text);
}

static void begin(struct load *l, const struct doctor_bench *b, struct doctor_rung *r,
                  const char *kind)
{
    *l = (struct load){ .bench = b, .rung = r };
    snprintf(l->name, sizeof(l->name), "%s-%" PRId64 "-%u", kind, r->asked, r->tries);
    snprintf(l->truth_name, sizeof(l->truth_name), "%s.truth.jsonl", l->name);
    scratch_path(&b->dir, l->name, l->out);
    scratch_path(&b->dir, l->truth_name, l->truth);
    add(l, "--out");
    add(l, l->out);
    add(l, "--quiet");
    add_made(l, "--model", "%s", MODEL);
    add_made(l, "--seed", "%d", 1);
    add_made(l, "--input-tokens", "%d", 20);
}

static int run_it(struct load *l, struct err *err)
{
    char log[SCRATCH_PATH];
    struct selfrun r = {
        .args = l->args,
        .n = l->n_args,
        .core = l->bench->client_core,
        .log = scratch_path(&l->bench->dir, "log", log),
        .interrupts = l->bench->interrupts,
    };

    return selfrun(&r, err) < 0 ? -1 : 0;
}

/* The simulator has its core from us, who give it back. */
static int start_sim(const struct load *l, struct simchild *sim, struct err *err)
{
    cpu_set_t mine;
    bool pin = l->bench->sim_core >= 0 && !sched_getaffinity(0, sizeof(mine), &mine);
    int rc;

    if (pin)
        selfrun_pin(l->bench->sim_core);
    rc = simchild_start(sim, l->truth, NULL, 1, l->sim_flags, l->n_sim_flags, err);
    if (pin)
        sched_setaffinity(0, sizeof(mine), &mine);
    return rc;
}

static int run_against_sim(struct load *l, struct err *err)
{
    struct simchild sim;
    ns_t cpu;
    int rc;

    if (start_sim(l, &sim, err))
        return -1;
    add_made(l, "--target", "%s", sim.base_url);
    add_made(l, "--set", "target.id_header=true");
    rc = run_it(l, err);
    simchild_stop(&sim, l->truth, &l->rung->sim_late_p99, &cpu);
    return rc;
}

/* --- what came of it ------------------------------------------------------------------ */

static void on_begin(void *ctx, const struct run *run)
{
    struct load *l = ctx;

    if (l->sim_flags)
        l->observer = observer_open(l->truth, run->t0_mono, &l->err);
}

static void on_record(void *ctx, const struct record *r)
{
    struct load *l = ctx;

    if (l->observer)
        observer_record(l->observer, r);
}

static ns_t duration_of(const struct load *l)
{
    return l->read.run.cells[0].loads[0].duration;
}

/* Frames are counted from when all streams are under way to when the load ends. */
static void on_phase(void *ctx, const struct phase_event *e)
{
    struct load *l = ctx;

    if (l->observer && e->begin)
        observer_window(l->observer, e->at + duration_of(l) / 3, e->at + duration_of(l));
}

static struct doctor_spread spread(const struct hist *h)
{
    const struct summary_stat *p50, *p99;
    struct summary_metric m;

    summary_metric_of(&m, h);
    p50 = &m.stats[STAT_P50];
    p99 = &m.stats[STAT_P99];
    return (struct doctor_spread){
        .n = m.n,
        .p50 = hist_percentile(h, 50),
        .p99 = hist_percentile(h, 99),
        .max = m.max,
        .p50_lo = p50->lo,
        .p50_hi = p50->hi,
        .p99_lo = p99->lo,
        .p99_hi = p99->hi,
    };
}

static void fill(struct load *l, const struct observed *seen)
{
    struct doctor_rung *r = l->rung;
    struct health_seen health;
    struct summary s;

    summary_make(&s, &l->read.run, l->read.recorder);
    recorder_health(l->read.recorder, &health);
    r->first = spread(&seen->first);
    r->frames = spread(&seen->frames);
    r->send = spread(health.send_lag);
    r->requests = seen->attempts;
    r->matched = seen->matched;
    r->frames_per_s = (int64_t)seen->frames_then * 3 * NS_PER_S / (2 * duration_of(l));
    r->cpu_ppm = s.end.cpu != NS_ABSENT && s.end.at > 0
                     ? (int64_t)((double)s.end.cpu / (double)s.end.at * 1e6)
                     : -1;
    r->told = s.health.validity;
    r->validity = doctor_judge(r, &s.health.facts);
    /* Nothing was answered, or it did not live to say how late it was. */
    if ((!r->requests || r->sim_late_p99 == NS_ABSENT) &&
        r->validity < VALIDITY_CLIENT_LIMITED)
        r->validity = VALIDITY_SIM_LIMITED;
    summary_free(&s);
}

/* The journal into the recorder and the join. */
static int read_journal(struct load *l, struct err *err)
{
    struct journal_notes notes;

    l->read.begin = on_begin;
    l->read.also =
        (struct journal_sink){ .record = on_record, .phase = on_phase, .ctx = l };
    if (readrun_open(&l->read, l->out, &notes, err))
        return -1;
    if (l->sim_flags && !l->observer) {
        *err = l->err;
        return -1;
    }
    return 0;
}

static void end(struct load *l)
{
    if (l->observer)
        observer_close(l->observer);
    readrun_close(&l->read);
    scratch_drop(&l->bench->dir, l->name);
    scratch_drop(&l->bench->dir, l->truth_name);
}

/* A load of which much cannot be found in the truth log cannot be judged by it. */
static int check_match(const struct observed *seen, struct err *err)
{
    enum { PERCENT = 99 };

    if (seen->matched * 100 >= seen->attempts * PERCENT)
        return 0;
    return err_set(err, ERR_IO,
                   "only %" PRIu64 " of %" PRIu64 " answers are in the truth log",
                   seen->matched, seen->attempts);
}

static int measure(struct load *l, struct err *err)
{
    int rc = run_against_sim(l, err) || read_journal(l, err);

    if (!rc && l->rung->sim_late_p99 != NS_ABSENT)
        rc = check_match(observer_seen(l->observer), err);
    if (!rc)
        fill(l, observer_seen(l->observer));
    end(l);
    return rc ? -1 : 0;
}

int doctor_load_streams(const struct doctor_bench *b, struct doctor_rung *r, ns_t duration,
                        int tokens, struct err *err)
{
    /* A token a frame, a frame a write, streams of different speeds, no queue that grows:
     * so they fall out of step. */
    static const char *const flags[] = { "--tps",         "50",  "--tps-sigma",    "0.05",
                                         "--jitter",      "0.3", "--event-tokens", "1",
                                         "--burst",       "1",   "--capacity",     "0",
                                         "--queue-sigma", "1",   "--output",       "max" };
    struct load l;

    begin(&l, b, r, "streams");
    l.sim_flags = flags;
    l.n_sim_flags = COUNT(flags);
    add_made(&l, "--concurrency", "%" PRId64, r->asked);
    add_made(&l, "--duration", "%lldms", duration / NS_PER_MS);
    add_made(&l, "--max-tokens", "%d", tokens);
    add_made(&l, "--set", "limits.in_flight=%" PRId64, r->asked);
    return measure(&l, err);
}

int doctor_load_rate(const struct doctor_bench *b, struct doctor_rung *r, ns_t duration,
                     struct err *err)
{
    static const char *const flags[] = { "--output", "4", "--capacity", "0" };
    struct load l;

    begin(&l, b, r, "rate");
    l.sim_flags = flags;
    l.n_sim_flags = COUNT(flags);
    add_made(&l, "--rate", "%" PRId64 "/s", r->asked);
    add_made(&l, "--duration", "%lldms", duration / NS_PER_MS);
    add_made(&l, "--max-tokens", "%d", 8);
    add_made(&l, "--set", "limits.in_flight=%d", 4096);
    return measure(&l, err);
}

int doctor_load_null(const struct doctor_bench *b, int requests, int frames, ns_t *cpu,
                     struct err *err)
{
    struct doctor_rung r = { .asked = frames };
    struct run_end e;
    struct load l;
    int rc;

    begin(&l, b, &r, "null");
    add(&l, "--target");
    add(&l, "null:");
    add_made(&l, "--concurrency", "%d", 1);
    add_made(&l, "--requests", "%d", requests);
    add_made(&l, "--set", "target.canned.frames=%d", frames);
    rc = run_it(&l, err) || read_journal(&l, err);
    if (!rc && (!recorder_end(l.read.recorder, &e) || e.cpu == NS_ABSENT))
        rc = err_set(err, ERR_IO, "a run did not say what it used");
    if (!rc)
        *cpu = e.cpu;
    end(&l);
    return rc ? -1 : 0;
}
