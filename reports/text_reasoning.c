#include "reports/text.h"

/* The way to an answer of models that reason: when it shows what, and how much of its
 * output is thought. */
static const struct {
    const char *head;
    enum metric_id id;
} columns[] = {
    { "first event", METRIC_TTFR },      { "reasoning", METRIC_TTF_REASONING },
    { "answer", METRIC_TTFA },           { "thinks for", METRIC_REASONING_TIME },
    { "share", METRIC_REASONING_SHARE }, { "tokens thought", METRIC_REASONING_TOKENS },
    { "said", METRIC_ANSWER_TOKENS },
};

enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static bool reasons(const struct summary_group *g)
{
    return g->tally.reasoning_tokens > 0;
}

static bool any_reasons(const struct page *p)
{
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        if (reasons(&p->s->cells[c].measured))
            return true;
    return false;
}

static void put_row(struct table *t, const struct page *p, uint32_t cell)
{
    const struct summary_group *g = &p->s->cells[cell].measured;
    uint32_t none = UINT32_MAX;

    text_take_cell(t, p, cell, &none);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const struct summary_stat *s = &g->metrics[columns[i].id].stats[STAT_P50];
        struct buf b = { 0 };

        if (s->present)
            figure_value(&b, metrics[columns[i].id].unit, (double)s->value);
        else
            buf_str(&b, "–");
        table_take(t, STYLE_PLAIN, &b);
    }
}

void text_reasoning(const struct page *p)
{
    struct table t;

    if (!any_reasons(p))
        return;
    text_heading(p, "Reasoning, medians");
    table_init(&t, "lrrrrrrr");
    table_cell(&t, STYLE_DIM, "%s", "");
    for (size_t i = 0; i < N_COLUMNS; i++)
        table_cell(&t, STYLE_DIM, "%s", columns[i].head);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        put_row(&t, p, c);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}
