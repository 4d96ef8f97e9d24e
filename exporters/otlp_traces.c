#include "exporters/otlp_traces.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/nearest.h"
#include "data/trace_shape.h"
#include "exporters/otlp_attempt.h"
#include "exporters/otlp_retries.h"
#include "exporters/otlp_series.h"
#include "exporters/otlp_slowest.h"

/* A phase of a trial, as far as it has been seen. */
struct seen_phase {
    ns_t begin; /* NS_ABSENT: not begun */
    ns_t end;   /* of it and of all its requests */
    uint64_t issued;
};

struct otlp_traces {
    const struct otlp_about *about;
    struct otlp_batch batch;
    enum otlp_detail detail;
    bool nested;
    uint64_t below; /* requests whose lot is less are kept */
    bool all;       /* every one is */
    struct otlp_retries retries;
    struct otlp_slowest slowest;
    struct seen_phase *phases; /* [trial * n_phases + phase] */
    ns_t latest;               /* moment seen */
    bool ended;
};

/* --- options ------------------------------------------------------------------------ */

static int choose(const struct export_config *c, const char *name, const char *const *words,
                  int n, const char *expected, int *choice, struct err *err)
{
    const char *text = export_setting(c, name);
    struct nearest near = nearest_to(str_of(text ? text : ""));

    if (!text)
        return 0;
    for (int i = 0; i < n; i++) {
        if (!strcmp(text, words[i])) {
            *choice = i;
            return 0;
        }
        nearest_try(&near, words[i]);
    }
    err_set(err, ERR_USAGE, "otlp,%s=%s: expected %s", name, text, expected);
    return nearest_hint(&near, err);
}

/* "10%" or "0.1" */
static int read_share(const struct export_config *c, double *share, struct err *err)
{
    const char *text = export_setting(c, "sample");
    char *end;

    if (!text)
        return 0;
    *share = strtod(text, &end);
    if (*end == '%') {
        *share /= 100;
        end++;
    }
    if (end == text || *end || !(*share >= 0 && *share <= 1))
        return err_set(err, ERR_USAGE,
                       "otlp,sample=%s: expected a share of the traces, as in 10%%", text);
    return 0;
}

static int read_options(struct otlp_traces *t, const struct export_config *c,
                        struct err *err)
{
    static const char *const details[] = { "request", "attempt", "phases" };
    static const char *const shapes[] = { "linked", "nested" };
    double share = t->about->env.share;
    int detail = OTLP_PHASES;
    int shape = trace_nested(t->about->run);

    if (choose(c, "spans", details, 3, "request, attempt or phases", &detail, err) ||
        choose(c, "traces", shapes, 2, "linked or nested", &shape, err) ||
        read_share(c, &share, err))
        return -1;
    if (shape && trace_is_sent(t->about->run))
        return err_set(err, ERR_USAGE,
                       "otlp,traces=nested: target.traceparent names each request "
                       "as a trace of its own; leave one of them out");
    t->detail = (enum otlp_detail)detail;
    t->nested = shape;
    t->all = share >= 1;
    t->below = t->all ? UINT64_MAX : (uint64_t)(share * 0x1p64);
    return 0;
}

struct otlp_traces *otlp_traces_open(const struct otlp_about *about,
                                     const struct export_config *config,
                                     const struct export_out *out, struct err *err)
{
    struct otlp_traces *t = mem_alloc(sizeof(*t));
    size_t n = about->run->n_trials * about->run->n_phases;

    t->about = about;
    if (read_options(t, config, err)) {
        free(t);
        return NULL;
    }
    t->phases = mem_array(n, sizeof(*t->phases));
    for (size_t i = 0; i < n; i++)
        t->phases[i].begin = NS_ABSENT;
    otlp_batch_init(&t->batch, about, out);
    return t;
}

/* --- names -------------------------------------------------------------------------- */

void otlp_traces_run_name(const struct otlp_traces *t, uint8_t trace[TRACE_ID_BYTES],
                          uint8_t span[SPAN_ID_BYTES])
{
    trace_id_run(t->about->run->id, trace);
    span_id(t->about->run->id, 0, 0, SPAN_RUN, span);
}

void otlp_traces_name(const struct otlp_traces *t, uint64_t req,
                      uint8_t trace[TRACE_ID_BYTES], uint8_t span[SPAN_ID_BYTES])
{
    trace_id_of(t->about->run, t->nested, req, trace);
    span_id(t->about->run->id, req, 0, SPAN_REQUEST, span);
}

static struct otlp_span_id run_id(const struct otlp_traces *t)
{
    struct otlp_span_id id = { 0 };

    otlp_traces_run_name(t, id.trace, id.span);
    return id;
}

static struct otlp_span_id phase_id(const struct otlp_traces *t, uint32_t trial,
                                    uint32_t phase)
{
    struct otlp_span_id id = { 0 };

    trace_id_run(t->about->run->id, id.trace);
    span_id(t->about->run->id, record_req(trial, phase, 0), 0, SPAN_PHASE, id.span);
    return id;
}

static struct seen_phase *phase_of(const struct otlp_traces *t, uint32_t trial,
                                   uint32_t phase)
{
    return &t->phases[trial * t->about->run->n_phases + phase];
}

/* --- requests ----------------------------------------------------------------------- */

/* Between what and what a request stood still; nothing where it did not. */
static void put_wait(struct otlp_traces *t, const struct record *r, enum span_what what,
                     const char *name, const struct otlp_span_id *parent, ns_t from,
                     ns_t to)
{
    struct otlp_span_id id = *parent;

    if (to <= from)
        return;
    span_id(t->about->run->id, r->req, r->try_no, what, id.span);
    otlp_batch_add(&t->batch, otlp_span(&t->batch, &id, parent, name, false, from, to),
                   r->at[MOMENT_END]);
}

static void put_spans(struct otlp_traces *t, const struct record *r)
{
    struct otlp_request q = { .first = r->at[MOMENT_START] };
    struct otlp_span_id run = run_id(t), phase = phase_id(t, r->trial, r->phase);
    struct retry_seen seen;
    bool retried = otlp_retries_take(&t->retries, r, &seen);

    otlp_traces_name(t, r->req, q.id.trace, q.id.span);
    q.run = &run;
    q.parent = t->nested ? &phase : NULL;
    if (retried && seen.first < q.first)
        q.first = seen.first;
    if (t->detail >= OTLP_ATTEMPTS)
        otlp_put_attempt(&t->batch, r, &q.id, t->detail == OTLP_PHASES);
    if (t->detail == OTLP_PHASES && retried)
        put_wait(t, r, SPAN_RETRY_WAIT, "tokdyno.retry_wait", &q.id, seen.last,
                 r->at[MOMENT_START]);
    if (t->detail == OTLP_PHASES && t->nested && r->try_no == 1)
        put_wait(t, r, SPAN_HELD, "tokdyno.held", &phase, r->at[MOMENT_DUE],
                 r->at[MOMENT_START]);
    if (r->final)
        otlp_put_request(&t->batch, r, &q, t->detail != OTLP_PHASES);
    if (otlp_batch_full(&t->batch))
        otlp_batch_flush(&t->batch);
}

static bool drawn(const struct otlp_traces *t, uint64_t req)
{
    return t->all || trace_lot(t->about->run->id, req) < t->below;
}

static void note(struct otlp_traces *t, const struct record *r)
{
    struct seen_phase *p = phase_of(t, r->trial, r->phase);

    if (p->begin == NS_ABSENT || r->at[MOMENT_DUE] < p->begin)
        p->begin = r->at[MOMENT_DUE];
    if (r->at[MOMENT_END] > p->end)
        p->end = r->at[MOMENT_END];
    if (r->at[MOMENT_END] > t->latest)
        t->latest = r->at[MOMENT_END];
}

void otlp_traces_record(struct otlp_traces *t, const struct record *r)
{
    note(t, r);
    /* Cut before it could leave: nothing happened that a span could be about. */
    if (r->at[MOMENT_START] == NS_ABSENT || r->at[MOMENT_END] == NS_ABSENT)
        return;
    if (record_matters(r) || drawn(t, r->req))
        put_spans(t, r);
    else
        otlp_slowest_offer(&t->slowest, r);
    if (!r->final)
        otlp_retries_put(&t->retries, r);
}

bool otlp_traces_keeps(const struct otlp_traces *t, const struct record *r)
{
    return otlp_traces_still_keeps(t, r->req, record_matters(r));
}

bool otlp_traces_still_keeps(const struct otlp_traces *t, uint64_t req, bool sure)
{
    return sure || drawn(t, req) || otlp_slowest_has(&t->slowest, req);
}

void otlp_traces_interval(struct otlp_traces *t)
{
    for (size_t i = 0; i < t->slowest.n; i++)
        put_spans(t, t->slowest.kept[i]);
    otlp_slowest_clear(&t->slowest);
}

void otlp_traces_tick(struct otlp_traces *t, ns_t at)
{
    if (at > t->latest)
        t->latest = at;
    if (otlp_batch_due(&t->batch, at))
        otlp_batch_flush(&t->batch);
}

/* --- the run and its phases --------------------------------------------------------- */

void otlp_traces_phase(struct otlp_traces *t, const struct phase_event *e)
{
    struct seen_phase *p = phase_of(t, e->trial, e->phase);

    if (e->begin)
        p->begin = e->at;
    else if (e->at > p->end)
        p->end = e->at;
    if (!e->begin)
        p->issued = e->issued;
    otlp_traces_tick(t, e->at);
}

static void put_load(const struct run_load *l, struct attrs *to)
{
    double first = (double)l->points[0].millionths / 1e6;

    attr_name(to, "tokdyno.load.model", l->open ? "open" : "closed");
    if (l->open)
        attr_double(to, "tokdyno.load.target_rate", first);
    else
        attr_int(to, "tokdyno.load.concurrency", (int64_t)first);
}

static void put_phase(struct otlp_traces *t, uint32_t trial, uint32_t phase)
{
    const struct run *run = t->about->run;
    const struct seen_phase *p = phase_of(t, trial, phase);
    const struct run_cell *cell = &run->cells[run->trials[trial].cell];
    struct otlp_batch *b = &t->batch;
    struct otlp_span_id id = phase_id(t, trial, phase), parent = run_id(t);
    struct attrs to = attrs_begin(&b->arena, 10, t->about->env.max_text);
    const char *name = otlp_text(&b->arena, run->phases[phase].name, 200);
    Otlp__Span *span =
        otlp_span(b, &id, &parent, arena_printf(&b->arena, "tokdyno.phase %s", name), false,
                  p->begin, p->end ? p->end : t->latest);

    attr_name(&to, "tokdyno.phase.name", name);
    attr_bool(&to, "tokdyno.phase.measured", run->phases[phase].measured);
    attr_text(&to, "tokdyno.cell.name", cell->name);
    attr_int(&to, "tokdyno.trial", trial);
    attr_int(&to, "tokdyno.round", run->trials[trial].round);
    attr_int(&to, "tokdyno.phase.issued", (int64_t)p->issued);
    if (phase < cell->n_loads && cell->loads[phase].n_points &&
        !search_has_phase(&cell->search, phase))
        put_load(&cell->loads[phase], &to);
    otlp_span_attrs(span, &to);
    otlp_batch_add(b, span, t->latest);
}

static void put_run(struct otlp_traces *t, const struct run_end *e)
{
    static const char *const status[N_END_REASONS] = {
        [END_DONE] = "success",   [END_INTERRUPTED] = "aborted", [END_BUDGET] = "aborted",
        [END_TARGET] = "failure", [END_DISK] = "failure",        [END_FAILED] = "failure",
    };
    const struct run *run = t->about->run;
    struct otlp_batch *b = &t->batch;
    struct otlp_span_id id = run_id(t);
    struct attrs to = attrs_begin(&b->arena, 10, t->about->env.max_text);
    const char *name =
        arena_printf(&b->arena, "tokdyno.run %s", otlp_text(&b->arena, run->name, 200));
    Otlp__Span *span = otlp_span(b, &id, NULL, name, false, 0, t->latest);

    attr_text(&to, "tokdyno.run.id", run->id);
    attr_text(&to, "tokdyno.scenario.name", run->name);
    attr_int(&to, "tokdyno.run.seed", (int64_t)run->seed);
    attr_text(&to, "tokdyno.target", run->target);
    attr_int(&to, "tokdyno.threads", run->threads);
    attr_text(&to, "test.suite.name", run->name);
    attr_name(&to, "test.suite.run.status", e ? status[e->reason] : "aborted");
    if (e) {
        attr_name(&to, "tokdyno.run.end", end_reason_names[e->reason]);
        attr_int(&to, "tokdyno.run.dropped", (int64_t)e->dropped);
    }
    otlp_span_attrs(span, &to);
    otlp_batch_add(b, span, t->latest);
}

void otlp_traces_end(struct otlp_traces *t, ns_t at, const struct run_end *e)
{
    const struct run *run = t->about->run;

    otlp_traces_interval(t);
    if (at > t->latest)
        t->latest = at;
    for (uint32_t trial = 0; trial < run->n_trials; trial++)
        for (uint32_t p = 0; p < run->n_phases; p++)
            if (phase_of(t, trial, p)->begin != NS_ABSENT)
                put_phase(t, trial, p);
    put_run(t, e);
    otlp_batch_flush(&t->batch);
    t->ended = true;
}

void otlp_traces_close(struct otlp_traces *t)
{
    if (!t->ended)
        otlp_traces_end(t, t->latest, NULL);
    otlp_traces_drop(t);
}

void otlp_traces_drop(struct otlp_traces *t)
{
    otlp_batch_free(&t->batch);
    otlp_retries_free(&t->retries);
    otlp_slowest_clear(&t->slowest);
    free(t->phases);
    free(t);
}
