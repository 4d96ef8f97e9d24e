#include "reports/asked.h"
#include "reports/text.h"

/* A figure that is a share by its name needs no more; of others the statistic is said. */
static void put_heads(struct table *t, const struct asked_rows *a, bool parts)
{
    table_cell(t, STYLE_DIM, "%s", "");
    if (parts)
        table_cell(t, STYLE_DIM, "%s", "");
    for (size_t f = 0; f < a->of->n; f++)
        table_cell(t, STYLE_DIM, "%s", a->of->figures[f].text);
}

static void put_name(struct table *t, const struct asked_rows *a, size_t row, bool parts,
                     uint32_t *last)
{
    uint32_t cell = a->rows[row].cell;
    struct buf name = { 0 }, part = { 0 };

    asked_put_part(&part, a, row);
    if (parts || !part.len) {
        buf_str(&name, "");
        if (cell != *last)
            asked_put_cell(&name, a, row);
        *last = cell;
        table_take(t, STYLE_PLAIN, &name);
    }
    if (part.len)
        table_take(t, STYLE_BOLD, &part);
    buf_free(&part);
}

static void put_values(struct table *t, const struct asked_rows *a, size_t row)
{
    for (size_t f = 0; f < a->of->n; f++) {
        struct asked_value v = asked_value(a, row, f);
        struct buf b = { 0 };

        asked_put_value(&b, &a->of->figures[f], &v, true);
        table_take(t, STYLE_BOLD, &b);
    }
}

/* Below it, where any of them has something to be held against. */
static void put_times(struct table *t, const struct asked_rows *a, size_t row, bool parts)
{
    struct buf b = { 0 };
    bool any = false;

    for (size_t f = 0; f < a->of->n; f++)
        any |= asked_times(a, row, f).present;
    if (!any)
        return;
    if (parts)
        table_cell(t, STYLE_DIM, "%s", "");
    buf_str(&b, "  ");
    asked_put_against(&b, a, row);
    table_take(t, STYLE_DIM, &b);
    for (size_t f = 0; f < a->of->n; f++) {
        struct asked_times v = asked_times(a, row, f);

        asked_put_times(&b, &v);
        buf_str(&b, "");
        table_take(t, STYLE_DIM, &b);
    }
    table_row(t);
}

void text_asked(const struct page *p)
{
    struct asked_rows a = asked_rows(p->s);
    bool parts = a.of->by != ASKED_BY_CELL && p->s->run->n_cells > 1;
    uint32_t last = UINT32_MAX;
    struct buf legend = { 0 };
    struct buf form = { 0 };
    struct table t;

    if (!a.n)
        return;
    buf_str(&form, parts ? "ll" : "l");
    for (size_t f = 0; f < a.of->n; f++)
        buf_char(&form, 'r');
    table_init(&t, form.p);
    put_heads(&t, &a, parts);
    for (size_t i = 0; i < a.n; i++) {
        put_name(&t, &a, i, parts, &last);
        put_values(&t, &a, i);
        put_times(&t, &a, i, parts);
    }
    buf_char(p->out, '\n');
    table_put(&t, p->out, 2, p->colour);
    asked_put_legend(&legend, &a);
    text_paragraph(p, 2, STYLE_DIM, legend.p);
    buf_free(&legend);
    buf_free(&form);
    table_free(&t);
    asked_free(&a);
}
