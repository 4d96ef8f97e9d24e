#include "reports/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/version.h"
#include "data/stats_change.h"
#include "data/stats_trend.h"
#include "reports/figure.h"
#include "reports/json_parts.h"
#include "reports/table.h"
#include "reports/text.h"

enum { SEED = 1, SCHEMA = 1, INDENT = 1, WIDEST = 90, TREND_MOST = 500 };

/* --- judging ------------------------------------------------------------------------- */

static double log_of(double v)
{
    return log(v + 1); /* ln of a share may be of 0: a millionth more changes no figure */
}

/* Of the latest ones, with the changes that are among them. */
static void find_drift(struct history *h, const double *logs, const size_t *at, size_t n)
{
    static const double SURE = 0.01;
    size_t from = h->n > TREND_MOST ? h->n - TREND_MOST : 0, levels = 0;
    size_t *within = mem_array(n + 1, sizeof(*within));
    struct stats_trend t;

    for (size_t i = 0; i < n; i++)
        if (at[i] > from)
            within[levels++] = at[i] - from;
    t = stats_trend(logs + from, h->n - from, within, levels);
    h->drift_p = t.p;
    h->drift = t.p <= SURE ? expm1(t.slope) : 0;
    free(within);
}

static bool is_beyond(const struct history *h, double v)
{
    switch (h->figure->op) {
    case SLO_LT:
        return v >= h->bound;
    case SLO_LE:
        return v > h->bound;
    case SLO_GT:
        return v <= h->bound;
    case SLO_GE:
        return v < h->bound;
    }
    return false;
}

static void set_bound(struct history *h)
{
    double share = h->figure->value / 1e6;

    h->bounded = true;
    h->bound = h->figure->value;
    if (h->figure->relative) {
        if (!h->reference.run)
            h->reference = (struct history_reference){ history_run(&h->points[0]),
                                                       h->points[0].value };
        h->bound = h->reference.value * (h->figure->op == SLO_GE ? 1 - share : 1 + share);
    }
    for (size_t i = 0; i < h->n; i++)
        h->points[i].beyond = is_beyond(h, h->points[i].value);
}

void history_judge(struct history *h, bool bounded)
{
    double *logs = mem_array(h->n + 1, sizeof(*logs));
    size_t *at = mem_array(h->n + 1, sizeof(*at)), n;

    for (size_t i = 0; i < h->n; i++)
        logs[i] = log_of(h->points[i].value);
    n = stats_changes(logs, h->n, SEED, at);
    for (size_t i = 0; i < n; i++)
        h->points[at[i]].changed = true;
    find_drift(h, logs, at, n);
    if (bounded && h->n)
        set_bound(h);
    free(logs);
    free(at);
}

bool history_fails(const struct history *h)
{
    return h->n && h->points[h->n - 1].beyond;
}

const char *history_run(const struct history_point *p)
{
    return *p->revision ? p->revision : p->id;
}

double history_level(const struct history *h, size_t from, size_t *end)
{
    double sum = 0;
    size_t i = from;

    for (; i < h->n && (i == from || !h->points[i].changed); i++)
        sum += log(fmax(h->points[i].value, 1));
    *end = i;
    return exp(sum / (double)(i - from));
}

double history_step(const struct history *h, size_t at)
{
    size_t before = at - 1, end;

    while (before > 0 && !h->points[before].changed)
        before--;
    return (history_level(h, at, &end) / history_level(h, before, &end) - 1) * 100;
}

/* --- text ---------------------------------------------------------------------------- */

static void put_value(struct buf *b, const struct slo *f, double v)
{
    if (f->is_rate)
        figure_rate(b, rates[f->rate].unit, v);
    else
        figure_value(b, metrics[f->metric].unit, v);
}

/* The latest ones, from the least to the greatest of them. */
static void put_sparkline(struct buf *out, const struct history *h)
{
    static const char *const bars[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    size_t from = h->n > WIDEST ? h->n - WIDEST : 0;
    double lo = INFINITY, hi = -INFINITY;

    for (size_t i = from; i < h->n; i++) {
        lo = fmin(lo, h->points[i].value);
        hi = fmax(hi, h->points[i].value);
    }
    buf_str(out, "  ");
    for (size_t i = from; i < h->n; i++)
        buf_str(
            out,
            bars[hi > lo ? (size_t)((h->points[i].value - lo) / (hi - lo) * 7.999) : 3]);
    buf_str(out, "  ");
    put_value(out, h->figure, lo);
    buf_str(out, "..");
    put_value(out, h->figure, hi);
    buf_str(out, "\n\n");
}

static void date_of(ns_t at, char text[32])
{
    time_t s = (time_t)(at / NS_PER_S);
    struct tm tm;

    gmtime_r(&s, &tm);
    strftime(text, 32, "%Y-%m-%d %H:%M", &tm);
}

static void put_headline(struct buf *out, const struct history *h, bool colour)
{
    struct buf b = { 0 };
    size_t changes = 0, last = 0;

    for (size_t i = 0; i < h->n; i++)
        if (h->points[i].changed) {
            changes++;
            last = i;
        }
    buf_printf(&b, "%s%s%s: ", h->subject, *h->cell ? " of " : "", h->cell);
    put_value(&b, h->figure, h->points[h->n - 1].value);
    buf_printf(&b, " now, of %zu runs", h->n);
    if (changes == 1)
        buf_str(&b, "; its level changed once, by ");
    else if (changes)
        buf_printf(&b, "; its level changed %zu times, last by ", changes);
    if (changes)
        buf_printf(&b, "%+.1f %% at %.12s", history_step(h, last),
                   history_run(&h->points[last]));
    else
        buf_str(&b, "; no change of its level was found");
    if (fabs(h->drift) > 0)
        buf_printf(&b, "; it drifts by %+.2g %% a run", h->drift * 100);
    style_put(out, changes ? STYLE_YELLOW : STYLE_BOLD, colour, b.p);
    buf_char(out, '\n');
    buf_free(&b);
}

/* How many more runs until it is reached at this drift; 0: never, or it is not known. */
static double runs_left(const struct history *h)
{
    double away = log(h->bound / h->points[h->n - 1].value) / log1p(h->drift);

    return isfinite(away) && away > 0 && away < 1000 ? ceil(away) : 0;
}

static void put_bound(struct buf *out, const struct history *h, bool colour)
{
    struct buf b = { 0 };
    size_t beyond = 0;

    for (size_t i = 0; i < h->n; i++)
        beyond += h->points[i].beyond;
    buf_str(&b, "  bound ");
    put_value(&b, h->figure, h->bound);
    if (h->figure->relative)
        buf_printf(&b, " (%s%g %% of %.12s)", h->figure->op == SLO_GE ? "-" : "+",
                   h->figure->value / 1e4, h->reference.run);
    if (history_fails(h))
        buf_printf(&b, ": the latest run is beyond it, %zu of %zu are", beyond, h->n);
    else if (beyond)
        buf_printf(&b, ": kept by the latest run, passed by %zu of %zu", beyond, h->n);
    else
        buf_str(&b, ": kept by all");
    if (!history_fails(h) && runs_left(h) > 0)
        buf_printf(&b, "; at this drift passed in some %.0f runs", runs_left(h));
    style_put(out, history_fails(h) ? STYLE_RED : STYLE_PLAIN, colour, b.p);
    buf_char(out, '\n');
    buf_free(&b);
}

/* What is to be seen of a run at once. */
static void put_marks(struct table *t, const struct history *h, size_t i)
{
    const struct history_point *p = &h->points[i];
    struct buf marks = { 0 };

    buf_str(&marks, p->beyond ? "✗ beyond the bound  " : "");
    if (p->changed)
        buf_printf(&marks, "◄ new level %+.1f %%  ", history_step(h, i));
    buf_str(&marks, p->pinned ? "pinned" : "");
    while (marks.len && marks.p[marks.len - 1] == ' ')
        marks.p[--marks.len] = '\0';
    table_take(t, p->beyond ? STYLE_RED : STYLE_YELLOW, &marks);
}

static void put_point(struct table *t, const struct history *h, size_t i)
{
    const struct history_point *p = &h->points[i];
    struct buf value = { 0 }, range = { 0 };
    char date[32];

    date_of(p->at, date);
    put_value(&value, h->figure, p->value);
    buf_str(&range, "");
    if (p->trials > 1) {
        put_value(&range, h->figure, p->lo);
        buf_str(&range, "..");
        put_value(&range, h->figure, p->hi);
    }
    table_cell(t, STYLE_PLAIN, "%s", date);
    table_cell(t, STYLE_PLAIN, "%.12s", history_run(p));
    table_cell(t, STYLE_PLAIN, "%zu", p->trials);
    table_take(t, STYLE_BOLD, &value);
    table_take(t, STYLE_DIM, &range);
    if (i && h->points[i - 1].value > 0)
        table_cell(t, STYLE_PLAIN, "%+.1f %%",
                   (p->value / h->points[i - 1].value - 1) * 100);
    else
        table_cell(t, STYLE_PLAIN, "%s", "");
    put_marks(t, h, i);
}

void report_history_text(struct buf *out, const struct history *h, bool colour)
{
    static const char *const heads[] = { "measured (UTC)", "revision", "trials", "median",
                                         "of trials",      "step",     "" };
    size_t from = out->len;
    struct table t;

    put_headline(out, h, colour);
    if (h->bounded)
        put_bound(out, h, colour);
    put_sparkline(out, h);
    table_init(&t, "llrrlrl");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (size_t i = 0; i < h->n; i++)
        put_point(&t, h, i);
    table_put(&t, out, 2, colour);
    table_free(&t);
    tame(out->p + from, out->len - from, colour);
}

static void put_json(struct jsonw *w, const struct history *h)
{
    double factor =
        h->figure->is_rate ? json_rate_units[rates[h->figure->rate].unit].factor : 1;

    jsonw_object(w);
    json_put_text(w, "figure", h->subject);
    json_put_text(w, "cell", h->cell);
    json_put_text(w, "unit",
                  h->figure->is_rate ? json_rate_units[rates[h->figure->rate].unit].unit
                                     : unit_names[metrics[h->figure->metric].unit]);
    jsonw_key(w, "drift");
    jsonw_double(w, h->drift);
    jsonw_key(w, "drift_p");
    jsonw_double(w, h->drift_p);
    if (h->bounded) {
        json_put_int(w, "bound", llround(h->bound * factor));
        if (h->figure->relative)
            json_put_text(w, "reference", h->reference.run);
        json_put_bool(w, "beyond", history_fails(h));
    }
    json_begin_array(w, "points");
    for (size_t i = 0; i < h->n; i++) {
        const struct history_point *p = &h->points[i];

        jsonw_object(w);
        json_put_text(w, "run", p->id);
        json_put_text(w, "revision", p->revision);
        json_put_int(w, "at_ns", p->at);
        json_put_count(w, "trials", p->trials);
        json_put_int(w, "value", llround(p->value * factor));
        json_put_int(w, "lo", llround(p->lo * factor));
        json_put_int(w, "hi", llround(p->hi * factor));
        json_put_bool(w, "new_level", p->changed);
        json_put_bool(w, "pinned", p->pinned);
        if (h->bounded)
            json_put_bool(w, "beyond", p->beyond);
        jsonw_end(w);
    }
    jsonw_end(w);
    jsonw_end(w);
}

void report_history_json(struct buf *out, const struct history *const *all, size_t n)
{
    struct jsonw w;

    jsonw_init(&w, out, INDENT);
    jsonw_object(&w);
    json_put_int(&w, "schema", SCHEMA);
    json_put_text(&w, "tokdyno", TOKDYNO_VERSION);
    json_begin_array(&w, "histories");
    for (size_t i = 0; i < n; i++)
        put_json(&w, all[i]);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}
