#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/version.h"
#include "exporters/kinds.h"
#include "exporters/lanes.h"
#include "exporters/place.h"
#include "exporters/timeline_attempt.h"

/*
 * The run as a timeline. A cell is a process; its threads are the phases, lanes of attempts
 * (as many as were in flight at once) and lanes of requests that were held back. Streamed:
 * what is kept is the end of each lane and what the open phases need.
 */

/*
 * Processes: the load as a whole, then the cells; threads of a cell: the phases, which have
 * its own number, as a main thread has, then the lanes.
 */
enum { PID_LOAD = 1000000, PID_CELLS, TID_LANES = 1, TID_HELD = 500000 };

enum { FULL = 64 << 10, FRAMES = 64, MAX_RETRIES = 4096 };

/* A request that waits for its next attempt. */
struct waiting {
    uint64_t req;
    ns_t since; /* end of the attempt before */
};

struct cell_lanes {
    struct lanes flying;
    struct lanes held;
    int64_t remaining[N_LIMITS]; /* as drawn last */
};

struct perfetto {
    struct export_out out;
    const struct run *run;
    struct buf b;
    struct trace_events t;
    uint64_t handed_over; /* events */
    uint64_t frames;      /* of an attempt that are drawn, at most */
    struct cell_lanes *cells;
    ns_t *begun; /* [trial * n_phases + phase]; NS_ABSENT: not, or over */
    struct waiting retries[MAX_RETRIES];
    size_t n_retries;
    uint32_t *in_flight; /* of each worker */
    size_t n_workers;
    ns_t second; /* beginning of the one that is counted */
    uint64_t well;
    uint64_t failed;
    uint64_t tokens;
};

static void hand_over(struct perfetto *x)
{
    struct export_chunk chunk = { EXPORT_FILE,
                                  { x->b.p, x->b.len },
                                  x->t.n - x->handed_over };

    if (x->b.len)
        x->out.put(x->out.ctx, &chunk);
    x->handed_over = x->t.n;
    buf_clear(&x->b);
}

static uint32_t pid_of(size_t cell)
{
    return PID_CELLS + (uint32_t)cell;
}

/* --- lanes ---------------------------------------------------------------------- */

static uint32_t lane(struct perfetto *x, uint32_t cell, struct lanes *lanes, uint32_t first,
                     const char *name, ns_t begin, ns_t end)
{
    char text[64];
    bool fresh;
    uint32_t number = lanes_take(lanes, begin, end, &fresh);
    uint32_t tid = first + number;

    if (fresh) {
        snprintf(text, sizeof(text), "%s %u", name, number + 1);
        trace_event_name(&x->t, "thread_name", pid_of(cell), tid, text);
        trace_event_order(&x->t, "thread_sort_index", pid_of(cell), tid, tid);
    }
    return tid;
}

/* --- what a request waited for -------------------------------------------------- */

static const char *why_held(const struct record *r)
{
    static const char *const names[N_HOLDS] = { [HOLD_CAP] = "held: cap",
                                                [HOLD_PACING] = "held: pacing",
                                                [HOLD_RETRY] = "held: retry" };
    int most = 0;

    for (int h = 1; h < N_HOLDS; h++)
        if (r->held[h] > r->held[most])
            most = h;
    return r->held[most] > 0 ? names[most] : "held";
}

/* Since when this attempt waits: the request was due, or the attempt before it ended. */
static ns_t waits_since(struct perfetto *x, const struct record *r)
{
    ns_t since = r->try_no == 1 ? r->at[MOMENT_DUE] : NS_ABSENT;

    for (size_t i = 0; i < x->n_retries; i++)
        if (x->retries[i].req == r->req) {
            since = x->retries[i].since;
            x->retries[i] = x->retries[--x->n_retries];
            break;
        }
    if (!r->final && x->n_retries < MAX_RETRIES)
        x->retries[x->n_retries++] = (struct waiting){ r->req, r->at[MOMENT_END] };
    return since;
}

static void put_held(struct perfetto *x, const struct record *r)
{
    ns_t since = waits_since(x, r), ready = r->at[MOMENT_READY];
    struct jsonw *w;
    uint32_t tid;

    if (since == NS_ABSENT || ready <= since)
        return;
    tid = lane(x, r->cell, &x->cells[r->cell].held, TID_HELD, "held back", since, ready);
    w = trace_event_slice(&x->t, why_held(r), pid_of(r->cell), tid, since, ready);
    trace_arg_int(w, "request", (int64_t)r->req);
    trace_arg_int(w, "try", r->try_no);
    trace_event_close(&x->t);
}

/* --- attempts ------------------------------------------------------------------- */

static void put_attempt(struct perfetto *x, const struct record *r)
{
    ns_t begin = r->at[MOMENT_START], end = r->at[MOMENT_END];
    uint32_t tid;

    if (begin == NS_ABSENT || end < begin)
        return;
    tid = lane(x, r->cell, &x->cells[r->cell].flying, TID_LANES, "lane", begin, end);
    timeline_attempt(&x->t, r, x->run->phases[r->phase].name, pid_of(r->cell), tid,
                     x->frames);
}

/* --- counters ------------------------------------------------------------------- */

static void put_second(struct perfetto *x)
{
    struct jsonw *w = trace_event_counter(&x->t, "requests/s", PID_LOAD, x->second);

    trace_arg_int(w, "well", (int64_t)x->well);
    trace_arg_int(w, "failed", (int64_t)x->failed);
    trace_event_close(&x->t);
    w = trace_event_counter(&x->t, "answer tokens/s", PID_LOAD, x->second);
    trace_arg_int(w, "tokens", (int64_t)x->tokens);
    trace_event_close(&x->t);
    x->well = x->failed = x->tokens = 0;
}

/* It is `at`: seconds that are over are drawn, of an empty stretch only its first. */
static void tick(struct perfetto *x, ns_t at)
{
    if (at < x->second + NS_PER_S)
        return;
    put_second(x);
    x->second += NS_PER_S;
    if (at < x->second + NS_PER_S)
        return;
    put_second(x);
    x->second = at - at % NS_PER_S;
}

static void put_limits(struct perfetto *x, const struct record *r)
{
    static const char *const names[N_LIMITS] = { [LIMIT_REQUESTS] =
                                                     "requests left of limit",
                                                 [LIMIT_TOKENS] = "tokens left of limit",
                                                 [LIMIT_AUDIO_SECONDS] =
                                                     "audio seconds left of limit" };
    ns_t at = r->at[MOMENT_HEAD] != NS_ABSENT ? r->at[MOMENT_HEAD] : r->at[MOMENT_END];
    int64_t *drawn = x->cells[r->cell].remaining;

    for (int k = 0; k < N_LIMITS; k++) {
        struct jsonw *w;

        if (r->limits[k].remaining < 0 || r->limits[k].remaining == drawn[k])
            continue;
        drawn[k] = r->limits[k].remaining;
        w = trace_event_counter(&x->t, names[k], pid_of(r->cell), at);
        trace_arg_int(w, "left", drawn[k]);
        trace_event_close(&x->t);
    }
}

static void take_health(void *ctx, const struct health_sample *h)
{
    enum { MOST = 4096 }; /* a journal that names more is damaged */
    struct perfetto *x = ctx;
    struct jsonw *w;
    int64_t sum = 0;

    if (h->worker >= MOST)
        return;
    if (h->worker >= x->n_workers) {
        x->in_flight = mem_resize(x->in_flight, h->worker + 1, sizeof(*x->in_flight));
        memset(x->in_flight + x->n_workers, 0,
               (h->worker + 1 - x->n_workers) * sizeof(*x->in_flight));
        x->n_workers = h->worker + 1;
    }
    x->in_flight[h->worker] = h->in_flight;
    for (size_t i = 0; i < x->n_workers; i++)
        sum += x->in_flight[i];
    tick(x, h->at);
    w = trace_event_counter(&x->t, "in flight", PID_LOAD, h->at);
    trace_arg_int(w, "requests", sum);
    trace_event_close(&x->t);
}

static void take_record(void *ctx, const struct record *r)
{
    struct perfetto *x = ctx;

    if (!place_of_record(x->run, r) || r->at[MOMENT_END] == NS_ABSENT)
        return;
    tick(x, r->at[MOMENT_END]);
    if (r->final) {
        x->well += outcomes[r->outcome].latency;
        x->failed += outcomes[r->outcome].error;
    }
    x->tokens += r->tokens.completion > 0 ? (uint64_t)r->tokens.completion : 0;
    put_held(x, r);
    put_attempt(x, r);
    put_limits(x, r);
    if (x->b.len >= FULL)
        hand_over(x);
}

/* --- phases --------------------------------------------------------------------- */

static void close_phase(struct perfetto *x, uint32_t trial, uint32_t phase, ns_t at)
{
    ns_t *begun = &x->begun[trial * x->run->n_phases + phase];
    uint32_t cell = x->run->trials[trial].cell;
    struct jsonw *w;

    if (*begun == NS_ABSENT || at < *begun)
        return;
    w = trace_event_slice(&x->t, x->run->phases[phase].name, pid_of(cell), pid_of(cell),
                          *begun, at);
    trace_arg_int(w, "trial", trial);
    trace_arg_int(w, "round", x->run->trials[trial].round);
    jsonw_key(w, "measured");
    jsonw_bool(w, x->run->phases[phase].measured);
    trace_event_close(&x->t);
    *begun = NS_ABSENT;
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct perfetto *x = ctx;

    if (!place_known(x->run, e->trial, e->phase))
        return;
    tick(x, e->at);
    if (e->begin)
        x->begun[e->trial * x->run->n_phases + e->phase] = e->at;
    else
        close_phase(x, e->trial, e->phase, e->at);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct perfetto *x = ctx;

    tick(x, e->at);
    for (uint32_t t = 0; t < x->run->n_trials; t++)
        for (uint32_t p = 0; p < x->run->n_phases; p++)
            close_phase(x, t, p, e->at);
    put_second(x);
}

/* --- the exporter --------------------------------------------------------------- */

static void put_tracks(struct perfetto *x)
{
    char name[400];

    trace_event_name(&x->t, "process_name", PID_LOAD, 0, "load");
    trace_event_order(&x->t, "process_sort_index", PID_LOAD, 0, PID_LOAD);
    for (size_t i = 0; i < x->run->n_cells; i++) {
        snprintf(name, sizeof(name), "cell %zu: %.300s", i, x->run->cells[i].name);
        trace_event_name(&x->t, "process_name", pid_of(i), 0, name);
        trace_event_order(&x->t, "process_sort_index", pid_of(i), 0, pid_of(i));
        trace_event_name(&x->t, "thread_name", pid_of(i), pid_of(i), "phases");
        trace_event_order(&x->t, "thread_sort_index", pid_of(i), pid_of(i), 0);
    }
}

static void put_head(struct perfetto *x)
{
    struct jsonw *w = trace_events_begin(&x->t, &x->b);

    trace_arg_text(w, "made_by", "tokdyno " TOKDYNO_VERSION);
    trace_arg_text(w, "scenario", x->run->name);
    trace_arg_text(w, "run", x->run->id);
    trace_arg_text(w, "target", x->run->target);
    trace_arg_int(w, "began_unix_ns", x->run->t0_real);
    trace_events_list(&x->t);
    put_tracks(x);
}

static int read_frames(struct perfetto *x, const struct export_config *config,
                       struct err *err)
{
    const char *text = export_setting(config, "frames");
    char *end;

    x->frames = FRAMES;
    if (!text)
        return 0;
    x->frames = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end)
        return err_set(err, ERR_USAGE, "perfetto: frames=%s; expected a count", text);
    return 0;
}

static void perfetto_close(void *ctx)
{
    struct perfetto *x = ctx;

    trace_events_end(&x->t);
    hand_over(x);
    for (size_t i = 0; i < x->run->n_cells; i++) {
        lanes_free(&x->cells[i].flying);
        lanes_free(&x->cells[i].held);
    }
    buf_free(&x->b);
    free(x->cells);
    free(x->begun);
    free(x->in_flight);
    free(x);
}

static void *perfetto_open(const struct export_config *config, const struct export_out *out,
                           struct err *err)
{
    struct perfetto *x = mem_alloc(sizeof(*x));
    size_t n = config->run->n_trials * config->run->n_phases;

    if (read_frames(x, config, err)) {
        free(x);
        return NULL;
    }
    x->out = *out;
    x->run = config->run;
    x->cells = mem_array(x->run->n_cells, sizeof(*x->cells));
    for (size_t i = 0; i < x->run->n_cells; i++)
        memset(x->cells[i].remaining, -1, sizeof(x->cells[i].remaining));
    x->begun = mem_array(n, sizeof(*x->begun));
    for (size_t i = 0; i < n; i++)
        x->begun[i] = NS_ABSENT;
    buf_init(&x->b, 0);
    put_head(x);
    return x;
}

static struct journal_sink perfetto_sink(void *x)
{
    return (struct journal_sink){ take_record, take_phase, take_health, NULL, take_end, x };
}

static const struct export_option options[] = {
    { "frames", "N",
      "of each attempt that are drawn, 64 if not said; the rest is counted" },
    { NULL, NULL, NULL },
};

const struct exporter export_perfetto = {
    .name = "perfetto",
    .help = "a timeline (Trace Event JSON) for ui.perfetto.dev and chrome://tracing",
    .file = "timeline.json",
    .mime = "application/json",
    .options = options,
    .open = perfetto_open,
    .sink = perfetto_sink,
    .close = perfetto_close,
};
