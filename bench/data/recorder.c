#include "data/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/recorder_group.h"

const char *const label_names[N_LABELS] = {
    [LABEL_TIER] = "tier",
    [LABEL_EDGE] = "edge",
    [LABEL_FINISH] = "finish_reason",
    [LABEL_ERROR_CODE] = "error_code",
    [LABEL_LIMIT_KIND] = "limit_kind",
};

enum { MESSAGE_BYTES = 240, MAX_WORKERS = 4096, SECONDS = 8, RATE_SECONDS = 5 };

struct cell_seen {
    struct labels labels[N_LABELS];
    struct limit_seen limits[N_LIMITS];
    struct wall wall;
    struct batches batches;
    char *messages[N_OUTCOMES];
};

/* What ended in one second, for the live view. */
struct second {
    int64_t number;
    uint64_t requests;
    uint64_t tokens;
};

struct recorder {
    const struct run *run;
    struct group **groups; /* [trial * n_phases + phase]; NULL: nothing seen */
    struct flow **flows;   /* of each trial; NULL: it is over, or no phase has begun */
    uint32_t closed;       /* trials before this one are over */
    struct cell_seen *cells;

    uint64_t samples;
    uint64_t counters[N_HEALTH_COUNTERS];
    struct freeze freeze;
    struct hist send_lag;
    struct hist read_lag;
    struct hist stamp_error;
    struct hist turn;
    uint32_t *in_flight; /* of each worker, as it last said */
    uint32_t *worked_on; /* trial of each worker */
    struct life {
        ns_t from;
        ns_t to; /* 0: nothing seen */
        uint64_t cpu;
    } * lives; /* of each worker, from its first sample to its last */
    uint64_t in_flight_sum;
    uint64_t in_flight_max;

    bool ended;
    struct run_end end;
    char *end_detail;
    ns_t latest; /* of any entry */

    struct second seconds[SECONDS];
    uint64_t requests;
    uint64_t errors;
    uint32_t trial; /* whose phase began last */
    uint32_t phase;
};

/* --- groups and trials --------------------------------------------------------------- */

static struct group **at(const struct recorder *r, uint32_t trial, uint32_t phase)
{
    return &r->groups[(size_t)trial * r->run->n_phases + phase];
}

static struct group *group(struct recorder *r, uint32_t trial, uint32_t phase)
{
    struct group **g = at(r, trial, phase);

    if (!*g)
        *g = group_new(r->run, &r->run->cells[r->run->trials[trial].cell].loads[phase]);
    return *g;
}

static void close_trial(struct recorder *r, uint32_t trial)
{
    for (uint32_t p = 0; p < r->run->n_phases; p++)
        if (*at(r, trial, p))
            group_close(*at(r, trial, p), r->flows[trial]);
    if (r->flows[trial])
        flow_free(r->flows[trial]);
    free(r->flows[trial]);
    r->flows[trial] = NULL;
}

/*
 * An entry of this trial says that those before it are over: a trial starts when the last
 * one has drained. Side by side, that holds for rounds.
 */
static void close_before(struct recorder *r, uint32_t trial)
{
    const struct run_trial *t = r->run->trials;
    uint32_t before = r->closed;

    while (r->closed < trial &&
           (!r->run->concurrent || t[r->closed].round < t[trial].round))
        close_trial(r, r->closed++);
    for (size_t i = 0; r->closed > before && i < MAX_WORKERS; i++)
        if (r->worked_on[i] < r->closed) {
            r->in_flight_sum -= r->in_flight[i];
            r->in_flight[i] = 0;
        }
}

/* --- records ------------------------------------------------------------------------- */

static void see_limit(struct limit_seen *seen, const struct limit *l, ns_t when)
{
    if (l->limit < 0 && l->remaining < 0)
        return;
    if (l->remaining >= 0 && (seen->lowest < 0 || l->remaining < seen->lowest))
        seen->lowest = l->remaining;
    if (when < seen->at)
        return;
    seen->at = when;
    seen->limit = l->limit;
    seen->remaining = l->remaining;
    seen->reset = l->reset;
}

static void see_label(struct cell_seen *c, enum label l, const char *text)
{
    if (*text)
        c->labels[l].items[labels_slot(&c->labels[l], text)].n++;
}

static void see(struct cell_seen *c, const struct record *r)
{
    ns_t when = r->at[MOMENT_HEAD] != NS_ABSENT ? r->at[MOMENT_HEAD] : r->at[MOMENT_END];

    for (int i = 0; i < N_LIMITS; i++)
        see_limit(&c->limits[i], &r->limits[i], when);
    see_label(c, LABEL_TIER, r->tier);
    see_label(c, LABEL_EDGE, r->edge);
    see_label(c, LABEL_FINISH, r->finish);
    see_label(c, LABEL_LIMIT_KIND, r->limit_kind);
    wall_add(&c->wall, r);
    if (!outcomes[r->outcome].error)
        return;
    see_label(c, LABEL_ERROR_CODE, r->error_code);
    if (!c->messages[r->outcome] && *r->error)
        c->messages[r->outcome] = label_text(r->error, MESSAGE_BYTES);
}

static void see_second(struct recorder *r, const struct record *rec)
{
    int64_t number = rec->at[MOMENT_END] / NS_PER_S;
    struct second *s = &r->seconds[number % SECONDS];

    if (rec->at[MOMENT_END] == NS_ABSENT || number < s->number)
        return;
    if (number > s->number)
        *s = (struct second){ .number = number };
    s->requests += rec->final && rec->outcome != OUTCOME_CUT;
    s->tokens += rec->tokens.completion > 0 ? (uint64_t)rec->tokens.completion : 0;
}

static bool known(const struct recorder *r, uint32_t trial, uint32_t phase)
{
    return trial < r->run->n_trials && phase < r->run->n_phases;
}

static void later(struct recorder *r, ns_t t)
{
    if (t > r->latest)
        r->latest = t;
}

static void on_record(void *ctx, const struct record *rec)
{
    struct recorder *r = ctx;
    struct group *g;

    if (!known(r, rec->trial, rec->phase) || rec->cell != r->run->trials[rec->trial].cell)
        return;
    close_before(r, rec->trial);
    g = group(r, rec->trial, rec->phase);
    group_record(g, r->run, rec);
    if (r->flows[rec->trial])
        flow_add(r->flows[rec->trial], rec);
    if (rec->trial < r->closed) /* a straggler: keep nothing open for it */
        group_close(g, NULL);
    see(&r->cells[rec->cell], rec);
    see_second(r, rec);
    later(r, rec->at[MOMENT_END]);
    if (rec->final && rec->outcome != OUTCOME_CUT) {
        r->requests++;
        r->errors += outcomes[rec->outcome].error;
    }
}

static void on_phase(void *ctx, const struct phase_event *e)
{
    struct recorder *r = ctx;

    if (!known(r, e->trial, e->phase))
        return;
    close_before(r, e->trial);
    if (e->begin && !r->flows[e->trial] && e->trial >= r->closed) {
        r->flows[e->trial] = mem_alloc(sizeof(struct flow));
        r->flows[e->trial]->begin = e->at;
    }
    group_phase(group(r, e->trial, e->phase), e);
    later(r, e->at);
    if (e->begin) {
        r->trial = e->trial;
        r->phase = e->phase;
    }
}

/* --- health and end ------------------------------------------------------------------ */

static void add_hist(struct hist *into, const struct hist *h)
{
    struct err err;

    if (h)
        hist_add(into, h, &err); /* of another range: not ours, left out */
}

static void live_on(struct life *l, const struct health_sample *h)
{
    if (!l->to)
        l->from = h->at;
    else
        l->cpu += h->counters[HEALTH_CPU_NS];
    l->to = h->at;
}

/* A sample names no phase: it is of the one that began last. */
static void see_unsent(struct recorder *r, const struct health_sample *h)
{
    struct group *g = h->trial == r->trial ? *at(r, r->trial, r->phase) : NULL;

    if (g)
        g->unsent += h->counters[HEALTH_FD_EXHAUSTED] + h->counters[HEALTH_PORTS_EXHAUSTED];
}

static void on_health(void *ctx, const struct health_sample *h)
{
    struct recorder *r = ctx;

    if (known(r, h->trial, 0))
        close_before(r, h->trial);
    r->samples += h->worker != HEALTH_MACHINE;
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        r->counters[i] += h->counters[i];
    if (h->counters[HEALTH_FD_EXHAUSTED] + h->counters[HEALTH_PORTS_EXHAUSTED])
        see_unsent(r, h);
    if (h->freeze.length > r->freeze.length)
        r->freeze = h->freeze;
    add_hist(&r->send_lag, h->send_lag);
    add_hist(&r->read_lag, h->read_lag);
    add_hist(&r->stamp_error, h->stamp_error);
    add_hist(&r->turn, h->turn);
    if (h->worker < MAX_WORKERS) {
        r->in_flight_sum += h->in_flight;
        r->in_flight_sum -= r->in_flight[h->worker];
        r->in_flight[h->worker] = h->in_flight;
        r->worked_on[h->worker] = h->trial;
        live_on(&r->lives[h->worker], h);
    }
    if (r->in_flight_sum > r->in_flight_max)
        r->in_flight_max = r->in_flight_sum;
    later(r, h->at);
}

static void on_batch(void *ctx, const struct batch_event *e)
{
    struct recorder *r = ctx;

    if (!known(r, e->trial, e->phase) || e->cell != r->run->trials[e->trial].cell)
        return;
    close_before(r, e->trial);
    batches_add(&r->cells[e->cell].batches, e);
    later(r, e->end);
}

static void on_end(void *ctx, const struct run_end *e)
{
    struct recorder *r = ctx;

    free(r->end_detail);
    r->end_detail = label_text(e->detail, MESSAGE_BYTES);
    r->end = *e;
    r->end.detail = r->end_detail;
    r->ended = true;
    later(r, e->at);
}

/* --- life ---------------------------------------------------------------------------- */

struct recorder *recorder_open(const struct run *run)
{
    struct recorder *r = mem_alloc(sizeof(*r));

    r->run = run;
    r->groups = mem_array(run->n_trials * run->n_phases, sizeof(*r->groups));
    r->flows = mem_array(run->n_trials, sizeof(struct flow *));
    r->cells = mem_array(run->n_cells, sizeof(*r->cells));
    r->in_flight = mem_array(MAX_WORKERS, sizeof(*r->in_flight));
    r->worked_on = mem_array(MAX_WORKERS, sizeof(*r->worked_on));
    r->lives = mem_array(MAX_WORKERS, sizeof(*r->lives));
    for (size_t i = 0; i < run->n_cells; i++)
        wall_init(&r->cells[i].wall, run->cells[i].forecast.sizes);
    for (size_t i = 0; i < run->n_cells; i++)
        for (int k = 0; k < N_LIMITS; k++)
            r->cells[i].limits[k] = (struct limit_seen){ -1, -1, -1, NS_ABSENT, NS_ABSENT };
    hist_init_standard(&r->send_lag);
    hist_init_standard(&r->read_lag);
    hist_init_standard(&r->stamp_error);
    hist_init_standard(&r->turn);
    return r;
}

void recorder_close(struct recorder *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->run->n_trials * r->run->n_phases; i++)
        group_free(r->groups[i]);
    for (size_t i = 0; i < r->run->n_trials; i++) {
        if (r->flows[i])
            flow_free(r->flows[i]);
        free(r->flows[i]);
    }
    for (size_t i = 0; i < r->run->n_cells; i++) {
        for (int l = 0; l < N_LABELS; l++)
            labels_free(&r->cells[i].labels[l]);
        for (int o = 0; o < N_OUTCOMES; o++)
            free(r->cells[i].messages[o]);
    }
    hist_free(&r->send_lag);
    hist_free(&r->read_lag);
    hist_free(&r->stamp_error);
    hist_free(&r->turn);
    free(r->end_detail);
    free(r->in_flight);
    free(r->worked_on);
    free(r->lives);
    free(r->cells);
    free(r->flows);
    free(r->groups);
    free(r);
}

struct journal_sink recorder_sink(struct recorder *r)
{
    return (struct journal_sink){ on_record, on_phase, on_health, on_batch, on_end, r };
}

/* --- what it tells ------------------------------------------------------------------- */

const struct tally *recorder_tally(const struct recorder *r, uint32_t trial, uint32_t phase)
{
    static const struct tally none;
    const struct group *g = *at(r, trial, phase);

    return g ? &g->tally : &none;
}

const struct outcome_counts *recorder_outcomes(const struct recorder *r, uint32_t trial,
                                               uint32_t phase)
{
    static const struct outcome_counts none;
    const struct group *g = *at(r, trial, phase);

    return g ? &g->outcomes : &none;
}

bool recorder_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                   enum metric_id m, struct hist *h)
{
    const struct group *g = *at(r, trial, phase);

    return g && hists_add(&g->hists, m, h);
}

bool recorder_sample(const struct recorder *r, uint32_t trial, uint32_t phase,
                     enum metric_id m, struct sample *s)
{
    const struct group *g = *at(r, trial, phase);

    return g && group_series_sample(&g->series, g->arrivals.load, m, s);
}

struct steady_seen recorder_steady(const struct recorder *r, uint32_t trial, uint32_t phase)
{
    const struct group *g = *at(r, trial, phase);

    if (!g)
        return (struct steady_seen){ .ttft_cut = NS_ABSENT, .tokens_cut = NS_ABSENT };
    return group_series_steady(&g->series, g->arrivals.load, g->begin.at, group_end(g),
                               r->flows[trial]);
}

struct growth recorder_growth(const struct recorder *r, uint32_t trial, uint32_t phase,
                              enum growth_id id)
{
    const struct group *g = *at(r, trial, phase);

    return g ? group_series_growth(&g->series, g->arrivals.load, id) : (struct growth){ 0 };
}

struct extreme recorder_extreme(const struct recorder *r, uint32_t trial, uint32_t phase,
                                enum headline h)
{
    const struct group *g = *at(r, trial, phase);

    return g ? g->extremes[h] : (struct extreme){ 0 };
}

void recorder_phase(const struct recorder *r, uint32_t trial, uint32_t phase,
                    struct phase_event *begin, struct phase_event *end)
{
    const struct group *g = *at(r, trial, phase);

    *begin = *end = (struct phase_event){ .at = NS_ABSENT };
    if (g) {
        *begin = g->begin;
        *end = g->end;
    }
}

const struct run_load *recorder_load(const struct recorder *r, uint32_t trial,
                                     uint32_t phase)
{
    const struct group *g = *at(r, trial, phase);

    return g ? g->arrivals.load : &r->run->cells[r->run->trials[trial].cell].loads[phase];
}

uint64_t recorder_unsent(const struct recorder *r, uint32_t trial, uint32_t phase)
{
    const struct group *g = *at(r, trial, phase);

    return g ? g->unsent : 0;
}

struct arrivals_seen recorder_arrivals(const struct recorder *r, uint32_t trial,
                                       uint32_t phase)
{
    const struct group *g = *at(r, trial, phase);

    if (!g)
        return (struct arrivals_seen){ 0 };
    return arrivals_see(&g->arrivals, g->end.at == NS_ABSENT ? NS_ABSENT : g->tally.span);
}

ns_t recorder_in_flight(const struct recorder *r, uint32_t trial, uint32_t phase,
                        ns_t *over)
{
    const struct group *g = *at(r, trial, phase);

    *over = g ? group_under_way(g) : 0;
    return g ? g->in_flight : 0;
}

size_t recorder_regions(const struct recorder *r, uint32_t trial, uint32_t phase)
{
    const struct group *g = *at(r, trial, phase);

    return g ? g->regions.n : 0;
}

const char *recorder_region(const struct recorder *r, uint32_t trial, uint32_t phase,
                            size_t region, uint64_t *attempts, uint64_t *errors)
{
    const struct group *g = *at(r, trial, phase);

    *attempts = g->regions.items[region].n;
    *errors = g->region_errors[region];
    return g->regions.items[region].name;
}

bool recorder_region_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                          size_t region, enum metric_id m, struct hist *h)
{
    const struct group *g = *at(r, trial, phase);

    return g && group_region_hist(g, region, m, h);
}

bool recorder_turn(const struct recorder *r, uint32_t trial, uint32_t phase, uint32_t turn,
                   uint64_t *requests, uint64_t *errors)
{
    const struct group *g = r->groups[trial * r->run->n_phases + phase];

    *requests = *errors = 0;
    if (turn < 1 || turn > RECORDER_TURNS)
        return false;
    *requests = g && g->turns ? g->turns->counts[turn - 1].requests : 0;
    *errors = g && g->turns ? g->turns->counts[turn - 1].errors : 0;
    return *requests > 0;
}

bool recorder_turn_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                        uint32_t turn, enum metric_id m, struct hist *h)
{
    const struct group *g = r->groups[trial * r->run->n_phases + phase];

    return g && g->turns && turn >= 1 && turn <= RECORDER_TURNS &&
           hists_add(&g->turns->hists[turn - 1], m, h);
}

size_t recorder_labels(const struct recorder *r, uint32_t cell, enum label l,
                       const struct label_count **items)
{
    *items = r->cells[cell].labels[l].items;
    return r->cells[cell].labels[l].n;
}

const struct limit_seen *recorder_limit(const struct recorder *r, uint32_t cell,
                                        enum limit_kind kind)
{
    return &r->cells[cell].limits[kind];
}

const struct batches *recorder_batches(const struct recorder *r, uint32_t cell)
{
    return &r->cells[cell].batches;
}

const struct wall *recorder_wall(const struct recorder *r, uint32_t cell)
{
    return &r->cells[cell].wall;
}

const char *recorder_message(const struct recorder *r, uint32_t cell, enum outcome o)
{
    return r->cells[cell].messages[o] ? r->cells[cell].messages[o] : "";
}

uint64_t recorder_good(const struct recorder *r, uint32_t trial, uint32_t phase, size_t slo)
{
    const struct group *g = *at(r, trial, phase);

    return g && g->good ? g->good[slo] : 0;
}

void recorder_health(const struct recorder *r, struct health_seen *h)
{
    *h = (struct health_seen){
        .samples = r->samples,
        .in_flight_max = r->in_flight_max,
        .freeze = r->freeze,
        .send_lag = &r->send_lag,
        .read_lag = &r->read_lag,
        .stamp_error = &r->stamp_error,
        .turn = &r->turn,
    };
    memcpy(h->counters, r->counters, sizeof(h->counters));
    for (size_t i = 0; i < MAX_WORKERS; i++) {
        const struct life *l = &r->lives[i];
        double busy =
            l->to > l->from ? (double)l->cpu * 1e6 / (double)(l->to - l->from) : 0;

        h->worker_ns += l->to - l->from;
        if (busy > (double)h->busiest_ppm)
            h->busiest_ppm = (int64_t)busy;
    }
}

bool recorder_end(const struct recorder *r, struct run_end *end)
{
    *end = r->end;
    if (!r->ended)
        *end = (struct run_end){ .at = r->latest,
                                 .detail = "",
                                 .cpu = NS_ABSENT,
                                 .sim_late_p99 = NS_ABSENT,
                                 .sim_cpu = NS_ABSENT };
    return r->ended;
}

/* Over the last whole seconds before the one under way. */
static void rates_now(const struct recorder *r, struct recorder_live *live)
{
    int64_t now = r->latest / NS_PER_S, span = now < RATE_SECONDS ? now : RATE_SECONDS;
    uint64_t requests = 0, tokens = 0;

    for (int64_t s = now - span; s < now; s++)
        if (r->seconds[s % SECONDS].number == s) {
            requests += r->seconds[s % SECONDS].requests;
            tokens += r->seconds[s % SECONDS].tokens;
        }
    if (span) {
        live->requests_per_s = (double)requests / (double)span;
        live->tokens_per_s = (double)tokens / (double)span;
    }
}

void recorder_live(const struct recorder *r, struct recorder_live *live)
{
    const struct group *g = *at(r, r->trial, r->phase);
    const struct hist *ttft = g ? g->hists.open[METRIC_TTFT] : NULL;

    *live = (struct recorder_live){
        .at = r->latest,
        .trial = r->trial,
        .phase = r->phase,
        .phase_begin = g ? g->begin.at : NS_ABSENT,
        .requests = r->requests,
        .errors = r->errors,
        .in_flight = r->in_flight_sum,
        .ttft_p50 = NS_ABSENT,
        .ttft_p95 = NS_ABSENT,
    };
    rates_now(r, live);
    if (ttft && ttft->total) {
        live->ttft_n = (uint64_t)ttft->total;
        live->ttft_p50 = hist_percentile(ttft, 50);
        live->ttft_p95 = hist_percentile(ttft, 95);
    }
}
