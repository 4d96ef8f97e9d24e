#include <math.h>
#include <string.h>

#include "api/demand.h"
#include "api/endpoint.h"
#include "base/units.h"
#include "data/nearest.h"
#include "data/stats.h"
#include "load/plan_private.h"
#include "load/profile.h"

/* What a percentile must have to be claimed: a one-sided limit of this confidence. */
static const double CONFIDENCE = 0.95;

typedef void put_fn(struct buf *out, int64_t v);

static void put_count(struct buf *out, int64_t v)
{
    units_put_count(out, (uint64_t)v);
}

static void over_budget(struct plan *p, const char *what, int64_t planned, int64_t allowed,
                        put_fn *put)
{
    struct buf b = { 0 };

    if (allowed <= 0 || planned <= allowed)
        return;
    buf_printf(&b, "budget.%s: up to ", what);
    put(&b, planned);
    buf_str(&b, " are planned, the budget is ");
    put(&b, allowed);
    plan_warn(p, "%s: the run may stop early, with exit code 5", b.p);
    buf_free(&b);
}

static void warn_budget(struct plan *p)
{
    const struct budget *b = &p->scenario->budget;
    int64_t in = p->total.tokens_in, out = p->total.tokens_out;

    over_budget(p, "requests", (int64_t)p->total.requests, (int64_t)b->requests, put_count);
    over_budget(p, "tokens", in > INT64_MAX - out ? INT64_MAX : in + out,
                (int64_t)b->tokens, put_count);
    over_budget(p, "cost", p->total.cost_nusd, b->cost_nusd, units_put_money);
    if (b->cost_nusd && p->total.cost_nusd < 0)
        plan_warn(
            p,
            "budget.cost: a price is unknown, so that spending cannot be counted in full");
}

static void warn_limit(struct plan *p, const struct plan_limit *l)
{
    struct buf after = { 0 };

    if (!l->name)
        return;
    units_put_duration(&after, l->after);
    plan_warn(
        p, "%s %s: the plan \"%s\" allows %s %lld; it is used up %s into the run, and %s",
        l->model, l->tier, l->plan, l->name, (long long)l->limit, after.p,
        l->paced ? "requests are held back from then on" : "refusals (429) follow");
    buf_free(&after);
}

static void warn_unknown_model(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct catalogue *known = r->plan->catalogue;
    const char *id = c->cell->request.model ? c->cell->request.model : "(none)";
    struct nearest near = nearest_to(str_of(id));
    struct err hint = { .msg = "" };

    for (size_t i = 0; known && i < known->n_models; i++)
        nearest_try(&near, known->models[i].id);
    nearest_hint(&near, &hint);
    plan_remark(r, c,
                "model %s is not in the catalogue: prices, limits and speed are unknown%s",
                id, hint.msg);
}

static void warn_model(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct model *m = c->model;

    if (!m && target_is_null(c->cell->target.base_url))
        return;
    if (!m)
        warn_unknown_model(r, c);
    else if (c->images && !m->vision)
        plan_remark(r, c, "the catalogue does not say that %s takes pictures", m->id);
    else if (m->context > 0 && c->longest + c->completion > m->context)
        plan_remark(r, c,
                    "prompt and answer (%lld + %lld tokens) exceed the context of %lld",
                    (long long)c->longest, (long long)c->completion, (long long)m->context);
    else if (m->max_completion > 0 && c->completion > m->max_completion)
        plan_remark(r, c,
                    "answers of %lld tokens are asked for, the model gives %lld at most",
                    (long long)c->completion, (long long)m->max_completion);
}

/* A key of the matrix that is no scenario key goes into the body, a misspelt one as well.
 */
static void warn_field(struct plan_remarks *r, const struct plan_cell *c)
{
    static const char *const usual[] = {
        "model",
        "service_tier",
        "temperature",
        "top_p",
        "seed",
        "stop",
        "n",
        "user",
        "max_completion_tokens",
        "max_tokens",
        "max_output_tokens",
        "reasoning_effort",
        "reasoning_format",
        "include_reasoning",
        "response_format",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "frequency_penalty",
        "presence_penalty",
        "metadata",
        "logprobs",
        "store",
    };

    for (size_t k = 0; k < c->cell->n_keys; k++) {
        const char *key = c->cell->keys[k].key;
        struct nearest near = nearest_to(str_of(key));

        for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
            nearest_try(&near, usual[i]);
        if (near.best && near.distance && !strchr(key, '.') && !scenario_has_key(key))
            plan_remark(
                r, c,
                "the matrix varies \"%s\", which is sent as a field of the body; did you "
                "mean \"%s\"?",
                key, near.best);
    }
}

/* What the scenario demands of outputs and nobody will look at. */
static void warn_unchecked(struct plan_remarks *r, const struct plan_cell *c)
{
    struct buf unchecked = { 0 };
    struct demand *d = demand_open(c->cell->request.body, &unchecked);

    if (unchecked.len)
        plan_remark(r, c,
                    "outputs are not checked for what the schema says with %.200s: they "
                    "may count as valid without being so",
                    unchecked.p);
    demand_close(d);
    buf_free(&unchecked);
}

/* Little's law: requests at once = rate * latency. */
static void warn_cap(struct plan_remarks *r, const struct plan_cell *c)
{
    double s = (double)c->latency / NS_PER_S;

    for (size_t i = 0; i < c->cell->n_phases; i++) {
        const struct phase *ph = &c->cell->phases[i];
        double peak = profile_peak(ph);
        double at_once = ceil(ph->open ? peak * s : peak);

        if (ph->searched || !c->cell->limits.in_flight ||
            at_once <= (double)c->cell->limits.in_flight)
            continue;
        if (ph->open)
            plan_remark(r, c,
                        "phase %s: %g requests/s of about %.2g s are %.0f at once, "
                        "limits.in_flight is %llu: the rest will be held back",
                        ph->name, peak, s, at_once,
                        (unsigned long long)c->cell->limits.in_flight);
        else
            plan_remark(r, c, "phase %s: concurrency %.0f is above limits.in_flight, %llu",
                        ph->name, at_once, (unsigned long long)c->cell->limits.in_flight);
    }
}

/* Does the objective speak of the cell, as far as matrix keys tell? */
static bool speaks_of(const struct slo *slo, const struct cell *cell)
{
    for (size_t i = 0; i < slo->n_selectors; i++)
        for (size_t j = 0; j < cell->n_keys; j++)
            if (!strcmp(slo->selectors[i].key, cell->keys[j].key) &&
                strcmp(slo->selectors[i].value, cell->keys[j].text))
                return false;
    return true;
}

/* The least sample that could show it, if all that is counted were good; 0: any. */
static int64_t sample_of(const struct slo *slo)
{
    double bound = slo->value / 1e6;
    double good = slo->op == SLO_LT || slo->op == SLO_LE ? 1 - bound : bound;

    if (!slo->is_rate)
        return slo->stat == SLO_PERCENTILE
                   ? stats_min_sample(slo->percentile / 100, CONFIDENCE)
                   : 0;
    if (!rates[slo->rate].proportion || good <= 0 || good >= 1)
        return 0;
    return stats_min_sample(good, CONFIDENCE);
}

static void warn_sample(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct scenario *s = r->plan->scenario;
    bool asked = false;

    for (size_t i = 0; i < s->n_slos; i++) {
        const struct slo *slo = &s->slos[i];
        int64_t least = sample_of(slo);

        if (!least || !speaks_of(slo, c->cell))
            continue;
        asked |= !slo->is_rate;
        if ((int64_t)c->measured < least)
            plan_remark(r, c, "slo \"%s\" needs %lld measured requests, %llu are planned",
                        slo->text, (long long)least, (unsigned long long)c->measured);
    }
    if (!asked && (int64_t)c->measured < stats_min_sample(0.99, CONFIDENCE))
        plan_remark(r, c, "a p99 needs %lld measured requests, %llu are planned",
                    (long long)stats_min_sample(0.99, CONFIDENCE),
                    (unsigned long long)c->measured);
}

bool plan_keeps_limits(const struct plan_cell *c)
{
    const struct target *t = &c->cell->target;

    if (!t->base_url || !(target_is_sim(t->base_url) || target_is_null(t->base_url)))
        return true;
    for (size_t k = 0; k < t->n_sim; k++)
        if (!strncmp(t->sim[k], "--plan", 6) || !strncmp(t->sim[k], "--limit", 7) ||
            !strncmp(t->sim[k], "--profile", 9))
            return true;
    return false;
}

static bool any_keeps_limits(const struct plan *p)
{
    for (size_t i = 0; i < p->n_cells; i++)
        if (plan_keeps_limits(&p->cells[i]))
            return true;
    return false;
}

static void warn_batches(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct endpoint *e = endpoint_find(c->cell->request.endpoint);
    struct buf window = { 0 };

    if (!e->carries)
        return;
    units_put_duration(&window, c->cell->batch.window);
    plan_remark(
        r, c,
        "how long a batch takes nobody knows beforehand, up to its window of %s; the "
        "time above is that of single requests",
        window.p);
    buf_free(&window);
}

void plan_warn_all(struct plan *p)
{
    struct plan_remarks sent = { .plan = p }, samples = { .plan = p };

    warn_budget(p);
    plan_warn_search(p);
    for (size_t i = 0; i < p->n_limits && any_keeps_limits(p); i++)
        warn_limit(p, &p->limits[i]);
    for (size_t i = 0; i < p->n_cells; i++) {
        warn_field(&sent, &p->cells[i]);
        warn_model(&sent, &p->cells[i]);
        warn_unchecked(&sent, &p->cells[i]);
        warn_cap(&sent, &p->cells[i]);
        plan_warn_audio(&sent, &p->cells[i]);
        warn_batches(&sent, &p->cells[i]);
        plan_warn_machine(&sent, &p->cells[i]);
        warn_sample(&samples, &p->cells[i]);
    }
    plan_remarks_end(&sent);
    p->n_urgent = p->n_warnings;
    plan_remarks_end(&samples);
}
