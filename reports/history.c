#include "reports/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/version.h"
#include "data/stats_change.h"
#include "reports/figure.h"
#include "reports/json_parts.h"
#include "reports/table.h"
#include "reports/text.h"

enum { SEED = 1, SCHEMA = 1, INDENT = 1, WIDEST = 90 };

void history_find_changes(struct history *h)
{
    double *logs = mem_array(h->n + 1, sizeof(*logs));
    size_t *at = mem_array(h->n + 1, sizeof(*at)), n;

    /* ln of a share may be of 0: a millionth more changes no other figure */
    for (size_t i = 0; i < h->n; i++)
        logs[i] = log(h->points[i].value + 1);
    n = stats_changes(logs, h->n, SEED, at);
    for (size_t i = 0; i < n; i++)
        h->points[at[i]].changed = true;
    free(logs);
    free(at);
}

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

/* The level that begins at a point: the mean of its ln, and where it ends. */
static double level_at(const struct history *h, size_t from)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = from; i < h->n && (i == from || !h->points[i].changed); i++, n++)
        sum += log(fmax(h->points[i].value, 1));
    return exp(sum / (double)n);
}

static size_t level_before(const struct history *h, size_t at)
{
    size_t i = at - 1;

    while (i > 0 && !h->points[i].changed)
        i--;
    return i;
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
    if (changes) {
        double before = level_at(h, level_before(h, last)), after = level_at(h, last);

        buf_printf(&b, "; its level changed %s, %sby %+.1f %% at %.12s",
                   changes == 1 ? "once" : "", changes == 1 ? "" : "last ",
                   (after / before - 1) * 100,
                   *h->points[last].revision ? h->points[last].revision
                                             : h->points[last].id);
    } else {
        buf_str(&b, "; no change of its level was found");
    }
    style_put(out, changes ? STYLE_YELLOW : STYLE_BOLD, colour, b.p);
    buf_char(out, '\n');
    buf_free(&b);
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
    table_cell(t, STYLE_PLAIN, "%.12s", *p->revision ? p->revision : p->id);
    table_cell(t, STYLE_PLAIN, "%zu", p->trials);
    table_take(t, STYLE_BOLD, &value);
    table_take(t, STYLE_DIM, &range);
    if (i && h->points[i - 1].value > 0)
        table_cell(t, STYLE_PLAIN, "%+.1f %%",
                   (p->value / h->points[i - 1].value - 1) * 100);
    else
        table_cell(t, STYLE_PLAIN, "%s", "");
    if (p->changed)
        table_cell(t, STYLE_YELLOW, "◄ new level %+.1f %%",
                   (level_at(h, i) / level_at(h, level_before(h, i)) - 1) * 100);
    else
        table_cell(t, STYLE_PLAIN, "%s", "");
}

void report_history_text(struct buf *out, const struct history *h, bool colour)
{
    static const char *const heads[] = { "measured (UTC)", "revision", "trials", "median",
                                         "of trials",      "step",     "" };
    size_t from = out->len;
    struct table t;

    put_headline(out, h, colour);
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
