#ifndef REPORTS_TABLE_H
#define REPORTS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Text in columns as wide as what stands in them.
 *
 *     struct table t;
 *     table_init(&t, "lrr");                 // left, right, right
 *     table_cell(&t, STYLE_PLAIN, "ttft");
 *     table_cell(&t, STYLE_BOLD, "%d ms", 3);
 *     table_row(&t);                         // the rest of the row is empty
 *     table_put(&t, out, colour);
 *     table_free(&t);
 *
 * Width counts characters, not bytes.
 */
enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GREEN, STYLE_YELLOW, STYLE_RED };

struct table_cell {
    char *text;
    enum style style;
};

struct table {
    const char *columns;
    size_t n_columns;
    struct table_cell *cells; /* n_columns a row */
    size_t n;
    size_t cap;
};

/* columns: 'l' or 'r' for each. Not copied. */
void table_init(struct table *t, const char *columns);
void table_free(struct table *t);

void table_cell(struct table *t, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with text that was put together elsewhere, which is emptied. */
void table_take(struct table *t, enum style style, struct buf *text);

void table_row(struct table *t);

/* Every line starts with `indent` spaces; columns are two apart. */
void table_put(const struct table *t, struct buf *out, size_t indent, bool colour);

void style_put(struct buf *out, enum style style, bool colour, const char *text);
size_t text_width(const char *text);

#endif
