#include "reports/text.h"

/* The name of a figure as it stands in the table of a phase. */
static const char *name_of(enum headline h)
{
    return h == HEADLINE_TPS ? "tok/s" : metrics[headlines[h].of].name;
}

/* Only what the table shows: ttfa where there is reasoning, ttft_api where it differs. */
static bool shown(const struct summary_group *g, enum headline h)
{
    if (h == HEADLINE_TTFT_API)
        return g->metrics[METRIC_HELD].max >= NS_PER_MS;
    return h != HEADLINE_TTFA || g->tally.reasoning_tokens;
}

static void add(struct pieces *line, const char *what, enum headline h, int64_t error)
{
    struct buf *b = pieces_next(line);

    buf_printf(b, "%s%s ±", b->len ? "" : what, name_of(h));
    figure_value(b, metrics[headlines[h].of].unit, (double)error);
}

/* By how much the greatest values may be off; below a millisecond nobody minds. */
static void put_max(const struct page *p, const struct summary_group *g)
{
    struct pieces line = { 0 };
    bool off = false;

    for (int i = 0; i < N_HEADLINES; i++) {
        enum headline h = (enum headline)i;
        int64_t error = extreme_error(&g->extremes[h]);
        bool in_time = metrics[headlines[h].of].unit == UNIT_NS;
        bool is_off = health_max_is_off(&p->s->health.facts, h);

        if (!shown(g, h) || (in_time ? error < NS_PER_MS : !is_off))
            continue;
        add(&line, "error of the max: ", h, error);
        off |= is_off;
    }
    pieces_put(&line, p, 4, off ? STYLE_YELLOW : STYLE_PLAIN);
}

void text_errors(const struct page *p, const struct summary_group *g)
{
    struct pieces line = { 0 };

    for (int i = 0; i < N_HEADLINES; i++) {
        enum headline h = (enum headline)i;
        enum stat_id stat;
        int64_t error;

        if (shown(g, h) && summary_error(p->s, g, h, &error, &stat))
            add(&line, "error: ", h, error);
    }
    pieces_put(&line, p, 4, STYLE_PLAIN);
    put_max(p, g);
}
