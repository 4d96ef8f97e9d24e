#include <math.h>

#include "reports/asked.h"
#include "reports/html_parts.h"

/* One cell alone needs no name where its parts have some. */
static bool names_cells(const struct asked_rows *a)
{
    return a->of->by == ASKED_BY_CELL || a->summary->run->n_cells > 1;
}

static void put_heads(struct buf *out, const struct asked_rows *a)
{
    struct buf heads = { 0 };

    buf_str(&heads, names_cells(a) ? "cell" : asked_by_names[a->of->by]);
    if (names_cells(a) && a->of->by != ASKED_BY_CELL)
        buf_printf(&heads, "|%s", asked_by_names[a->of->by]);
    for (size_t f = 0; f < a->of->n; f++)
        buf_printf(&heads, "|%s", a->of->figures[f].text);
    html_table(out, heads.p);
    buf_free(&heads);
}

static void put_td(struct buf *out, const char *text)
{
    buf_str(out, "<td class=\"name\">");
    markup_put(out, text);
    buf_str(out, "</td>");
}

static void put_name(struct buf *out, const struct asked_rows *a, size_t row)
{
    struct buf name = { 0 };

    asked_put_cell(&name, a, row);
    if (names_cells(a))
        put_td(out, name.len ? name.p : a->summary->run->name);
    buf_clear(&name);
    asked_put_part(&name, a, row);
    if (name.len)
        put_td(out, name.p);
    buf_free(&name);
}

static void put_value(struct buf *out, const struct asked_rows *a, size_t row, size_t f)
{
    struct asked_value v = asked_value(a, row, f);
    struct asked_times t = asked_times(a, row, f);
    struct buf shown = { 0 }, below = { 0 };

    asked_put_value(&shown, &a->of->figures[f], &v, false);
    asked_put_range(&below, &a->of->figures[f], &v);
    if (t.present) {
        buf_str(&below, below.len ? "\n" : "");
        asked_put_times(&below, &t);
        buf_char(&below, ' ');
        asked_put_against(&below, a, row);
    }
    html_td_number(out, v.present ? v.value : NAN, &shown, &below);
}

void html_asked(struct buf *out, const struct summary *s)
{
    struct asked_rows a = asked_rows(s);
    struct buf legend = { 0 };

    if (!a.n)
        return;
    put_heads(out, &a);
    for (size_t i = 0; i < a.n; i++) {
        buf_str(out, "<tr>");
        put_name(out, &a, i);
        for (size_t f = 0; f < a.of->n; f++)
            put_value(out, &a, i, f);
        buf_str(out, "</tr>\n");
    }
    html_table_end(out);
    asked_put_legend(&legend, &a);
    buf_str(out, "<p class=\"legend\">");
    markup_put(out, legend.p);
    buf_str(out, "</p>\n");
    buf_free(&legend);
    asked_free(&a);
}
