#include <math.h>
#include <string.h>

#include "load/plan_private.h"

static const char *text(const char *s, const char *otherwise)
{
    return s ? s : otherwise;
}

static struct plan_limit *find(struct plan *p, const struct cell *cell)
{
    const char *model = text(cell->request.model, "");
    const char *tier = text(cell->request.service_tier, "on_demand");
    const char *plan = text(cell->target.plan, "free");

    for (size_t i = 0; i < p->n_limits; i++) {
        struct plan_limit *l = &p->limits[i];

        if (!strcmp(l->model, model) && !strcmp(l->tier, tier) && !strcmp(l->plan, plan))
            return l;
    }
    p->limits[p->n_limits] = (struct plan_limit){
        .model = model,
        .tier = tier,
        .plan = plan,
    };
    return &p->limits[p->n_limits++];
}

/* What comes back in a second. */
static double refill(const struct plan_buckets *b, int i)
{
    return (double)b->size[i] / ((double)rate_limit_kinds[i].window / NS_PER_S);
}

static void learn_cell(struct plan_buckets *b, const struct plan_cell *c)
{
    struct plan_limit *l = b->limit;

    l->paced |= c->cell->limits.pace_to_rate_limits;
    for (int i = 0; i < N_RATE_LIMITS; i++) {
        b->size[i] = rate_limit_of(&rate_limit_kinds[i], c->model, l->plan, l->tier);
        b->level[i] = (double)b->size[i];
        l->known |= b->size[i] >= 0 && c->need.of[LIMIT_REQUESTS] > 0;
    }
}

static void know_sizes(struct plan_cell *c, const struct plan_buckets *b)
{
    c->forecast = forecast_none;
    c->begin = NS_ABSENT;
    for (int i = 0; i < N_RATE_LIMITS; i++)
        c->forecast.sizes[i] = b->size[i];
}

struct plan_buckets *plan_buckets_open(struct plan *p)
{
    struct plan_buckets *all = arena_alloc(&p->arena, p->n_cells * sizeof(*all));

    p->limits = arena_alloc(&p->arena, p->n_cells * sizeof(*p->limits));
    for (size_t i = 0; i < p->n_cells; i++) {
        struct plan_limit *l = find(p, p->cells[i].cell);

        all[l - p->limits].limit = l;
        learn_cell(&all[l - p->limits], &p->cells[i]);
        know_sizes(&p->cells[i], &all[l - p->limits]);
    }
    return all;
}

struct plan_buckets *plan_buckets_of(struct plan *p, struct plan_buckets *all,
                                     const struct cell *cell)
{
    return &all[find(p, cell) - p->limits];
}

/* The cell meets it first then, when such a share of the step's requests has passed. */
static void foresee(struct plan_buckets *b, int i, double requests,
                    const struct rate_need *need, ns_t at)
{
    struct plan_cell *c = b->cell;
    struct forecast *f = &c->forecast;
    double passed[N_LIMITS];

    if (*f->limit && f->after <= at - c->begin)
        return;
    for (int k = 0; k < N_LIMITS; k++)
        passed[k] = c->passed[k] + requests * need->of[k];
    f->limit = rate_limit_kinds[i].name;
    f->size = b->size[i];
    f->after = at - c->begin;
    f->requests = llround(passed[LIMIT_REQUESTS]);
    f->tokens = llround(passed[LIMIT_TOKENS]);
    f->audio_s = llround(passed[LIMIT_AUDIO_SECONDS]);
    f->paced = c->cell->limits.pace_to_rate_limits;
}

/* Used up at a constant rate, the bucket is empty that long after the step began. */
static void note(struct plan_buckets *b, int i, double used, double span)
{
    struct plan_limit *l = b->limit;
    ns_t after = b->at + llround(b->level[i] / used * span * NS_PER_S);

    if (l->name && l->after <= after)
        return;
    l->name = rate_limit_kinds[i].name;
    l->limit = b->size[i];
    l->after = after;
}

double plan_buckets_take(struct plan_buckets *b, double requests,
                         const struct rate_need *need, ns_t until)
{
    double span = until > b->at ? (double)(until - b->at) / NS_PER_S : 0;
    double fit = requests;

    for (int i = 0; i < N_RATE_LIMITS; i++) {
        double back = refill(b, i) * span;
        double used = requests * rate_need_of(need, i) - back;

        if (b->size[i] < 0 || rate_need_of(need, i) <= 0)
            continue;
        if (used > b->level[i] * (1 + 1e-9)) {
            foresee(b, i, requests * b->level[i] / used, need,
                    b->at + llround(b->level[i] / used * span * NS_PER_S));
            note(b, i, used, span);
        }
        fit = fmin(fit, (b->level[i] + back) / rate_need_of(need, i));
    }
    for (int i = 0; i < N_RATE_LIMITS; i++)
        b->level[i] = fmin((double)b->size[i], fmax(0, b->level[i] + refill(b, i) * span -
                                                           fit * rate_need_of(need, i)));
    for (int k = 0; k < N_LIMITS; k++)
        b->cell->passed[k] += fit * need->of[k];
    if (until > b->at)
        b->at = until;
    return fit;
}

ns_t plan_buckets_time(const struct plan_buckets *b, double requests,
                       const struct rate_need *need)
{
    double s = 0;

    for (int i = 0; i < N_RATE_LIMITS; i++)
        if (b->size[i] > 0 && rate_need_of(need, i) > 0)
            s = fmax(s, (requests * rate_need_of(need, i) - b->level[i]) / refill(b, i));
    return llround(fmin(s, 1e9) * NS_PER_S);
}

struct forecast plan_forecast(const struct plan *p, size_t cell)
{
    const struct plan_cell *c = &p->cells[cell];

    return plan_keeps_limits(c) ? c->forecast : forecast_none;
}

/* A full bucket and what comes back over the run, spread evenly over it. */
static void sustain(struct plan_limit *l, const struct plan_cell *c, double run_s)
{
    for (int i = 0; i < N_RATE_LIMITS; i++) {
        const struct rate_limit_kind *kind = &rate_limit_kinds[i];
        double size = (double)rate_limit_of(kind, c->model, l->plan, l->tier);
        double per_s = size / run_s + size / ((double)kind->window / NS_PER_S);
        double rate = per_s / fmax(1, rate_need_of(&c->need, i));

        if (size < 0 || rate_need_of(&c->need, i) <= 0 ||
            (l->sustained_by && rate >= l->sustained))
            continue;
        l->sustained = rate;
        l->sustained_by = kind->name;
    }
}

void plan_buckets_sustain(struct plan *p)
{
    double run_s = fmax(1, (double)p->total.time / NS_PER_S);

    for (size_t i = 0; i < p->n_cells; i++)
        sustain(find(p, p->cells[i].cell), &p->cells[i], run_s);
}
