#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/version.h"
#include "data/fields.h"
#include "reports/report.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Of the shape of this document; see docs/run-json.md. */
enum { SCHEMA = 1, INDENT = 1 };

/* --- small parts --------------------------------------------------------------------- */

static void put_int(struct jsonw *w, const char *key, int64_t v)
{
    jsonw_key(w, key);
    jsonw_int(w, v);
}

static void put_count(struct jsonw *w, const char *key, uint64_t v)
{
    jsonw_key(w, key);
    jsonw_uint(w, v);
}

static void put_bool(struct jsonw *w, const char *key, bool v)
{
    jsonw_key(w, key);
    jsonw_bool(w, v);
}

static void put_text(struct jsonw *w, const char *key, const char *text)
{
    jsonw_key(w, key);
    if (text)
        jsonw_string(w, text);
    else
        jsonw_null(w);
}

/* Absent is null, never a number that could be taken for one. */
static void put_ns(struct jsonw *w, const char *key, ns_t v)
{
    jsonw_key(w, key);
    if (v == NS_ABSENT)
        jsonw_null(w);
    else
        jsonw_int(w, v);
}

static void open_object(struct jsonw *w, const char *key)
{
    jsonw_key(w, key);
    jsonw_object(w);
}

static void open_array(struct jsonw *w, const char *key)
{
    jsonw_key(w, key);
    jsonw_array(w);
}

/* --- metrics ------------------------------------------------------------------------- */

static void put_stat(struct jsonw *w, const char *key, const struct summary_stat *s)
{
    open_object(w, key);
    if (s->present) {
        put_int(w, "value", s->value);
        put_ns(w, "lo", s->lo);
        put_ns(w, "hi", s->hi);
    } else {
        put_count(w, "needs", s->needs);
    }
    jsonw_end(w);
}

static void put_metric(struct jsonw *w, const char *name, enum unit unit,
                       const struct summary_metric *m)
{
    open_object(w, name);
    put_text(w, "unit", unit_names[unit]);
    put_count(w, "n", m->n);
    put_int(w, "min", m->min);
    put_int(w, "mean", m->mean);
    put_int(w, "max", m->max);
    put_int(w, "stddev", m->stddev);
    for (int i = 0; i < N_STATS; i++)
        put_stat(w, stat_rows[i].name, &m->stats[i]);
    if (m->spread_lo >= 0) {
        open_object(w, "p50_of_trials");
        put_count(w, "n", m->trials);
        put_int(w, "min", m->spread_lo);
        put_int(w, "max", m->spread_hi);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_metrics(struct jsonw *w, const struct summary_group *g)
{
    open_object(w, "metrics");
    for (int i = 0; i < N_METRICS; i++)
        if (g->metrics[i].n)
            put_metric(w, metrics[i].name, metrics[i].unit, &g->metrics[i]);
    jsonw_end(w);
}

/* --- rates --------------------------------------------------------------------------- */

/* Rates as integers: their unit and how many of it make one of rate_value's. */
static const struct {
    const char *unit;
    double factor;
} rate_units[] = {
    [RATE_UNIT_PPM] = { "ppm", 1 },
    [RATE_UNIT_PER_S] = { "mreq/s", 1e3 },
    [RATE_UNIT_TOKENS_PER_S] = { "mtok/s", 1e3 },
    [RATE_UNIT_NUSD] = { "n$", 1 },
};

static void put_rates(struct jsonw *w, const struct summary_group *g)
{
    open_object(w, "rates");
    for (int i = 0; i < N_RATES; i++) {
        const struct summary_rate *r = &g->rates[i];
        double factor = rate_units[rates[i].unit].factor;

        if (!r->present)
            continue;
        open_object(w, rates[i].name);
        put_text(w, "unit", rate_units[rates[i].unit].unit);
        put_int(w, "value", llround(r->value * factor));
        if (r->interval) {
            put_int(w, "lo", llround(r->lo * factor));
            put_int(w, "hi", llround(r->hi * factor));
        }
        jsonw_end(w);
    }
    jsonw_end(w);
}

/* --- counts -------------------------------------------------------------------------- */

#define TALLY(member) FIELD_INT(#member, U64, struct tally, member, FIELD_ALWAYS)

static const struct field counts[] = {
    TALLY(requests),
    TALLY(request_errors),
    TALLY(first_attempts),
    TALLY(first_errors),
    TALLY(retried),
    TALLY(attempts),
    TALLY(cut),
    TALLY(ok),
    TALLY(prompt_tokens),
    TALLY(cached_tokens),
    TALLY(cached_base),
    TALLY(completion_tokens),
    TALLY(reasoning_tokens),
    TALLY(with_usage),
    TALLY(with_cached),
    TALLY(cache_hits),
    TALLY(priced),
    TALLY(priced_tokens),
    TALLY(unpriced),
    TALLY(tier_named),
    TALLY(tier_other),
    TALLY(frames),
    TALLY(frames_shared),
    TALLY(gaps_lost),
    TALLY(network_clamped),
    TALLY(clamped),
    TALLY(bytes_up),
    TALLY(bytes_down),
};

/* A cost of which nothing is known is null. */
static void put_counts(struct jsonw *w, const struct tally *t)
{
    put_ns(w, "span_ns", t->span);
    put_ns(w, "busy_ns", t->busy);
    put_ns(w, "cost_nusd", t->priced ? t->cost_nusd : -1);
    jsonw_key(w, "counts");
    fields_put(w, counts, COUNT(counts), t);
}

static void put_outcomes(struct jsonw *w, const struct outcome_counts *o)
{
    open_object(w, "outcomes");
    for (int i = 0; i < N_OUTCOMES; i++)
        if (o->all[i]) {
            open_object(w, outcomes[i].name);
            put_count(w, "requests", o->final[i]);
            put_count(w, "attempts", o->all[i]);
            put_bool(w, "error", outcomes[i].error);
            jsonw_end(w);
        }
    jsonw_end(w);
}

/* --- groups -------------------------------------------------------------------------- */

static void put_thousandths(struct jsonw *w, const char *key, bool there, double v)
{
    jsonw_key(w, key);
    if (there)
        jsonw_int(w, llround(v * 1e3));
    else
        jsonw_null(w);
}

static void put_ppm(struct jsonw *w, const char *key, bool there, double v)
{
    jsonw_key(w, key);
    if (there)
        jsonw_int(w, llround(v * 1e6));
    else
        jsonw_null(w);
}

/* A rate is in thousandths of a request per second, a concurrency in thousandths of one. */
static void put_load(struct jsonw *w, const struct summary_load *l)
{
    open_object(w, "load");
    put_text(w, "loop", l->open ? "open" : "closed");
    put_text(w, "asked_unit", l->open ? "mreq/s" : "thousandths in flight");
    put_thousandths(w, "asked", true, l->asked);
    put_thousandths(w, "asked_first", true, l->asked_first);
    put_thousandths(w, "asked_last", true, l->asked_last);
    put_count(w, "planned", l->planned);
    put_count(w, "issued", l->issued);
    put_thousandths(w, "arrived_mreq_per_s", l->has_rate, l->rate);
    put_thousandths(w, "in_flight_thousandths", l->has_rate, l->concurrency);
    put_ppm(w, "asked_gap_cv_ppm", l->open, l->asked_cv);
    put_ppm(w, "gap_cv_ppm", l->has_cv, l->cv);
    put_ppm(w, "asked_dispersion_ppm", l->open, l->asked_cv * l->asked_cv);
    put_ppm(w, "dispersion_ppm", l->has_dispersion, l->dispersion);
    jsonw_end(w);
}

static void put_regions(struct jsonw *w, const struct summary_group *g)
{
    open_array(w, "regions");
    for (size_t i = 0; i < g->n_regions; i++) {
        const struct summary_region *r = &g->regions[i];

        jsonw_object(w);
        put_text(w, "name", r->name);
        put_count(w, "attempts", r->attempts);
        put_count(w, "errors", r->errors);
        open_object(w, "metrics");
        for (int m = 0; m < N_REGION_METRICS; m++)
            if (r->metrics[m].n)
                put_metric(w, metrics[region_metrics[m]].name,
                           metrics[region_metrics[m]].unit, &r->metrics[m]);
        jsonw_end(w);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_group(struct jsonw *w, const struct summary_group *g)
{
    put_counts(w, &g->tally);
    put_outcomes(w, &g->outcomes);
    put_rates(w, g);
    put_metrics(w, g);
}

static void put_phases(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct run *run = s->run;

    open_array(w, "phases");
    for (size_t p = 0; p < run->n_phases; p++) {
        const struct summary_group *g = &s->groups[cell * run->n_phases + p];

        jsonw_object(w);
        put_text(w, "name", run->phases[p].name);
        put_bool(w, "measured", g->measured);
        put_load(w, &g->load);
        put_group(w, g);
        put_regions(w, g);
        jsonw_end(w);
    }
    jsonw_end(w);
}

/* The trial is the unit of evidence: each has all its figures. */
static void put_trials(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct run *run = s->run;

    open_array(w, "trials");
    for (size_t t = 0; t < run->n_trials; t++) {
        if (run->trials[t].cell != cell)
            continue;
        jsonw_object(w);
        put_count(w, "trial", t);
        put_count(w, "round", run->trials[t].round);
        open_array(w, "phases");
        for (size_t p = 0; p < run->n_phases; p++) {
            const struct summary_group *g = &s->trials[t * run->n_phases + p];

            jsonw_object(w);
            put_text(w, "name", run->phases[p].name);
            put_bool(w, "measured", g->measured);
            put_ns(w, "begin_ns", g->begin);
            put_load(w, &g->load);
            put_group(w, g);
            jsonw_end(w);
        }
        jsonw_end(w);
        jsonw_end(w);
    }
    jsonw_end(w);
}

/* --- cells --------------------------------------------------------------------------- */

static void put_limits(struct jsonw *w, const struct summary_cell *c)
{
    open_object(w, "limits");
    for (int i = 0; i < N_LIMITS; i++) {
        const struct limit_seen *l = &c->limits[i];

        if (l->at == NS_ABSENT)
            continue;
        open_object(w, limit_names[i]);
        put_ns(w, "limit", l->limit);
        put_ns(w, "remaining", l->remaining);
        put_ns(w, "lowest", l->lowest);
        put_ns(w, "reset_ns", l->reset);
        put_ns(w, "at_ns", l->at);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_labels(struct jsonw *w, const struct summary_cell *c)
{
    open_object(w, "labels");
    for (int l = 0; l < N_LABELS; l++) {
        open_array(w, label_names[l]);
        for (size_t i = 0; i < c->labels[l].n; i++) {
            jsonw_object(w);
            put_text(w, "name", c->labels[l].items[i].name);
            put_count(w, "n", c->labels[l].items[i].n);
            jsonw_end(w);
        }
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_messages(struct jsonw *w, const struct summary_cell *c)
{
    open_object(w, "messages");
    for (int o = 0; o < N_OUTCOMES; o++)
        if (*c->messages[o])
            put_text(w, outcomes[o].name, c->messages[o]);
    jsonw_end(w);
}

static void put_cell(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct run_cell *rc = &s->run->cells[cell];
    const struct summary_cell *c = &s->cells[cell];

    jsonw_object(w);
    put_text(w, "name", rc->name);
    put_text(w, "model", rc->model);
    put_text(w, "service_tier", rc->tier);
    open_object(w, "keys");
    for (size_t i = 0; i < rc->n_keys; i++)
        put_text(w, rc->keys[i].key, rc->keys[i].text);
    jsonw_end(w);
    put_int(w, "words_per_token_ppm", c->words_per_token_ppm);
    put_limits(w, c);
    put_labels(w, c);
    put_messages(w, c);
    open_object(w, "measured");
    put_group(w, &c->measured);
    put_regions(w, &c->measured);
    jsonw_end(w);
    put_phases(w, s, cell);
    put_trials(w, s, cell);
    jsonw_end(w);
}

/* --- verdicts and health ------------------------------------------------------------- */

static void put_slo(struct jsonw *w, const struct run *run, const struct summary_slo *v)
{
    const struct slo *slo = &run->slos[v->slo];
    double factor = slo->is_rate ? rate_units[rates[slo->rate].unit].factor : 1;

    jsonw_object(w);
    put_text(w, "slo", slo->text);
    put_text(w, "cell", v->cell == UINT32_MAX ? NULL : run->cells[v->cell].name);
    put_text(w, "verdict", verdict_names[v->verdict]);
    put_text(w, "unit",
             slo->is_rate ? rate_units[rates[slo->rate].unit].unit
                          : unit_names[metrics[slo->metric].unit]);
    put_int(w, "bound", llround(slo->value * factor));
    jsonw_key(w, "value");
    if (v->has_value && !v->infinite)
        jsonw_int(w, llround(v->value * factor));
    else
        jsonw_null(w);
    put_bool(w, "infinite", v->infinite);
    if (v->interval) {
        put_int(w, "lo", llround(v->lo * factor));
        put_ns(w, "hi", v->hi < 0 ? -1 : llround(v->hi * factor));
    }
    put_count(w, "n", v->n);
    put_count(w, "needs", v->needs);
    put_bool(w, "within_instrument_error", v->flips);
    jsonw_end(w);
}

static void put_health(struct jsonw *w, const struct summary_health *h)
{
    open_object(w, "health");
    put_ns(w, "send_lag_p99_ns", h->facts.send_lag_p99);
    put_ns(w, "stamp_error_p99_ns", h->facts.stamp_error_p99);
    put_ns(w, "ttft_api_median_ns", h->facts.ttft_api_median);
    put_ns(w, "simulator_late_p99_ns", h->facts.sim_late_p99);
    put_count(w, "dropped", h->facts.dropped);
    put_bool(w, "flips_verdict", h->facts.flips_verdict);
    put_count(w, "samples", h->samples);
    put_count(w, "in_flight_max", h->in_flight_max);
    open_object(w, "counters");
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        put_count(w, health_counter_names[i], h->counters[i]);
    jsonw_end(w);
    put_metric(w, "send_lag", UNIT_NS, &h->send_lag);
    put_metric(w, "read_lag", UNIT_NS, &h->read_lag);
    put_metric(w, "stamp_error", UNIT_NS, &h->stamp_error);
    put_metric(w, "turn", UNIT_NS, &h->turn);
    jsonw_end(w);
}

static void put_validity(struct jsonw *w, const struct summary_health *h)
{
    open_object(w, "validity");
    put_text(w, "verdict", validity_names[h->validity]);
    put_bool(w, "valid", h->validity == VALIDITY_VALID || h->validity == VALIDITY_DEGRADED);
    put_ns(w, "instrument_error_ns", h->e);
    jsonw_end(w);
}

/* --- the document -------------------------------------------------------------------- */

static void put_host(struct jsonw *w, const struct run_host *h)
{
    open_object(w, "host");
    put_text(w, "name", h->name);
    put_text(w, "cpu", h->cpu);
    put_int(w, "cores", h->cores);
    put_text(w, "kernel", h->kernel);
    put_text(w, "tokdyno", h->tool);
    put_text(w, "libcurl", h->libcurl);
    jsonw_end(w);
}

static void put_run(struct jsonw *w, const struct run *r)
{
    open_object(w, "run");
    put_text(w, "id", r->id);
    put_text(w, "name", r->name);
    put_text(w, "question", r->question);
    put_text(w, "target", r->target);
    put_count(w, "seed", r->seed);
    put_text(w, "scenario_digest", r->digest);
    put_int(w, "t0_real_ns", r->t0_real);
    put_int(w, "t0_mono_ns", r->t0_mono);
    put_count(w, "threads", r->threads);
    put_bool(w, "concurrent", r->concurrent);
    jsonw_end(w);
}

static void put_head(struct jsonw *w, const struct run *r, const char *state)
{
    jsonw_object(w);
    put_int(w, "schema", SCHEMA);
    put_text(w, "state", state);
    put_run(w, r);
    put_host(w, &r->host);
    jsonw_key(w, "scenario");
    jsonw_raw(w, str_of(r->scenario));
}

static void put_end(struct jsonw *w, const struct summary *s)
{
    open_object(w, "end");
    put_ns(w, "at_ns", s->end.at);
    put_text(w, "detail", s->end.detail);
    put_ns(w, "cpu_ns", s->end.cpu);
    put_ns(w, "simulator_cpu_ns", s->end.sim_cpu);
    jsonw_end(w);
}

static void put_total(struct jsonw *w, const struct summary *s)
{
    open_object(w, "total");
    put_counts(w, &s->total);
    put_outcomes(w, &s->outcomes);
    put_ns(w, "cost_with_unmeasured_nusd", s->all.priced ? s->all.cost_nusd : -1);
    jsonw_end(w);
}

void report_json(struct buf *out, const struct summary *s)
{
    struct jsonw w;

    jsonw_init(&w, out, INDENT);
    put_head(&w, s->run, s->ended ? end_reason_names[s->end.reason] : "unfinished");
    put_end(&w, s);
    put_validity(&w, &s->health);
    put_text(&w, "verdict", s->run->n_slos ? verdict_names[s->verdict] : NULL);
    open_array(&w, "slos");
    for (size_t i = 0; i < s->n_slos; i++)
        put_slo(&w, s->run, &s->slos[i]);
    jsonw_end(&w);
    put_total(&w, s);
    put_health(&w, &s->health);
    open_array(&w, "cells");
    for (uint32_t c = 0; c < s->run->n_cells; c++)
        put_cell(&w, s, c);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}

void report_json_running(struct buf *out, const struct run *run)
{
    struct jsonw w;

    jsonw_init(&w, out, INDENT);
    put_head(&w, run, "running");
    jsonw_end(&w);
    buf_char(out, '\n');
}
