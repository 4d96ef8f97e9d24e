#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "data/replay.h"
#include "data/scenario_draft.h"

enum { MAX_PHASES = 64, MAX_STEPS = 1000 };

/* Most requests that one phase may plan: of sessions, which have numbers for their turns.
 */
#define MAX_PLANNED 1e9
#define MAX_SESSIONS 1e8

/* Reads one value of a profile: a rate or a number of slots. */
typedef int value_fn(struct str s, double *v, struct err *err);

static int slots_value(struct str s, double *v, struct err *err)
{
    uint64_t n;

    if (units_count(s, &n, err))
        return -1;
    *v = (double)n;
    return 0;
}

/* Rates may touch 0 on the way (a ramp from nothing, a pause), slots may not. */
static int read_point(struct keys_reader *r, const struct key *k, const struct node *n,
                      struct str s, value_fn *value, bool zero, double *v)
{
    struct err ignored;
    double least = 0;
    double most = 0;

    if (value(s, v, r->err))
        return keys_fail(r, k, n);
    value(str_of(k->least), &least, &ignored);
    value(str_of(k->most), &most, &ignored);
    if (*v > most || (*v < least && !(zero && *v <= 0)))
        return keys_wrong(r, k, n, "%.*s is out of range; expected %s to %s",
                          (int)(s.n < 60 ? s.n : 60), s.p, k->least, k->most);
    return 0;
}

static int read_ramp(struct keys_reader *r, const struct key *k, const struct node *n,
                     const char *dots, value_fn *value, bool zero, struct profile *p)
{
    struct str from = { n->text.p, (size_t)(dots - n->text.p) };
    struct str to = str_of(dots + 2);
    double *v = arena_alloc(r->arena, 2 * sizeof(*v));

    if (read_point(r, k, n, from, value, zero, &v[0]) ||
        read_point(r, k, n, to, value, zero, &v[1]))
        return -1;
    p->values = v;
    p->n = 2;
    p->ramp = true;
    return 0;
}

static int read_steps(struct keys_reader *r, const struct key *k, const struct node *n,
                      value_fn *value, bool zero, struct profile *p)
{
    double *v = arena_alloc(r->arena, n->n * sizeof(*v));

    if (!n->n || n->n > MAX_STEPS)
        return keys_wrong(r, k, n, "has %zu steps; expected 1 to %d", n->n, MAX_STEPS);
    for (size_t i = 0; i < n->n; i++) {
        const struct node *step = n->items[i];

        if (step->kind != NODE_SCALAR)
            return keys_wrong(r, k, step, "is %s; expected %s", node_kinds[step->kind],
                              k->type->expected);
        if (read_point(r, k, step, step->text, value, zero, &v[i]))
            return -1;
    }
    p->values = v;
    p->n = n->n;
    return 0;
}

static int read_profile(struct keys_reader *r, const struct key *k, const struct node *n,
                        value_fn *value, bool zero, struct profile *p)
{
    const char *dots = n->kind == NODE_SCALAR ? strstr(n->text.p, "..") : NULL;
    double most = 0;

    *p = (struct profile){ .at = n };
    if (n->kind == NODE_MAP)
        return keys_wrong(r, k, n, "is a mapping; expected %s", k->type->expected);
    if (dots                   ? read_ramp(r, k, n, dots, value, zero, p)
        : n->kind == NODE_LIST ? read_steps(r, k, n, value, zero, p)
                               : 0)
        return -1;
    if (!p->values) {
        double *v = arena_alloc(r->arena, sizeof(*v));

        if (read_point(r, k, n, n->text, value, zero, v))
            return -1;
        p->values = v;
        p->n = 1;
    }
    for (size_t i = 0; i < p->n; i++)
        most = fmax(most, p->values[i]);
    if (most <= 0)
        return keys_wrong(r, k, n, "a rate of 0 sends nothing; expected %s",
                          k->type->expected);
    return 0;
}

static int read_rates(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    return read_profile(r, k, n, units_rate, true, field);
}

static int read_slots(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    return read_profile(r, k, n, slots_value, false, field);
}

static int read_rate(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    return read_point(r, k, n, n->text, units_rate, false, field);
}

/* The field is ppm. */
static int read_percent(struct keys_reader *r, const struct key *k, const struct node *n,
                        void *field)
{
    int64_t *ppm = field, least = 0, most = 0;
    struct err ignored;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (units_percent(n->text, ppm, r->err))
        return keys_fail(r, k, n);
    units_percent(str_of(k->least), &least, &ignored);
    units_percent(str_of(k->most), &most, &ignored);
    if (*ppm < least || *ppm > most)
        return keys_wrong(r, k, n, "%.*s is out of range; expected %s to %s",
                          (int)(n->text.n < 60 ? n->text.n : 60), n->text.p, k->least,
                          k->most);
    return 0;
}

/* The field is the coefficient of variation of the gaps. */
static int read_arrival(struct keys_reader *r, const struct key *k, const struct node *n,
                        void *field)
{
    double *cv = field;
    struct phase_draft gamma = { 0 };
    struct keys_reader sub = *r;

    if (n->kind == NODE_SCALAR && (str_is(n->text, "even") || str_is(n->text, "poisson"))) {
        *cv = str_is(n->text, "even") ? 0 : 1;
        return 0;
    }
    if (n->kind != NODE_MAP || n->n != 1 || strcmp(n->members[0].key, "gamma") != 0)
        return keys_wrong(r, k, n, "expected %s", k->type->expected);
    sub.path = arena_printf(r->arena, "%s.arrival.gamma", r->path);
    if (keys_read(&sub, n->members[0].value, "load[].arrival.*.", &gamma))
        return -1;
    *cv = gamma.phase.cv;
    return 0;
}

const char *phase_name(struct arena *a, const struct node *load, size_t i)
{
    const struct node *phase = load->kind == NODE_LIST ? load->items[i] : load;
    const struct node *name = node_get(phase, "name");

    if (name && name->kind == NODE_SCALAR)
        return name->text.p;
    if (node_get(phase, "search"))
        return "probe";
    return arena_printf(a, "phase%zu", i + 1);
}

static int read_phase(struct keys_reader *r, const struct node *load, size_t i,
                      struct phases *phases)
{
    struct phase_draft *d = &phases->p[i];
    struct keys_reader sub = *r;

    d->node = load->kind == NODE_LIST ? load->items[i] : load;
    d->phase = (struct phase){ .duration = NS_ABSENT, .cv = 1 };
    d->phase.name = phase_name(r->arena, load, i);
    sub.path = arena_printf(r->arena, "load.%.64s", d->phase.name);
    if (keys_read(&sub, d->node, "load[].", d))
        return -1;
    d->seen = sub.seen;
    if (strchr(d->phase.name, '.'))
        return node_err(r->err, d->node->mark,
                        "phase \"%s\" has a dot in its name; expected it without",
                        d->phase.name);
    for (size_t k = 0; k < i; k++)
        if (!strcmp(phases->p[k].phase.name, d->phase.name))
            return node_err(r->err, d->node->mark, "two phases are called \"%s\"",
                            d->phase.name);
    return 0;
}

static int read_phases(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    struct phases *phases = field;

    if (n->kind == NODE_SCALAR)
        return keys_wrong(r, k, n, "is a value; expected %s", k->type->expected);
    phases->n = n->kind == NODE_LIST ? n->n : 1;
    if (!phases->n || phases->n > MAX_PHASES)
        return keys_wrong(r, k, n, "has %zu phases; expected 1 to %d", phases->n,
                          MAX_PHASES);
    phases->p = arena_alloc(r->arena, phases->n * sizeof(*phases->p));
    for (size_t i = 0; i < phases->n; i++)
        if (read_phase(r, n, i, phases))
            return -1;
    return 0;
}

/* The curve through a profile: steps take equal shares of the duration. */
static void draw_curve(struct phase *p, const struct profile *profile, struct arena *a)
{
    ns_t end = p->duration == NS_ABSENT ? PHASE_HORIZON : p->duration;
    size_t steps = profile->ramp ? 1 : profile->n;
    struct load_point *points = arena_alloc(a, 2 * steps * sizeof(*points));

    for (size_t i = 0; i < steps; i++) {
        points[2 * i].at = llround((double)end * (double)i / (double)steps);
        points[2 * i].value = profile->values[i];
        points[2 * i + 1].at = llround((double)end * (double)(i + 1) / (double)steps);
        points[2 * i + 1].value = profile->values[profile->ramp ? 1 : i];
    }
    points[2 * steps - 1].at = end;
    p->points = points;
    p->n_points = 2 * steps;
}

void draft_constant(struct phase *p, double rate, struct arena *a)
{
    double *value = arena_alloc(a, sizeof(*value));

    *value = rate;
    draw_curve(p, &(struct profile){ .values = value, .n = 1 }, a);
}

static double planned(const struct phase *p)
{
    double sum = 0;

    if (!p->open || p->duration == NS_ABSENT)
        return 0;
    for (size_t i = 1; i < p->n_points; i++)
        sum += (p->points[i].value + p->points[i - 1].value) / 2 *
               (double)(p->points[i].at - p->points[i - 1].at) / NS_PER_S;
    return p->requests ? fmin(sum, (double)p->requests) : sum;
}

/* A key that has no meaning beside another one. */
static int refuse(struct phase_draft *d, struct keys_reader *r, const char *key,
                  const char *why)
{
    const struct node *at = draft_seen(d->seen, key);

    if (!at)
        return 0;
    return node_err(r->err, at->mark, "phase \"%s\" %s", d->phase.name, why);
}

/*
 * A trace in place of a rate: so many rows as fit into duration and requests, at the mean
 * rate and with the spread of gaps that they have.
 */
static int take_replay(struct phase_draft *d, struct keys_reader *r)
{
    struct phase *p = &d->phase;
    struct replay_facts facts;
    struct load_point *points;

    if (!d->replay)
        return refuse(d, r, "load[].speed", "has no replay; speed goes with one");
    if (refuse(d, r, "load[].rate", "has both replay and rate; expected one of them") ||
        refuse(d, r, "load[].concurrency",
               "has both replay and concurrency; expected one of them") ||
        refuse(d, r, "load[].arrival",
               "has a replay, which says when requests leave; "
               "arrival goes with a rate") ||
        refuse(d, r, "load[].think", "has a replay; think goes with a concurrency"))
        return -1;
    p->replay = replay_get(r->own, r->arena, d->replay, r->err);
    if (!p->replay)
        return node_err_at(r->err, d->node->mark);
    p->speed = p->speed > 0 ? p->speed : 1;
    facts = replay_facts(p->replay, p->speed, p->duration, p->requests);
    points = arena_alloc(r->arena, 2 * sizeof(*points));
    points[0] = points[1] = (struct load_point){ 0, facts.rate };
    points[1].at = p->duration == NS_ABSENT ? PHASE_HORIZON : p->duration;
    p->points = points;
    p->n_points = 2;
    p->requests = facts.rows;
    p->cv = facts.cv;
    p->open = true;
    return 0;
}

static int finish_phase(struct phase_draft *d, struct keys_reader *r)
{
    struct phase *p = &d->phase;
    const struct profile *profile = d->rate.at ? &d->rate : &d->concurrency;
    const char *name = p->name;

    if (draft_searches(d))
        return node_err(r->err, d->node->mark,
                        "phase \"%s\" searches; expected that of the last phase alone",
                        name);
    if (take_replay(d, r))
        return -1;
    if (p->replay)
        return 0;
    if (d->rate.at && d->concurrency.at)
        return node_err(r->err, d->concurrency.at->mark,
                        "phase \"%s\" has both rate and concurrency; expected one of them",
                        name);
    if (!profile->at)
        return node_err(
            r->err, d->node->mark,
            "phase \"%s\" has neither rate nor concurrency nor replay; expected one of "
            "them, as rate: 10/s",
            name);
    if (p->duration == NS_ABSENT && !p->requests)
        return node_err(
            r->err, d->node->mark,
            "phase \"%s\" has no end; expected duration or requests, as duration: "
            "30s",
            name);
    if (profile->n > 1 && p->duration == NS_ABSENT)
        return node_err(r->err, profile->at->mark,
                        "phase \"%s\" has a ramp or steps, which need a duration", name);
    p->open = d->rate.at != NULL;
    if (!p->open && draft_seen(d->seen, "load[].arrival"))
        return node_err(r->err, draft_seen(d->seen, "load[].arrival")->mark,
                        "phase \"%s\" is a closed loop; arrival goes with a rate", name);
    if (p->open && draft_seen(d->seen, "load[].think"))
        return node_err(r->err, draft_seen(d->seen, "load[].think")->mark,
                        "phase \"%s\" is an open loop; think goes with a concurrency",
                        name);
    draw_curve(p, profile, r->arena);
    if (planned(p) > MAX_PLANNED)
        return node_err(r->err, profile->at->mark,
                        "phase \"%s\" plans %.3g requests; expected at most %.0e", name,
                        planned(p), MAX_PLANNED);
    return 0;
}

int draft_load(struct draft *d, struct keys_reader *r)
{
    struct phase *phases =
        arena_alloc(r->arena, (d->phases.n + SEARCH_MOST_PHASES) * sizeof(*phases));
    bool measured = false, searched = draft_searches(&d->phases.p[d->phases.n - 1]);
    size_t n = d->phases.n - searched;

    for (size_t i = 0; i < n; i++) {
        if (finish_phase(&d->phases.p[i], r))
            return -1;
        phases[i] = d->phases.p[i].phase;
        if (workload_has_sessions(&d->cell.workload) &&
            fmax(planned(&phases[i]), (double)phases[i].requests) > MAX_SESSIONS)
            return node_err(r->err, d->phases.p[i].node->mark,
                            "phase \"%s\" plans more than %.0e sessions", phases[i].name,
                            MAX_SESSIONS);
        measured = measured || phases[i].measured;
    }
    d->cell.n_phases = n;
    if (searched && draft_search(d, r, phases))
        return -1;
    measured = measured || searched;
    if (!measured)
        return node_err(
            r->err, d->phases.p[0].node->mark,
            "no phase is measured; expected at least one without measured: false");
    d->cell.phases = phases;
    return 0;
}

const struct key_type key_phases = {
    "phases",
    "a list of phases, as [{ rate: 10/s, duration: 30s }]",
    "\"type\":[\"array\",\"object\"]",
    read_phases,
};
const struct key_type key_rates = {
    "rates",
    "a rate as 10/s, a ramp as 1/s..40/s, or steps as [1/s, 5/s, 10/s]",
    "\"type\":[\"string\",\"array\"]",
    read_rates,
};
const struct key_type key_slots = {
    "slots",
    "a number as 4, a ramp as 1..50, or steps as [1, 5, 20]",
    "\"type\":[\"integer\",\"string\",\"array\"]",
    read_slots,
};
const struct key_type key_arrival = {
    "arrival",
    "even, poisson, or { gamma: { cv: 2 } }",
    "\"type\":[\"string\",\"object\"]",
    read_arrival,
};
const struct key_type key_rate = {
    "rate",
    "a rate, as 10/s",
    "\"type\":\"string\"",
    read_rate,
};
const struct key_type key_percent = {
    "percent",
    "a share, as 5%",
    "\"type\":\"string\"",
    read_percent,
};
