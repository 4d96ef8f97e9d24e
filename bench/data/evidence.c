#include "data/evidence.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/cell_name.h"

enum { BEYOND = 10 }; /* values that a percentile wants beyond it */

static void add(struct hist *into, const struct hist *from)
{
    struct err err;
    int rc = hist_add(into, from, &err);

    assert(!rc); /* all have the standard range */
    (void)rc;
}

/* --- from a summary ------------------------------------------------------------------- */

static void take_metric(struct evidence_part *p, const struct recorder *r, uint32_t trial,
                        uint32_t phase, enum metric_id m, struct hist *h)
{
    struct sample s;

    hist_reset(h);
    p->worth[m] = 1;
    if (!recorder_hist(r, trial, phase, m, h))
        return;
    add(hists_get(&p->hists, m), h);
    if (recorder_sample(r, trial, phase, m, &s) && s.n)
        p->worth[m] = (double)s.used / (double)s.n;
}

static void take_part(struct evidence *e, struct evidence_part *p, const struct summary *s,
                      const struct recorder *r, uint32_t trial, uint32_t phase)
{
    const struct summary_group *g = &s->trials[trial * s->run->n_phases + phase];
    struct hist h;

    p->phase = arena_strdup(&e->arena, s->run->phases[phase].name);
    p->tally = g->tally;
    for (int o = 0; o < N_OUTCOMES; o++)
        p->attempt_errors += outcomes[o].error ? g->outcomes.all[o] : 0;
    p->open = g->load.open;
    p->asked = g->load.asked;
    p->rate = g->load.has_rate ? g->load.rate : -1;
    hist_init_standard(&h);
    for (int m = 0; m < N_METRICS; m++)
        take_metric(p, r, trial, phase, (enum metric_id)m, &h);
    hist_free(&h);
    hists_close(&p->hists);
}

static const char *shown_cell(struct evidence *e, const struct run *run, uint32_t cell)
{
    const struct cell_key **keys = mem_array(run->n_cells, sizeof(*keys));
    struct buf b = { 0 };
    const char *name;

    for (size_t i = 0; i < run->n_cells; i++)
        keys[i] = run->cells[i].keys;
    buf_str(&b, "");
    cell_name_put(&b, keys, run->n_cells, run->cells[cell].n_keys, cell);
    name = arena_strndup(&e->arena, b.p, b.len);
    buf_free(&b);
    free(keys);
    return name;
}

static void take_trial(struct evidence *e, struct evidence_trial *t,
                       const struct summary *s, const struct recorder *r, uint32_t trial)
{
    const struct run *run = s->run;
    const struct run_cell *cell = &run->cells[run->trials[trial].cell];

    t->cell = arena_strdup(&e->arena, cell->name);
    t->shown = shown_cell(e, run, run->trials[trial].cell);
    t->model = arena_strdup(&e->arena, cell->model ? cell->model : "");
    t->tier = arena_strdup(&e->arena, cell->tier ? cell->tier : "");
    t->round = run->trials[trial].round;
    t->parts = mem_array(run->n_phases, sizeof(*t->parts));
    for (uint32_t p = 0; p < run->n_phases; p++)
        if (run->phases[p].measured && s->trials[trial * run->n_phases + p].begun)
            take_part(e, &t->parts[t->n_parts++], s, r, trial, p);
}

struct evidence *evidence_make(const struct summary *s, const struct recorder *r,
                               const char *source)
{
    struct evidence *e = mem_alloc(sizeof(*e));
    const struct run *run = s->run;

    e->id = arena_strdup(&e->arena, run->id);
    e->name = arena_strdup(&e->arena, run->name);
    e->source = arena_strdup(&e->arena, source);
    e->digest = arena_strdup(&e->arena, run->digest);
    e->target = arena_strdup(&e->arena, run->target);
    e->scenario = arena_strdup(&e->arena, run->scenario);
    e->host = arena_printf(&e->arena, "%s, %d x %s", run->host.name, run->host.cores,
                           run->host.cpu);
    e->tool = arena_strdup(&e->arena, run->host.tool);
    e->seed = run->seed;
    e->at = run->t0_real;
    e->validity = s->health.validity;
    e->complete = s->ended && s->end.reason == END_DONE;
    e->e = s->health.e;
    e->trials = mem_array(run->n_trials, sizeof(*e->trials));
    for (uint32_t c = 0; c < run->n_cells; c++)
        if (s->cells[c].words_per_token_ppm)
            e->words_per_token = (double)s->cells[c].words_per_token_ppm / 1e6;
    for (uint32_t t = 0; t < run->n_trials; t++) {
        take_trial(e, &e->trials[e->n_trials], s, r, t);
        if (e->trials[e->n_trials].n_parts) /* one that never began is no trial */
            e->n_trials++;
        else
            free(e->trials[e->n_trials].parts);
    }
    return e;
}

void evidence_free(struct evidence *e)
{
    if (!e)
        return;
    for (size_t t = 0; t < e->n_trials; t++) {
        for (size_t p = 0; p < e->trials[t].n_parts; p++)
            hists_free(&e->trials[t].parts[p].hists);
        free(e->trials[t].parts);
    }
    free(e->trials);
    arena_free(&e->arena);
    free(e);
}

bool evidence_is_good(const struct evidence *e)
{
    return e->validity <= VALIDITY_DEGRADED;
}

/* --- values --------------------------------------------------------------------------- */

static const char *selector(const struct slo *rule, const char *key)
{
    for (size_t i = 0; i < rule->n_selectors; i++)
        if (!strcmp(rule->selectors[i].key, key))
            return rule->selectors[i].value;
    return NULL;
}

/* "key=value", a whole word of the cell's name. */
static bool names(const char *cell, const char *key, const char *value)
{
    size_t k = strlen(key), v = strlen(value);

    for (const char *p = cell; (p = strstr(p, key)); p++)
        if ((p == cell || p[-1] == ' ') && p[k] == '=' && !strncmp(p + k + 1, value, v) &&
            (!p[k + 1 + v] || p[k + 1 + v] == ' '))
            return true;
    return false;
}

bool evidence_selects(const struct evidence_trial *t, const struct slo *rule)
{
    for (size_t i = 0; i < rule->n_selectors; i++) {
        const struct slo_selector *s = &rule->selectors[i];

        if (!strcmp(s->key, "phase"))
            continue;
        if (!strcmp(s->key, "service_tier") && !strcmp(s->value, t->tier))
            continue;
        if (!strcmp(s->key, "model") && !strcmp(s->value, t->model))
            continue;
        if (!names(t->cell, s->key, s->value))
            return false;
    }
    return true;
}

static bool takes_part(const struct evidence_part *p, const struct slo *rule)
{
    const char *phase = selector(rule, "phase");

    return !phase || !strcmp(phase, p->phase);
}

/* As in the verdict on an objective: what every good answer takes time for. */
static uint64_t failures(const struct evidence_part *p, const struct metric *m)
{
    if (!metric_counts_failures(m))
        return 0;
    return m->per_request ? p->tally.request_errors : p->attempt_errors;
}

void evidence_hist(const struct evidence_trial *t, const struct slo *rule, struct hist *h,
                   double *counted)
{
    const struct metric *m = &metrics[rule->metric];

    *counted = 0;
    for (size_t i = 0; i < t->n_parts; i++) {
        const struct evidence_part *p = &t->parts[i];
        int64_t before = h->total;
        uint64_t failed = failures(p, m);

        if (!takes_part(p, rule))
            continue;
        hists_add(&p->hists, rule->metric, h);
        *counted += (double)(h->total - before) * p->worth[rule->metric] + (double)failed;
        if (failed)
            hist_record(h, m->more_is_better ? 1 : HIST_HIGHEST, (int64_t)failed);
    }
}

static void metric_value(const struct evidence_trial *t, const struct slo *rule,
                         struct evidence_value *v)
{
    struct hist h;
    double counted, tail = 1 - rule->percentile / 100;

    hist_init_standard(&h);
    evidence_hist(t, rule, &h, &counted);
    v->n = (uint64_t)h.total;
    v->needs = rule->stat == SLO_PERCENTILE ? (uint64_t)ceil(BEYOND / tail - 1e-6) : 1;
    v->present = v->n >= v->needs;
    switch (rule->stat) {
    case SLO_PERCENTILE:
        v->value = (double)hist_percentile(&h, rule->percentile);
        break;
    case SLO_MEAN:
        v->value = hist_mean(&h);
        break;
    case SLO_MAX:
        v->value = (double)hist_max(&h);
        break;
    }
    hist_free(&h);
}

void evidence_value(const struct evidence_trial *t, const struct slo *rule,
                    struct evidence_value *v)
{
    struct tally sum = { 0 };

    *v = (struct evidence_value){ .needs = 1 };
    if (!rule->is_rate) {
        metric_value(t, rule, v);
        return;
    }
    for (size_t i = 0; i < t->n_parts; i++)
        if (takes_part(&t->parts[i], rule))
            tally_add(&sum, &t->parts[i].tally);
    v->n = sum.requests;
    v->present = rates[rule->rate].value(&sum, &v->num, &v->den) &&
                 rate_value(rule->rate, &sum, &v->value);
}
