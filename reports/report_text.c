#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/units.h"
#include "data/cell_name.h"
#include "reports/findings.h"
#include "reports/report.h"
#include "reports/text.h"

/* --- pieces of a line ---------------------------------------------------------------- */

struct buf *pieces_next(struct pieces *l)
{
    if (l->text.len)
        buf_str(&l->text, " · ");
    return &l->text;
}

void pieces_add(struct pieces *l, const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n >= 0) {
        buf_str(pieces_next(l), text);
        free(text);
    }
}

/* Where the line has to break so that its first part fits: at a separator; its end if not.
 */
static size_t fitting(const char *text, size_t columns)
{
    static const char dot[] = " · ";
    const char *fits = strstr(text, dot);

    if (!fits)
        return strlen(text);
    for (const char *at = fits; at; at = strstr(at + 1, dot)) {
        size_t n = 0;

        for (const char *p = text; p < at; p++)
            n += ((unsigned char)*p & 0xC0) != 0x80;
        if (n > columns)
            return (size_t)(fits - text);
        fits = at;
    }
    return text_width(text) > columns ? (size_t)(fits - text) : strlen(text);
}

void pieces_put(struct pieces *l, const struct page *p, size_t indent, enum style style)
{
    char *rest = l->text.len ? l->text.p : NULL;

    while (rest) {
        size_t n = fitting(rest, PAGE_COLUMNS - indent);
        char *next = rest[n] ? rest + n + strlen(" · ") : NULL;

        rest[n] = '\0';
        buf_printf(p->out, "%*s", (int)(rest == l->text.p ? indent : indent + 2), "");
        style_put(p->out, style, p->colour, rest);
        buf_char(p->out, '\n');
        rest = next;
    }
    buf_free(&l->text);
}

/* How many bytes of it fit, cut at a space; all of a first word that does not. */
static size_t words_fitting(const char *text, size_t columns)
{
    size_t width = 0, fits = 0;

    for (const char *c = text; *c; c++) {
        if (*c == ' ' && width <= columns)
            fits = (size_t)(c - text);
        width += ((unsigned char)*c & 0xC0) != 0x80;
        if (width > columns && fits)
            return fits;
    }
    return strlen(text);
}

void text_paragraph(const struct page *p, size_t indent, enum style style, const char *text)
{
    size_t in = indent;

    while (*text) {
        size_t n = words_fitting(text, PAGE_COLUMNS - in);
        struct buf line = { 0 };

        buf_add(&line, text, n);
        buf_printf(p->out, "%*s", (int)in, "");
        style_put(p->out, style, p->colour, line.p);
        buf_char(p->out, '\n');
        buf_free(&line);
        text += n + (text[n] == ' ');
        in = indent + 2;
    }
}

void text_heading(const struct page *p, const char *heading)
{
    buf_char(p->out, '\n');
    style_put(p->out, STYLE_BOLD, p->colour, heading);
    buf_char(p->out, '\n');
}

void text_cell_name_short(struct buf *out, const struct run *run, uint32_t cell,
                          size_t columns)
{
    const struct cell_key **keys = mem_array(run->n_cells, sizeof(*keys));

    for (size_t i = 0; i < run->n_cells; i++)
        keys[i] = run->cells[i].keys;
    cell_name_put_short(out, keys, run->n_cells, run->cells[cell].n_keys, cell, columns);
    free(keys);
}

void text_cell_name(struct buf *out, const struct run *run, uint32_t cell)
{
    text_cell_name_short(out, run, cell, SIZE_MAX);
}

/* At most `columns` characters of it. */
static void shorten(struct buf *b, size_t columns)
{
    size_t n = 0;

    for (size_t i = 0; i < b->len; i++) {
        if (((unsigned char)b->p[i] & 0xC0) == 0x80)
            continue;
        if (++n < columns || text_width(b->p + i) == 1)
            continue;
        b->len = i;
        buf_str(b, "…");
        return;
    }
}

void text_take_cell(struct table *t, const struct page *p, uint32_t cell, uint32_t *last)
{
    struct buf b = { 0 };

    buf_str(&b, "");
    if (cell != *last && cell != UINT32_MAX)
        text_cell_name_short(&b, p->s->run, cell, CELL_COLUMNS);
    *last = cell;
    shorten(&b, CELL_COLUMNS);
    table_take(t, STYLE_PLAIN, &b);
}

/* --- headline ------------------------------------------------------------------------ */

static const enum style validity_styles[] = {
    [VALIDITY_VALID] = STYLE_GREEN,
    [VALIDITY_DEGRADED] = STYLE_YELLOW,
    [VALIDITY_CLIENT_LIMITED] = STYLE_RED,
    [VALIDITY_SIM_LIMITED] = STYLE_RED,
};

static void put_validity(const struct page *p)
{
    const struct summary_health *h = &p->s->health;

    style_put(p->out, validity_styles[h->validity], p->colour, validity_names[h->validity]);
    if (h->e == NS_ABSENT) {
        buf_str(p->out, ", error of the instrument unknown");
        return;
    }
    buf_str(p->out, ", error of the instrument ");
    units_put_duration(p->out, h->e);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_totals(const struct page *p)
{
    const struct tally *t = &p->s->total;
    struct pieces l = { 0 };
    struct buf *b = pieces_next(&l);
    uint64_t warm = p->s->all.requests - t->requests;

    units_put_count(b, t->requests);
    buf_printf(b, " request%s", plural(t->requests));
    b = pieces_next(&l);
    units_put_count(b, t->request_errors);
    buf_printf(b, " error%s", plural(t->request_errors));
    if (t->request_errors) {
        buf_str(b, " (");
        figure_share(b, (double)t->request_errors / (double)t->requests * 1e6);
        buf_char(b, ')');
    }
    if (t->cut)
        pieces_add(&l, "%llu cut", (unsigned long long)t->cut);
    if (warm) {
        b = pieces_next(&l);
        units_put_count(b, warm);
        buf_str(b, " not measured");
    }
    units_put_duration(pieces_next(&l), p->s->end.at);
    if (t->priced || t->unpriced) {
        b = pieces_next(&l);
        buf_str(b, "cost ");
        figure_cost(b, &p->s->all);
        if (warm)
            buf_str(b, " in all");
    }
    pieces_put(&l, p, 0, STYLE_PLAIN);
}

static void put_null(const struct page *p)
{
    if (target_is_null(p->s->run->target))
        buf_str(p->out,
                "A null test: no network and no API; all times are tokdyno's own.\n");
}

static void put_ending(const struct page *p)
{
    static const char *const texts[N_END_REASONS] = {
        [END_INTERRUPTED] = "Interrupted: what was measured until then.",
        [END_BUDGET] = "Stopped by the budget",
        [END_TARGET] = "The target could not be used",
        [END_DISK] = "The journal could not be written",
        [END_FAILED] = "A trial could not be started",
    };
    const struct run_end *e = &p->s->end;

    if (!p->s->ended) {
        style_put(p->out, STYLE_YELLOW, p->colour,
                  "The run did not end: this is what its journal holds.");
        buf_char(p->out, '\n');
    } else if (e->reason != END_DONE) {
        style_put(p->out, STYLE_YELLOW, p->colour, texts[e->reason]);
        if (*e->detail)
            buf_printf(p->out, ": %s", e->detail);
        buf_char(p->out, '\n');
    }
}

/* What all cells have in common, and their names do not tell. */
static void add_common(struct pieces *l, const struct run *r)
{
    const char *model = r->cells[0].model, *tier = r->cells[0].tier;
    struct buf name = { 0 };

    text_cell_name(&name, r, 0);
    for (size_t c = 1; c < r->n_cells; c++) {
        if (model && (!r->cells[c].model || strcmp(r->cells[c].model, model)))
            model = NULL;
        if (tier && (!r->cells[c].tier || strcmp(r->cells[c].tier, tier)))
            tier = NULL;
    }
    if (model && !strstr(name.p, model))
        pieces_add(l, "%s", model);
    if (tier && !strstr(name.p, tier))
        pieces_add(l, "%s", tier);
    buf_free(&name);
}

static void put_objectives(const struct page *p)
{
    static const enum style styles[N_VERDICTS] = { STYLE_GREEN, STYLE_RED, STYLE_YELLOW };
    struct buf b = { 0 };

    findings_put_objectives(&b, p->s);
    if (b.len)
        text_paragraph(
            p, 0, validity_holds(p->s->health.validity) ? styles[p->s->verdict] : STYLE_RED,
            b.p);
    buf_free(&b);
}

static void put_setting(const struct page *p)
{
    const struct run *r = p->s->run;
    struct pieces l = { 0 };

    buf_str(pieces_next(&l), r->target);
    add_common(&l, r);
    if (r->n_cells > 1)
        pieces_add(&l, "%zu cells", r->n_cells);
    if (r->n_trials > r->n_cells)
        pieces_add(&l, "%zu trials each", r->n_trials / r->n_cells);
    pieces_add(&l, "seed %llu", (unsigned long long)r->seed);
    pieces_put(&l, p, 0, STYLE_DIM);
}

/* The first line of what the scenario asks. */
static void put_question(const struct page *p)
{
    const char *q = p->s->run->question;

    if (!q || !*q)
        return;
    buf_add(p->out, q, strcspn(q, "\n"));
    buf_char(p->out, '\n');
}

static void put_findings(const struct page *p)
{
    for (size_t i = 0; i < findings_count(p->s); i++) {
        struct buf b = { 0 };

        findings_put(&b, p->s, i);
        if (b.len)
            text_paragraph(p, 0, STYLE_BOLD, b.p);
        buf_free(&b);
    }
}

void text_headline(const struct page *p)
{
    style_put(p->out, STYLE_BOLD, p->colour, p->s->run->name);
    buf_str(p->out, ": ");
    put_validity(p);
    buf_char(p->out, '\n');
    put_null(p);
    put_totals(p);
    put_ending(p);
    put_objectives(p);
    put_setting(p);
    put_question(p);
    put_findings(p);
    text_asked(p);
    if (p->s->run->answer.n && p->s->health.validity != VALIDITY_VALID)
        buf_char(p->out, '\n');
    text_warnings(p, true);
}

void report_text(struct buf *out, const struct summary *s, bool colour)
{
    struct page p = { out, s, colour };
    size_t from = out->len;

    text_headline(&p);
    text_curves(&p);
    text_batches(&p);
    text_walls(&p);
    text_tiers(&p);
    text_cache(&p);
    text_comparison(&p);
    text_turns(&p);
    text_reasoning(&p);
    text_phases(&p);
    text_limits(&p);
    text_regions(&p);
    text_objectives(&p);
    text_instrument(&p);
    text_next(&p);
    tame(out->p + from, out->len - from, colour);
}
