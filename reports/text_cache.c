#include "reports/findings.h"
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

void text_cache(const struct page *p)
{
    static const char *const heads[] = { "",    "tokens",       "requests", "ttft miss",
                                         "hit", "prefill miss", "hit" };
    struct table t;

    if (!findings_of_cache(p->s))
        return;
    text_heading(p, "Prompt cache (hits by tokens, by requests; medians with 95 % CI)");
    table_init(&t, "lrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        cache_row(&t, p, c);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}
