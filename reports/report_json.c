#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/tier.h"
#include "reports/foreseen.h"
#include "reports/json_parts.h"
#include "reports/report.h"

/* Of the shape of this document; see docs/run-json.md. */
enum { SCHEMA = 1, INDENT = 1 };

/* --- cells --------------------------------------------------------------------------- */

static void put_phases(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct run *run = s->run;

    json_begin_array(w, "phases");
    for (size_t p = 0; p < run->n_phases; p++) {
        const struct summary_group *g = &s->groups[cell * run->n_phases + p];

        jsonw_object(w);
        json_put_text(w, "name", run->phases[p].name);
        json_put_bool(w, "measured", g->measured);
        json_put_load(w, &g->load);
        json_put_group(w, g);
        json_put_errors(w, s, g);
        json_put_regions(w, g);
        json_put_turns(w, g);
        jsonw_end(w);
    }
    jsonw_end(w);
}

/* The trial is the unit of evidence: each has all its figures. */
static void put_trials(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct run *run = s->run;

    json_begin_array(w, "trials");
    for (size_t t = 0; t < run->n_trials; t++) {
        if (run->trials[t].cell != cell)
            continue;
        jsonw_object(w);
        json_put_count(w, "trial", t);
        json_put_count(w, "round", run->trials[t].round);
        json_begin_array(w, "phases");
        for (size_t p = 0; p < run->n_phases; p++) {
            const struct summary_group *g = &s->trials[t * run->n_phases + p];

            jsonw_object(w);
            json_put_text(w, "name", run->phases[p].name);
            json_put_bool(w, "measured", g->measured);
            json_put_ns(w, "begin_ns", g->begin);
            json_put_load(w, &g->load);
            json_put_steady(w, &g->steady);
            json_put_group(w, g);
            json_put_errors(w, s, g);
            jsonw_end(w);
        }
        jsonw_end(w);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_limits(struct jsonw *w, const struct summary_cell *c)
{
    json_begin_object(w, "limits");
    for (int i = 0; i < N_LIMITS; i++) {
        const struct limit_seen *l = &c->limits[i];

        if (l->at == NS_ABSENT)
            continue;
        json_begin_object(w, limit_names[i]);
        json_put_ns(w, "limit", l->limit);
        json_put_ns(w, "remaining", l->remaining);
        json_put_ns(w, "lowest", l->lowest);
        json_put_ns(w, "reset_ns", l->reset);
        json_put_ns(w, "at_ns", l->at);
        jsonw_end(w);
    }
    jsonw_end(w);
}

/* Of a cell that was refused by a rate limit. */
static void put_wall(struct jsonw *w, const struct wall *wall)
{
    double requests, tokens;

    if (wall->at == NS_ABSENT)
        return;
    json_begin_object(w, "wall");
    json_put_text(w, "limit", *wall->kind ? wall->kind : NULL);
    json_put_ns(w, "first_ns", wall->first);
    json_put_ns(w, "at_ns", wall->at);
    json_put_count(w, "requests_before", wall->before);
    json_put_int(w, "tokens_before", wall->tokens_before);
    json_put_int(w, "audio_seconds_before", wall->audio_before);
    if (wall_sustained(wall, &requests, &tokens)) {
        json_put_int(w, "requests_per_min_after_millionths", llround(requests * 1e6));
        json_put_int(w, "tokens_per_min_after_millionths", llround(tokens * 1e6));
    }
    json_put_count(w, "refused", wall->refused);
    json_put_count(w, "announced", wall->announced);
    json_put_count(w, "retries", wall->retries);
    json_put_count(w, "retries_refused_again", wall->retries_again);
    jsonw_end(w);
}

static void put_labels(struct jsonw *w, const struct summary_cell *c)
{
    json_begin_object(w, "labels");
    for (int l = 0; l < N_LABELS; l++) {
        json_begin_array(w, label_names[l]);
        for (size_t i = 0; i < c->labels[l].n; i++) {
            jsonw_object(w);
            json_put_text(w, "name", c->labels[l].items[i].name);
            json_put_count(w, "n", c->labels[l].items[i].n);
            jsonw_end(w);
        }
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_messages(struct jsonw *w, const struct summary_cell *c)
{
    json_begin_object(w, "messages");
    for (int o = 0; o < N_OUTCOMES; o++)
        if (*c->messages[o])
            json_put_text(w, outcomes[o].name, c->messages[o]);
    jsonw_end(w);
}

/* What may be expected of the tier that was asked for; nothing where none was. */
static void put_targets(struct jsonw *w, const struct run_cell *rc,
                        const struct summary_group *g)
{
    if (!rc->tier || !*rc->tier)
        return;
    json_begin_array(w, "tier_targets");
    for (int i = 0; i < N_TIER_TARGETS; i++) {
        const struct tier_target *t = &tier_targets[i];
        uint64_t needs;
        enum tier_verdict v = tier_judge(t, g, &needs);

        if (strcmp(t->tier, rc->tier) != 0)
            continue;
        jsonw_object(w);
        json_put_text(w, "rate", rates[t->rate].name);
        json_put_int(w, "target_ppm", llround(t->target));
        json_put_int(w, "alert_ppm", llround(t->alert));
        json_put_text(w, "verdict", tier_verdict_names[v]);
        json_put_count(w, "needs", needs);
        jsonw_end(w);
    }
    jsonw_end(w);
}

static void put_cell(struct jsonw *w, const struct summary *s, uint32_t cell)
{
    const struct run_cell *rc = &s->run->cells[cell];
    const struct summary_cell *c = &s->cells[cell];

    jsonw_object(w);
    json_put_text(w, "name", rc->name);
    json_put_text(w, "model", rc->model);
    json_put_text(w, "service_tier", rc->tier);
    json_begin_object(w, "keys");
    for (size_t i = 0; i < rc->n_keys; i++)
        json_put_text(w, rc->keys[i].key, rc->keys[i].text);
    jsonw_end(w);
    json_put_int(w, "words_per_token_ppm", c->words_per_token_ppm);
    put_limits(w, c);
    put_wall(w, &c->wall);
    foreseen_json(w, s, cell);
    json_put_batches(w, &c->batches);
    put_labels(w, c);
    put_messages(w, c);
    put_targets(w, rc, &c->measured);
    json_begin_object(w, "measured");
    json_put_group(w, &c->measured);
    json_put_errors(w, s, &c->measured);
    json_put_regions(w, &c->measured);
    json_put_turns(w, &c->measured);
    jsonw_end(w);
    put_phases(w, s, cell);
    put_trials(w, s, cell);
    jsonw_end(w);
}

/* --- verdicts ------------------------------------------------------------------------ */

void json_put_slo(struct jsonw *w, const struct run *run, const struct summary_slo *v)
{
    const struct slo *slo = &run->slos[v->slo];
    double factor = slo->is_rate ? json_rate_units[rates[slo->rate].unit].factor : 1;

    jsonw_object(w);
    json_put_text(w, "slo", slo->text);
    json_put_text(w, "cell", v->cell == UINT32_MAX ? NULL : run->cells[v->cell].name);
    json_put_text(w, "verdict", verdict_names[v->verdict]);
    json_put_text(w, "unit",
                  slo->is_rate ? json_rate_units[rates[slo->rate].unit].unit
                               : unit_names[metrics[slo->metric].unit]);
    json_put_int(w, "bound", llround(slo->value * factor));
    jsonw_key(w, "value");
    if (v->has_value && !v->infinite)
        jsonw_int(w, llround(v->value * factor));
    else
        jsonw_null(w);
    json_put_bool(w, "infinite", v->infinite);
    if (v->interval) {
        json_put_int(w, "lo", llround(v->lo * factor));
        json_put_ns(w, "hi", v->hi < 0 ? -1 : llround(v->hi * factor));
    }
    json_put_count(w, "n", v->n);
    json_put_count(w, "needs", v->needs);
    json_put_bool(w, "within_instrument_error", v->flips);
    jsonw_end(w);
}

/* --- the document -------------------------------------------------------------------- */

static void put_host(struct jsonw *w, const struct run_host *h)
{
    json_begin_object(w, "host");
    json_put_text(w, "name", h->name);
    json_put_text(w, "cpu", h->cpu);
    json_put_int(w, "cores", h->cores);
    json_put_text(w, "kernel", h->kernel);
    json_put_text(w, "tokdyno", h->tool);
    json_put_text(w, "libcurl", h->libcurl);
    jsonw_end(w);
}

/* What `doctor` had found on this host; what it did not, or all of it, is left out. */
static void put_doctor(struct jsonw *w, const struct doctor_figures *f)
{
    if (f->streams < 0)
        return;
    jsonw_key(w, "doctor");
    fields_put(w, doctor_fields, N_DOCTOR_FIELDS, f);
}

static void put_run(struct jsonw *w, const struct run *r)
{
    json_begin_object(w, "run");
    json_put_text(w, "id", r->id);
    json_put_text(w, "name", r->name);
    json_put_text(w, "question", r->question);
    json_put_text(w, "target", r->target);
    json_put_count(w, "seed", r->seed);
    json_put_text(w, "scenario_digest", r->digest);
    json_put_int(w, "t0_real_ns", r->t0_real);
    json_put_int(w, "t0_mono_ns", r->t0_mono);
    json_put_count(w, "threads", r->threads);
    json_put_bool(w, "concurrent", r->concurrent);
    jsonw_end(w);
}

static void put_head(struct jsonw *w, const struct run *r, const char *state)
{
    jsonw_object(w);
    json_put_int(w, "schema", SCHEMA);
    json_put_text(w, "state", state);
    put_run(w, r);
    put_host(w, &r->host);
    put_doctor(w, &r->doctor);
    jsonw_key(w, "scenario");
    jsonw_raw(w, str_of(r->scenario));
}

static void put_end(struct jsonw *w, const struct summary *s)
{
    json_begin_object(w, "end");
    json_put_ns(w, "at_ns", s->end.at);
    json_put_text(w, "detail", s->end.detail);
    json_put_ns(w, "cpu_ns", s->end.cpu);
    json_put_ns(w, "simulator_cpu_ns", s->end.sim_cpu);
    jsonw_end(w);
}

static void put_total(struct jsonw *w, const struct summary *s)
{
    json_begin_object(w, "total");
    json_put_counts(w, &s->total);
    json_put_outcomes(w, &s->outcomes);
    json_put_ns(w, "cost_with_unmeasured_nusd", s->all.priced ? s->all.cost_nusd : -1);
    jsonw_end(w);
}

void report_json(struct buf *out, const struct summary *s)
{
    struct jsonw w;

    jsonw_init(&w, out, INDENT);
    put_head(&w, s->run, s->ended ? end_reason_names[s->end.reason] : "unfinished");
    put_end(&w, s);
    json_put_validity(&w, &s->health);
    json_put_warnings(&w, s);
    json_put_text(&w, "verdict", s->n_slos ? verdict_names[s->verdict] : NULL);
    json_begin_array(&w, "slos");
    for (size_t i = 0; i < s->n_slos; i++)
        json_put_slo(&w, s->run, &s->slos[i]);
    jsonw_end(&w);
    json_put_searches(&w, s);
    put_total(&w, s);
    json_put_health(&w, s);
    json_begin_array(&w, "cells");
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
