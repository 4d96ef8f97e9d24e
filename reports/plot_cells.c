#include <math.h>

#include "reports/plot.h"

/* Of a metric's percentile: value and interval in the axis' unit; absent: NaN. */
static void put_stat(struct buf *row, const struct summary_metric *m, enum stat_id id,
                     double per)
{
    const struct summary_stat *s = &m->stats[id];
    double value = (double)s->value / per;

    if (!s->present) {
        buf_str(row, " NaN NaN NaN");
        return;
    }
    buf_printf(row, " %.6g %.6g %.6g", value, s->lo < 0 ? value : (double)s->lo / per,
               s->hi < 0 ? value : (double)s->hi / per);
}

static void put_price(struct buf *row, const struct summary_rate *r)
{
    if (r->present)
        buf_printf(row, " %.6g", r->value / 1e6);
    else
        buf_str(row, " NaN");
}

static void put_cell(struct sketch *d, const struct subject *s, size_t row, size_t number)
{
    const struct summary_group *g = subject_group(s);
    struct buf b = { 0 };

    buf_printf(&b, "%zu %zu/", row, number);
    sketch_word(&b, s->name);
    put_stat(&b, &g->metrics[METRIC_TTFT], STAT_P50, NS_PER_MS);
    put_stat(&b, &g->metrics[METRIC_TTFT], STAT_P95, NS_PER_MS);
    put_stat(&b, &g->metrics[METRIC_TPS], STAT_P50, 1e3);
    put_price(&b, &g->rates[RATE_COST_PER_1K]);
    sketch_row(d, "%s", b.p);
    buf_free(&b);
}

static double upper(const struct summary_stat *s)
{
    return s->present ? (double)(s->hi > s->value ? s->hi : s->value) : 0;
}

static double lower(const struct summary_stat *s)
{
    return s->present ? (double)(s->lo >= 0 ? s->lo : s->value) : INFINITY;
}

static void put_axes(struct sketch *d, const struct subject *s, size_t n)
{
    double ttft = 0, least = INFINITY, tps = 0, price = 0;

    for (size_t i = 0; i < n; i++) {
        const struct summary_group *g = subject_group(&s[i]);
        const struct summary_rate *r = &g->rates[RATE_COST_PER_1K];

        ttft = fmax(ttft, upper(&g->metrics[METRIC_TTFT].stats[STAT_P50]));
        ttft = fmax(ttft, upper(&g->metrics[METRIC_TTFT].stats[STAT_P95]));
        least = fmin(least, lower(&g->metrics[METRIC_TTFT].stats[STAT_P50]));
        tps = fmax(tps, upper(&g->metrics[METRIC_TPS].stats[STAT_P50]));
        price = fmax(price, r->present ? r->value : 0);
    }
    sketch_wide_axis(d, "ttft", least / NS_PER_MS, ttft / NS_PER_MS);
    sketch_axis(d, "tps", tps / 1e3);
    sketch_axis(d, "price", price / 1e6);
}

bool sketch_cells(struct sketch *d, const struct subject *s, size_t n)
{
    size_t with = 0;
    uint64_t answers = 0;
    bool priced = false;

    sketch_block(d, "cells");
    for (size_t i = 0; i < n; i++) {
        const struct summary_group *g = subject_group(&s[i]);

        put_cell(d, &s[i], n - i, i + 1);
        answers += g->metrics[METRIC_TTFT].n;
        with += g->metrics[METRIC_TTFT].stats[STAT_P50].present;
        priced |= g->rates[RATE_COST_PER_1K].present;
    }
    sketch_end(d);
    if (!with) {
        sketch_say(d, "none of them has enough streamed answers for a median");
        return false;
    }
    d->height = (int)(100 + 38 * n);
    sketch_set(d, "rows", (double)n);
    sketch_set(d, "priced", priced);
    put_axes(d, s, n);
    sketch_say(
        d, "Each line is one of the ranking, with the 95 %% interval of its requests as "
           "a bar. Filled: median; hollow: p95 of the time to first token. Bars that "
           "overlap do not tell the two apart. ");
    sketch_say_count(d, answers, "answer in all.", "answers in all.");
    return true;
}
