#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/search_judge.h"
#include "data/summary_parts.h"

/*
 * What a probe that was met shows a server to have: what came is by chance more or less
 * than what was asked for (one more was due when it ended), and the queue may have grown as
 * fast as its samples leave open.
 */
static int64_t surely(const struct search_probe *p)
{
    double came = (double)p->arrived + 1e6 * NS_PER_S / (double)p->duration;
    double growth = p->growth.known ? fmax(0, p->growth.most) : 0;

    return llround(fmin((double)p->rate, came) / (1 + growth));
}

/* Of several probes at the rate the one that shows most counts. */
static void place_knee(struct summary_search *s)
{
    int64_t missed = INT64_MAX;

    s->knee_to = s->result.hi;
    for (size_t i = 0; i < s->n_probes; i++) {
        const struct search_probe *p = &s->probes[i];

        if (p->rate == s->result.lo && p->verdict == SEARCH_MET && surely(p) > s->knee_from)
            s->knee_from = surely(p);
        if (p->rate == s->result.hi && p->verdict == SEARCH_MISSED && p->arrived < missed)
            missed = p->arrived;
    }
    if (missed < INT64_MAX && missed > s->knee_to)
        s->knee_to = missed;
}

static void make_search(struct summary_making *k, uint32_t trial)
{
    struct summary_search *to = &k->s->searches[k->s->n_searches++];
    size_t slos = k->run->n_search_slos;
    struct search s;

    to->cell = k->run->trials[trial].cell;
    to->trial = trial;
    to->probes = arena_alloc(&k->s->arena, SEARCH_MAX_PROBES * sizeof(*to->probes));
    to->values = arena_alloc(&k->s->arena,
                             (slos ? slos : 1) * SEARCH_MAX_PROBES * sizeof(*to->values));
    to->n_probes = search_replay(&s, to->probes, to->values, k->run, k->r, trial);
    to->result = search_result(&s);
    place_knee(to);
}

static bool searches(const struct run *run)
{
    for (size_t c = 0; c < run->n_cells; c++)
        if (run->cells[c].search.range.probes)
            return true;
    return false;
}

void summary_make_searches(struct summary_making *k)
{
    const struct run *run = k->run;

    if (!searches(run))
        return;
    k->s->searches = arena_alloc(&k->s->arena, run->n_trials * sizeof(*k->s->searches));
    for (uint32_t t = 0; t < run->n_trials; t++)
        if (run->cells[run->trials[t].cell].search.range.probes)
            make_search(k, t);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool two_sided(const struct search_result *r)
{
    return r->lo && r->hi;
}

/* The error spans every bracket, so it grows where trials disagree. */
struct summary_capacity summary_capacity(const struct summary *s, uint32_t cell)
{
    struct summary_capacity c = { .holds = INT64_MAX };
    int64_t *middles = mem_array(s->n_searches, sizeof(*middles));
    int64_t lo = INT64_MAX, hi = 0;

    for (size_t i = 0; i < s->n_searches; i++) {
        const struct summary_search *of = &s->searches[i];
        const struct search_result *r = &of->result;

        if (of->cell != cell || !of->n_probes)
            continue;
        c.searches++;
        c.holds = r->lo < c.holds ? r->lo : c.holds;
        if (!two_sided(r))
            continue;
        middles[c.found++] = (of->knee_from + of->knee_to) / 2;
        lo = of->knee_from < lo ? of->knee_from : lo;
        hi = of->knee_to > hi ? of->knee_to : hi;
        c.misses = r->hi > c.misses ? r->hi : c.misses;
    }
    if (!c.searches)
        c.holds = 0;
    if (c.found) {
        qsort(middles, c.found, sizeof(*middles), by_size);
        c.rate = (middles[(c.found - 1) / 2] + middles[c.found / 2]) / 2;
        c.error = hi - c.rate > c.rate - lo ? hi - c.rate : c.rate - lo;
    }
    free(middles);
    return c;
}
