#include "data/cache_lab.h"

#include <string.h>

#include "base/str.h"
#include "base/units.h"

static bool ends_in(const char *key, const char *tail)
{
    size_t n = strlen(key), t = strlen(tail);

    return n >= t && !strcmp(key + n - t, tail);
}

/* The pause is in the matrix, as load.think or load.PHASE.think. */
static bool pause_of(const struct run_cell *c, int64_t *value)
{
    struct err ignored;

    for (size_t i = 0; i < c->n_keys; i++)
        if (!strncmp(c->keys[i].key, "load.", 5) && ends_in(c->keys[i].key, ".think"))
            return !units_duration(str_of(c->keys[i].text), value, &ignored);
    return false;
}

static bool prefix_of(const struct run_cell *c, int64_t *value)
{
    *value = (int64_t)c->shared_prefix;
    return c->shared_prefix > 0;
}

static bool (*const values[N_CACHE_SWEEPS])(const struct run_cell *c, int64_t *value) = {
    [CACHE_SWEEP_PREFIX] = prefix_of,
    [CACHE_SWEEP_PAUSE] = pause_of,
};

/* Takes in one cell: hits are looked for at the low end of pauses, the high end of
 * prefixes.
 */
static void take(struct cache_edge *e, enum cache_sweep sweep, int64_t v, bool hits)
{
    bool low =
        sweep == CACHE_SWEEP_PREFIX ? hits : !hits; /* wanted: the lowest of its kind */
    bool *has = hits ? &e->has_hit : &e->has_miss;
    int64_t *at = hits ? &e->hit : &e->miss;

    if (!*has || (low ? v < *at : v > *at))
        *at = v;
    *has = true;
}

struct cache_edge cache_edge(const struct summary *s, enum cache_sweep sweep)
{
    struct cache_edge e = { 0 };
    int64_t first = -1;

    for (size_t c = 0; c < s->run->n_cells; c++) {
        const struct tally *t = &s->cells[c].measured.tally;
        int64_t v;

        if (!values[sweep](&s->run->cells[c], &v) || !t->with_cached)
            continue;
        e.swept |= first >= 0 && v != first;
        first = v;
        take(&e, sweep, v, t->cache_hits * 2 > t->with_cached);
    }
    e.ordered = !e.has_hit || !e.has_miss ||
                (sweep == CACHE_SWEEP_PREFIX ? e.miss < e.hit : e.hit < e.miss);
    return e;
}
