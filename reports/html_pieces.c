#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/html_parts.h"

void html_printf(struct buf *out, const char *fmt, ...)
{
    char text[4096];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    markup_put(out, text);
}

void html_table(struct buf *out, const char *heads)
{
    buf_str(out,
            "<div class=\"wide\"><table class=\"sort\">\n<thead><tr><th scope=\"col\">");
    for (; *heads; heads++)
        if (*heads == '|')
            buf_str(out, "</th><th scope=\"col\">");
        else
            buf_char(out, *heads);
    buf_str(out, "</th></tr></thead>\n<tbody>\n");
}

void html_table_end(struct buf *out)
{
    buf_str(out, "</tbody></table></div>\n");
}

void html_td(struct buf *out, const char *text)
{
    buf_str(out, "<td>");
    markup_put(out, text);
    buf_str(out, "</td>");
}

void html_td_number(struct buf *out, double value, struct buf *shown, struct buf *below)
{
    if (isfinite(value))
        buf_printf(out, "<td class=\"n\" data-v=\"%.9g\">", value);
    else
        buf_str(out, "<td class=\"n none\">");
    buf_str(shown, "");
    markup_put(out, shown->p);
    if (below && below->len) {
        buf_str(out, "<small>");
        markup_put(out, below->p);
        buf_str(out, "</small>");
    }
    buf_str(out, "</td>");
    buf_free(shown);
    if (below)
        buf_free(below);
}

void html_td_count(struct buf *out, uint64_t n)
{
    struct buf b = { 0 };

    units_put_count(&b, n);
    html_td_number(out, (double)n, &b, NULL);
}

void html_td_stat(struct buf *out, const struct summary_metric *m, enum metric_id id,
                  enum stat_id stat)
{
    const struct summary_stat *s = &m->stats[stat];
    struct buf shown = { 0 }, below = { 0 };

    if (s->present) {
        figure_value(&shown, metrics[id].unit, (double)s->value);
        figure_range(&below, metrics[id].unit, s->lo, s->hi);
    } else {
        buf_str(&shown, "–");
        if (m->n)
            buf_printf(&below, "needs %llu", (unsigned long long)s->needs);
    }
    html_td_number(out, s->present ? (double)s->value : NAN, &shown, &below);
}

void html_td_rate(struct buf *out, const struct summary_group *g, enum rate_id id)
{
    const struct summary_rate *r = &g->rates[id];
    struct buf shown = { 0 }, below = { 0 };

    if (r->present)
        figure_rate(&shown, rates[id].unit, r->value);
    else
        buf_str(&shown, "–");
    if (r->present && r->interval) {
        figure_rate(&below, rates[id].unit, r->lo);
        buf_str(&below, "..");
        figure_rate(&below, rates[id].unit, r->hi);
    }
    html_td_number(out, r->present ? r->value : NAN, &shown, &below);
}
