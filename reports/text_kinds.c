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

void text_kinds(const struct page *p, const struct summary_group *g)
{
    put_embeddings(p, g);
    put_compound(p, g);
    put_verdicts(p, g);
}
