#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/version.h"
#include "data/trace_shape.h"
#include "exporters/exposition.h"
#include "exporters/kinds.h"
#include "exporters/prom_counts.h"

/*
 * Counts for Prometheus: what a scrape sees while the run goes on, and the same in a file
 * behind it (for node_exporter's textfile collector), with the verdicts.
 */
struct prometheus {
    struct export_out out;
    struct prom_counts counts;
};

static const char text_type[] = "text/plain; version=0.0.4; charset=utf-8";
static const char openmetrics_type[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/* The labels of everything, and room for one or two more. */
enum {
    L_SCENARIO,
    L_MODEL,
    L_TIER,
    L_CELL,
    L_PHASE,
    L_REGION,
    N_PLACE,
    N_ALL = N_PLACE + 2
};

struct labels_of {
    struct exposition_label l[N_ALL];
};

static struct labels_of labels_at(const struct run *run, size_t cell, const char *phase,
                                  const char *region)
{
    const struct run_cell *c = &run->cells[cell];

    return (struct labels_of){ { { "scenario", run->name },
                                 { "model", c->model },
                                 { "tier", c->tier },
                                 { "cell", c->name },
                                 { "phase", phase },
                                 { "region", region } } };
}

/* --- groups ----------------------------------------------------------------------------
 */

typedef void group_fn(struct exposition *e, const struct prom_group *g, struct labels_of *l,
                      const void *ctx);

/* fn for each group that has anything, in the order of the run's tables. */
static void each_group(struct exposition *e, const struct prom_counts *c, group_fn *fn,
                       const void *ctx)
{
    for (size_t cell = 0; cell < c->run->n_cells; cell++)
        for (size_t phase = 0; phase < c->run->n_phases; phase++)
            for (size_t region = 0; region < PROM_REGION_SLOTS; region++) {
                const struct prom_group *g = prom_counts_group(c, cell, phase, region);
                struct labels_of l = labels_at(c->run, cell, c->run->phases[phase].name,
                                               prom_counts_region(c, region));

                if (g)
                    fn(e, g, &l, ctx);
            }
}

static void put_outcomes(struct exposition *e, const uint64_t *counts, struct labels_of *l)
{
    l->l[N_PLACE].name = "outcome";
    for (int o = 0; o < N_OUTCOMES; o++)
        if (counts[o]) {
            l->l[N_PLACE].value = outcomes[o].name;
            exposition_sample(e, "_total", l->l, N_PLACE + 1, (double)counts[o]);
        }
}

static void put_requests(struct exposition *e, const struct prom_group *g,
                         struct labels_of *l, const void *ctx __attribute__((unused)))
{
    put_outcomes(e, g->requests, l);
}

static void put_attempts(struct exposition *e, const struct prom_group *g,
                         struct labels_of *l, const void *ctx __attribute__((unused)))
{
    put_outcomes(e, g->attempts, l);
}

/* A count of a group: a row of the table below. */
struct part {
    const char *value; /* of the label that tells it from others of its family */
    size_t offset;
};

struct counter {
    const char *name;
    const char *help;
    const char *label; /* NULL: one count alone */
    struct part parts[4];
    unsigned n_parts;
};

#define PART(value, member)                                                                \
    {                                                                                      \
        value, offsetof(struct prom_group, member)                                         \
    }

static const struct counter counters[] = {
    { "tokdyno_tokens",
      "Tokens as the server counted them; cached ones are part of prompt, reasoning of "
      "completion.",
      "kind",
      { PART("prompt", prompt_tokens), PART("cached", cached_tokens),
        PART("completion", completion_tokens), PART("reasoning", reasoning_tokens) },
      4 },
    { "tokdyno_frames", "Frames with output.", NULL, { PART(NULL, frames) }, 1 },
    { "tokdyno_body_bytes",
      "Bytes of bodies, up (requests) and down (answers).",
      "direction",
      { PART("up", bytes_up), PART("down", bytes_down) },
      2 },
};

static void put_counter(struct exposition *e, const struct prom_group *g,
                        struct labels_of *l, const void *ctx)
{
    const struct counter *c = ctx;
    int64_t v;

    for (unsigned i = 0; i < c->n_parts; i++) {
        memcpy(&v, (const char *)g + c->parts[i].offset, sizeof(v));
        l->l[N_PLACE] = (struct exposition_label){ c->label, c->parts[i].value };
        if (v >= 0)
            exposition_sample(e, "_total", l->l, N_PLACE + (c->label ? 1 : 0), (double)v);
    }
}

static void put_cost(struct exposition *e, const struct prom_group *g, struct labels_of *l,
                     const void *ctx __attribute__((unused)))
{
    if (g->priced)
        exposition_sample(e, "_total", l->l, N_PLACE, (double)g->cost_nusd / 1e9);
}

static void put_groups(struct exposition *e, const struct prom_counts *c)
{
    exposition_family(e, "tokdyno_requests", EXPOSITION_COUNTER, NULL,
                      "Requests that ended, by the outcome of their final attempt.");
    each_group(e, c, put_requests, NULL);
    exposition_family(e, "tokdyno_attempts", EXPOSITION_COUNTER, NULL,
                      "Attempts that ended, retries among them, by outcome.");
    each_group(e, c, put_attempts, NULL);
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        exposition_family(e, counters[i].name, EXPOSITION_COUNTER, NULL, counters[i].help);
        each_group(e, c, put_counter, &counters[i]);
    }
    exposition_family(e, "tokdyno_spent_dollars", EXPOSITION_COUNTER, "dollars",
                      "Price of the attempts whose price is known.");
    each_group(e, c, put_cost, NULL);
}

/* --- histograms ------------------------------------------------------------------------
 */

/* The trace of the attempt's request, as an OTLP backend knows it. */
static void put_trace_id(const struct prom_counts *c, uint64_t req,
                         char text[2 * TRACE_ID_BYTES + 1])
{
    uint8_t id[TRACE_ID_BYTES];

    trace_id_of(c->run, c->nested, req, id);
    for (int i = 0; i < TRACE_ID_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", id[i]);
}

static void put_bucket(struct exposition *e, const struct prom_counts *c,
                       const struct labels_of *l, double upto, uint64_t count, double per,
                       const struct prom_example *x)
{
    char request[48], trace[2 * TRACE_ID_BYTES + 1];
    struct exposition_label labels[] = { { "trace_id", trace }, { "request", request } };
    struct exposition_exemplar exemplar = { .labels = labels, .n_labels = 2 };

    if (!x || !x->try_no || !e->openmetrics) {
        exposition_bucket(e, l->l, N_PLACE, upto, count, NULL);
        return;
    }
    put_trace_id(c, x->req, trace);
    snprintf(request, sizeof(request), "%" PRIu64 ".%" PRIu32, x->req, x->try_no);
    exemplar.value = (double)x->value / per;
    exemplar.at_ns = c->run->t0_real + x->at;
    exposition_bucket(e, l->l, N_PLACE, upto, count, &exemplar);
}

static void put_hist(struct exposition *e, const struct prom_counts *c,
                     const struct prom_hist *h, const struct buckets *b, double per,
                     const struct labels_of *l)
{
    uint64_t within = 0;

    for (size_t i = 0; i <= b->n; i++) {
        within += h->counts[i];
        put_bucket(e, c, l, i < b->n ? (double)b->upto[i] / per : INFINITY, within, per,
                   h->examples ? &h->examples[i] : NULL);
    }
    exposition_sample(e, "_sum", l->l, N_PLACE, h->sum / per);
    exposition_sample(e, "_count", l->l, N_PLACE, (double)h->n);
}

struct of_metric {
    const struct prom_counts *counts;
    enum metric_id id;
};

static void put_group_hist(struct exposition *e, const struct prom_group *g,
                           struct labels_of *l, const void *ctx)
{
    const struct of_metric *m = ctx;

    if (g->hists[m->id])
        put_hist(e, m->counts, g->hists[m->id], buckets_of(m->id),
                 buckets_per(metrics[m->id].unit), l);
}

static bool any_group(const struct prom_counts *c, enum metric_id id)
{
    for (size_t i = 0; i < c->run->n_cells * c->run->n_phases * PROM_REGION_SLOTS; i++)
        if (c->groups[i] && c->groups[i]->hists[id])
            return true;
    return false;
}

/* As OpenMetrics wants it: the end of the name; NULL where the name has another one. */
static const char *unit_of(const char *name)
{
    static const char *const units[] = { "seconds", "ratio", "dollars", "tokens" };
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = strlen(units[i]);

        if (n > len && name[n - len - 1] == '_' && !strcmp(name + n - len, units[i]))
            return units[i];
    }
    return NULL;
}

static void put_metrics(struct exposition *e, const struct prom_counts *c)
{
    for (int m = 0; m < N_METRICS; m++) {
        struct of_metric of = { c, (enum metric_id)m };

        if (!any_group(c, of.id))
            continue;
        exposition_family(e, metrics[m].prom, EXPOSITION_HISTOGRAM,
                          unit_of(metrics[m].prom), metrics[m].help);
        each_group(e, c, put_group_hist, &of);
    }
}

/* --- now -------------------------------------------------------------------------------
 */

static void put_info(struct exposition *e, const struct run *run)
{
    struct exposition_label scenario = { "scenario", run->name };
    struct exposition_label labels[] = { scenario,
                                         { "run", run->id },
                                         { "target", run->target },
                                         { "version", TOKDYNO_VERSION } };

    exposition_family(e, "tokdyno_run_info", EXPOSITION_GAUGE, NULL,
                      "Which run this is; always 1.");
    exposition_sample(e, "", labels, sizeof(labels) / sizeof(labels[0]), 1);
    exposition_family(e, "tokdyno_run_start_timestamp_seconds", EXPOSITION_GAUGE, "seconds",
                      "When the run began, since 1970.");
    exposition_sample(e, "", &scenario, 1, (double)(run->t0_real / NS_PER_MS) / 1e3);
}

static void put_under_way(struct exposition *e, const struct prom_counts *c)
{
    exposition_family(e, "tokdyno_phase_active", EXPOSITION_GAUGE, NULL,
                      "1: the cell is in this phase now.");
    for (size_t cell = 0; cell < c->run->n_cells; cell++)
        for (size_t p = 0; p < c->run->n_phases; p++) {
            struct labels_of l = labels_at(c->run, cell, c->run->phases[p].name, NULL);

            exposition_sample(e, "", l.l, N_PLACE, c->under_way[cell] == p + 1);
        }
}

static void put_planned(struct exposition *e, const struct prom_counts *c, const char *name,
                        const char *help, size_t offset)
{
    exposition_family(e, name, EXPOSITION_COUNTER, NULL, help);
    for (size_t i = 0; i < c->run->n_cells * c->run->n_phases; i++) {
        const char *phase = c->run->phases[i % c->run->n_phases].name;
        struct labels_of l = labels_at(c->run, i / c->run->n_phases, phase, NULL);
        uint64_t v;

        memcpy(&v, (const char *)&c->phases[i] + offset, sizeof(v));
        exposition_sample(e, "_total", l.l, N_PLACE, (double)v);
    }
}

struct limit_gauge {
    const char *name;
    const char *unit;
    const char *help;
    size_t offset;
    double per;
};

static const struct limit_gauge limit_gauges[] = {
    { "tokdyno_rate_limit", NULL, "Rate limit as headers tell it.",
      offsetof(struct limit, limit), 1 },
    { "tokdyno_rate_limit_remaining", NULL, "What was left of it at the latest answer.",
      offsetof(struct limit, remaining), 1 },
    { "tokdyno_rate_limit_reset_seconds", "seconds",
      "Time until it is full again, at the latest answer.", offsetof(struct limit, reset),
      1e9 },
};

static void put_limit(struct exposition *e, const struct prom_counts *c,
                      const struct limit_gauge *g)
{
    exposition_family(e, g->name, EXPOSITION_GAUGE, g->unit, g->help);
    for (size_t cell = 0; cell < c->run->n_cells; cell++)
        for (int k = 0; k < N_LIMITS; k++) {
            struct labels_of l = labels_at(c->run, cell, NULL, NULL);
            int64_t v;

            memcpy(&v, (const char *)&c->limits[cell][k] + g->offset, sizeof(v));
            l.l[N_PLACE] = (struct exposition_label){ "kind", limit_names[k] };
            if (v >= 0)
                exposition_sample(e, "", l.l, N_PLACE + 1, (double)v / g->per);
        }
}

static void put_now(struct exposition *e, const struct prom_counts *c)
{
    struct exposition_label scenario = { "scenario", c->run->name };
    double in_flight = 0;

    for (size_t i = 0; i < c->n_workers; i++)
        in_flight += c->workers[i].in_flight;
    exposition_family(e, "tokdyno_in_flight_requests", EXPOSITION_GAUGE, NULL,
                      "Requests in flight: the most of each worker in the last second, "
                      "added up.");
    exposition_sample(e, "", &scenario, 1, in_flight);
    put_under_way(e, c);
    put_planned(e, c, "tokdyno_planned_requests",
                "Requests that were due in phases that are over.",
                offsetof(struct prom_phase, planned));
    put_planned(e, c, "tokdyno_issued_requests",
                "Of the planned ones, those that were given to the API.",
                offsetof(struct prom_phase, issued));
    for (size_t i = 0; i < sizeof(limit_gauges) / sizeof(limit_gauges[0]); i++)
        put_limit(e, c, &limit_gauges[i]);
}

/* --- health ----------------------------------------------------------------------------
 */

/* "cpu_ns" is shown as tokdyno_health_cpu_seconds. */
static double health_name(const char *counter, char name[96])
{
    size_t n = strlen(counter);
    bool ns = n > 3 && !strcmp(counter + n - 3, "_ns");

    snprintf(name, 96, "tokdyno_health_%.*s%s", (int)(ns ? n - 3 : n), counter,
             ns ? "_seconds" : "");
    return ns ? 1e9 : 1;
}

static void put_health(struct exposition *e, const struct prom_counts *c)
{
    struct labels_of l = { { { "scenario", c->run->name } } };

    for (int i = 0; i < N_HEALTH_COUNTERS; i++) {
        char name[96];
        double per = health_name(health_counter_names[i], name);

        exposition_family(e, name, EXPOSITION_COUNTER, unit_of(name),
                          "The instrument itself; see the journal's health lines.");
        exposition_sample(e, "_total", l.l, 1, (double)c->health[i] / per);
    }
    for (int i = 0; i < N_PROM_LAGS; i++) {
        if (!c->lags[i].n)
            continue;
        exposition_family(e, prom_lags[i].name, EXPOSITION_HISTOGRAM, "seconds",
                          prom_lags[i].help);
        put_hist(e, c, &c->lags[i], buckets_lag(), 1e9, &l);
    }
}

static void put_page(struct exposition *e, const struct prom_counts *c)
{
    put_info(e, c->run);
    put_now(e, c);
    put_groups(e, c);
    put_metrics(e, c);
    put_health(e, c);
}

/* --- verdicts --------------------------------------------------------------------------
 */

static double rate_per(enum rate_unit unit)
{
    switch (unit) {
    case RATE_UNIT_PPM:
        return 1e6;
    case RATE_UNIT_NUSD:
        return 1e9;
    case RATE_UNIT_PER_S:
    case RATE_UNIT_TOKENS_PER_S:
        return 1;
    }
    return 1;
}

static void put_rates(struct exposition *e, const struct summary *s)
{
    for (int i = 0; i < N_RATES; i++) {
        exposition_family(e, rates[i].prom, EXPOSITION_GAUGE, unit_of(rates[i].prom),
                          rates[i].help);
        for (size_t g = 0; g < s->run->n_cells * s->run->n_phases; g++) {
            const struct summary_group *group = &s->groups[g];
            const struct summary_rate *rate = &group->rates[i];
            struct labels_of l =
                labels_at(s->run, group->cell, s->run->phases[group->phase].name, NULL);

            if (rate->present)
                exposition_sample(e, "", l.l, N_PLACE,
                                  rate->value / rate_per(rates[i].unit));
        }
    }
}

static void put_slos(struct exposition *e, const struct summary *s)
{
    exposition_family(e, "tokdyno_slo_met", EXPOSITION_GAUGE, NULL,
                      "1: the objective was met, 0: it was not; absent: too few data.");
    for (size_t i = 0; i < s->n_slos; i++) {
        const struct summary_slo *v = &s->slos[i];
        struct labels_of l = { { { "scenario", s->run->name } } };

        if (v->verdict == VERDICT_NO_DATA || v->cell >= s->run->n_cells)
            continue;
        l = labels_at(s->run, v->cell, NULL, NULL);
        l.l[N_PLACE] = (struct exposition_label){ "slo", s->run->slos[v->slo].text };
        exposition_sample(e, "", l.l, N_PLACE + 1, v->verdict == VERDICT_PASS);
    }
}

/* How far off the instrument may be in each cell; the error of a speed is no time. */
static void put_errors(struct exposition *e, const struct summary *s)
{
    exposition_family(
        e, "tokdyno_metric_error_seconds", EXPOSITION_GAUGE, "seconds",
        "Error of the instrument in the values of a metric, p99 or the highest "
        "percentile that so few have; measured phases.");
    for (size_t c = 0; c < s->run->n_cells; c++)
        for (int h = 0; h < N_HEADLINES; h++) {
            const struct metric *of = &metrics[headlines[h].of];
            struct labels_of l = labels_at(s->run, c, NULL, NULL);
            enum stat_id stat;
            int64_t error;

            if (of->unit != UNIT_NS ||
                !summary_error(s, &s->cells[c].measured, (enum headline)h, &error, &stat))
                continue;
            l.l[N_PLACE] = (struct exposition_label){ "metric", of->name };
            exposition_sample(e, "", l.l, N_PLACE + 1, (double)error / 1e9);
        }
}

static void put_verdicts(struct exposition *e, const struct summary *s)
{
    struct exposition_label l[] = { { "scenario", s->run->name },
                                    { "verdict", validity_names[s->health.validity] } };
    bool valid =
        s->health.validity == VALIDITY_VALID || s->health.validity == VALIDITY_DEGRADED;

    exposition_family(e, "tokdyno_run_valid", EXPOSITION_GAUGE, NULL,
                      "1: the client could carry the load; 0: the figures say nothing of "
                      "the server.");
    exposition_sample(e, "", l, 2, valid);
    if (s->health.e != NS_ABSENT) {
        exposition_family(e, "tokdyno_instrument_error_seconds", EXPOSITION_GAUGE,
                          "seconds", "Error of the instrument, p99.");
        exposition_sample(e, "", l, 1, (double)s->health.e / 1e9);
    }
    put_errors(e, s);
    put_rates(e, s);
    put_slos(e, s);
}

/* --- the exporter ----------------------------------------------------------------------
 */

static void *prometheus_open(const struct export_config *config,
                             const struct export_out *out,
                             struct err *err __attribute__((unused)))
{
    struct prometheus *x = mem_alloc(sizeof(*x));

    x->out = *out;
    prom_counts_init(&x->counts, config->run);
    return x;
}

static struct journal_sink prometheus_sink(void *ctx)
{
    return prom_counts_sink(&((struct prometheus *)ctx)->counts);
}

/* Does the header ask for OpenMetrics, and not with less than it asks for plain text? */
static bool wants_openmetrics(const char *accept)
{
    double open = 0, plain = 0;

    while (accept && *accept) {
        size_t n = strcspn(accept, ",");
        char part[200];
        char *q;
        double weight = 1;

        snprintf(part, sizeof(part), "%.*s", n < 199 ? (int)n : 199, accept);
        if ((q = strcasestr(part, ";q=")) || (q = strcasestr(part, "; q=")))
            weight = strtod(strchr(q, '=') + 1, NULL);
        if (strcasestr(part, "application/openmetrics-text"))
            open = fmax(open, weight);
        else if (strcasestr(part, "text/plain"))
            plain = fmax(plain, weight);
        accept += n + (accept[n] == ',');
    }
    return open > 0 && open >= plain;
}

static const char *prometheus_page(void *ctx, const char *accept, struct buf *out)
{
    const struct prometheus *x = ctx;
    struct exposition e = { .out = out, .openmetrics = wants_openmetrics(accept) };

    put_page(&e, &x->counts);
    exposition_end(&e);
    return e.openmetrics ? openmetrics_type : text_type;
}

static void prometheus_summary(void *ctx, const struct summary *s)
{
    struct prometheus *x = ctx;
    struct export_chunk chunk = { .signal = EXPORT_FILE, .items = 1 };
    struct exposition e = { 0 };
    struct buf b;

    buf_init(&b, 0);
    e.out = &b;
    put_page(&e, &x->counts);
    put_verdicts(&e, s);
    chunk.bytes = (struct str){ b.p, b.len };
    x->out.put(x->out.ctx, &chunk);
    buf_free(&b);
}

static void prometheus_close(void *ctx)
{
    prom_counts_free(&((struct prometheus *)ctx)->counts);
    free(ctx);
}

const struct exporter export_prometheus = {
    .name = "prometheus",
    .help = "counts and histograms, as a page to be scraped or a file for node_exporter",
    .file = "metrics.prom",
    .mime = text_type,
    .open = prometheus_open,
    .sink = prometheus_sink,
    .summary = prometheus_summary,
    .page = prometheus_page,
    .close = prometheus_close,
};
