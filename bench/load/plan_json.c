#include <math.h>

#include "base/json.h"
#include "load/plan.h"

static void member_int(struct jsonw *w, const char *key, int64_t v)
{
    jsonw_key(w, key);
    if (v < 0)
        jsonw_null(w);
    else
        jsonw_int(w, v);
}

static void member_bool(struct jsonw *w, const char *key, bool v)
{
    jsonw_key(w, key);
    jsonw_bool(w, v);
}

static void member_text(struct jsonw *w, const char *key, const char *v)
{
    jsonw_key(w, key);
    if (v)
        jsonw_string(w, v);
    else
        jsonw_null(w);
}

static void members_of_sums(struct jsonw *w, const struct plan_cell *c)
{
    member_int(w, "requests", (int64_t)c->requests);
    member_int(w, "measured", (int64_t)c->measured);
    member_bool(w, "estimated", c->estimated);
    member_int(w, "tokens_in", c->tokens_in);
    member_int(w, "tokens_out", c->tokens_out);
    member_bool(w, "tokens_out_is_max", c->completion_max);
    member_int(w, "audio_ns", c->audio_in);
    member_int(w, "characters", c->characters_in);
    member_int(w, "time_ns", c->time);
    member_int(w, "cost_nusd", c->cost_nusd);
}

static void put_cell(struct jsonw *w, const struct plan_cell *c)
{
    jsonw_object(w);
    member_text(w, "name", c->cell->name);
    member_text(w, "model", c->cell->request.model);
    member_bool(w, "in_catalogue", c->model);
    member_int(w, "prompt_tokens", c->prompt);
    member_int(w, "completion_tokens", c->completion);
    member_int(w, "latency_ns", c->latency);
    members_of_sums(w, c);
    jsonw_end(w);
}

static void put_limit_json(struct jsonw *w, const struct plan_limit *l)
{
    jsonw_object(w);
    member_text(w, "model", l->model);
    member_text(w, "service_tier", l->tier);
    member_text(w, "plan", l->plan);
    member_bool(w, "known", l->known);
    member_int(w, "sustained_mrps", l->known ? llround(l->sustained * 1000) : -1);
    member_text(w, "sustained_by", l->sustained_by);
    member_text(w, "first", l->name);
    member_int(w, "limit", l->name ? l->limit : -1);
    member_int(w, "after_ns", l->name ? l->after : -1);
    member_bool(w, "paced", l->paced);
    jsonw_end(w);
}

static void put_budget_json(struct jsonw *w, const struct budget *b)
{
    jsonw_key(w, "budget");
    jsonw_object(w);
    member_int(w, "requests", b->requests ? (int64_t)b->requests : -1);
    member_int(w, "tokens", b->tokens ? (int64_t)b->tokens : -1);
    member_int(w, "cost_nusd", b->cost_nusd ? b->cost_nusd : -1);
    jsonw_end(w);
}

/* null where the scenario does not search. */
static void put_search_json(struct jsonw *w, const struct plan *p)
{
    const struct search_forecast *f = &p->search;

    jsonw_key(w, "search");
    if (!p->searches) {
        jsonw_null(w);
        return;
    }
    jsonw_object(w);
    member_int(w, "probes_least", f->fewest);
    member_int(w, "probes_most", f->most);
    member_int(w, "time_ns", f->longest);
    member_int(w, "budget_ns", p->cells[0].cell->search.budget);
    member_int(w, "width_ppm", f->width_ppm);
    member_bool(w, "may_stay_open", f->open > 0);
    member_int(w, "unbound_time_ns", p->search_unbound.longest);
    jsonw_end(w);
}

void plan_json(struct buf *out, const struct plan *p)
{
    struct jsonw w;

    jsonw_init(&w, out, 2);
    jsonw_object(&w);
    member_text(&w, "name", p->scenario->name);
    member_int(&w, "trials", (int64_t)p->trials);
    members_of_sums(&w, &p->total);
    jsonw_key(&w, "cells");
    jsonw_array(&w);
    for (size_t i = 0; i < p->n_cells; i++)
        put_cell(&w, &p->cells[i]);
    jsonw_end(&w);
    jsonw_key(&w, "limits");
    jsonw_array(&w);
    for (size_t i = 0; i < p->n_limits; i++)
        put_limit_json(&w, &p->limits[i]);
    jsonw_end(&w);
    put_budget_json(&w, &p->scenario->budget);
    put_search_json(&w, p);
    jsonw_key(&w, "warnings");
    jsonw_array(&w);
    for (size_t i = 0; i < p->n_warnings; i++)
        jsonw_string(&w, p->warnings[i]);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}
