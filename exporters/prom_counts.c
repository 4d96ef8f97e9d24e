#include "exporters/prom_counts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/trace_shape.h"
#include "exporters/place.h"

const struct prom_lag prom_lags[N_PROM_LAGS] = {
    { "tokdyno_health_send_lag_seconds",
      "The instrument: from when an attempt was free to go to when it left, by samples.",
      offsetof(struct health_sample, send_lag) },
    { "tokdyno_health_read_lag_seconds",
      "The instrument: from when the kernel had the bytes to when they were read.",
      offsetof(struct health_sample, read_lag) },
    { "tokdyno_health_stamp_error_seconds",
      "The instrument: how late the stamp of a frame may be at most.",
      offsetof(struct health_sample, stamp_error) },
    { "tokdyno_health_turn_seconds", "The instrument: length of a turn of the event loop.",
      offsetof(struct health_sample, turn) },
};

void prom_counts_init(struct prom_counts *c, const struct run *run)
{
    size_t n = run->n_cells * run->n_phases;

    *c = (struct prom_counts){ .run = run, .nested = trace_nested(run) };
    c->groups = mem_array(n * PROM_REGION_SLOTS, sizeof(*c->groups));
    c->phases = mem_array(n, sizeof(*c->phases));
    c->under_way = mem_array(run->n_cells, sizeof(*c->under_way));
    c->limits = mem_array(run->n_cells, sizeof(*c->limits));
    for (size_t i = 0; i < run->n_cells; i++)
        for (int k = 0; k < N_LIMITS; k++)
            c->limits[i][k] = (struct limit){ -1, -1, NS_ABSENT };
}

static void free_group(struct prom_group *g)
{
    for (int m = 0; g && m < N_METRICS; m++) {
        if (g->hists[m])
            free(g->hists[m]->examples);
        free(g->hists[m]);
    }
    free(g);
}

void prom_counts_free(struct prom_counts *c)
{
    size_t n = c->run->n_cells * c->run->n_phases * PROM_REGION_SLOTS;

    for (size_t i = 0; i < n; i++)
        free_group(c->groups[i]);
    for (size_t i = 0; i < c->n_regions; i++)
        free(c->regions[i]);
    free(c->groups);
    free(c->phases);
    free(c->under_way);
    free(c->limits);
    free(c->workers);
}

static size_t region_slot(struct prom_counts *c, const char *region)
{
    char *text;
    size_t i;

    if (!*region)
        return 0;
    text = label_text(region, LABEL_BYTES);
    for (i = 0; i < c->n_regions; i++)
        if (!strcmp(c->regions[i], text))
            break;
    if (i == c->n_regions && i < PROM_REGIONS)
        c->regions[c->n_regions++] = text;
    else
        free(text);
    return i + 1;
}

static size_t place(const struct prom_counts *c, size_t cell, size_t phase, size_t region)
{
    return (cell * c->run->n_phases + phase) * PROM_REGION_SLOTS + region;
}

static struct prom_group *group(struct prom_counts *c, const struct record *r)
{
    struct prom_group **g =
        &c->groups[place(c, r->cell, r->phase, region_slot(c, r->region))];

    if (!*g) {
        *g = mem_alloc(sizeof(**g));
        (*g)->prompt_tokens = (*g)->cached_tokens = -1;
        (*g)->completion_tokens = (*g)->reasoning_tokens = -1;
    }
    return *g;
}

/* Values of one metric of one record on their way into their histogram. */
struct taking {
    struct prom_group *group;
    const struct record *r;
    enum metric_id id;
};

static struct prom_hist *hist_of(struct prom_group *g, enum metric_id id)
{
    struct prom_hist **h = &g->hists[id];

    if (!*h) {
        *h = mem_alloc(sizeof(**h));
        (*h)->examples = mem_array(buckets_of(id)->n + 1, sizeof(*(*h)->examples));
    }
    return *h;
}

static void take_value(void *ctx, int64_t value)
{
    const struct taking *t = ctx;
    struct prom_hist *h = hist_of(t->group, t->id);
    size_t b = buckets_find(buckets_of(t->id), value);

    h->counts[b]++;
    h->n++;
    h->sum += (double)value;
    h->examples[b] =
        (struct prom_example){ value, t->r->at[MOMENT_END], t->r->req, t->r->try_no };
}

static void add_known(int64_t *sum, int64_t v)
{
    if (v >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + v;
}

static void take_counts(struct prom_group *g, const struct record *r)
{
    g->attempts[r->outcome]++;
    if (r->final)
        g->requests[r->outcome]++;
    add_known(&g->prompt_tokens, r->tokens.prompt);
    add_known(&g->cached_tokens, r->tokens.cached);
    add_known(&g->completion_tokens, r->tokens.completion);
    add_known(&g->reasoning_tokens, r->tokens.reasoning);
    g->frames += r->frames;
    g->bytes_up += r->bytes_up;
    g->bytes_down += r->bytes_down;
    if (r->cost_nusd >= 0) {
        g->cost_nusd += r->cost_nusd;
        g->priced = true;
    }
}

static void take_limits(struct prom_counts *c, const struct record *r)
{
    for (int k = 0; k < N_LIMITS; k++)
        if (r->limits[k].limit >= 0 || r->limits[k].remaining >= 0)
            c->limits[r->cell][k] = r->limits[k];
}

static void take_record(void *ctx, const struct record *r)
{
    struct prom_counts *c = ctx;
    struct taking t = { NULL, r, 0 };

    if (!place_of_record(c->run, r))
        return;
    t.group = group(c, r);
    take_counts(t.group, r);
    take_limits(c, r);
    for (int m = 0; m < N_METRICS; m++)
        if (metric_takes(&metrics[m], r)) {
            t.id = (enum metric_id)m;
            metrics[m].values(r, take_value, &t);
        }
}

/* The next phase begins before the one before it is told to have ended. */
static void take_phase(void *ctx, const struct phase_event *e)
{
    struct prom_counts *c = ctx;
    struct prom_phase *p;
    size_t cell;

    if (!place_known(c->run, e->trial, e->phase))
        return;
    cell = c->run->trials[e->trial].cell;
    if (e->begin) {
        c->under_way[cell] = e->phase + 1;
        return;
    }
    if (c->under_way[cell] == e->phase + 1)
        c->under_way[cell] = 0;
    p = &c->phases[cell * c->run->n_phases + e->phase];
    p->planned += e->planned;
    p->issued += e->issued;
}

static void take_lag(struct prom_hist *to, const struct hist *h)
{
    for (size_t i = h ? hist_next(h, 0) : 0; h && i < h->len; i = hist_next(h, i + 1)) {
        int64_t value = hist_median_equivalent(h, hist_value(h, i));

        to->counts[buckets_find(buckets_lag(), value)] += (uint64_t)h->counts[i];
        to->n += (uint64_t)h->counts[i];
        to->sum += (double)value * (double)h->counts[i];
    }
}

/* A journal that names more workers is damaged, or the number stands for something else. */
enum { MOST_WORKERS = 4096 };

static void take_in_flight(struct prom_counts *c, uint32_t worker, uint32_t in_flight)
{
    if (worker >= MOST_WORKERS)
        return;
    if (worker >= c->n_workers) {
        c->workers = mem_resize(c->workers, worker + 1, sizeof(*c->workers));
        memset(c->workers + c->n_workers, 0,
               (worker + 1 - c->n_workers) * sizeof(*c->workers));
        c->n_workers = worker + 1;
    }
    c->workers[worker].in_flight = in_flight;
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct prom_counts *c = ctx;

    take_in_flight(c, h->worker, h->in_flight);
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        c->health[i] += h->counters[i];
    for (int i = 0; i < N_PROM_LAGS; i++) {
        struct hist *lag;

        memcpy(&lag, (const char *)h + prom_lags[i].offset, sizeof(lag));
        take_lag(&c->lags[i], lag);
    }
}

/* Nothing is under way any more, whatever was sampled last. */
static void take_end(void *ctx, const struct run_end *e __attribute__((unused)))
{
    struct prom_counts *c = ctx;

    for (size_t i = 0; i < c->n_workers; i++)
        c->workers[i].in_flight = 0;
    for (size_t i = 0; i < c->run->n_cells; i++)
        c->under_way[i] = 0;
}

struct journal_sink prom_counts_sink(struct prom_counts *c)
{
    return (struct journal_sink){ .record = take_record,
                                  .phase = take_phase,
                                  .health = take_health,
                                  .end = take_end,
                                  .ctx = c };
}

const struct prom_group *prom_counts_group(const struct prom_counts *c, size_t cell,
                                           size_t phase, size_t region)
{
    return c->groups[place(c, cell, phase, region)];
}

const char *prom_counts_region(const struct prom_counts *c, size_t region)
{
    if (!region)
        return "";
    return region <= c->n_regions ? c->regions[region - 1] : "other";
}
