#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hgrm.h"
#include "data/hist.h"
#include "data/nearest.h"
#include "exporters/kinds.h"
#include "exporters/place.h"

/*
 * The percentile distribution of one metric, of the measured phases: a file for HDR's
 * plotter, which lays several of them over one another.
 */
struct hgrm {
    struct export_out out;
    const struct run *run;
    enum metric_id metric;
    size_t cell; /* SIZE_MAX: all of them together */
    struct hist h;
};

enum { STEPS = 5 };

/* How many of the base unit make one that is shown: ms, tokens/s, per cent, $, tokens. */
static const double scales[N_UNITS] = {
    [UNIT_NS] = 1e6,   [UNIT_MTOKS] = 1e3, [UNIT_PPM] = 1e4,    [UNIT_NUSD] = 1e9,
    [UNIT_TOKENS] = 1, [UNIT_MX] = 1e3,    [UNIT_MCHARS] = 1e3, [UNIT_COUNT] = 1,
};

static void take_value(void *ctx, int64_t value)
{
    if (!hist_record(ctx, value, 1))
        hist_record(ctx, value < 0 ? 0 : HIST_HIGHEST, 1);
}

static void take_record(void *ctx, const struct record *r)
{
    struct hgrm *x = ctx;

    if (!place_of_record(x->run, r) || !x->run->phases[r->phase].measured ||
        (x->cell != SIZE_MAX && r->cell != x->cell))
        return;
    if (metric_takes(&metrics[x->metric], r))
        metrics[x->metric].values(r, take_value, &x->h);
}

static int read_metric(struct hgrm *x, const struct export_config *config, struct err *err)
{
    const char *name = export_setting(config, "metric");
    struct nearest near;

    x->metric = METRIC_TTFT;
    if (!name || metric_find(str_of(name), &x->metric))
        return 0;
    near = nearest_to(str_of(name));
    for (int m = 0; m < N_METRICS; m++)
        nearest_try(&near, metrics[m].name);
    err_set(err, ERR_USAGE, "hgrm: no metric \"%s\"", name);
    return nearest_hint(&near, err);
}

static int read_cell(struct hgrm *x, const struct export_config *config, struct err *err)
{
    const char *text = export_setting(config, "cell");
    char *end;

    x->cell = SIZE_MAX;
    if (!text)
        return 0;
    x->cell = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || x->cell >= config->run->n_cells)
        return err_set(err, ERR_USAGE,
                       "hgrm: cell=%s; expected a number below %zu, the number of cells",
                       text, config->run->n_cells);
    return 0;
}

static void *hgrm_open(const struct export_config *config, const struct export_out *out,
                       struct err *err)
{
    struct hgrm *x = mem_alloc(sizeof(*x));

    if (read_metric(x, config, err) || read_cell(x, config, err)) {
        free(x);
        return NULL;
    }
    x->out = *out;
    x->run = config->run;
    hist_init_standard(&x->h);
    return x;
}

static struct journal_sink hgrm_sink(void *x)
{
    return (struct journal_sink){ .record = take_record, .ctx = x };
}

static void hgrm_close(void *ctx)
{
    struct hgrm *x = ctx;
    struct export_chunk chunk = { .signal = EXPORT_FILE, .items = 1 };
    struct buf b;

    buf_init(&b, 0);
    hgrm_put(&b, &x->h, STEPS, scales[metrics[x->metric].unit]);
    chunk.bytes = (struct str){ b.p, b.len };
    x->out.put(x->out.ctx, &chunk);
    buf_free(&b);
    hist_free(&x->h);
    free(x);
}

static const struct export_option options[] = {
    { "metric", "ttft", "any metric that `tokdyno explain` names" },
    { "cell", "N", "of one cell, counted from 0; else all of them together" },
    { NULL, NULL, NULL },
};

const struct exporter export_hgrm = {
    .name = "hgrm",
    .help = "HDR percentile distribution of one metric of the measured phases",
    .file = "distribution.hgrm",
    .mime = "text/plain; charset=utf-8",
    .options = options,
    .open = hgrm_open,
    .sink = hgrm_sink,
    .close = hgrm_close,
};
