#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/version.h"
#include "data/hists.h"
#include "data/hlog.h"
#include "exporters/kinds.h"
#include "exporters/place.h"

/*
 * A histogram log with a row for each second (or what is asked for) of each series, where
 * the run directory's latency.hlog has one for each phase: so the HDR tools can draw
 * percentiles over time. The sum of a tag's rows is the row of that tag there.
 */
struct hlog {
    struct export_out out;
    const struct run *run;
    struct hists *
        *groups; /* [trial * n_phases + phase], of the interval; NULL: no values */
    ns_t interval;
    ns_t begin; /* of the interval under way; NS_ABSENT: nothing has come yet */
    struct buf b;
    uint64_t rows; /* in b */
};

enum { FULL = 64 << 10 };

static void hand_over(struct hlog *x)
{
    struct export_chunk chunk = { EXPORT_FILE, { x->b.p, x->b.len }, x->rows };

    if (x->b.len)
        x->out.put(x->out.ctx, &chunk);
    buf_clear(&x->b);
    x->rows = 0;
}

static void put_row(struct hlog *x, uint32_t trial, uint32_t phase, enum metric_id m,
                    ns_t end, const struct hist *h)
{
    struct buf tag;

    buf_init(&tag, 0);
    buf_printf(&tag, "%s/%u/%s/%s", x->run->cells[x->run->trials[trial].cell].name, trial,
               x->run->phases[phase].name, metrics[m].name);
    hlog_put_row(&x->b, (struct str){ tag.p, tag.len }, x->begin, end - x->begin,
                 HLOG_NS_TO_MS, h);
    buf_free(&tag);
    if (++x->rows && x->b.len >= FULL)
        hand_over(x);
}

/*
 * Histograms stay for the next interval, where most of them are needed again: 304 KiB each
 * of the phases under way. Those of a phase without any value are given back.
 */
static void put_group(struct hlog *x, uint32_t trial, uint32_t phase, ns_t end)
{
    struct hists **g = &x->groups[trial * x->run->n_phases + phase];
    bool any = false;

    for (int m = 0; *g && m < N_METRICS; m++) {
        struct hist *h = (*g)->open[m];

        if (!h || !h->total)
            continue;
        put_row(x, trial, phase, (enum metric_id)m, end, h);
        hist_reset(h);
        any = true;
    }
    if (*g && !any) {
        hists_free(*g);
        free(*g);
        *g = NULL;
    }
}

static void put_interval(struct hlog *x, ns_t end)
{
    for (uint32_t t = 0; t < x->run->n_trials; t++)
        for (uint32_t p = 0; p < x->run->n_phases; p++)
            put_group(x, t, p, end);
}

/* It is `at`: an interval that is over is written. */
static void tick(struct hlog *x, ns_t at)
{
    if (x->begin != NS_ABSENT && at < x->begin + x->interval)
        return;
    if (x->begin != NS_ABSENT)
        put_interval(x, x->begin + x->interval);
    x->begin = at - at % x->interval;
}

static void take_value(void *ctx, int64_t value)
{
    if (!hist_record(ctx, value, 1))
        hist_record(ctx, value < 0 ? 0 : HIST_HIGHEST, 1);
}

struct taking {
    struct hists *group;
    enum metric_id id;
};

static void take(void *ctx, int64_t value)
{
    const struct taking *t = ctx;

    take_value(hists_get(t->group, t->id), value);
}

static void take_record(void *ctx, const struct record *r)
{
    struct hlog *x = ctx;
    struct taking t = { 0 };
    struct hists **g;

    if (!place_of_record(x->run, r) || r->at[MOMENT_END] == NS_ABSENT)
        return;
    tick(x, r->at[MOMENT_END]);
    g = &x->groups[r->trial * x->run->n_phases + r->phase];
    if (!*g)
        *g = mem_alloc(sizeof(**g));
    t.group = *g;
    for (int m = 0; m < N_METRICS; m++)
        if (metric_takes(&metrics[m], r)) {
            t.id = (enum metric_id)m;
            metrics[m].values(r, take, &t);
        }
}

static void take_health(void *ctx, const struct health_sample *h)
{
    tick(ctx, h->at);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct hlog *x = ctx;

    tick(x, e->at);
    put_interval(x, e->at > x->begin ? e->at : x->begin);
}

static int read_interval(struct hlog *x, const struct export_config *config,
                         struct err *err)
{
    const char *text = export_setting(config, "interval");

    x->interval = NS_PER_S;
    if (!text)
        return 0;
    if (units_duration(str_of(text), &x->interval, err) || x->interval < 10 * NS_PER_MS)
        return err_set(err, ERR_USAGE,
                       "hlog: interval=%s; expected a duration from 10ms on", text);
    return 0;
}

static void *hlog_open(const struct export_config *config, const struct export_out *out,
                       struct err *err)
{
    struct hlog *x = mem_alloc(sizeof(*x));

    if (read_interval(x, config, err)) {
        free(x);
        return NULL;
    }
    x->out = *out;
    x->run = config->run;
    x->begin = NS_ABSENT;
    x->groups = mem_array(x->run->n_trials * x->run->n_phases, sizeof(*x->groups));
    buf_init(&x->b, 0);
    hlog_put_header(&x->b,
                    "tokdyno " TOKDYNO_VERSION
                    "; tags: cell/trial/phase/metric\nvalues in ns, maximum in ms",
                    x->run->t0_real, x->run->t0_real);
    return x;
}

static struct journal_sink hlog_sink(void *x)
{
    return (struct journal_sink){
        .record = take_record, .health = take_health, .end = take_end, .ctx = x
    };
}

/* A journal without an end leaves the interval that was under way. */
static void hlog_close(void *ctx)
{
    struct hlog *x = ctx;

    if (x->begin != NS_ABSENT)
        put_interval(x, x->begin + x->interval);
    hand_over(x);
    for (size_t i = 0; i < x->run->n_trials * x->run->n_phases; i++)
        if (x->groups[i]) {
            hists_free(x->groups[i]);
            free(x->groups[i]);
        }
    free(x->groups);
    buf_free(&x->b);
    free(x);
}

static const struct export_option options[] = {
    { "interval", "1s", "length of a row, from 10ms on" },
    { NULL, NULL, NULL },
};

const struct exporter export_hlog = {
    .name = "hlog",
    .help = "HDR histogram log: a tagged row for each metric and second",
    .file = "intervals.hlog",
    .mime = "text/plain; charset=utf-8",
    .options = options,
    .open = hlog_open,
    .sink = hlog_sink,
    .close = hlog_close,
};
