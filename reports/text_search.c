#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "data/search_judge.h"
#include "reports/text.h"

/* --- the answer ------------------------------------------------------------------------
 */

static void put_rate(struct buf *b, int64_t millionths)
{
    figure_number(b, (double)millionths / 1e6);
    buf_str(b, "/s");
}

static void put_slos(struct buf *b, const struct run *run)
{
    for (uint32_t i = 0; i < run->n_search_slos; i++)
        buf_printf(b, "%s%s", i ? " and " : "",
                   run->slos[run->n_slos - run->n_search_slos + i].text);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Both sides are known of at least one search. */
static void put_found(struct buf *b, const struct page *p, const struct summary_capacity *c)
{
    buf_str(b, "holds up to ");
    put_rate(b, c->rate);
    buf_str(b, " ± ");
    put_rate(b, c->error);
    buf_str(b, ": at ");
    put_rate(b, c->rate - c->error > 0 ? c->rate - c->error : c->holds);
    buf_str(b, " ");
    put_slos(b, p->s->run);
    buf_str(b, p->s->run->n_search_slos > 1 ? " were met, at " : " was met, at ");
    put_rate(b, c->rate + c->error);
    buf_str(b, " missed");
    if (c->searches > 1)
        buf_printf(b, " (%u of %u trials)", c->found, c->searches);
}

static void put_end(struct buf *b, const struct page *p, const struct summary_search *s)
{
    const struct search_result *r = &s->result;

    switch (r->end) {
    case SEARCH_CLIENT:
        buf_str(b, "INVALID as a limit of the server: the client could not carry ");
        put_rate(b, r->ceiling);
        break;
    case SEARCH_ABOVE:
        buf_str(b, "no limit was found up to ");
        put_rate(b, p->s->run->cells[s->cell].search.range.to);
        buf_str(b, ", the end of the search");
        break;
    case SEARCH_BELOW:
        buf_str(b, "not surely met even at ");
        put_rate(b, p->s->run->cells[s->cell].search.range.from);
        buf_str(b, ", where the search begins");
        break;
    case SEARCH_FOUND:
    case SEARCH_OPEN:
    case N_SEARCH_ENDS:
        buf_printf(b, "the search did not come to its end (%zu probe%s)", s->n_probes,
                   plural(s->n_probes));
        break;
    }
    if (r->lo) {
        buf_str(b, "; ");
        put_slos(b, p->s->run);
        buf_str(b, " held at ");
        put_rate(b, r->lo);
    }
}

/* Why the answer is no narrower, where it is not as narrow as was asked. */
static void put_width(struct buf *b, const struct page *p, const struct summary_search *s)
{
    const struct search_range *range = &p->s->run->cells[s->cell].search.range;
    const struct search_result *r = &s->result;
    double room = (double)r->lo * (1 + (double)range->within_ppm / 1e6);

    if (!r->lo || !r->hi || (double)r->hi <= room)
        return;
    if (r->ceiling && r->ceiling < r->hi) {
        buf_str(b, "; between them the client could not carry ");
        put_rate(b, r->ceiling);
    } else if (r->end != SEARCH_OPEN)
        buf_str(b, "; between them the samples cannot tell, longer probes would");
    else if (s->n_probes >= range->probes)
        buf_printf(b, "; narrower with more than %u probes", range->probes);
    else
        buf_str(b, "; the search was stopped");
}

static void put_answer(const struct page *p, uint32_t cell)
{
    struct summary_capacity c = summary_capacity(p->s, cell);
    const struct summary_search *first = NULL;
    struct buf b = { 0 };

    for (size_t i = 0; i < p->s->n_searches && !first; i++)
        if (p->s->searches[i].cell == cell)
            first = &p->s->searches[i];
    if (!first)
        return;
    text_cell_name(&b, p->s->run, cell);
    buf_str(&b, b.len ? ": " : "Answer: ");
    if (c.found)
        put_found(&b, p, &c);
    else
        put_end(&b, p, first);
    if (c.searches == 1)
        put_width(&b, p, first);
    buf_char(&b, '.');
    text_paragraph(p, 0, STYLE_BOLD, b.p);
    buf_free(&b);
}

void text_answer(const struct page *p)
{
    for (uint32_t c = 0; c < p->s->run->n_cells && p->s->n_searches; c++)
        put_answer(p, c);
}

/* --- the curve -------------------------------------------------------------------------
 */

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
