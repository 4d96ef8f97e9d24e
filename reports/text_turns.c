#include "base/units.h"
#include "reports/text.h"

static void take_median(struct table *t, const struct summary_turn *turn, size_t m,
                        enum stat_id stat)
{
    const struct summary_stat *s = &turn->metrics[m].stats[stat];
    struct buf b = { 0 };

    if (s->present)
        figure_value(&b, metrics[turn_metrics[m]].unit, (double)s->value);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void take_mean(struct table *t, const struct summary_turn *turn, size_t m)
{
    struct buf b = { 0 };

    if (turn->metrics[m].n)
        figure_value(&b, metrics[turn_metrics[m]].unit, (double)turn->metrics[m].mean);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

/* The order of turn_metrics. */
enum { TTFT, E2E, PROMPT, CACHED };

static void turn_intervals(struct table *t, const struct summary_turn *turn)
{
    if (!turn->metrics[TTFT].stats[STAT_P50].present)
        return;
    table_cell(t, STYLE_DIM, "%s", "");
    table_cell(t, STYLE_DIM, "95 %% CI");
    table_cell(t, STYLE_DIM, "%s", "");
    table_cell(t, STYLE_DIM, "%s", "");
    text_take_width(t, &turn->metrics[TTFT], STAT_P50);
    text_take_width(t, &turn->metrics[TTFT], STAT_P95);
    text_take_width(t, &turn->metrics[E2E], STAT_P50);
    table_row(t);
}

static void turn_row(struct table *t, const struct page *p, uint32_t cell,
                     const struct summary_turn *turn, uint32_t *last)
{
    struct buf b = { 0 };

    text_take_cell(t, p, cell, last);
    table_cell(t, STYLE_PLAIN, "turn %u%s", turn->turn,
               turn->turn == RECORDER_TURNS ? " and later" : "");
    units_put_count(&b, turn->requests);
    table_take(t, STYLE_PLAIN, &b);
    units_put_count(&b, turn->errors);
    table_take(t, turn->errors ? STYLE_RED : STYLE_PLAIN, &b);
    take_median(t, turn, TTFT, STAT_P50);
    take_median(t, turn, TTFT, STAT_P95);
    take_median(t, turn, E2E, STAT_P50);
    take_mean(t, turn, PROMPT);
    take_mean(t, turn, CACHED);
    turn_intervals(t, turn);
}

void text_turns(const struct page *p)
{
    static const char *const heads[] = { "",           "",    "n",       "errors",
                                         "ttft p50",   "p95", "e2e p50", "prompt mean",
                                         "cached mean" };
    uint32_t last = UINT32_MAX;
    struct table t;
    size_t head;

    table_init(&t, "llrrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    head = t.n;
    for (uint32_t c = 0; c < p->s->run->n_cells; c++) {
        const struct summary_group *g = &p->s->cells[c].measured;

        for (size_t i = 0; i < g->n_turns; i++)
            turn_row(&t, p, c, &g->turns[i], &last);
    }
    if (t.n > head) {
        text_heading(p, "By turn of the session");
        table_put(&t, p->out, 2, p->colour);
    }
    table_free(&t);
}
