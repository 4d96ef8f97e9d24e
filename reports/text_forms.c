#include "base/units.h"
#include "reports/text.h"

/*
 * What only some requests have: a form of the output, tools, a body that takes its time to
 * send. It is told where it is there.
 */

/* Columns of the second table of a comparison, each where a cell has something in it. */
static const struct column {
    const char *head;
    enum metric_id metric; /* its median; N_METRICS: a rate */
    enum rate_id rate;
} columns[] = {
    { "bad JSON", N_METRICS, RATE_JSON_INVALID },
    { "json_validate_failed", N_METRICS, RATE_JSON_FAILED },
    { "with calls", N_METRICS, RATE_TOOL_SHARE },
    { "calls complete p50", METRIC_TOOL_CALL, N_RATES },
    { "bad calls", N_METRICS, RATE_TOOL_INVALID },
    { "tool_use_failed", N_METRICS, RATE_TOOL_FAILED },
    { "request", METRIC_REQUEST_BYTES, N_RATES },
    { "upload p50", METRIC_UPLOAD, N_RATES },
    { "ttft_sent p50", METRIC_TTFT_SENT, N_RATES },
};

enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static bool has(const struct summary_group *g, const struct column *c)
{
    return c->metric == N_METRICS ? g->rates[c->rate].present
                                  : g->metrics[c->metric].stats[STAT_P50].present;
}

static bool any_has(const struct page *p, const struct column *c)
{
    for (uint32_t i = 0; i < p->s->run->n_cells; i++)
        if (has(&p->s->cells[i].measured, c))
            return true;
    return false;
}

static void take(struct table *t, const struct summary_group *g, const struct column *c)
{
    struct buf b = { 0 };

    if (!has(g, c))
        buf_str(&b, "–");
    else if (c->metric == N_METRICS)
        figure_rate(&b, rates[c->rate].unit, g->rates[c->rate].value);
    else
        figure_value(&b, metrics[c->metric].unit,
                     (double)g->metrics[c->metric].stats[STAT_P50].value);
    table_take(t, STYLE_PLAIN, &b);
}

void text_forms_comparison(const struct page *p)
{
    char sides[N_COLUMNS + 2] = "l";
    size_t n = 0;
    struct table t;

    for (size_t i = 0; i < N_COLUMNS; i++)
        if (any_has(p, &columns[i]))
            sides[++n] = 'r';
    if (!n)
        return;
    buf_char(p->out, '\n');
    table_init(&t, sides);
    table_cell(&t, STYLE_DIM, "%s", "");
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (any_has(p, &columns[i]))
            table_cell(&t, STYLE_DIM, "%s", columns[i].head);
    for (uint32_t c = 0; c < p->s->run->n_cells; c++) {
        uint32_t none = UINT32_MAX;

        text_take_cell(&t, p, c, &none);
        for (size_t i = 0; i < N_COLUMNS; i++)
            if (any_has(p, &columns[i]))
                take(&t, &p->s->cells[c].measured, &columns[i]);
        table_row(&t);
    }
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

/* --- of a phase ----------------------------------------------------------------------- */

static void add_share(struct pieces *line, const struct summary_rate *r, const char *what)
{
    struct buf *b;

    if (!r->present)
        return;
    b = pieces_next(line);
    figure_share(b, r->value);
    buf_printf(b, " %s", what);
}

/* "12 off_schema": what is not good, by its name. */
static void add_forms(struct pieces *line, const struct tally *t, enum form_kind kind)
{
    for (int f = 0; f < N_FORMS; f++)
        if (forms[f].kind == kind && t->forms[f] && (!forms[f].good || !forms[f].came))
            pieces_add(line, "%llu %s", (unsigned long long)t->forms[f], forms[f].name);
}

static void put_json(const struct page *p, const struct summary_group *g)
{
    const struct summary_rate *bad = &g->rates[RATE_JSON_INVALID];
    struct pieces line = { 0 };
    struct buf *b;

    if (!bad->present && !g->rates[RATE_JSON_FAILED].present)
        return;
    b = pieces_next(&line);
    buf_str(b, "JSON: ");
    if (bad->present) {
        figure_share(b, 1e6 - bad->value);
        buf_str(b, " as asked for");
    } else {
        buf_str(b, "none could be checked");
    }
    add_share(&line, &g->rates[RATE_JSON_FAILED], "json_validate_failed");
    add_forms(&line, &g->tally, FORM_OF_JSON);
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

static void put_tools(const struct page *p, const struct summary_group *g)
{
    const struct summary_rate *with = &g->rates[RATE_TOOL_SHARE];
    const struct summary_metric *calls = &g->metrics[METRIC_TOOL_CALLS];
    struct pieces line = { 0 };
    struct buf *b;

    if (!with->present && !g->rates[RATE_TOOL_FAILED].present)
        return;
    b = pieces_next(&line);
    buf_str(b, "tools: ");
    if (with->present) {
        figure_share(b, with->value);
        buf_str(b, " of answers call them");
    } else {
        buf_str(b, "no answer came");
    }
    if (calls->stats[STAT_P50].present)
        pieces_add(&line, "median %lld, at most %lld in an answer",
                   (long long)calls->stats[STAT_P50].value, (long long)calls->max);
    add_share(&line, &g->rates[RATE_TOOL_INVALID], "of them wrong");
    add_share(&line, &g->rates[RATE_TOOL_FAILED], "tool_use_failed");
    add_forms(&line, &g->tally, FORM_OF_CALLS);
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

/* Pictures, and what was sent: the time to send it has rows of its own. */
static void put_upload(const struct page *p, const struct summary_group *g)
{
    const struct summary_metric *size = &g->metrics[METRIC_REQUEST_BYTES];
    struct pieces line = { 0 };
    struct buf *b;

    if (!g->tally.images)
        return;
    b = pieces_next(&line);
    buf_str(b, "pictures: ");
    units_put_count(b, g->tally.images);
    if (size->n) {
        b = pieces_next(&line);
        units_put_bytes(b, (uint64_t)size->mean);
        buf_str(b, " a request");
    }
    b = pieces_next(&line);
    units_put_bytes(b, g->tally.bytes_up);
    buf_str(b, " sent in all");
    pieces_put(&line, p, 4, STYLE_PLAIN);
}

void text_forms(const struct page *p, const struct summary_group *g)
{
    put_json(p, g);
    put_tools(p, g);
    put_upload(p, g);
}
