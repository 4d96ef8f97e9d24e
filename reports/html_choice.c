#include <math.h>
#include <stdint.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/html_parts.h"
#include "reports/rank.h"

static void put_need_value(struct buf *b, const struct need *need, const struct subject *s)
{
    const struct summary_group *g = subject_group(s);

    if (need->price)
        rank_put_price(b, s);
    else
        figure_value(b, metrics[need->metric].unit,
                     (double)g->metrics[need->metric].stats[need->stat].value);
    if (need->price)
        buf_str(b, " for 1M tokens");
    else if (need->metric == METRIC_TPS)
        buf_str(b, " tokens/s");
}

static bool is_alike(const struct book *b, const struct need *need, size_t best, size_t i)
{
    bool trials;

    return rank_apart(&b->subjects[best], &b->subjects[i], need->metric, need->stat,
                      &trials) == STAND_ALIKE;
}

/* Those that cannot be told from the best. */
static void put_alike(struct buf *out, const struct book *b, const struct need *need,
                      size_t best)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n && !need->price; i++)
        if (i != best && isfinite(need_value(need, &b->subjects[i])) &&
            is_alike(b, need, best, i)) {
            html_printf(out, n ? ", %zu" : "not told apart from: %zu", i + 1);
            n++;
        }
}

static bool any_slos(const struct book *b)
{
    for (size_t r = 0; r < b->n_runs; r++)
        if (b->runs[r].summary->n_slos)
            return true;
    return false;
}

static bool any_usable(const struct book *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (rank_usable(&b->subjects[i]))
            return true;
    return false;
}

static void put_needs(struct buf *out, const struct book *b)
{
    buf_str(out, "<div class=\"needs\">\n");
    for (size_t i = 0; i < n_needs; i++) {
        size_t best = need_best(&needs[i], b->subjects, b->n);
        struct buf value = { 0 };

        buf_str(out, "<div class=\"tile\"><span class=\"what\">");
        html_printf(out, "%s",
                    needs[i].within_slos && !any_slos(b) ? "Cheapest" : needs[i].name);
        buf_str(out, "</span><span class=\"value name\">");
        if (best == SIZE_MAX) {
            buf_printf(out, "none</span><span class=\"below\">%s</span></div>\n",
                       needs[i].within_slos ? "no cell with a price meets every objective"
                                            : "no cell has enough answers for it");
            continue;
        }
        html_printf(out, "%s", b->subjects[best].name);
        buf_str(out, "</span><span class=\"below\">");
        put_need_value(&value, &needs[i], &b->subjects[best]);
        markup_put(out, value.p);
        buf_str(out, "</span><span class=\"below\">");
        put_alike(out, b, &needs[i], best);
        buf_str(out, "</span></div>\n");
        buf_free(&value);
    }
    buf_str(out, "</div>\n");
}

/* A percentile; the best, and what is not told apart from it, are marked. */
static void put_ranked(struct buf *out, const struct book *b, size_t i,
                       const struct need *need, size_t best)
{
    const struct summary_metric *v = &subject_group(&b->subjects[i])->metrics[need->metric];
    const struct summary_stat *stat = &v->stats[need->stat];
    struct buf shown = { 0 }, below = { 0 };

    if (!stat->present) {
        html_td_stat(out, v, need->metric, need->stat);
        return;
    }
    figure_value(&shown, metrics[need->metric].unit, (double)stat->value);
    figure_range(&below, metrics[need->metric].unit, stat->lo, stat->hi);
    if (i == best)
        buf_str(&shown, " ★");
    else if (best != SIZE_MAX && rank_usable(&b->subjects[i]) && is_alike(b, need, best, i))
        buf_str(&shown, " ≈");
    html_td_number(out, (double)stat->value, &shown, &below);
}

static void put_row(struct buf *out, const struct book *b, size_t i, const size_t *best)
{
    const struct subject *s = &b->subjects[i];
    const struct summary_group *g = subject_group(s);
    struct buf cost = { 0 }, price = { 0 };

    buf_printf(out, "<tr><td class=\"n\" data-v=\"%zu\">%zu</td><td class=\"name\">", i + 1,
               i + 1);
    if (b->n <= BOOK_DETAILS)
        buf_printf(out, "<a href=\"#cell-%zu\">", i + 1);
    html_printf(out, "%s", *s->name ? s->name : s->run->name);
    if (b->n <= BOOK_DETAILS)
        buf_str(out, "</a>");
    if (!rank_usable(s))
        buf_str(out, "<small>not ranked: run not valid, or no answer</small>");
    buf_str(out, "</td>");
    html_td_count(out, g->tally.requests);
    html_td_rate(out, g, RATE_ERROR);
    for (size_t k = 0; k < n_needs; k++)
        if (!needs[k].price)
            put_ranked(out, b, i, &needs[k], best[k]);
    html_td_rate(out, g, RATE_CACHE_TOKENS);
    rank_put_price(&price, s);
    html_td_number(out, offer_of(s).price, &price, NULL);
    figure_cost(&cost, &g->tally);
    html_td_number(out, (double)g->tally.cost_nusd, &cost, NULL);
    buf_str(out, "</tr>\n");
}

void html_choice(struct buf *out, const struct book *b)
{
    size_t best[16];

    if (b->n < 2)
        return;
    for (size_t k = 0; k < n_needs; k++)
        best[k] = need_best(&needs[k], b->subjects, b->n);
    buf_str(out, "<section><h2>What to choose</h2>\n");
    if (any_usable(b))
        put_needs(out, b);
    else
        buf_str(out,
                "<aside class=\"bad\"><strong>Nothing can be chosen.</strong><br>No cell "
                "has answers that a valid run took: the figures below may be those of "
                "the client or the simulator, not of the models.</aside>\n");
    buf_str(out, "</section>\n<section><h2>Ranking</h2>\n");
    html_table(out, "#|cell|n|errors|ttft p50|ttft p95|tokens/s p50|e2e p50|cached|1M "
                    "tokens|cost");
    for (size_t i = 0; i < b->n; i++)
        put_row(out, b, i, best);
    html_table_end(out);
    buf_str(
        out,
        "<p class=\"legend\">★ best of its column · ≈ not told apart from the best: by "
        "their "
        "trials where both have four or more (Mann-Whitney, 5 %), else because the "
        "intervals of their requests overlap, which is weaker: repeat the cells. Small: "
        "95 % interval of the requests. Whether two builds differ is for "
        "<code>tokdyno compare</code>.</p>\n");
    html_plots(out, b, SIZE_MAX);
    buf_str(out, "</section>\n");
}
