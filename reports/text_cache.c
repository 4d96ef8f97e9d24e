#include <string.h>

#include "base/units.h"
#include "data/cache_lab.h"
#include "reports/text.h"

static void take_rate(struct table *t, const struct summary_group *g, enum rate_id id)
{
    struct buf b = { 0 };

    if (g->rates[id].present)
        figure_share(&b, g->rates[id].value);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

/* "42.1 ms (40..44 ms)"; of few "–". */
static void take_median(struct table *t, const struct summary_metric *m)
{
    struct buf b = { 0 };

    if (m->stats[STAT_P50].present)
        figure_stat(&b, UNIT_NS, &m->stats[STAT_P50]);
    else
        buf_printf(&b, m->n ? "– (n=%llu)" : "–", (unsigned long long)m->n);
    table_take(t, STYLE_PLAIN, &b);
}

static void cache_row(struct table *t, const struct page *p, uint32_t cell)
{
    static const enum metric_id columns[] = { METRIC_TTFT_MISS, METRIC_TTFT_HIT,
                                              METRIC_PREFILL_MISS, METRIC_PREFILL_HIT };
    const struct summary_group *g = &p->s->cells[cell].measured;
    uint32_t none = UINT32_MAX;

    text_take_cell(t, p, cell, &none);
    take_rate(t, g, RATE_CACHE_TOKENS);
    take_rate(t, g, RATE_CACHE_REQUESTS);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        take_median(t, &g->metrics[columns[i]]);
}

static void put_at(struct buf *b, enum cache_sweep sweep, int64_t v)
{
    if (sweep == CACHE_SWEEP_PAUSE) {
        units_put_duration(b, v);
        return;
    }
    units_put_count(b, (uint64_t)v);
    buf_str(b, " tokens");
}

static void put_edge(const struct page *p, enum cache_sweep sweep)
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
    struct cache_edge e = cache_edge(p->s, sweep);
    int64_t lo = sweep == CACHE_SWEEP_PREFIX ? e.miss : e.hit;
    int64_t hi = sweep == CACHE_SWEEP_PREFIX ? e.hit : e.miss;
    struct buf b = { 0 };

    if (!e.swept)
        return;
    buf_printf(&b, "%s: ", words[sweep].what);
    if (!e.ordered)
        buf_str(&b, "not to be told, hits and misses overlap: the cache is not only that");
    else if (e.has_hit && e.has_miss) {
        buf_printf(&b, "%s ", words[sweep].both);
        put_at(&b, sweep, lo);
        buf_str(&b, " and ");
        put_at(&b, sweep, hi);
    } else {
        buf_printf(&b, "%s ", e.has_hit ? words[sweep].hits : words[sweep].misses);
        put_at(&b, sweep, e.has_hit ? e.hit : e.miss);
    }
    text_paragraph(p, 2, STYLE_BOLD, b.p);
    buf_free(&b);
}

/* Worth a word where prompts were meant to have something in common. */
static bool matters(const struct summary *s)
{
    bool shared = false, told = false;

    for (size_t c = 0; c < s->run->n_cells; c++) {
        shared |= s->run->cells[c].shared_prefix > 0;
        told |= s->cells[c].measured.tally.with_cached > 0;
    }
    return shared && told;
}

void text_cache(const struct page *p)
{
    static const char *const heads[] = { "",    "tokens",       "requests", "ttft miss",
                                         "hit", "prefill miss", "hit" };
    struct table t;

    if (!matters(p->s))
        return;
    text_heading(p, "Prompt cache (hits by tokens, by requests; medians with 95 % CI)");
    for (int i = 0; i < N_CACHE_SWEEPS; i++)
        put_edge(p, (enum cache_sweep)i);
    table_init(&t, "lrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        cache_row(&t, p, c);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}
