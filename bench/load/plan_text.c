#include <stdlib.h>

#include "base/mem.h"
#include "base/tame.h"
#include "base/units.h"
#include "load/plan_private.h"

enum { N_COLUMNS = 7 };

static const char *const heads[N_COLUMNS] = {
    "cell", "requests", "measured", "tokens in", "tokens out", "time", "cost",
};

/* One row of the table; the texts belong to the row. */
struct row {
    struct buf columns[N_COLUMNS];
};

static void put_money(struct buf *out, int64_t nusd)
{
    if (nusd < 0)
        buf_str(out, "unknown");
    else
        units_put_money(out, nusd);
}

static struct row row_of(const char *name, const struct plan_cell *c)
{
    struct row r = { 0 };

    buf_str(&r.columns[0], name);
    buf_str(&r.columns[1], c->estimated ? "~" : "");
    units_put_count(&r.columns[1], c->requests);
    buf_str(&r.columns[2], c->estimated ? "~" : "");
    units_put_count(&r.columns[2], c->measured);
    units_put_count(&r.columns[3], (uint64_t)c->tokens_in);
    buf_str(&r.columns[4], c->completion_max ? "<= " : "~");
    units_put_count(&r.columns[4], (uint64_t)c->tokens_out);
    units_put_duration(&r.columns[5], c->time);
    if (c->cost_nusd >= 0)
        buf_str(&r.columns[6], c->completion_max ? "<= " : "~");
    put_money(&r.columns[6], c->cost_nusd);
    return r;
}

static void put_row(struct buf *out, const struct row *r, const size_t *widths)
{
    buf_str(out, "  ");
    for (int i = 0; i < N_COLUMNS; i++) {
        const char *text = r->columns[i].p;

        buf_printf(out, i ? "  %*s" : "%-*s", (int)widths[i], text);
    }
    buf_char(out, '\n');
}

static void put_table(struct buf *out, const struct plan *p)
{
    size_t n = p->n_cells + 1 + (p->n_cells > 1);
    struct row *rows = mem_array(n, sizeof(*rows));
    size_t widths[N_COLUMNS] = { 0 };

    for (int c = 0; c < N_COLUMNS; c++)
        buf_str(&rows[0].columns[c], heads[c]);
    for (size_t i = 0; i < p->n_cells; i++)
        rows[i + 1] = row_of(p->cells[i].name, &p->cells[i]);
    if (p->n_cells > 1)
        rows[n - 1] = row_of("all", &p->total);
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < N_COLUMNS; c++)
            if (rows[i].columns[c].len > widths[c])
                widths[c] = rows[i].columns[c].len;
    for (size_t i = 0; i < n; i++) {
        put_row(out, &rows[i], widths);
        for (int c = 0; c < N_COLUMNS; c++)
            buf_free(&rows[i].columns[c]);
    }
    free(rows);
}

/* A line only where there is such a thing. */
static void put_audio(struct buf *out, const struct plan_cell *t)
{
    if (t->audio_in > 0) {
        buf_str(out, "\nAudio that goes up: ");
        units_put_duration(out, t->audio_in);
        buf_char(out, '\n');
    }
    if (t->characters_in > 0) {
        buf_str(out, "\nCharacters to be spoken: ");
        units_put_count(out, (uint64_t)t->characters_in);
        buf_char(out, '\n');
    }
}

static void put_limit(struct buf *out, const struct plan_limit *l)
{
    buf_printf(out, "  %s %s (%s): ", *l->model ? l->model : "(no model)", l->tier,
               l->plan);
    if (!l->known) {
        buf_str(out, "unknown\n");
        return;
    }
    if (l->name) {
        buf_printf(out, "%s ", l->name);
        units_put_count(out, (uint64_t)l->limit);
        buf_str(out, " is used up after ");
        units_put_duration(out, l->after);
    } else
        buf_str(out, "none is reached");
    buf_printf(out, "; %s allows %.3g requests/s over this run\n", l->sustained_by,
               l->sustained);
}

/* A line only where the scenario has such a budget. */
static void put_budget(struct buf *out, const struct plan *p)
{
    const struct budget *b = &p->scenario->budget;

    if (!b->requests && !b->tokens && !b->cost_nusd)
        return;
    buf_str(out, "\nBudget:");
    if (b->requests) {
        buf_str(out, "  requests ");
        units_put_count(out, b->requests);
    }
    if (b->tokens) {
        buf_str(out, "  tokens ");
        units_put_count(out, b->tokens);
    }
    if (b->cost_nusd) {
        buf_str(out, "  cost ");
        units_put_money(out, b->cost_nusd);
    }
    buf_char(out, '\n');
}

void plan_text(struct buf *out, const struct plan *p)
{
    const struct scenario *s = p->scenario;
    size_t from = out->len;

    buf_printf(out, "%s: %zu cell%s x %u trial%s, about ", s->name, p->n_cells,
               p->n_cells == 1 ? "" : "s", s->repeat, s->repeat == 1 ? "" : "s");
    units_put_duration(out, p->total.time);
    buf_str(out, "\n\n");
    put_table(out, p);
    put_audio(out, &p->total);
    buf_str(out,
            "\n  ~ estimated from the catalogue's speeds or a usual length of answers; "
            "<= at most\n");
    plan_search_text(out, p);
    buf_str(out, "\nRate limits:\n");
    for (size_t i = 0; i < p->n_limits; i++)
        put_limit(out, &p->limits[i]);
    put_budget(out, p);
    if (p->n_warnings)
        buf_str(out, "\nWarnings:\n");
    for (size_t i = 0; i < p->n_warnings; i++)
        buf_printf(out, "  %s\n", p->warnings[i]);
    tame(out->p + from, out->len - from, false);
}
