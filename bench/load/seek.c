#include "load/seek.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/search_judge.h"

void seek_open(struct seek *k, const struct cell *cell, const struct run *run,
               const struct recorder *recorder, uint32_t trial)
{
    *k = (struct seek){ run, recorder, trial, *cell, NULL, NULL, 0, 0, false };
    k->phases = mem_array(cell->n_phases, sizeof(*k->phases));
    k->points = mem_array(cell->n_phases, sizeof(*k->points));
    memcpy(k->phases, cell->phases, cell->n_phases * sizeof(*k->phases));
    k->cell.phases = k->phases;
}

void seek_close(struct seek *k)
{
    free(k->phases);
    free(k->points);
}

static void set_rate(struct seek *k, uint32_t phase, int64_t rate, ns_t duration)
{
    double value = (double)rate / 1e6;

    k->points[phase][0] = (struct load_point){ 0, value };
    k->points[phase][1] = (struct load_point){ duration, value };
    k->phases[phase].points = k->points[phase];
    k->phases[phase].n_points = 2;
    k->phases[phase].duration = duration;
}

/* So that the probe is over when the budget is, whatever the server does. */
static void bound(struct seek *k, ns_t left)
{
    const struct search_spec *spec = &k->cell.search;

    if (spec->budget)
        k->cell.limits.drain = left < spec->drain ? left : spec->drain;
}

static bool next_probe(struct seek *k, ns_t now)
{
    const struct search_spec *spec = &k->cell.search;
    ns_t deadline = search_deadline(k->run, k->recorder, k->trial), left, duration;
    struct search_probe probes[SEARCH_MAX_PROBES];
    struct search s;
    int64_t rate;
    uint32_t phase;

    if (search_replay(&s, probes, NULL, k->run, k->recorder, k->trial) > s.n ||
        !search_next(&s, &rate))
        return false;
    left = deadline == NS_ABSENT ? spec->budget : deadline - now;
    duration = search_fit(spec, rate, search_tries(&s, rate) + 1, left);
    if (!duration)
        return false;
    phase = search_phase(spec, s.n);
    set_rate(k, phase, rate, duration);
    bound(k, left - spec->settle - duration);
    if (spec->settle)
        set_rate(k, phase - 1, rate, spec->settle);
    k->first = spec->settle ? phase - 1 : phase;
    k->n = phase - k->first + 1;
    return true;
}

bool seek_next(struct seek *k, ns_t now)
{
    bool searches = k->cell.search.range.probes > 0;

    if (k->begun || (searches && !k->cell.search.first)) {
        k->begun = true;
        return searches && next_probe(k, now);
    }
    k->begun = true;
    k->first = 0;
    k->n = searches ? k->cell.search.first : (uint32_t)k->cell.n_phases;
    return true;
}
