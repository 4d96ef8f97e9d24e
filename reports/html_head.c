#include <stdio.h>

#include "base/units.h"
#include "reports/figure.h"
#include "reports/findings.h"
#include "reports/html_parts.h"
#include "reports/rank.h"

/* --- verdicts ------------------------------------------------------------------------ */

static const char *const validity_class[] = {
    [VALIDITY_VALID] = "good",
    [VALIDITY_DEGRADED] = "doubt",
    [VALIDITY_CLIENT_LIMITED] = "bad",
    [VALIDITY_SIM_LIMITED] = "bad",
};
static const char *const verdict_class[N_VERDICTS] = {
    [VERDICT_PASS] = "good",
    [VERDICT_FAIL] = "bad",
    [VERDICT_NO_DATA] = "doubt",
};
static const char *const verdict_mark[N_VERDICTS] = {
    [VERDICT_PASS] = "✓",
    [VERDICT_FAIL] = "✗",
    [VERDICT_NO_DATA] = "–",
};

static void put_badge(struct buf *out, const char *class, const char *text)
{
    buf_printf(out, "<span class=\"badge %s\">", class);
    markup_put(out, text);
    buf_str(out, "</span> ");
}

static void put_objectives_badge(struct buf *out, const struct summary *s)
{
    bool holds = validity_holds(s->health.validity);
    char text[96];

    if (!s->n_slos)
        return;
    snprintf(text, sizeof(text), "objectives%s: %s, %zu of %zu met",
             holds ? "" : " by figures that are not valid", verdict_names[s->verdict],
             findings_met(s), s->n_slos);
    put_badge(out, holds ? verdict_class[s->verdict] : "doubt", text);
}

static void put_badges(struct buf *out, const struct summary *s)
{
    buf_str(out, "<p class=\"badges\">");
    put_badge(out, validity_class[s->health.validity], validity_names[s->health.validity]);
    put_objectives_badge(out, s);
    if (!s->ended)
        put_badge(out, "doubt", "the journal has no end: what was there is told");
    else if (s->end.reason != END_DONE)
        put_badge(out, "doubt", end_reason_names[s->end.reason]);
    buf_str(out, "</p>\n");
}

static void put_facts(struct buf *out, const struct summary *s)
{
    struct buf b = { 0 };

    units_put_count(&b, s->total.requests);
    buf_printf(&b, " measured request%s · ", s->total.requests == 1 ? "" : "s");
    units_put_count(&b, s->total.request_errors);
    buf_printf(&b, " error%s · ", s->total.request_errors == 1 ? "" : "s");
    units_put_duration(&b, s->end.at > 0 ? s->end.at : 0);
    buf_str(&b, " · cost ");
    figure_cost(&b, &s->all);
    if (s->health.e != NS_ABSENT) {
        buf_str(&b, " · error of the instrument ");
        units_put_duration(&b, s->health.e);
    }
    buf_printf(&b, " · %s", s->run->target);
    buf_str(out, "<p class=\"facts\">");
    markup_put(out, b.p);
    buf_str(out, "</p>\n");
    buf_free(&b);
}

static void put_answers(struct buf *out, const struct summary *s)
{
    for (size_t i = 0; i < findings_count(s); i++) {
        struct buf b = { 0 };

        findings_put(&b, s, i);
        if (b.len) {
            buf_str(out, "<p class=\"question\"><strong>");
            markup_put(out, b.p);
            buf_str(out, "</strong></p>\n");
        }
        buf_free(&b);
    }
}

void html_headline(struct buf *out, const struct book *b)
{
    buf_str(out, "<header>\n");
    for (size_t i = 0; i < b->n_runs; i++) {
        const struct book_run *r = &b->runs[i];

        buf_printf(out, "<%s>", i ? "h1 class=\"next\"" : "h1");
        html_printf(out, "%s", r->run->name);
        if (b->n_runs > 1) {
            buf_str(out, " <small>");
            html_printf(out, "%s", r->name);
            buf_str(out, "</small>");
        }
        buf_str(out, "</h1>\n");
        put_badges(out, r->summary);
        if (r->run->question && *r->run->question) {
            buf_str(out, "<p class=\"question\">");
            markup_put(out, r->run->question);
            buf_str(out, "</p>\n");
        }
        put_answers(out, r->summary);
        html_asked(out, r->summary);
        put_facts(out, r->summary);
    }
    buf_str(out, "</header>\n");
}

/* --- warnings ------------------------------------------------------------------------ */

static const char *const level_class[N_WARNING_LEVELS] = {
    [WARNING_NOTE] = "note",
    [WARNING_DOUBT] = "doubt",
    [WARNING_WRONG] = "bad",
};

void html_warnings(struct buf *out, const struct book *b)
{
    for (size_t r = 0; r < b->n_runs; r++)
        for (size_t i = 0; i < b->runs[r].summary->n_warnings; i++) {
            const struct summary_warning *w = &b->runs[r].summary->warnings[i];

            buf_printf(out, "<aside class=\"%s\">", level_class[w->row->level]);
            if (b->n_runs > 1) {
                buf_str(out, "<code>");
                markup_put(out, b->runs[r].name);
                buf_str(out, "</code> ");
            }
            buf_str(out, "<strong>");
            markup_put(out, w->text);
            buf_str(out, "</strong><br>");
            html_printf(out, "%s %s", w->row->means, w->row->remedy);
            buf_str(out, "</aside>\n");
        }
    if (b->trouble) {
        buf_str(out, "<aside class=\"doubt\"><strong>Some plots are missing.</strong><br>");
        markup_put(out, b->trouble);
        buf_str(out, "</aside>\n");
    }
}

/* --- tiles --------------------------------------------------------------------------- */

static void put_tile(struct buf *out, const char *what, struct buf *value,
                     struct buf *below)
{
    buf_str(value, "");
    buf_str(below, "");
    buf_printf(out,
               "<div class=\"tile\"><span class=\"what\">%s</span><span class=\"value\">",
               what);
    markup_put(out, value->p);
    buf_str(out, "</span><span class=\"below\">");
    markup_put(out, below->p);
    buf_str(out, "</span></div>\n");
    buf_free(value);
    buf_free(below);
}

static void stat_tile(struct buf *out, const struct subject *s, const char *what,
                      enum headline h, enum stat_id stat)
{
    enum metric_id id = headlines[h].of;
    const struct summary_metric *m = &subject_group(s)->metrics[id];
    struct buf value = { 0 }, below = { 0 };
    enum stat_id of;
    int64_t error;

    if (m->stats[stat].present) {
        figure_value(&value, metrics[id].unit, (double)m->stats[stat].value);
        figure_range(&below, metrics[id].unit, m->stats[stat].lo, m->stats[stat].hi);
        if (summary_error(s->summary, subject_group(s), h, &error, &of)) {
            buf_str(&below, " · instrument ±");
            figure_value(&below, metrics[id].unit, (double)error);
        }
    } else {
        buf_str(&value, "–");
        buf_printf(&below, "%llu value%s, needs %llu", (unsigned long long)m->n,
                   m->n == 1 ? "" : "s", (unsigned long long)m->stats[stat].needs);
    }
    put_tile(out, what, &value, &below);
}

static void rate_tile(struct buf *out, const struct summary_group *g, const char *what,
                      enum rate_id id)
{
    const struct summary_rate *r = &g->rates[id];
    struct buf value = { 0 }, below = { 0 };

    if (r->present)
        figure_rate(&value, rates[id].unit, r->value);
    else
        buf_str(&value, "–");
    if (r->present && r->interval) {
        figure_rate(&below, rates[id].unit, r->lo);
        buf_str(&below, "..");
        figure_rate(&below, rates[id].unit, r->hi);
    }
    put_tile(out, what, &value, &below);
}

static void price_tile(struct buf *out, const struct subject *s)
{
    struct buf value = { 0 }, below = { 0 };

    rank_put_price(&value, s);
    buf_str(&below, "prompts included");
    put_tile(out, "price of 1M tokens", &value, &below);
}

void html_tiles(struct buf *out, const struct book *b)
{
    const struct subject *s = b->subjects;

    if (b->n != 1)
        return;
    buf_str(out, "<section class=\"tiles\">\n");
    stat_tile(out, s, "first token, median", HEADLINE_TTFT, STAT_P50);
    stat_tile(out, s, "first token, p95", HEADLINE_TTFT, STAT_P95);
    stat_tile(out, s, "speed, tokens/s, median", HEADLINE_TPS, STAT_P50);
    stat_tile(out, s, "whole answer, median", HEADLINE_E2E, STAT_P50);
    rate_tile(out, subject_group(s), "requests that failed", RATE_ERROR);
    price_tile(out, s);
    buf_str(out, "</section>\n");
}

/* --- objectives ---------------------------------------------------------------------- */

static void put_slo_number(struct buf *b, const struct slo *slo, double v)
{
    if (slo->is_rate)
        figure_rate(b, rates[slo->rate].unit, v);
    else
        figure_value(b, metrics[slo->metric].unit, v);
}

static void put_slo_value(struct buf *out, const struct slo *slo,
                          const struct summary_slo *v)
{
    struct buf shown = { 0 }, below = { 0 };

    if (v->has_value && v->infinite)
        buf_str(&shown, "∞: too many failed");
    else if (v->has_value)
        put_slo_number(&shown, slo, v->value);
    else
        buf_printf(&shown, "no data");
    if (v->has_value && v->interval && !v->infinite) {
        put_slo_number(&below, slo, v->lo);
        buf_str(&below, "..");
        if (v->hi < 0)
            buf_str(&below, "∞");
        else
            put_slo_number(&below, slo, v->hi);
    }
    if (v->flips)
        buf_printf(&below, "%swithin the error of the instrument", below.len ? ", " : "");
    html_td_number(out, v->has_value ? v->value : 0, &shown, &below);
}

static void put_slo(struct buf *out, const struct book_run *r, const struct summary_slo *v,
                    const struct book *b)
{
    const struct slo *slo = &r->run->slos[v->slo];
    struct buf sample = { 0 };

    buf_printf(out, "<tr><td><span class=\"badge %s\">%s %s</span></td>",
               verdict_class[v->verdict], verdict_mark[v->verdict],
               verdict_names[v->verdict]);
    html_td(out, slo->text);
    for (size_t i = 0; i < b->n && b->n > 1; i++)
        if (b->subjects[i].run == r->run && b->subjects[i].cell == v->cell)
            html_td(out, b->subjects[i].name);
    if (b->n > 1 && v->cell == UINT32_MAX)
        html_td(out, "no such cell");
    put_slo_value(out, slo, v);
    figure_sample(&sample, v);
    html_td_number(out, (double)v->n, &sample, NULL);
    buf_str(out, "</tr>\n");
}

void html_objectives(struct buf *out, const struct book *b)
{
    bool any = false;

    for (size_t r = 0; r < b->n_runs; r++)
        any |= b->runs[r].summary->n_slos > 0;
    if (!any)
        return;
    buf_str(out, "<section><h2>Objectives</h2>\n");
    html_table(out, b->n > 1 ? "verdict|objective|cell|measured|of"
                             : "verdict|objective|measured|of");
    for (size_t r = 0; r < b->n_runs; r++)
        for (size_t i = 0; i < b->runs[r].summary->n_slos; i++)
            put_slo(out, &b->runs[r], &b->runs[r].summary->slos[i], b);
    html_table_end(out);
    buf_str(out, "</section>\n");
}
