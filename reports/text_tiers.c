#include <string.h>

#include "base/units.h"
#include "data/tier.h"
#include "reports/text.h"

static const struct {
    const char *mark;
    enum style style;
} marks[N_TIER_VERDICTS] = {
    [TIER_PASS] = { "✓", STYLE_GREEN },
    [TIER_WARN] = { "!", STYLE_YELLOW },
    [TIER_ALERT] = { "✗", STYLE_RED },
    [TIER_NO_DATA] = { "–", STYLE_YELLOW },
};

static const char *tier_of(const struct run *run, uint32_t cell)
{
    const char *tier = run->cells[cell].tier;

    return tier && *tier ? tier : "on_demand";
}

/* "flex", or where there are several "on_demand 62 %, flex 38 %". */
static void take_answered(struct table *t, const struct summary_labels *l)
{
    struct buf b = { 0 };
    uint64_t all = 0;

    for (size_t i = 0; i < l->n; i++)
        all += l->items[i].n;
    if (!l->n)
        buf_str(&b, "–");
    for (size_t i = 0; i < l->n && i < 3; i++) {
        buf_printf(&b, "%s%s", i ? ", " : "", l->items[i].name);
        if (l->n < 2)
            break;
        buf_char(&b, ' ');
        figure_share(&b, (double)l->items[i].n / (double)all * 1e6);
    }
    table_take(t, l->n > 1 ? STYLE_YELLOW : STYLE_PLAIN, &b);
}

static void take_share(struct table *t, uint64_t n, uint64_t of)
{
    struct buf b = { 0 };

    if (of)
        figure_share(&b, (double)n / (double)of * 1e6);
    else
        buf_str(&b, "–");
    table_take(t, n ? STYLE_YELLOW : STYLE_PLAIN, &b);
}

static void take_rate(struct table *t, const struct summary_group *g, enum rate_id id)
{
    struct buf b = { 0 };

    if (g->rates[id].present)
        figure_rate(&b, rates[id].unit, g->rates[id].value);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void take_stat(struct table *t, const struct summary_metric *m, enum stat_id stat)
{
    struct buf b = { 0 };

    if (m->stats[stat].present)
        figure_value(&b, UNIT_NS, (double)m->stats[stat].value);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void tier_row(struct table *t, const struct page *p, uint32_t cell)
{
    const struct summary_cell *c = &p->s->cells[cell];
    const struct summary_group *g = &c->measured;
    uint64_t ended = g->tally.attempts - g->outcomes.all[OUTCOME_CUT];
    uint32_t none = UINT32_MAX;

    text_take_cell(t, p, cell, &none);
    table_cell(t, STYLE_PLAIN, "%s", tier_of(p->s->run, cell));
    take_answered(t, &c->labels[LABEL_TIER]);
    take_share(t, g->outcomes.all[OUTCOME_CAPACITY], ended);
    take_share(t, g->outcomes.all[OUTCOME_RATE_LIMITED], ended);
    take_rate(t, g, RATE_RETRY);
    take_rate(t, g, RATE_ERROR);
    take_stat(t, &g->metrics[METRIC_TTFT], STAT_P50);
    take_stat(t, &g->metrics[METRIC_TTFT], STAT_P95);
}

static void put_table(const struct page *p)
{
    static const char *const heads[] = { "",        "asked",  "answered by", "498", "429",
                                         "retried", "failed", "ttft p50",    "p95" };
    struct table t;

    table_init(&t, "lllrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        tier_row(&t, p, c);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

static void target_row(struct table *t, const struct page *p, uint32_t cell,
                       const struct tier_target *target)
{
    const struct summary_group *g = &p->s->cells[cell].measured;
    const struct summary_rate *r = &g->rates[target->rate];
    uint32_t none = UINT32_MAX;
    uint64_t needs;
    enum tier_verdict v = tier_judge(target, g, &needs);
    struct buf b = { 0 };

    table_cell(t, marks[v].style, "%s", marks[v].mark);
    table_cell(t, STYLE_PLAIN, "%s", target->tier);
    text_take_cell(t, p, cell, &none);
    buf_printf(&b, "%s: < ", target->help);
    figure_share(&b, target->target);
    table_take(t, STYLE_PLAIN, &b);
    if (r->present)
        figure_share(&b, r->value);
    else
        buf_str(&b, "–");
    if (r->present && r->interval) {
        buf_str(&b, " (");
        figure_share(&b, r->lo);
        buf_str(&b, "..");
        figure_share(&b, r->hi);
        buf_char(&b, ')');
    }
    if (v == TIER_NO_DATA) {
        buf_str(&b, ", needs ");
        units_put_count(&b, needs);
        buf_str(&b, " requests");
    }
    table_take(t, v == TIER_ALERT ? STYLE_RED : STYLE_PLAIN, &b);
}

static void put_targets(const struct page *p)
{
    struct table t;

    table_init(&t, "lllll");
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        for (int i = 0; i < N_TIER_TARGETS; i++)
            if (!strcmp(tier_targets[i].tier, tier_of(p->s->run, c)))
                target_row(&t, p, c, &tier_targets[i]);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

void text_tiers(const struct page *p)
{
    if (!tier_matters(p->s->run))
        return;
    text_heading(p, "Service tiers");
    put_table(p);
    put_targets(p);
}
