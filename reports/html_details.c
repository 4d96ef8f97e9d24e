#include <math.h>
#include <stdint.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/html_parts.h"
#include "reports/report.h"

/* --- plots --------------------------------------------------------------------------- */

static void put_picture(struct buf *out, const struct book *b, const struct drawing *d)
{
    struct buf name = { 0 };

    drawing_name(&name, b, d);
    buf_printf(out, "<figure id=\"plot-%s\"><h3>%s</h3>\n", name.p, d->plot->title);
    svg_put(out, &d->picture, name.p, d->plot->title, false);
    buf_str(out, "<figcaption>");
    markup_put(out, d->caption);
    buf_str(out, "</figcaption></figure>\n");
    buf_free(&name);
}

void html_plots(struct buf *out, const struct book *b, size_t subject)
{
    bool left = false;

    buf_str(out, "<div class=\"plots\">\n");
    for (size_t i = 0; i < b->n_drawings; i++)
        if (b->drawings[i].subject == subject && b->drawings[i].drawn)
            put_picture(out, b, &b->drawings[i]);
    buf_str(out, "</div>\n");
    for (size_t i = 0; i < b->n_drawings; i++) {
        const struct drawing *d = &b->drawings[i];

        if (d->subject != subject || d->drawn)
            continue;
        buf_str(out, left ? "" : "<ul class=\"left\">\n");
        left = true;
        buf_printf(out, "<li><strong>%s</strong>: ", d->plot->title);
        markup_put(out, b->trouble ? "not drawn" : d->caption);
        buf_str(out, "</li>\n");
    }
    buf_str(out, left ? "</ul>\n" : "");
}

/* --- tables of phases ---------------------------------------------------------------- */

static const enum metric_id rows[] = {
    METRIC_TTFT,
    METRIC_TTFT_API,
    METRIC_TTF_REASONING,
    METRIC_TTFA,
    METRIC_REASONING_TIME,
    METRIC_ITL,
    METRIC_TPOT,
    METRIC_TPS,
    METRIC_STALL,
    METRIC_E2E,
    METRIC_SESSION,
    METRIC_BATCH_SUBMIT,
    METRIC_BATCH_QUEUE,
    METRIC_BATCH_PROCESS,
    METRIC_BATCH_RETRIEVE,
    METRIC_BATCH_TOTAL,
    METRIC_BATCH_RESOLUTION,
    METRIC_SPEED_FACTOR,
    METRIC_SPEED_FACTOR_SERVER,
    METRIC_RTF,
    METRIC_CHARS_PER_S,
    METRIC_STARVED,
    METRIC_UPLOAD,
    METRIC_AUDIO_IN,
    METRIC_AUDIO_OUT,
    METRIC_QUEUE,
    METRIC_PREFILL,
    METRIC_DECODE,
    METRIC_NETWORK,
    METRIC_DNS,
    METRIC_TCP,
    METRIC_TLS,
    METRIC_HELD,
    METRIC_COST,
    METRIC_PROMPT_TOKENS,
    METRIC_COMPLETION_TOKENS,
    METRIC_REASONING_TOKENS,
    METRIC_REASONING_SHARE,
};

static void put_error(struct buf *out, const struct subject *s,
                      const struct summary_group *g, enum metric_id id)
{
    struct buf b = { 0 };
    enum stat_id stat;
    int64_t error = 0;
    bool known = false;

    for (int h = 0; h < N_HEADLINES; h++)
        if (headlines[h].of == id)
            known = summary_error(s->summary, g, (enum headline)h, &error, &stat);
    if (id == METRIC_BATCH_QUEUE || id == METRIC_BATCH_PROCESS) {
        known = true;
        error = g->metrics[METRIC_BATCH_RESOLUTION].max;
    }
    if (known) {
        buf_str(&b, "±");
        figure_value(&b, metrics[id].unit, (double)error);
    } else if (id == METRIC_QUEUE || id == METRIC_PREFILL || id == METRIC_DECODE ||
               metrics[id].unit == UNIT_TOKENS || metrics[id].unit == UNIT_COUNT) {
        buf_str(&b, "told by the server");
    }
    html_td_number(out, known ? (double)error : NAN, &b, NULL);
}

static void put_metric(struct buf *out, const struct subject *s,
                       const struct summary_group *g, enum metric_id id)
{
    const struct summary_metric *m = &g->metrics[id];
    struct buf shown = { 0 }, below = { 0 };

    if (!m->n)
        return;
    buf_str(out, "<tr><td class=\"name\">");
    html_printf(out, "%s", id == METRIC_TPS ? "tokens/s" : metrics[id].name);
    buf_str(out, "<small>");
    html_printf(out, "%s", metrics[id].title);
    buf_str(out, "</small></td>");
    units_put_count(&shown, m->n);
    if (m->counted < m->n)
        buf_printf(&below, "as %llu", (unsigned long long)m->counted);
    html_td_number(out, (double)m->n, &shown, &below);
    for (int i = 0; i < N_STATS; i++)
        html_td_stat(out, m, id, (enum stat_id)i);
    figure_value(&shown, metrics[id].unit, (double)m->max);
    html_td_number(out, (double)m->max, &shown, NULL);
    put_error(out, s, g, id);
    buf_str(out, "</tr>\n");
}

static void put_phase(struct buf *out, const struct subject *s,
                      const struct summary_group *g)
{
    struct buf b = { 0 };

    buf_str(out, "<h3>Phase ");
    html_printf(out, "%s", s->run->phases[g->phase].name);
    buf_str(out, " <small>");
    units_put_count(&b, g->tally.requests);
    buf_printf(&b, " request%s, ", g->tally.requests == 1 ? "" : "s");
    units_put_count(&b, g->tally.request_errors);
    buf_printf(&b, " error%s, ", g->tally.request_errors == 1 ? "" : "s");
    units_put_duration(&b, g->tally.span);
    markup_put(out, b.p);
    buf_str(out, "</small></h3>\n");
    buf_free(&b);
    html_table(out, "metric|n|p50|p90|p95|p99|p99.9|max|error");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        put_metric(out, s, g, rows[i]);
    html_table_end(out);
}

/* --- turns of sessions ---------------------------------------------------------------- */

static void put_mean(struct buf *out, const struct summary_turn *t, size_t m)
{
    struct buf b = { 0 };

    if (t->metrics[m].n)
        figure_value(&b, metrics[turn_metrics[m]].unit, (double)t->metrics[m].mean);
    html_td_number(out, t->metrics[m].n ? (double)t->metrics[m].mean : NAN, &b, NULL);
}

static void put_turn(struct buf *out, const struct summary_turn *t)
{
    struct buf name = { 0 };

    buf_printf(&name, "%u%s", t->turn, t->turn == RECORDER_TURNS ? " and later" : "");
    buf_str(out, "<tr>");
    html_td_number(out, t->turn, &name, NULL);
    html_td_count(out, t->requests);
    html_td_count(out, t->errors);
    for (size_t m = 0; m < N_TURN_METRICS; m++)
        if (metrics[turn_metrics[m]].unit != UNIT_NS) {
            put_mean(out, t, m);
        } else {
            html_td_stat(out, &t->metrics[m], turn_metrics[m], STAT_P50);
            html_td_stat(out, &t->metrics[m], turn_metrics[m], STAT_P95);
        }
    buf_str(out, "</tr>\n");
}

static void put_turns(struct buf *out, const struct subject *s)
{
    const struct summary_group *g = &s->summary->cells[s->cell].measured;

    if (!g->n_turns)
        return;
    buf_str(out, "<h3>By turn of the session</h3>\n");
    html_table(out, "turn|requests|errors|ttft p50|p95|e2e p50|p95|prompt tokens mean|"
                    "cached mean");
    for (size_t i = 0; i < g->n_turns; i++)
        put_turn(out, &g->turns[i]);
    html_table_end(out);
}

static void put_cell(struct buf *out, const struct book *b, size_t i)
{
    const struct subject *s = &b->subjects[i];
    bool any = false;

    buf_printf(out, "<section id=\"cell-%zu\"><h2>", i + 1);
    if (b->n > 1)
        html_printf(out, "%zu  %s", i + 1, s->name);
    else
        buf_str(out, "In pictures");
    buf_str(out, "</h2>\n");
    html_plots(out, b, i);
    put_turns(out, s);
    for (uint32_t p = 0; p < s->run->n_phases; p++) {
        const struct summary_group *g = &s->summary->groups[s->cell * s->run->n_phases + p];

        if (!g->begun || !g->measured || !g->tally.requests)
            continue;
        put_phase(out, s, g);
        any = true;
    }
    if (!any)
        buf_str(out, "<p class=\"legend\">No measured request has ended.</p>\n");
    buf_str(out, "</section>\n");
}

void html_details(struct buf *out, const struct book *b)
{
    if (b->n > BOOK_DETAILS) {
        buf_printf(out,
                   "<p class=\"legend\">%zu cells are too many for plots of each; "
                   "report some of the runs, or of a smaller matrix.</p>\n",
                   b->n);
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        put_cell(out, b, i);
}

/* --- limits -------------------------------------------------------------------------- */

static void put_limit(struct buf *out, const struct subject *s, const struct book *b,
                      enum limit_kind k)
{
    const struct limit_seen *l = &s->summary->cells[s->cell].limits[k];
    struct buf left = { 0 };

    if (l->at == NS_ABSENT || l->limit < 0)
        return;
    buf_str(out, "<tr>");
    if (b->n > 1)
        html_td(out, s->name);
    html_td(out, limit_names[k]);
    html_td_count(out, (uint64_t)l->limit);
    html_td_count(out, (uint64_t)(l->remaining < 0 ? 0 : l->remaining));
    units_put_count(&left, (uint64_t)(l->lowest < 0 ? 0 : l->lowest));
    if (l->limit > 0)
        buf_printf(&left, " (%.0f %%)", (double)l->lowest * 100 / (double)l->limit);
    html_td_number(out, (double)l->lowest, &left, NULL);
    buf_str(out, "</tr>\n");
}

void html_limits(struct buf *out, const struct book *b)
{
    bool any = false;

    for (size_t i = 0; i < b->n; i++)
        for (int k = 0; k < N_LIMITS; k++)
            any |= b->subjects[i].summary->cells[b->subjects[i].cell].limits[k].at !=
                   NS_ABSENT;
    if (!any)
        return;
    buf_str(out, "<section><h2>Limits the server told</h2>\n");
    html_table(out, b->n > 1 ? "cell|of|limit|left at the end|lowest"
                             : "of|limit|left at the end|lowest");
    for (size_t i = 0; i < b->n; i++)
        for (int k = 0; k < N_LIMITS; k++)
            put_limit(out, &b->subjects[i], b, (enum limit_kind)k);
    html_table_end(out);
    buf_str(out, "</section>\n");
}

/* --- instrument ---------------------------------------------------------------------- */

static void put_lag(struct buf *out, const char *what, const struct summary_metric *m)
{
    struct buf shown = { 0 };

    if (!m->n)
        return;
    buf_str(out, "<tr>");
    html_td(out, what);
    html_td_count(out, m->n);
    html_td_stat(out, m, METRIC_SEND_LAG, STAT_P50);
    html_td_stat(out, m, METRIC_SEND_LAG, STAT_P99);
    figure_value(&shown, UNIT_NS, (double)m->max);
    html_td_number(out, (double)m->max, &shown, NULL);
    buf_str(out, "</tr>\n");
}

void html_instrument(struct buf *out, const struct book *b)
{
    buf_str(out, "<section><h2>The instrument</h2>\n");
    for (size_t r = 0; r < b->n_runs; r++) {
        const struct summary_health *h = &b->runs[r].summary->health;

        if (b->n_runs > 1) {
            buf_str(out, "<h3>");
            html_printf(out, "%s", b->runs[r].name);
            buf_str(out, "</h3>\n");
        }
        if (!h->samples) {
            buf_str(out, "<p class=\"legend\">No health samples: nothing is known of the "
                         "client.</p>\n");
            continue;
        }
        html_table(out, "how late|n|p50|p99|max");
        put_lag(out, "send: a request left after it was free to go", &h->send_lag);
        put_lag(out, "read: we read after the kernel had it", &h->read_lag);
        put_lag(out, "stamp: a frame's time may be off by", &h->stamp_error);
        put_lag(out, "turn of the loop", &h->turn);
        html_table_end(out);
    }
    buf_str(out, "</section>\n");
}

void html_text(struct buf *out, const struct book *b)
{
    buf_str(out, "<details><summary>The same as text</summary>\n");
    for (size_t r = 0; r < b->n_runs; r++) {
        struct buf text = { 0 };

        report_text(&text, b->runs[r].summary, false);
        buf_str(out, "<pre>");
        markup_put(out, text.p);
        buf_str(out, "</pre>\n");
        buf_free(&text);
    }
    buf_str(out, "</details>\n");
}
