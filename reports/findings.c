#include "reports/findings.h"

#include <string.h>

#include "base/json.h"
#include "base/units.h"
#include "data/cache_lab.h"
#include "data/tier.h"
#include "reports/answer.h"
#include "reports/text.h"

enum { MAX_NAMED = 3 }; /* more are counted */

/* --- prompt caches -------------------------------------------------------------------- */

static void put_at(struct buf *b, enum cache_sweep sweep, int64_t v)
{
    if (sweep == CACHE_SWEEP_PAUSE) {
        units_put_duration(b, v);
        return;
    }
    units_put_count(b, (uint64_t)v);
    buf_str(b, " tokens");
}

/* Between which two cells of a sweep hits begin, or end. */
static void put_edge(struct buf *out, const struct summary *s, enum cache_sweep sweep)
{
    static const struct {
        const char *what;
        const char *both;
        const char *hits;
        const char *misses;
    } words[N_CACHE_SWEEPS] = {
        [CACHE_SWEEP_PREFIX] = { "Least prefix that is cached", "between", "hit already at",
                                 "none hit up to" },
        [CACHE_SWEEP_PAUSE] = { "Lifetime without use", "between", "hit still after",
                                "forgotten already after" },
    };
    struct cache_edge e = cache_edge(s, sweep);
    int64_t lo = sweep == CACHE_SWEEP_PREFIX ? e.miss : e.hit;
    int64_t hi = sweep == CACHE_SWEEP_PREFIX ? e.hit : e.miss;

    if (!e.swept)
        return;
    buf_printf(out, "%s%s: ", out->len ? " " : "", words[sweep].what);
    if (!e.ordered)
        buf_str(out, "not to be told, hits and misses overlap: the cache is not only that");
    else if (e.has_hit && e.has_miss) {
        buf_printf(out, "%s ", words[sweep].both);
        put_at(out, sweep, lo);
        buf_str(out, " and ");
        put_at(out, sweep, hi);
    } else {
        buf_printf(out, "%s ", e.has_hit ? words[sweep].hits : words[sweep].misses);
        put_at(out, sweep, e.has_hit ? e.hit : e.miss);
    }
    buf_char(out, '.');
}

bool findings_of_cache(const struct summary *s)
{
    bool shared = false, told = false;

    for (size_t c = 0; c < s->run->n_cells; c++) {
        shared |= s->run->cells[c].shared_prefix > 0;
        told |= s->cells[c].measured.tally.with_cached > 0;
    }
    return shared && told;
}

static void put_caches(struct buf *out, const struct summary *s)
{
    for (int i = 0; findings_of_cache(s) && i < N_CACHE_SWEEPS; i++)
        put_edge(out, s, (enum cache_sweep)i);
}

/* --- service tiers -------------------------------------------------------------------- */

enum kept { KEPT, MISSED, UNSURE };

/* All that may be expected of the tier that a cell asked for. */
static enum kept judge(const struct summary *s, uint32_t cell)
{
    const char *tier = s->run->cells[cell].tier ? s->run->cells[cell].tier : "on_demand";
    enum kept kept = KEPT;

    for (int i = 0; i < N_TIER_TARGETS; i++) {
        uint64_t needs;
        enum tier_verdict v;

        if (strcmp(tier_targets[i].tier, tier) != 0)
            continue;
        v = tier_judge(&tier_targets[i], &s->cells[cell].measured, &needs);
        if (v == TIER_WARN || v == TIER_ALERT)
            return MISSED;
        if (v == TIER_NO_DATA)
            kept = UNSURE;
    }
    return kept;
}

/* "missed by on_demand, flex": by name where they are few. */
static void put_cells(struct buf *out, const struct summary *s, enum kept kept,
                      const char *words)
{
    size_t n = 0, named = 0;

    for (uint32_t c = 0; c < s->run->n_cells; c++)
        n += judge(s, c) == kept;
    if (!n)
        return;
    buf_printf(out, "%s%s", out->p[out->len - 1] == ' ' ? "" : "; ", words);
    if (n > MAX_NAMED) {
        buf_printf(out, "%zu cells", n);
        return;
    }
    for (uint32_t c = 0; c < s->run->n_cells; c++)
        if (judge(s, c) == kept) {
            buf_str(out, named++ ? ", " : "");
            text_cell_name_short(out, s->run, c, CELL_COLUMNS);
        }
}

static void put_tiers(struct buf *out, const struct summary *s)
{
    if (!tier_matters(s->run) || s->run->n_cells < 2)
        return;
    buf_str(out, "What tiers promise: ");
    put_cells(out, s, KEPT, "kept by ");
    put_cells(out, s, MISSED, "missed by ");
    put_cells(out, s, UNSURE, "too few requests of ");
    buf_char(out, '.');
}

/* --- regressions ---------------------------------------------------------------------- */

/* How many the scenario has: a list, or one alone. */
static size_t count_regressions(const char *scenario)
{
    struct str key;
    struct json j;
    size_t n = 0;

    json_init(&j, scenario, strlen(scenario));
    if (!json_open_object(&j))
        return 0;
    while (json_key(&j, &key)) {
        if (!str_is(key, "regression") || json_kind(&j) != JSON_IS_ARRAY) {
            n += str_is(key, "regression");
            json_skip(&j);
            continue;
        }
        json_open_array(&j);
        for (; json_item(&j); n++)
            json_skip(&j);
    }
    return n;
}

/* One run alone says nothing of them. */
static void put_regressions(struct buf *out, const struct summary *s)
{
    size_t n = s->run->scenario ? count_regressions(s->run->scenario) : 0;

    if (n)
        buf_printf(out,
                   "Is it worse than before? `tokdyno compare BASE THIS` holds its %zu "
                   "regression%s against another run or a baseline.",
                   n, n == 1 ? "" : "s");
}

/* --- all of them ---------------------------------------------------------------------- */

/* What is told of the whole run; before them stands what cells searched for. */
static void (*const of_run[])(struct buf *out, const struct summary *s) = {
    put_caches,
    put_tiers,
    put_regressions,
};

size_t findings_count(const struct summary *s)
{
    return s->run->n_cells * N_ANSWERS + sizeof(of_run) / sizeof(of_run[0]);
}

void findings_put(struct buf *out, const struct summary *s, size_t i)
{
    size_t of_cells = s->run->n_cells * N_ANSWERS;

    if (i < of_cells)
        answers[i % N_ANSWERS](out, s, (uint32_t)(i / N_ANSWERS));
    else
        of_run[i - of_cells](out, s);
}

/* --- objectives ----------------------------------------------------------------------- */

/* "; missed: ttft p95 < 400ms (flex), e2e p95 < 2s (3 cells)": those with this verdict. */
static void put_named(struct buf *out, const struct summary *s, enum verdict verdict,
                      const char *what)
{
    size_t named = 0;

    for (uint32_t slo = 0; slo < s->run->n_slos; slo++) {
        uint32_t cells = 0, cell = UINT32_MAX;

        for (size_t i = 0; i < s->n_slos; i++)
            if (s->slos[i].slo == slo && s->slos[i].verdict == verdict) {
                cells++;
                cell = s->slos[i].cell;
            }
        if (!cells || named++ >= MAX_NAMED)
            continue;
        buf_printf(out, "%s%s", named == 1 ? what : ", ", s->run->slos[slo].text);
        if (cells > 1)
            buf_printf(out, " (%u cells)", cells);
        else if (cell != UINT32_MAX && s->run->n_cells > 1) {
            buf_str(out, " (");
            text_cell_name_short(out, s->run, cell, CELL_COLUMNS);
            buf_char(out, ')');
        }
    }
    if (named > MAX_NAMED)
        buf_printf(out, " and %zu more", named - MAX_NAMED);
}

size_t findings_met(const struct summary *s)
{
    size_t met = 0;

    for (size_t i = 0; i < s->n_slos; i++)
        met += s->slos[i].verdict == VERDICT_PASS;
    return met;
}

void findings_put_objectives(struct buf *out, const struct summary *s)
{
    if (!s->n_slos)
        return;
    buf_printf(out, "Objectives: %s%s, %zu of %zu met",
               validity_holds(s->health.validity) ? ""
                                                  : "the run is not valid; by its figures ",
               verdict_names[s->verdict], findings_met(s), s->n_slos);
    put_named(out, s, VERDICT_FAIL, "; missed: ");
    put_named(out, s, VERDICT_NO_DATA, "; too little data: ");
    buf_char(out, '.');
}
