#include "reports/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { GAP = 2 };

static const char *const codes[] = {
    [STYLE_PLAIN] = "",         [STYLE_BOLD] = "\x1b[1m",    [STYLE_DIM] = "\x1b[2m",
    [STYLE_GREEN] = "\x1b[32m", [STYLE_YELLOW] = "\x1b[33m", [STYLE_RED] = "\x1b[31m",
};

void table_init(struct table *t, const char *columns)
{
    *t = (struct table){ .columns = columns, .n_columns = strlen(columns) };
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->cells[i].text);
    free(t->cells);
    *t = (struct table){ 0 };
}

static void add(struct table *t, enum style style, char *text)
{
    t->cells = mem_grow(t->cells, t->n, &t->cap, sizeof(*t->cells));
    t->cells[t->n++] = (struct table_cell){ text, style };
}

void table_cell(struct table *t, enum style style, const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    add(t, style, n < 0 ? mem_strdup("") : text);
}

void table_take(struct table *t, enum style style, struct buf *text)
{
    add(t, style, buf_take(text));
}

void table_row(struct table *t)
{
    assert(t->n && t->n_columns);
    while (t->n % t->n_columns)
        add(t, STYLE_PLAIN, mem_strdup(""));
}

/* Characters: bytes that do not go on with one. */
size_t text_width(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

void style_put(struct buf *out, enum style style, bool colour, const char *text)
{
    bool styled = colour && style != STYLE_PLAIN && *text;

    if (styled)
        buf_str(out, codes[style]);
    buf_str(out, text);
    if (styled)
        buf_str(out, "\x1b[0m");
}

static void spaces(struct buf *out, size_t n)
{
    while (n--)
        buf_char(out, ' ');
}

static size_t column_width(const struct table *t, size_t column)
{
    size_t most = 0;

    for (size_t i = column; i < t->n; i += t->n_columns) {
        size_t w = text_width(t->cells[i].text);

        most = w > most ? w : most;
    }
    return most;
}

/* Cells behind the last one that is not empty need no spaces. */
static size_t filled(const struct table *t, size_t row)
{
    size_t n = t->n_columns;

    while (n && !*t->cells[row * t->n_columns + n - 1].text)
        n--;
    return n;
}

static void put_row(const struct table *t, size_t row, const size_t *widths,
                    struct buf *out, bool colour)
{
    size_t last = filled(t, row);

    for (size_t c = 0; c < last; c++) {
        const struct table_cell *cell = &t->cells[row * t->n_columns + c];
        size_t w = text_width(cell->text), pad = widths[c] > w ? widths[c] - w : 0;

        if (t->columns[c] == 'r')
            spaces(out, pad);
        style_put(out, cell->style, colour, cell->text);
        if (c + 1 == last)
            break;
        if (t->columns[c] != 'r')
            spaces(out, pad);
        spaces(out, widths[c + 1] ? GAP : 0);
    }
}

void table_put(const struct table *t, struct buf *out, size_t indent, bool colour)
{
    size_t *widths = mem_array(t->n_columns, sizeof(*widths));

    for (size_t c = 0; c < t->n_columns; c++)
        widths[c] = column_width(t, c);
    for (size_t r = 0; r * t->n_columns < t->n; r++) {
        if (filled(t, r))
            spaces(out, indent);
        put_row(t, r, widths, out, colour);
        buf_char(out, '\n');
    }
    free(widths);
}
