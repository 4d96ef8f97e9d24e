#include "reports/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/units.h"
#include "reports/asked.h"
#include "reports/figure.h"
#include "reports/findings.h"
#include "reports/rank.h"
#include "reports/text.h"

void markdown_text(struct buf *out, const char *text)
{
    char *copy = mem_strdup(text);

    tame(copy, strlen(copy), false);
    for (const char *p = copy; *p; p++) {
        if (*p == '\n')
            buf_char(out, ' ');
        else if (*p == '<')
            buf_str(out, "&lt;");
        else if (*p == '&')
            buf_str(out, "&amp;");
        else {
            if (strchr("\\`*_{}[]()#|>~!@", *p))
                buf_char(out, '\\');
            buf_char(out, *p);
        }
    }
    free(copy);
}

static void put_answers(struct buf *out, const struct summary *s)
{
    for (size_t i = 0; i < findings_count(s); i++) {
        struct buf b = { 0 };

        findings_put(&b, s, i);
        if (b.len) {
            buf_str(out, "**");
            markdown_text(out, b.p);
            buf_str(out, "**\n\n");
        }
        buf_free(&b);
    }
}

static void put_asked_value(struct buf *out, const struct asked_rows *a, size_t row,
                            size_t f)
{
    struct asked_value v = asked_value(a, row, f);
    struct asked_times t = asked_times(a, row, f);
    struct buf b = { 0 };

    asked_put_value(&b, &a->of->figures[f], &v, false);
    if (v.present && v.interval) {
        buf_str(&b, " (");
        asked_put_range(&b, &a->of->figures[f], &v);
        buf_char(&b, ')');
    }
    if (t.present) {
        buf_str(&b, ", ");
        asked_put_times(&b, &t);
    }
    buf_str(out, " | ");
    markdown_text(out, b.p);
    buf_free(&b);
}

/* "| cell | ttft p50 |", and by what they are told apart. */
static void put_asked_heads(struct buf *out, const struct asked_rows *a)
{
    buf_printf(out, "| %s", a->of->by == ASKED_BY_CELL ? "cell" : "cell | ");
    if (a->of->by != ASKED_BY_CELL)
        buf_str(out, asked_by_names[a->of->by]);
    for (size_t f = 0; f < a->of->n; f++) {
        buf_str(out, " | ");
        markdown_text(out, a->of->figures[f].text);
    }
    buf_str(out, a->of->by == ASKED_BY_CELL ? " |\n|:--" : " |\n|:--|:--");
    for (size_t f = 0; f < a->of->n; f++)
        buf_str(out, "|--:");
    buf_str(out, "|\n");
}

/* What the x are times of: "x: times calm, of the same cell. " */
static void put_against(struct buf *out, const struct asked_rows *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->rows[i].against != SIZE_MAX) {
            buf_str(out, "x: ");
            asked_put_against(out, a, i);
            buf_str(out, ". ");
            return;
        }
}

/* What answers the question. */
static void put_asked(struct buf *out, const struct summary *s)
{
    struct asked_rows a = asked_rows(s);
    struct buf b = { 0 };

    if (!a.n)
        return;
    put_asked_heads(out, &a);
    for (size_t i = 0; i < a.n; i++) {
        asked_put_cell(&b, &a, i);
        buf_str(out, "| ");
        markdown_text(out, b.len ? b.p : s->run->name);
        buf_clear(&b);
        asked_put_part(&b, &a, i);
        if (b.len) {
            buf_str(out, " | ");
            markdown_text(out, b.p);
        }
        buf_clear(&b);
        for (size_t f = 0; f < a.of->n; f++)
            put_asked_value(out, &a, i, f);
        buf_str(out, " |\n");
    }
    put_against(&b, &a);
    asked_put_legend(&b, &a);
    buf_char(out, '\n');
    markdown_text(out, b.p);
    buf_str(out, "\n\n");
    buf_free(&b);
    asked_free(&a);
}

static void put_headline(struct buf *out, const struct book_run *r)
{
    const struct summary *s = r->summary;

    buf_str(out, "## ");
    markdown_text(out, r->run->name);
    buf_printf(out, ": %s", validity_names[s->health.validity]);
    if (s->n_slos)
        buf_printf(out, ", objectives%s: %s",
                   validity_holds(s->health.validity) ? ""
                                                      : " by figures that are not valid",
                   verdict_names[s->verdict]);
    buf_str(out, "\n\n");
    units_put_count(out, s->total.requests);
    buf_printf(out, " measured request%s · ", s->total.requests == 1 ? "" : "s");
    units_put_count(out, s->total.request_errors);
    buf_printf(out, " error%s · cost ", s->total.request_errors == 1 ? "" : "s");
    figure_cost(out, &s->all);
    if (s->health.e != NS_ABSENT) {
        buf_str(out, " · error of the instrument ");
        units_put_duration(out, s->health.e);
    }
    buf_str(out, s->ended ? "\n\n" : " · the journal has no end\n\n");
    if (r->run->question && *r->run->question) {
        markdown_text(out, r->run->question);
        buf_str(out, "\n\n");
    }
    put_answers(out, s);
    put_asked(out, s);
    for (size_t i = 0; i < s->n_warnings; i++) {
        buf_str(out, "> **");
        markdown_text(out, s->warnings[i].text);
        buf_str(out, "** ");
        markdown_text(out, s->warnings[i].row->means);
        buf_char(out, ' ');
        markdown_text(out, s->warnings[i].row->remedy);
        buf_str(out, "\n\n");
    }
}

static void put_stat(struct buf *out, const struct subject *s, enum metric_id id,
                     enum stat_id stat)
{
    const struct summary_stat *v = &subject_group(s)->metrics[id].stats[stat];

    buf_str(out, " | ");
    if (v->present)
        figure_stat(out, metrics[id].unit, v);
    else
        buf_str(out, "–");
}

static void put_rate(struct buf *out, const struct subject *s, enum rate_id id)
{
    const struct summary_rate *v = &subject_group(s)->rates[id];

    buf_str(out, " | ");
    if (v->present)
        figure_rate(out, rates[id].unit, v->value);
    else
        buf_str(out, "–");
}

static void put_ranking(struct buf *out, const struct book *b)
{
    buf_str(out, "| # | cell | n | errors | ttft p50 | ttft p95 | tokens/s p50 | e2e p50 | "
                 "cached | 1M tokens |\n"
                 "|--:|:--|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < b->n; i++) {
        const struct subject *s = &b->subjects[i];

        buf_printf(out, "| %zu | ", i + 1);
        markdown_text(out, *s->name ? s->name : s->run->cells[s->cell].model);
        buf_str(out, " | ");
        units_put_count(out, subject_group(s)->tally.requests);
        put_rate(out, s, RATE_ERROR);
        put_stat(out, s, METRIC_TTFT, STAT_P50);
        put_stat(out, s, METRIC_TTFT, STAT_P95);
        put_stat(out, s, METRIC_TPS, STAT_P50);
        put_stat(out, s, METRIC_E2E, STAT_P50);
        put_rate(out, s, RATE_CACHE_TOKENS);
        buf_str(out, " | ");
        rank_put_price(out, s);
        buf_str(out, " |\n");
    }
    buf_str(out, "\nIn brackets: 95 % interval. –: the sample cannot bear it.\n");
}

static void put_slo(struct buf *out, const struct book_run *r, const struct summary_slo *v)
{
    const struct slo *slo = &r->run->slos[v->slo];

    buf_printf(out, "| %s | ", verdict_names[v->verdict]);
    markdown_text(out, slo->text);
    buf_str(out, " | ");
    if (v->cell != UINT32_MAX)
        markdown_text(out, r->run->cells[v->cell].name);
    buf_str(out, " | ");
    if (!v->has_value)
        buf_str(out, "–");
    else if (v->infinite)
        buf_str(out, "∞");
    else if (slo->is_rate)
        figure_rate(out, rates[slo->rate].unit, v->value);
    else
        figure_value(out, metrics[slo->metric].unit, v->value);
    buf_str(out, " | ");
    figure_sample(out, v);
    buf_str(out, " |\n");
}

static void put_objectives(struct buf *out, const struct book *b)
{
    bool head = false;

    for (size_t r = 0; r < b->n_runs; r++)
        for (size_t i = 0; i < b->runs[r].summary->n_slos; i++) {
            if (!head)
                buf_str(out, "\n| verdict | objective | cell | measured | of |\n"
                             "|:--|:--|:--|--:|--:|\n");
            head = true;
            put_slo(out, &b->runs[r], &b->runs[r].summary->slos[i]);
        }
}

void report_markdown(struct buf *out, const struct book *b)
{
    for (size_t r = 0; r < b->n_runs; r++)
        put_headline(out, &b->runs[r]);
    put_ranking(out, b);
    put_objectives(out, b);
}
