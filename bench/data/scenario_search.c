#include <math.h>

#include "data/scenario_draft.h"
#include "data/stats.h"

/* Numbers of requests have two digits for the phase. */
enum { MAX_BEFORE = 99 - SEARCH_MOST_PHASES };

#define DURATION (20 * NS_PER_S)

/*
 * An interval of this confidence is what decides a probe, so there have to be enough values
 * that it has both ends, even where chance sends a quarter fewer.
 */
#define CONFIDENCE 0.95
#define SPARE 1.25

static const struct node *seen(const struct phase_draft *d, const char *key)
{
    return draft_seen(d->seen, key);
}

bool draft_searches(const struct phase_draft *d)
{
    static const char *const keys[] = { "load[].search.slo",    "load[].search.from",
                                        "load[].search.to",     "load[].search.within",
                                        "load[].search.probes", "load[].search.settle",
                                        "load[].search.budget" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (seen(d, keys[i]))
            return true;
    return false;
}

/* What a phase whose rate is to be found cannot have, or must. */
static int check_keys(const struct phase_draft *d, struct keys_reader *r)
{
    static const struct {
        const char *path;
        const char *name;
        bool needed;
    } keys[] = {
        { "load[].search.slo", "search.slo", true },
        { "load[].search.from", "search.from", true },
        { "load[].search.to", "search.to", true },
        { "load[].rate", "rate", false },
        { "load[].concurrency", "concurrency", false },
        { "load[].requests", "requests", false },
        { "load[].think", "think", false },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct node *at = seen(d, keys[i].path);

        if (at && !keys[i].needed)
            return node_err(r->err, at->mark,
                            "phase \"%s\" searches for its rate; expected it without %s",
                            d->phase.name, keys[i].name);
        if (!at && keys[i].needed)
            return node_err(r->err, d->node->mark,
                            "the search of phase \"%s\" has no %s; expected search: { slo: "
                            "ttft p95 < 400ms, from: 1/s, to: 200/s }",
                            d->phase.name, keys[i].name + strlen("search."));
    }
    if (!d->phase.measured)
        return node_err(r->err, seen(d, "load[].measured")->mark,
                        "phase \"%s\" searches, and is measured; expected it without "
                        "measured: false",
                        d->phase.name);
    return 0;
}

static int check_slos(const struct phase_draft *d, struct keys_reader *r)
{
    const struct node *at = seen(d, "load[].search.slo");

    for (size_t i = 0; i < d->search.slos.n; i++)
        if (d->search.slos.p[i].n_selectors)
            return node_err(
                r->err, at->mark,
                "\"%.80s\": a search is of each cell; expected it without [...]",
                d->search.slos.p[i].text);
    return d->search.slos.n
               ? 0
               : node_err(r->err, at->mark, "search.slo is empty; expected an objective");
}

static int check(const struct draft *d, const struct phase_draft *p, struct keys_reader *r)
{
    if (check_keys(p, r) || check_slos(p, r))
        return -1;
    if (p->search.to <= p->search.from)
        return node_err(r->err, seen(p, "load[].search.to")->mark,
                        "search.to is not above search.from; expected a range, as from: "
                        "1/s, to: 200/s");
    if (d->cell.n_phases > MAX_BEFORE)
        return node_err(r->err, p->node->mark,
                        "%zu phases before a search; expected at most %d", d->cell.n_phases,
                        MAX_BEFORE);
    if (d->concurrent)
        return node_err(r->err, p->node->mark,
                        "cells that run at the same time cannot each search; expected "
                        "concurrent: false");
    return 0;
}

/* Requests that the strictest percentile needs: 1 - q^n above half of what may be wrong. */
static uint64_t least_requests(const struct slos *slos)
{
    double least = 1;

    for (size_t i = 0; i < slos->n; i++) {
        const struct slo *slo = &slos->p[i];
        double q = slo->percentile / 100;

        if (slo->is_rate || slo->stat != SLO_PERCENTILE || q <= 0 || q >= 1)
            continue;
        q = fmax(q, 1 - q);
        least = fmax(least, ceil(SPARE * log((1 - CONFIDENCE) / 2) / log(q)));
    }
    return (uint64_t)least;
}

static struct search_spec spec_of(const struct draft *d, const struct phase_draft *p)
{
    const struct search_draft *s = &p->search;

    return (struct search_spec){
        .range = { .from = llround(s->from * 1e6),
                   .to = llround(s->to * 1e6),
                   .within_ppm = s->within_ppm,
                   .probes = s->probes },
        .duration = p->phase.duration == NS_ABSENT ? DURATION : p->phase.duration,
        .settle = s->settle,
        .least = least_requests(&s->slos),
        .first = (uint32_t)d->cell.n_phases,
        .budget = s->budget,
        .drain = d->cell.limits.drain,
    };
}

static void add_phase(struct draft *d, struct phase *phases, const struct phase *like,
                      const char *name, int64_t rate, ns_t duration, struct arena *a)
{
    struct phase *p = &phases[d->cell.n_phases++];

    *p = *like;
    p->name = name;
    p->open = true;
    p->searched = true;
    p->duration = duration;
    draft_constant(p, (double)rate / 1e6, a);
}

/* As if the knee were near the highest rate: what a plan counts with. What is not needed
 * for that, or is beyond the budget, is spare. */
static void add_probes(struct draft *d, const struct phase_draft *draft,
                       struct phase *phases, struct arena *a)
{
    const struct search_spec *spec = &d->cell.search;
    const char *name = draft->phase.name;
    struct phase like = draft->phase, settle = like;
    ns_t left = spec->budget;
    struct search s;
    int64_t rate;

    settle.measured = false;
    search_init(&s, &spec->range);
    for (unsigned i = 0; i < spec->range.probes; i++) {
        ns_t duration = 0;

        if (search_next(&s, &rate))
            duration = search_fit(spec, rate, search_tries(&s, rate) + 1, left);
        settle.spare = like.spare = !duration;
        if (duration)
            search_tell(&s, rate,
                        rate < spec->range.to / 10 * 9 ? SEARCH_MET : SEARCH_MISSED);
        else {
            rate = spec->range.from;
            duration = search_duration(spec, rate, 1);
        }
        left -= spec->settle + duration;
        if (spec->settle)
            add_phase(d, phases, &settle, arena_printf(a, "%s%u-settle", name, i + 1), rate,
                      spec->settle, a);
        add_phase(d, phases, &like, arena_printf(a, "%s%u", name, i + 1), rate, duration,
                  a);
    }
}

static int check_names(const struct draft *d, const struct phase_draft *p,
                       struct keys_reader *r, const struct phase *phases)
{
    for (size_t i = 0; i < d->cell.search.first; i++)
        for (size_t k = d->cell.search.first; k < d->cell.n_phases; k++)
            if (!strcmp(phases[i].name, phases[k].name))
                return node_err(r->err, p->node->mark,
                                "two phases are called \"%s\": that is the name of a probe",
                                phases[i].name);
    return 0;
}

/* At least the first probe has to fit into it. */
static int check_budget(const struct search_spec *spec, const struct phase_draft *p,
                        struct keys_reader *r)
{
    double least = (double)(spec->settle + search_duration(spec, spec->range.from, 1));

    if (search_fit(spec, spec->range.from, 1, spec->budget))
        return 0;
    return node_err(
        r->err, seen(p, "load[].search.budget")->mark,
        "search.budget is too short for a probe at search.from, which takes %gs "
        "and what it needs to drain",
        least / NS_PER_S);
}

int draft_search(struct draft *d, struct keys_reader *r, struct phase *phases)
{
    const struct phase_draft *p = &d->phases.p[d->phases.n - 1];

    if (check(d, p, r))
        return -1;
    d->cell.search = spec_of(d, p);
    if (check_budget(&d->cell.search, p, r))
        return -1;
    add_probes(d, p, phases, r->arena);
    return check_names(d, p, r, phases);
}
