#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/journal_fields.h"
#include "exporters/cells.h"
#include "exporters/kinds.h"
#include "exporters/place.h"

/*
 * Every attempt as a row. The columns are the fields of the journal's table, so that what
 * is added there is here too; in front of them the names that its numbers stand for.
 */
struct attempts {
    struct export_out out;
    const struct run *run;
    struct buf b;
    struct buf cell; /* the text of one */
    uint64_t rows;   /* in b */
};

enum { FULL = 64 << 10 };

/* The kind of a line is always the same, and a list does not fit into a cell. */
static bool left_out(const struct field *f)
{
    return f->type == FIELD_TYPE_OTHER && (!strcmp(f->key, "t") || !strcmp(f->key, "gaps"));
}

static void put_path(struct buf *b, const struct field_in *in)
{
    if (!in)
        return;
    put_path(b, in->in);
    buf_str(b, in->key);
    buf_char(b, '.');
}

static void put_head_cell(void *ctx, const struct field_in *in, const struct field *f,
                          const void *object __attribute__((unused)))
{
    struct attempts *x = ctx;

    if (left_out(f))
        return;
    put_path(&x->b, in);
    buf_str(&x->b, f->key);
    buf_char(&x->b, ',');
}

/* The journal leaves a count of 0 out, but who averages a column has to see it. */
static bool is_zero(const struct field *f, const struct buf *cell)
{
    return !cell->len && f->absent == 0 && f->type != FIELD_TYPE_TEXT &&
           f->type != FIELD_TYPE_OTHER;
}

static void put_cell(void *ctx, const struct field_in *in __attribute__((unused)),
                     const struct field *f, const void *object)
{
    struct attempts *x = ctx;

    if (left_out(f))
        return;
    buf_clear(&x->cell);
    buf_str(&x->cell, "");
    field_text(f, object, &x->cell);
    if (f->type == FIELD_TYPE_TEXT || f->type == FIELD_TYPE_OTHER)
        cells_text(&x->b, x->cell.p);
    else
        cells_bare(&x->b, is_zero(f, &x->cell) ? "0" : x->cell.p);
}

static void hand_over(struct attempts *x)
{
    struct export_chunk chunk = { EXPORT_FILE, { x->b.p, x->b.len }, x->rows };

    if (x->b.len)
        x->out.put(x->out.ctx, &chunk);
    buf_clear(&x->b);
    x->rows = 0;
}

static void take_record(void *ctx, const struct record *r)
{
    struct attempts *x = ctx;

    if (!place_of_record(x->run, r))
        return;
    cells_text(&x->b, x->run->cells[r->cell].name);
    cells_text(&x->b, x->run->cells[r->cell].model ? x->run->cells[r->cell].model : "");
    cells_text(&x->b, x->run->cells[r->cell].tier ? x->run->cells[r->cell].tier : "");
    cells_text(&x->b, x->run->phases[r->phase].name);
    fields_each(line_attempt.table, line_attempt.n, r, put_cell, x);
    cells_end(&x->b);
    x->rows++;
    if (x->b.len >= FULL)
        hand_over(x);
}

static void *attempts_open(const struct export_config *config, const struct export_out *out,
                           struct err *err __attribute__((unused)))
{
    struct attempts *x = mem_alloc(sizeof(*x));
    struct record none;

    x->out = *out;
    x->run = config->run;
    record_init(&none);
    buf_init(&x->b, 0);
    buf_init(&x->cell, 0);
    buf_str(&x->b, "cell_name,model,service_tier,phase_name,");
    fields_each(line_attempt.table, line_attempt.n, &none, put_head_cell, x);
    cells_end(&x->b);
    return x;
}

static struct journal_sink attempts_sink(void *x)
{
    return (struct journal_sink){ .record = take_record, .ctx = x };
}

static void attempts_close(void *ctx)
{
    struct attempts *x = ctx;

    hand_over(x);
    buf_free(&x->b);
    buf_free(&x->cell);
    free(x);
}

const struct exporter export_attempts = {
    .name = "attempts",
    .help = "every attempt as a row of a table (CSV): times, tokens, limits, outcome",
    .file = "attempts.csv",
    .mime = "text/csv; header=present",
    .open = attempts_open,
    .sink = attempts_sink,
    .close = attempts_close,
};
