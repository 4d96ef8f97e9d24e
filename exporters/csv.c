#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/kinds.h"

/* The summary as a table: one row a cell, phase and metric. */
struct csv {
    struct export_out out;
};

static void *csv_open(const struct export_config *config, const struct export_out *out,
                      struct err *err)
{
    struct csv *x = mem_alloc(sizeof(*x));

    (void)config;
    (void)err;
    x->out = *out;
    return x;
}

static struct journal_sink csv_sink(void *ctx)
{
    return (struct journal_sink){ .ctx = ctx };
}

/* Quoted where it has to be (RFC 4180). */
static void put_text(struct buf *b, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buf_str(b, text);
        return;
    }
    buf_char(b, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_char(b, '"');
        buf_char(b, *text);
    }
    buf_char(b, '"');
}

static void put_row(struct buf *b, const struct run *run, const struct summary_group *g,
                    enum metric_id id)
{
    const struct summary_metric *m = &g->metrics[id];

    put_text(b, run->cells[g->cell].name);
    buf_char(b, ',');
    put_text(b, run->phases[g->phase].name);
    buf_printf(b, ",%s,%s,%" PRIu64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64,
               metrics[id].name, unit_names[metrics[id].unit], m->n, m->min, m->max,
               m->mean, m->stddev);
    for (size_t i = 0; i < N_STATS; i++)
        if (m->stats[i].present)
            buf_printf(b, ",%" PRId64, m->stats[i].value);
        else
            buf_char(b, ',');
    buf_str(b, "\n");
}

static void csv_summary(void *ctx, const struct summary *s)
{
    struct csv *x = ctx;
    const struct run *run = s->run;
    struct export_chunk chunk = { .signal = EXPORT_FILE };
    struct buf b;

    buf_init(&b, 0);
    buf_str(&b, "cell,phase,metric,unit,n,min,max,mean,stddev");
    for (size_t i = 0; i < N_STATS; i++)
        buf_printf(&b, ",%s", stat_rows[i].name);
    buf_char(&b, '\n');
    for (size_t i = 0; i < run->n_cells * run->n_phases; i++)
        for (int m = 0; m < N_METRICS; m++)
            if (s->groups[i].metrics[m].n) {
                put_row(&b, run, &s->groups[i], (enum metric_id)m);
                chunk.items++;
            }
    chunk.bytes = (struct str){ b.p, b.len };
    x->out.put(x->out.ctx, &chunk);
    buf_free(&b);
}

const struct exporter export_csv = {
    .name = "csv",
    .help = "the summary as a table: a row for each cell, phase and metric",
    .file = "summary.csv",
    .mime = "text/csv",
    .open = csv_open,
    .sink = csv_sink,
    .summary = csv_summary,
    .close = free,
};
