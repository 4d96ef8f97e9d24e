#include "reports/noise.h"

#include <math.h>

#include "base/tame.h"
#include "base/version.h"
#include "reports/json_parts.h"
#include "reports/text.h"

static enum unit unit_of(const struct noise_figure *f)
{
    return metrics[f->metric].unit;
}

static void put_value(struct buf *out, const struct noise_figure *f, double v)
{
    if (f->is_rate)
        figure_rate(out, rates[f->rate].unit, v);
    else
        figure_value(out, unit_of(f), v);
}

/* --- text ----------------------------------------------------------------------------- */

static const struct noise_row *first_whole(const struct noise *n)
{
    for (size_t i = 0; i < n->n_rows; i++)
        if (n->rows[i].whole)
            return &n->rows[i];
    return NULL;
}

static void put_percent(struct buf *out, double share)
{
    buf_printf(out, "%.2g %%", share * 100);
}

static void put_answer(struct buf *out, const struct noise *n, const char *name,
                       bool colour)
{
    const struct noise_row *r = first_whole(n);
    struct buf b = { 0 };

    style_put(out, STYLE_BOLD, colour, name);
    buf_str(out, ": ");
    if (!r) {
        style_put(out, STYLE_RED, colour, "too few answers for any figure");
        buf_str(out, "; a longer load has them\n");
        return;
    }
    buf_printf(&b, "a change of %s below ", r->figure->name);
    put_percent(&b, r->floor);
    buf_printf(&b, " cannot be told from noise with %zu trials a side", n->trials);
    style_put(out, STYLE_GREEN, colour, b.p);
    buf_char(out, '\n');
    buf_free(&b);
}

static void put_sides(struct buf *out, const struct noise *n, bool colour)
{
    if (n->n_differ) {
        struct buf b = { 0 };

        buf_printf(&b,
                   "  A and B, which are the same, differ by more than that in %zu of %zu "
                   "figures",
                   n->n_differ, n->n_whole);
        style_put(out, STYLE_YELLOW, colour, b.p);
        buf_str(out, "\n  (chance does that to one in twenty): is the machine busy, or the "
                     "API drifting?\n");
        buf_free(&b);
    } else if (n->n_whole && n->trials < NOISE_LEAST_TO_DIFFER) {
        buf_printf(out,
                   "  too few trials to tell whether A and B, which are the same, differ "
                   "(%d a side do)\n",
                   NOISE_LEAST_TO_DIFFER);
    } else if (n->n_whole) {
        buf_str(out, "  A and B, which are the same, do not differ by more than that\n");
    }
    if (n->invalid || n->degraded) {
        struct buf b = { 0 };

        buf_printf(&b, "  of %zu trials %zu were INVALID and %zu degraded",
                   N_NOISE_SIDES * n->trials, n->invalid, n->degraded);
        style_put(out, n->invalid ? STYLE_RED : STYLE_YELLOW, colour, b.p);
        buf_char(out, '\n');
        buf_free(&b);
    }
}

static void take_percent(struct table *t, enum style style, double share)
{
    struct buf b = { 0 };

    put_percent(&b, share);
    table_take(t, style, &b);
}

static void put_row(struct table *t, const struct noise_row *r)
{
    struct buf b = { 0 };

    table_cell(t, STYLE_PLAIN, "%s", r->figure->name);
    put_value(&b, r->figure, r->median);
    table_take(t, STYLE_PLAIN, &b);
    take_percent(t, STYLE_BOLD, r->floor);
    take_percent(t, STYLE_DIM, r->parametric);
    take_percent(t, STYLE_DIM, r->empirical);
    take_percent(t, STYLE_PLAIN, r->log_sd);
    take_percent(t, r->differs ? STYLE_YELLOW : STYLE_PLAIN, r->distance);
    table_cell(t, STYLE_YELLOW, "%s", r->differs ? "differs" : "");
}

static void put_cell(const struct page *p, const struct noise *n, size_t cell)
{
    static const char *const heads[] = { "",           "median",    "noise floor",
                                         "by formula", "by splits", "std dev",
                                         "A vs B",     "" };
    struct table t;

    text_heading(p, *n->cells[cell] ? n->cells[cell] : "Figures");
    table_init(&t, "lrrrrrrl");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        table_cell(&t, STYLE_DIM, "%s", heads[i]);
    for (size_t i = 0; i < n->n_rows; i++)
        if (n->rows[i].cell == cell && n->rows[i].whole)
            put_row(&t, &n->rows[i]);
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

void report_noise_text(struct buf *out, const struct noise *n, const char *name,
                       bool colour)
{
    struct page p = { .out = out, .colour = colour };
    size_t from = out->len;

    put_answer(out, n, name, colour);
    put_sides(out, n, colour);
    for (size_t c = 0; c < n->n_cells; c++)
        put_cell(&p, n, c);
    tame(out->p + from, out->len - from, colour);
}

/* --- JSON ----------------------------------------------------------------------------- */

enum { SCHEMA = 1, INDENT = 1 };

static void put_ppm(struct jsonw *w, const char *key, double share)
{
    json_put_int(w, key, llround(share * 1e6));
}

static double factor_of(const struct noise_figure *f)
{
    return f->is_rate ? json_rate_units[rates[f->rate].unit].factor : 1;
}

static void put_values(struct jsonw *w, const char *key, const struct noise *n,
                       const struct noise_row *r, enum noise_side side)
{
    json_begin_array(w, key);
    for (size_t i = 0; i < n->trials; i++)
        if (r->values[side][i] > 0)
            jsonw_int(w, llround(r->values[side][i] * factor_of(r->figure)));
        else
            jsonw_null(w);
    jsonw_end(w);
}

static void put_json_row(struct jsonw *w, const struct noise *n, const struct noise_row *r)
{
    const struct noise_figure *f = r->figure;

    jsonw_object(w);
    json_put_text(w, "cell", n->cells[r->cell]);
    json_put_text(w, "figure", f->name);
    json_put_text(w, "unit",
                  f->is_rate ? json_rate_units[rates[f->rate].unit].unit
                             : unit_names[unit_of(f)]);
    put_values(w, "a", n, r, NOISE_A);
    put_values(w, "b", n, r, NOISE_B);
    json_put_bool(w, "known", r->whole);
    if (r->whole) {
        json_put_int(w, "median", llround(r->median * factor_of(f)));
        put_ppm(w, "floor_ppm", r->floor);
        put_ppm(w, "parametric_ppm", r->parametric);
        put_ppm(w, "empirical_ppm", r->empirical);
        put_ppm(w, "log_sd_ppm", r->log_sd);
        put_ppm(w, "distance_ppm", r->distance);
        json_put_bool(w, "differs", r->differs);
    }
    jsonw_end(w);
}

void report_noise_json(struct buf *out, const struct noise *n, const char *name)
{
    struct jsonw w;

    jsonw_init(&w, out, INDENT);
    jsonw_object(&w);
    json_put_int(&w, "schema", SCHEMA);
    json_put_text(&w, "tokdyno", TOKDYNO_VERSION);
    json_put_text(&w, "scenario", name);
    json_put_count(&w, "trials_a_side", n->trials);
    json_put_count(&w, "invalid_trials", n->invalid);
    json_put_count(&w, "degraded_trials", n->degraded);
    json_put_count(&w, "figures_that_differ", n->n_differ);
    json_begin_array(&w, "figures");
    for (size_t i = 0; i < n->n_rows; i++)
        put_json_row(&w, n, &n->rows[i]);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}
