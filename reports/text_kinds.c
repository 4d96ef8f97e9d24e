#include "base/units.h"
#include "reports/text.h"

/* The lines of a phase that only some kinds of answer have. */

static void add_rate(struct pieces *line, const struct summary_group *g, enum rate_id id,
                     const char *behind)
{
    struct buf *b;

    if (!g->rates[id].present)
        return;
    b = pieces_next(line);
    figure_rate(b, rates[id].unit, g->rates[id].value);
    buf_str(b, behind);
}

static void put_embeddings(const struct page *p, const struct summary_group *g)
{
    const struct summary_metric *speed = &g->metrics[METRIC_EMBED_TPS];
    struct pieces line = { 0 };

    if (!g->rates[RATE_VECTORS].present)
        return;
    buf_str(pieces_next(&line), "embeddings: ");
    figure_number(&line.text, g->rates[RATE_VECTORS].value);
    buf_str(&line.text, " vectors/s");
    add_rate(&line, g, RATE_EMBEDDED_TPS, " in all");
    if (speed->stats[STAT_P50].present) {
        struct buf *b = pieces_next(&line);

        figure_stat(b, UNIT_MTOKS, &speed->stats[STAT_P50]);
        buf_str(b, " tok/s a request (median)");
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void put_compound(const struct page *p, const struct summary_group *g)
{
    static const struct {
        enum metric_id id;
        const char *name;
    } parts[] = {
        { METRIC_TOOL_TIME, "in tools" },
        { METRIC_MODEL_TIME, "in models" },
        { METRIC_BEYOND_MODELS, "in tools and network" },
    };
    const struct summary_metric *tools = &g->metrics[METRIC_EXECUTED_TOOLS];
    struct pieces line = { 0 };

    if (!tools->n && !g->metrics[METRIC_MODEL_TIME].n)
        return;
    buf_str(pieces_next(&line), "server's own tools: ");
    figure_number(&line.text, (double)tools->mean);
    buf_str(&line.text, " an answer (mean)");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct summary_stat *s = &g->metrics[parts[i].id].stats[STAT_P50];
        struct buf *b;

        if (!s->present)
            continue;
        b = pieces_next(&line);
        figure_stat(b, UNIT_NS, s);
        buf_printf(b, " %s", parts[i].name);
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void put_verdicts(const struct page *p, const struct summary_group *g)
{
    const struct summary_metric *score = &g->metrics[METRIC_SCORE];
    struct pieces line = { 0 };

    if (!g->tally.judged)
        return;
    buf_str(pieces_next(&line), "verdicts: ");
    figure_rate(&line.text, RATE_UNIT_PPM, g->rates[RATE_FLAGGED].value);
    buf_str(&line.text, " flagged of ");
    units_put_count(&line.text, g->tally.judged);
    if (score->stats[STAT_P50].present) {
        struct buf *b = pieces_next(&line);

        buf_str(b, "score ");
        figure_stat(b, UNIT_PPM, &score->stats[STAT_P50]);
        buf_str(b, " (median)");
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

/* --- cells side by side -------------------------------------------------------------- */

/* What cells of such kinds are compared by; a column is there where any of them has it. */
static const struct column {
    const char *head;
    bool is_rate;
    int id;
} columns[] = {
    { "vectors/s", true, RATE_VECTORS },
    { "tok/s in all", true, RATE_EMBEDDED_TPS },
    { "tok/s p50", false, METRIC_EMBED_TPS },
    { "tools", false, METRIC_EXECUTED_TOOLS },
    { "in tools p50", false, METRIC_TOOL_TIME },
    { "in models p50", false, METRIC_MODEL_TIME },
    { "tools+network p50", false, METRIC_BEYOND_MODELS },
    { "flagged", true, RATE_FLAGGED },
    { "score p50", false, METRIC_SCORE },
};
enum { N_KIND_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static bool has(const struct summary_group *g, const struct column *c)
{
    return c->is_rate ? g->rates[c->id].present : g->metrics[c->id].n > 0;
}

static bool any_has(const struct page *p, const struct column *c)
{
    for (size_t i = 0; i < p->s->run->n_cells; i++)
        if (has(&p->s->cells[i].measured, c))
            return true;
    return false;
}

/* A rate, a mean of counts, else a median where there is one. */
static void take_cell(struct table *t, const struct summary_group *g,
                      const struct column *c)
{
    const struct summary_metric *m = &g->metrics[c->is_rate ? 0 : c->id];
    struct buf b = { 0 };

    if (!has(g, c))
        buf_str(&b, "–");
    else if (c->is_rate && rates[c->id].unit == RATE_UNIT_PPM)
        figure_share(&b, g->rates[c->id].value);
    else if (c->is_rate)
        figure_number(&b, g->rates[c->id].value);
    else if (metrics[c->id].unit == UNIT_COUNT)
        figure_number(&b, (double)m->mean);
    else if (m->stats[STAT_P50].present)
        figure_value(&b, metrics[c->id].unit, (double)m->stats[STAT_P50].value);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

void text_kinds_comparison(const struct page *p)
{
    char form[N_KIND_COLUMNS + 2] = "l";
    bool wanted[N_KIND_COLUMNS];
    size_t n = 1;
    struct table t;

    for (size_t i = 0; i < N_KIND_COLUMNS; i++) {
        wanted[i] = any_has(p, &columns[i]);
        if (wanted[i])
            form[n++] = 'r';
    }
    form[n] = '\0';
    if (n == 1)
        return;
    buf_char(p->out, '\n');
    table_init(&t, form);
    table_cell(&t, STYLE_DIM, "%s", "");
    for (size_t i = 0; i < N_KIND_COLUMNS; i++)
        if (wanted[i])
            table_cell(&t, STYLE_DIM, "%s", columns[i].head);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++) {
        uint32_t none = UINT32_MAX;

        text_take_cell(&t, p, c, &none);
        for (size_t i = 0; i < N_KIND_COLUMNS; i++)
            if (wanted[i])
                take_cell(&t, &p->s->cells[c].measured, &columns[i]);
    }
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

void text_kinds(const struct page *p, const struct summary_group *g)
{
    put_embeddings(p, g);
    put_compound(p, g);
    put_verdicts(p, g);
}
