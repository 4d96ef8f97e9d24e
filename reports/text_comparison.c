#include "base/units.h"
#include "reports/text.h"

static void put_stat(struct buf *out, enum unit unit, const struct summary_stat *s)
{
    if (s->present)
        figure_value(out, unit, (double)s->value);
    else
        buf_str(out, "–");
}

void text_take_stat(struct table *t, const struct summary_metric *m, enum metric_id id,
                    enum stat_id stat)
{
    struct buf b = { 0 };

    put_stat(&b, metrics[id].unit, &m->stats[stat]);
    table_take(t, STYLE_PLAIN, &b);
}

void text_take_rate(struct table *t, const struct summary_group *g, enum rate_id id)
{
    struct buf b = { 0 };
    enum style style = STYLE_PLAIN;

    if (g->rates[id].present)
        figure_rate(&b, rates[id].unit, g->rates[id].value);
    else
        buf_str(&b, "–");
    if (id == RATE_ERROR && g->rates[id].value > 0)
        style = STYLE_RED;
    table_take(t, style, &b);
}

/* Columns behind the name, n and errors. */
struct column {
    const char *head;
    enum metric_id id;
    enum stat_id stat;
};

static const struct column of_text[] = {
    { "ttft p50", METRIC_TTFT, STAT_P50 },
    { "p95", METRIC_TTFT, STAT_P95 },
    { "e2e p50", METRIC_E2E, STAT_P50 },
    { "tok/s p50", METRIC_TPS, STAT_P50 },
};
static const struct column of_audio_in[] = {
    { "upload p50", METRIC_UPLOAD, STAT_P50 },
    { "e2e p50", METRIC_E2E, STAT_P50 },
    { "p95", METRIC_E2E, STAT_P95 },
    { "speed p50", METRIC_SPEED_FACTOR, STAT_P50 },
};
static const struct column of_audio_out[] = {
    { "ttft p50", METRIC_TTFT, STAT_P50 },
    { "p95", METRIC_TTFT, STAT_P95 },
    { "rtf p50", METRIC_RTF, STAT_P50 },
    { "char/s p50", METRIC_CHARS_PER_S, STAT_P50 },
};
enum { N_COMPARED = sizeof(of_text) / sizeof(of_text[0]) };

static bool any_cell_has(const struct page *p, enum metric_id id)
{
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        if (p->s->cells[c].measured.metrics[id].n)
            return true;
    return false;
}

/* Of answers that come whole. */
static const struct column of_whole[] = {
    { "e2e p50", METRIC_E2E, STAT_P50 },
    { "p95", METRIC_E2E, STAT_P95 },
    { "p99", METRIC_E2E, STAT_P99 },
    { "tok/s p50", METRIC_TPS, STAT_P50 },
};

/* What cells are compared by: columns that any of them has, and rates behind them. */
struct comparison {
    struct column columns[N_COMPARED];
    size_t n;
    enum rate_id rates[2];
    size_t n_rates;
};

static const struct column *columns_of(const struct page *p)
{
    if (any_cell_has(p, METRIC_TPS))
        return of_text;
    if (any_cell_has(p, METRIC_AUDIO_IN))
        return of_audio_in;
    if (any_cell_has(p, METRIC_CHARS_PER_S))
        return of_audio_out;
    return any_cell_has(p, METRIC_TTFT) ? of_text : of_whole;
}

static bool any_cell_rates(const struct page *p, enum rate_id id)
{
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        if (p->s->cells[c].measured.rates[id].present)
            return true;
    return false;
}

static struct comparison comparison_of(const struct page *p)
{
    static const enum rate_id behind[] = { RATE_TPS_TOTAL, RATE_CACHE_TOKENS };
    const struct column *columns = columns_of(p);
    struct comparison k = { .n = 0 };

    for (int i = 0; i < N_COMPARED; i++)
        if (any_cell_has(p, columns[i].id))
            k.columns[k.n++] = columns[i];
    for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++)
        if ((columns == of_text || columns == of_whole) && any_cell_rates(p, behind[i]))
            k.rates[k.n_rates++] = behind[i];
    return k;
}

static void compare_intervals(struct table *t, const struct summary_group *g,
                              const struct comparison *k)
{
    if (!g->metrics[METRIC_E2E].stats[STAT_P50].present)
        return;
    table_cell(t, STYLE_DIM, "  95 %% CI");
    table_cell(t, STYLE_DIM, "%s", "");
    table_cell(t, STYLE_DIM, "%s", "");
    for (size_t i = 0; i < k->n; i++)
        text_take_width(t, &g->metrics[k->columns[i].id], k->columns[i].stat);
    table_row(t);
}

static void compare_row(struct table *t, const struct page *p, uint32_t cell,
                        const struct comparison *k)
{
    const struct summary_group *g = &p->s->cells[cell].measured;
    uint32_t none = UINT32_MAX;
    struct buf b = { 0 };

    text_take_cell(t, p, cell, &none);
    units_put_count(&b, g->tally.requests);
    table_take(t, STYLE_PLAIN, &b);
    text_take_rate(t, g, RATE_ERROR);
    for (size_t i = 0; i < k->n; i++)
        text_take_stat(t, &g->metrics[k->columns[i].id], k->columns[i].id,
                       k->columns[i].stat);
    for (size_t i = 0; i < k->n_rates; i++) {
        if (k->rates[i] != RATE_TPS_TOTAL) {
            text_take_rate(t, g, k->rates[i]);
            continue;
        }
        if (g->rates[RATE_TPS_TOTAL].present)
            figure_number(&b, g->rates[RATE_TPS_TOTAL].value);
        else
            buf_str(&b, "–");
        table_take(t, STYLE_PLAIN, &b);
    }
    figure_cost(&b, &g->tally);
    table_take(t, STYLE_PLAIN, &b);
    compare_intervals(t, g, k);
}

void text_comparison(const struct page *p)
{
    struct comparison k = comparison_of(p);
    char form[] = "lrrrrrrrrr";
    struct table t;

    if (p->s->run->n_cells < 2 || p->s->n_searches) /* rates of probes do not mix */
        return;
    form[4 + k.n + k.n_rates] = '\0';
    buf_char(p->out, '\n');
    table_init(&t, form);
    table_cell(&t, STYLE_DIM, "%s", "");
    table_cell(&t, STYLE_DIM, "%s", "n");
    table_cell(&t, STYLE_DIM, "%s", "errors");
    for (size_t i = 0; i < k.n; i++)
        table_cell(&t, STYLE_DIM, "%s", k.columns[i].head);
    for (size_t i = 0; i < k.n_rates; i++)
        table_cell(&t, STYLE_DIM, "%s", k.rates[i] == RATE_TPS_TOTAL ? "all" : "cached");
    table_cell(&t, STYLE_DIM, "%s", "cost");
    for (uint32_t c = 0; c < p->s->run->n_cells; c++)
        compare_row(&t, p, c, &k);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
    text_kinds_comparison(p);
    text_forms_comparison(p);
}
