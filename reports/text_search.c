#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "data/search_judge.h"
#include "reports/text.h"

/* --- the curve -------------------------------------------------------------------------
 */

static void put_rate(struct buf *b, int64_t millionths)
{
    figure_number(b, (double)millionths / 1e6);
    buf_str(b, "/s");
}

static const enum style styles[N_SEARCH_VERDICTS] = {
    [SEARCH_MET] = STYLE_GREEN,      [SEARCH_MISSED] = STYLE_RED,
    [SEARCH_UNSURE] = STYLE_YELLOW,  [SEARCH_INVALID] = STYLE_RED,
    [SEARCH_UNFINISHED] = STYLE_DIM,
};

static void put_value(struct buf *b, const struct slo *slo, double v)
{
    if (slo->is_rate)
        figure_rate(b, rates[slo->rate].unit, v);
    else
        figure_value(b, metrics[slo->metric].unit, v);
}

/* "212 ms (198..240 ms)". */
static void take_value(struct table *t, const struct slo *slo, const struct summary_slo *v)
{
    struct buf b = { 0 };

    if (!v->has_value)
        buf_str(&b, "–");
    else if (v->infinite)
        buf_str(&b, "∞");
    else {
        put_value(&b, slo, v->value);
        if (v->interval) {
            buf_str(&b, " (");
            put_value(&b, slo, v->lo);
            buf_str(&b, "..");
            if (v->hi < 0)
                buf_str(&b, "∞");
            else
                put_value(&b, slo, v->hi);
            buf_char(&b, ')');
        }
    }
    table_take(t, STYLE_PLAIN, &b);
}

static void take_number(struct table *t, bool there, double v, const char *unit)
{
    struct buf b = { 0 };

    if (there)
        figure_number(&b, v);
    buf_str(&b, there ? unit : "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void probe_row(struct table *t, const struct page *p, const struct summary_search *s,
                      const struct search_probe *probe)
{
    const struct run *run = p->s->run;
    const struct summary_group *g =
        &p->s->trials[(size_t)s->trial * run->n_phases + probe->phase];
    const struct summary_slo *values =
        s->values + (size_t)(probe - s->probes) * run->n_search_slos;
    struct buf b = { 0 };

    put_rate(&b, probe->rate);
    table_take(t, STYLE_PLAIN, &b);
    table_cell(t, styles[probe->verdict], "%s", search_verdict_names[probe->verdict]);
    for (uint32_t i = 0; i < run->n_search_slos; i++)
        take_value(t, &run->slos[run->n_slos - run->n_search_slos + i], &values[i]);
    units_put_count(&b, g->tally.requests);
    table_take(t, STYLE_PLAIN, &b);
    take_number(t, g->load.has_rate, g->load.rate, "/s");
    take_number(t, g->load.has_rate, g->load.concurrency, "");
    table_cell(t, STYLE_DIM, "%s%s%s", run->phases[probe->phase].name,
               probe->why ? ": " : "", search_whys[probe->why]);
}

static int by_rate(const void *a, const void *b)
{
    const struct search_probe *x = *(const struct search_probe *const *)a;
    const struct search_probe *y = *(const struct search_probe *const *)b;

    if (x->rate != y->rate)
        return x->rate < y->rate ? -1 : 1;
    return x->phase < y->phase ? -1 : x->phase > y->phase;
}

static void put_heads(struct table *t, const struct run *run)
{
    static const char *const behind[] = { "requests", "arrived", "in flight", "" };

    table_cell(t, STYLE_DIM, "asked");
    table_cell(t, STYLE_DIM, "%s", "");
    for (uint32_t i = 0; i < run->n_search_slos; i++)
        table_cell(t, STYLE_DIM, "%s",
                   run->slos[run->n_slos - run->n_search_slos + i].text);
    for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++)
        table_cell(t, STYLE_DIM, "%s", behind[i]);
}

static void put_heading(const struct page *p, const struct summary_search *s)
{
    struct buf b = { 0 };

    text_cell_name(&b, p->s->run, s->cell);
    buf_printf(&b, "%sThe curve, by rate", b.len ? ": " : "");
    if (p->s->n_searches > p->s->run->n_cells)
        buf_printf(&b, " (trial %u)", p->s->run->trials[s->trial].round + 1);
    text_heading(p, b.p);
    buf_free(&b);
}

static void put_curve(const struct page *p, const struct summary_search *s)
{
    const struct search_probe **sorted = mem_array(s->n_probes + 1, sizeof(*sorted));
    char *columns = mem_alloc(p->s->run->n_search_slos + 8);
    struct table t;

    put_heading(p, s);
    strcpy(columns, "rl");
    memset(columns + 2, 'r', p->s->run->n_search_slos + 3);
    strcpy(columns + 2 + p->s->run->n_search_slos + 3, "l");
    table_init(&t, columns);
    put_heads(&t, p->s->run);
    for (size_t i = 0; i < s->n_probes; i++)
        sorted[i] = &s->probes[i];
    qsort(sorted, s->n_probes, sizeof(*sorted), by_rate);
    for (size_t i = 0; i < s->n_probes; i++)
        probe_row(&t, p, s, sorted[i]);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
    free(columns);
    free(sorted);
}

void text_curves(const struct page *p)
{
    for (size_t i = 0; i < p->s->n_searches; i++)
        if (p->s->searches[i].n_probes)
            put_curve(p, &p->s->searches[i]);
}
