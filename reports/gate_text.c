#include "base/tame.h"
#include "reports/gate.h"
#include "reports/text.h"

/* Verdict first, then what it is about. */
static void put_headline(const struct page *p, const struct gate *g)
{
    const struct gate_verdict_row *v = &gate_verdicts[g->verdict];
    struct buf line = { 0 };

    buf_printf(&line, "%s  %s", v->word, g->headline);
    text_paragraph(p, 0, v->style, line.p);
    buf_free(&line);
}

/*
 * How wide each column may be: as wide as what stands in it, 0 where nothing does; where
 * all together are too wide for a page, the widest ones of text give.
 */
struct widths {
    size_t of[GATE_MOST_COLUMNS];
};

enum { INDENT = 2, MARK = 1, BETWEEN = 2, LEAST = 8 };

static struct widths measure(const struct gate *g, size_t group)
{
    struct widths w = { 0 };
    size_t all = INDENT + MARK;

    for (size_t c = 0; c < g->n_columns; c++) {
        for (size_t i = 0; i < g->n_rows; i++) {
            size_t n = g->rows[i].group == group ? text_width(g->rows[i].cells[c]) : 0;

            w.of[c] = n > w.of[c] ? n : w.of[c];
        }
        if (w.of[c] && text_width(g->columns[c].head) > w.of[c])
            w.of[c] = text_width(g->columns[c].head);
        all += w.of[c] ? w.of[c] + BETWEEN : 0;
    }
    while (all > PAGE_COLUMNS) {
        size_t widest = 0;

        for (size_t c = 1; c < g->n_columns; c++)
            if (g->columns[c].align == 'l' && w.of[c] > w.of[widest])
                widest = c;
        if (w.of[widest] <= LEAST)
            break;
        w.of[widest]--;
        all--;
    }
    return w;
}

/* Names differ at their ends as often as at their beginnings: the middle goes. */
static void take_short(struct table *t, enum style style, const char *text, size_t width)
{
    size_t n = text_width(text), head = width / 2;
    struct buf b = { 0 };
    size_t at = 0;

    buf_str(&b, n > width ? "" : text);
    for (const char *p = text; *p && n > width; p++) {
        at += ((unsigned char)*p & 0xC0) != 0x80;
        if (at <= head || at > n - (width - head - 1))
            buf_char(&b, *p);
        else if (at == head + 1 && ((unsigned char)*p & 0xC0) != 0x80)
            buf_str(&b, "…");
    }
    table_take(t, style, &b);
}

static void put_rows(const struct page *p, const struct gate *g, size_t group)
{
    struct widths w = measure(g, group);
    char align[GATE_MOST_COLUMNS + 2] = "l";
    size_t n = 1;
    struct table t;

    for (size_t c = 0; c < g->n_columns; c++)
        if (w.of[c])
            align[n++] = g->columns[c].align;
    table_init(&t, align);
    table_cell(&t, STYLE_DIM, " ");
    for (size_t c = 0; c < g->n_columns; c++)
        if (w.of[c])
            table_cell(&t, STYLE_DIM, "%s", g->columns[c].head);
    for (size_t i = 0; i < g->n_rows; i++) {
        const struct gate_row *r = &g->rows[i];
        bool bad = r->verdict >= GATE_FAIL && !r->watched;

        if (r->group != group)
            continue;
        table_cell(&t, r->watched ? STYLE_DIM : gate_verdicts[r->verdict].style, "%s",
                   r->watched ? "·" : gate_verdicts[r->verdict].mark);
        for (size_t c = 0; c < g->n_columns; c++)
            if (w.of[c])
                take_short(&t, bad ? STYLE_BOLD : STYLE_PLAIN, r->cells[c], w.of[c]);
    }
    if (n > 1)
        table_put(&t, p->out, INDENT, p->colour);
    table_free(&t);
}

void gate_put_text(struct buf *out, const struct gate *g, bool colour)
{
    struct page p = { .out = out, .colour = colour };
    size_t from = out->len;

    put_headline(&p, g);
    for (size_t i = 0; i < g->n_groups; i++) {
        const struct gate_group *group = &g->groups[i];

        if (*group->name)
            text_heading(&p, group->name);
        else
            buf_char(out, '\n');
        if (*group->line)
            text_paragraph(&p, 2, STYLE_DIM, group->line);
        put_rows(&p, g, i);
    }
    if (g->n_notes)
        buf_char(out, '\n');
    for (size_t i = 0; i < g->n_notes; i++)
        text_paragraph(&p, 2, STYLE_PLAIN, g->notes[i]);
    tame(out->p + from, out->len - from, colour);
}
