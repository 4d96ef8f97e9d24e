#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "exporters/cells.h"
#include "exporters/kinds.h"

/*
 * The summary as a table: a row for each metric and each rate of a cell and phase, of all
 * trials together and of each one. Values are whole numbers of the unit in the row, as in
 * run.json.
 */
struct csv {
    struct export_out out;
};

/* How many of the unit make one of what the summary holds. */
struct rate_column {
    const char *unit;
    double per;
};

static const struct rate_column rate_columns[] = {
    [RATE_UNIT_PPM] = { "ppm", 1 },
    [RATE_UNIT_PER_S] = { "mreq/s", 1e3 },
    [RATE_UNIT_TOKENS_PER_S] = { "mtok/s", 1e3 },
    [RATE_UNIT_NUSD] = { "n$", 1 },
};

static void put_head(struct buf *b)
{
    buf_str(b, "cell,model,service_tier,phase,measured,trial,kind,name,unit,"
               "value,value_lo,value_hi,n,min,mean,max,stddev,");
    for (int i = 0; i < N_STATS; i++)
        buf_printf(b, "%s,%s_lo,%s_hi,", stat_rows[i].name, stat_rows[i].name,
                   stat_rows[i].name);
    cells_end(b);
}

/* The row's place; trial NULL: all of them. */
static void put_place(struct buf *b, const struct run *run, const struct summary_group *g,
                      const char *trial)
{
    const struct run_cell *cell = &run->cells[g->cell];

    cells_text(b, cell->name);
    cells_text(b, cell->model ? cell->model : "");
    cells_text(b, cell->tier ? cell->tier : "");
    cells_text(b, run->phases[g->phase].name);
    cells_bare(b, run->phases[g->phase].measured ? "true" : "false");
    cells_bare(b, trial);
}

/* An end that is open is empty. */
static void put_known(struct buf *b, int64_t v)
{
    if (v >= 0)
        cells_int(b, v);
    else
        cells_bare(b, "");
}

static void put_blank(struct buf *b, int n)
{
    while (n--)
        cells_bare(b, "");
}

static void put_metric(struct buf *b, enum metric_id id, const struct summary_metric *m)
{
    cells_bare(b, "metric");
    cells_bare(b, metrics[id].name);
    cells_bare(b, unit_names[metrics[id].unit]);
    put_blank(b, 3);
    cells_int(b, (int64_t)m->n);
    cells_int(b, m->min);
    cells_int(b, m->mean);
    cells_int(b, m->max);
    cells_int(b, m->stddev);
    for (int i = 0; i < N_STATS; i++) {
        if (!m->stats[i].present) {
            put_blank(b, 3);
            continue;
        }
        cells_int(b, m->stats[i].value);
        put_known(b, m->stats[i].lo);
        put_known(b, m->stats[i].hi);
    }
    cells_end(b);
}

static void put_rate(struct buf *b, enum rate_id id, const struct summary_rate *r)
{
    const struct rate_column *c = &rate_columns[rates[id].unit];

    cells_bare(b, "rate");
    cells_bare(b, rates[id].name);
    cells_bare(b, c->unit);
    cells_int(b, llround(r->value * c->per));
    if (r->interval) {
        cells_int(b, llround(r->lo * c->per));
        cells_int(b, llround(r->hi * c->per));
    } else {
        put_blank(b, 2);
    }
    put_blank(b, 5 + 3 * N_STATS);
    cells_end(b);
}

static uint64_t put_group(struct buf *b, const struct run *run,
                          const struct summary_group *g, const char *trial)
{
    uint64_t rows = 0;

    for (int i = 0; i < N_METRICS; i++)
        if (g->metrics[i].n) {
            put_place(b, run, g, trial);
            put_metric(b, (enum metric_id)i, &g->metrics[i]);
            rows++;
        }
    for (int i = 0; i < N_RATES; i++)
        if (g->rates[i].present) {
            put_place(b, run, g, trial);
            put_rate(b, (enum rate_id)i, &g->rates[i]);
            rows++;
        }
    return rows;
}

static void csv_summary(void *ctx, const struct summary *s)
{
    struct csv *x = ctx;
    const struct run *run = s->run;
    struct export_chunk chunk = { .signal = EXPORT_FILE };
    struct buf b;
    char trial[24];

    buf_init(&b, 0);
    put_head(&b);
    for (size_t i = 0; i < run->n_cells * run->n_phases; i++)
        chunk.items += put_group(&b, run, &s->groups[i], "all");
    for (size_t i = 0; i < run->n_trials * run->n_phases; i++) {
        snprintf(trial, sizeof(trial), "%zu", i / run->n_phases);
        chunk.items += put_group(&b, run, &s->trials[i], trial);
    }
    chunk.bytes = (struct str){ b.p, b.len };
    x->out.put(x->out.ctx, &chunk);
    buf_free(&b);
}

static void *csv_open(const struct export_config *config __attribute__((unused)),
                      const struct export_out *out, struct err *err __attribute__((unused)))
{
    struct csv *x = mem_alloc(sizeof(*x));

    x->out = *out;
    return x;
}

static struct journal_sink csv_sink(void *ctx)
{
    return (struct journal_sink){ .ctx = ctx };
}

const struct exporter export_csv = {
    .name = "csv",
    .help = "the summary as a table (CSV): a row for each metric and rate",
    .file = "summary.csv",
    .mime = "text/csv; header=present",
    .open = csv_open,
    .sink = csv_sink,
    .summary = csv_summary,
    .close = free,
};
