#include "exporters/prom_page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/trace_shape.h"

/* --- groups --------------------------------------------------------------------- */

typedef void group_fn(struct exposition *e, const struct prom_group *g,
                      struct prom_labels *l, const void *ctx);

/* fn for each group that has anything, in the order of the run's tables. */
static void each_group(struct exposition *e, const struct prom_counts *c, group_fn *fn,
                       const void *ctx)
{
    for (size_t cell = 0; cell < c->run->n_cells; cell++)
        for (size_t phase = 0; phase < c->run->n_phases; phase++)
            for (size_t region = 0; region < PROM_REGION_SLOTS; region++) {
                const struct prom_group *g = prom_counts_group(c, cell, phase, region);
                struct prom_labels l =
                    prom_labels_at(c->run, cell, c->run->phases[phase].name,
                                   prom_counts_region(c, region));

                if (g)
                    fn(e, g, &l, ctx);
            }
}

static void put_outcomes(struct exposition *e, const uint64_t *counts,
                         struct prom_labels *l)
{
    l->l[N_PLACE].name = "outcome";
    for (int o = 0; o < N_OUTCOMES; o++)
        if (counts[o]) {
            l->l[N_PLACE].value = outcomes[o].name;
            exposition_sample(e, "_total", l->l, N_PLACE + 1, (double)counts[o]);
        }
}

static void put_requests(struct exposition *e, const struct prom_group *g,
                         struct prom_labels *l, const void *ctx __attribute__((unused)))
{
    put_outcomes(e, g->requests, l);
}

static void put_attempts(struct exposition *e, const struct prom_group *g,
                         struct prom_labels *l, const void *ctx __attribute__((unused)))
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
                        struct prom_labels *l, const void *ctx)
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

static void put_cost(struct exposition *e, const struct prom_group *g,
                     struct prom_labels *l, const void *ctx __attribute__((unused)))
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

/* --- histograms ----------------------------------------------------------------- */

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
                       const struct prom_labels *l, double upto, uint64_t count, double per,
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

void prom_put_hist(struct exposition *e, const struct prom_counts *c,
                   const struct prom_hist *h, const struct buckets *b, double per,
                   const struct prom_labels *l)
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
                           struct prom_labels *l, const void *ctx)
{
    const struct of_metric *m = ctx;

    if (g->hists[m->id])
        prom_put_hist(e, m->counts, g->hists[m->id], buckets_of(m->id),
                      buckets_per(metrics[m->id].unit), l);
}

static bool any_group(const struct prom_counts *c, enum metric_id id)
{
    for (size_t i = 0; i < c->run->n_cells * c->run->n_phases * PROM_REGION_SLOTS; i++)
        if (c->groups[i] && c->groups[i]->hists[id])
            return true;
    return false;
}

static void put_metrics(struct exposition *e, const struct prom_counts *c)
{
    for (int m = 0; m < N_METRICS; m++) {
        struct of_metric of = { c, (enum metric_id)m };

        if (!any_group(c, of.id))
            continue;
        exposition_family(e, metrics[m].prom, EXPOSITION_HISTOGRAM,
                          prom_unit(metrics[m].prom), metrics[m].help);
        each_group(e, c, put_group_hist, &of);
    }
}

void prom_put_counts(struct exposition *e, const struct prom_counts *c)
{
    put_groups(e, c);
    put_metrics(e, c);
}
