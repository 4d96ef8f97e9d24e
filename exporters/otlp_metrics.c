#include "exporters/otlp_metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/otlp_counts.h"
#include "exporters/otlp_points.h"

/* Workers whose last sample is kept, for what is in flight. */
enum { MAX_WORKERS = 256 };

struct otlp_metrics {
    const struct otlp_about *about;
    const struct otlp_traces *traces;
    struct export_out out;
    struct points points;
    struct otlp_group *groups; /* [cell * n_phases + phase] */
    size_t n_groups;
    struct limit (*limits)[N_LIMITS]; /* [cell]: the last that headers told */
    uint32_t in_flight[MAX_WORKERS];
    bool workers[MAX_WORKERS]; /* of the trial under way */
    uint64_t health[N_HEALTH_COUNTERS];
    struct otlp_series lags[3]; /* see lag_of */
    ns_t last;                  /* export */
};

struct otlp_metrics *otlp_metrics_open(const struct otlp_about *about,
                                       const struct export_out *out,
                                       const struct otlp_traces *traces)
{
    struct otlp_metrics *m = mem_alloc(sizeof(*m));

    m->about = about;
    m->traces = about->env.exemplars ? traces : NULL;
    m->out = *out;
    m->n_groups = about->run->n_cells * about->run->n_phases;
    m->groups = mem_array(m->n_groups, sizeof(*m->groups));
    m->limits = mem_array(about->run->n_cells, sizeof(*m->limits));
    for (size_t i = 0; i < about->run->n_cells; i++)
        for (int k = 0; k < N_LIMITS; k++)
            m->limits[i][k] = (struct limit){ -1, -1, NS_ABSENT };
    for (int i = 0; i < 3; i++)
        otlp_series_init(&m->lags[i], NULL, 1e9);
    points_init(&m->points, about, &m->out, m->traces);
    return m;
}

void otlp_metrics_close(struct otlp_metrics *m)
{
    for (size_t i = 0; i < m->n_groups; i++)
        otlp_group_free(&m->groups[i]);
    points_free(&m->points);
    free(m->groups);
    free(m->limits);
    free(m);
}

void otlp_metrics_record(struct otlp_metrics *m, const struct record *r)
{
    size_t group = r->cell * m->about->run->n_phases + r->phase;
    bool exemplars = m->traces && otlp_traces_keeps(m->traces, r);

    otlp_group_record(&m->groups[group], r, m->about->env.exponential, exemplars);
    for (int k = 0; k < N_LIMITS; k++)
        if (r->limits[k].limit >= 0 || r->limits[k].remaining >= 0)
            m->limits[r->cell][k] = r->limits[k];
}

void otlp_metrics_health(struct otlp_metrics *m, const struct health_sample *h)
{
    const struct hist *const lags[] = { h->read_lag, h->stamp_error, h->turn };

    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        m->health[i] += h->counters[i];
    for (int i = 0; i < 3; i++)
        if (lags[i])
            exp_hist_add_hist(&m->lags[i].h, lags[i]);
    if (h->worker < MAX_WORKERS) {
        m->in_flight[h->worker] = h->in_flight;
        m->workers[h->worker] = true;
    }
}

/* --- putting them out --------------------------------------------------------------- */

/* How a group is named on each of its points. */
static struct attrs name_group(struct otlp_metrics *m, size_t group)
{
    const struct run *run = m->about->run;
    uint32_t cell = (uint32_t)(group / run->n_phases);
    struct attrs to = attrs_begin(&m->points.arena, 12, m->about->env.max_text);

    otlp_put_common(m->about, &to, cell);
    attr_text(&to, "tokdyno.scenario.name", run->name);
    attr_text(&to, "tokdyno.cell.name", run->cells[cell].name);
    attr_text(&to, "tokdyno.phase.name", run->phases[group % run->n_phases].name);
    return to;
}

static const char *unit_name(enum unit unit)
{
    static const char *const names[N_UNITS] = {
        [UNIT_NS] = "s",       [UNIT_MTOKS] = "{token}/s",      [UNIT_PPM] = "1",
        [UNIT_NUSD] = "{USD}", [UNIT_TOKENS] = "{token}",       [UNIT_COUNT] = "1",
        [UNIT_MX] = "1",       [UNIT_MCHARS] = "{character}/s",
    };

    return names[unit];
}

static void put_ours(struct otlp_metrics *m)
{
    for (int i = 0; i < N_METRICS; i++) {
        char name[80];

        snprintf(name, sizeof(name), "tokdyno.%s", metrics[i].name);
        points_metric(&m->points, name, unit_name(metrics[i].unit), metrics[i].help,
                      POINTS_EXPONENTIAL);
        for (size_t g = 0; g < m->n_groups; g++)
            if (m->groups[g].ours[i] && m->groups[g].ours[i]->h.count) {
                struct attrs to = name_group(m, g);

                points_series(&m->points, m->groups[g].ours[i], &to);
            }
    }
}

/* The histograms of the conventions that every group has one of. */
static struct otlp_series *first(struct otlp_group *g)
{
    return g->first;
}

static struct otlp_series *chunk(struct otlp_group *g)
{
    return g->chunk;
}

static void put_single(struct otlp_metrics *m, const char *name, const char *help,
                       struct otlp_series *(*of)(struct otlp_group *g))
{
    points_metric(&m->points, name, "s", help,
                  m->about->env.exponential ? POINTS_EXPONENTIAL : POINTS_EXPLICIT);
    for (size_t g = 0; g < m->n_groups; g++) {
        struct otlp_series *s = of(&m->groups[g]);

        if (s && s->h.count) {
            struct attrs to = name_group(m, g);

            points_series(&m->points, s, &to);
        }
    }
}

static void put_tokens(struct otlp_metrics *m)
{
    static const char *const types[] = { "input", "output" };

    points_metric(&m->points, "gen_ai.client.token.usage", "{token}",
                  "Tokens of a request, as the provider counted them.",
                  m->about->env.exponential ? POINTS_EXPONENTIAL : POINTS_EXPLICIT);
    for (size_t g = 0; g < m->n_groups; g++) {
        struct otlp_series *const both[] = { m->groups[g].input, m->groups[g].output };

        for (int i = 0; i < 2; i++)
            if (both[i] && both[i]->h.count) {
                struct attrs to = name_group(m, g);

                attr_name(&to, "gen_ai.token.type", types[i]);
                points_series(&m->points, both[i], &to);
            }
    }
}

static void put_operations(struct otlp_metrics *m)
{
    points_metric(&m->points, "gen_ai.client.operation.duration", "s",
                  "A whole request from when its first attempt left, retries included.",
                  m->about->env.exponential ? POINTS_EXPONENTIAL : POINTS_EXPLICIT);
    for (size_t g = 0; g < m->n_groups; g++)
        for (size_t i = 0; i < m->groups[g].operations.n; i++) {
            const struct split *s = &m->groups[g].operations.items[i];
            struct attrs to;

            if (!s->series->h.count)
                continue;
            to = name_group(m, g);
            attr_text(&to, "error.type", s->error);
            points_series(&m->points, s->series, &to);
        }
}

static void name_attempt(struct otlp_metrics *m, const struct split *s, size_t group,
                         struct attrs *to)
{
    const struct run *run = m->about->run;

    attr_name(to, "http.request.method", "POST");
    attr_text(to, "server.address", m->about->address);
    attr_count(to, "server.port", m->about->port);
    if (s->status)
        attr_int(to, "http.response.status_code", s->status);
    attr_text(to, "error.type", s->error);
    if (s->version)
        attr_name(to, "network.protocol.version",
                  s->version == 20   ? "2"
                  : s->version == 10 ? "1.0"
                                     : "1.1");
    attr_text(to, "tokdyno.cell.name", run->cells[group / run->n_phases].name);
    attr_text(to, "tokdyno.phase.name", run->phases[group % run->n_phases].name);
}

static void put_attempts(struct otlp_metrics *m)
{
    points_metric(&m->points, "http.client.request.duration", "s",
                  "An attempt from when it left to its last byte.",
                  m->about->env.exponential ? POINTS_EXPONENTIAL : POINTS_EXPLICIT);
    for (size_t g = 0; g < m->n_groups; g++)
        for (size_t i = 0; i < m->groups[g].attempts.n; i++) {
            const struct split *s = &m->groups[g].attempts.items[i];
            struct attrs to = attrs_begin(&m->points.arena, 10, m->about->env.max_text);

            name_attempt(m, s, g, &to);
            if (s->series->h.count)
                points_series(&m->points, s->series, &to);
        }
}

static void put_outcomes(struct otlp_metrics *m)
{
    static const struct {
        const char *name;
        const char *unit;
        const char *help;
    } rows[] = {
        { "tokdyno.requests", "{request}", "Requests that have ended, by outcome." },
        { "tokdyno.attempts", "{attempt}", "Attempts that have ended, by outcome." },
    };

    for (int k = 0; k < 2; k++) {
        points_metric(&m->points, rows[k].name, rows[k].unit, rows[k].help, POINTS_SUM);
        for (size_t g = 0; g < m->n_groups; g++)
            for (int o = 0; o < N_OUTCOMES; o++)
                if (m->groups[g].by_outcome[k][o]) {
                    struct attrs to = name_group(m, g);

                    attr_name(&to, "tokdyno.outcome", outcomes[o].name);
                    points_int(&m->points, (int64_t)m->groups[g].by_outcome[k][o], &to);
                }
    }
}

/* How counts are named. The only list of them. */
static const struct {
    enum count_id id;
    const char *name;
    const char *unit;
    const char *help;
    const char *key; /* of an attribute that tells it from the row before; NULL: none */
    const char *value;
    double per; /* 0: a whole number */
} count_rows[] = {
    { COUNT_RESENDS, "tokdyno.request.resends", "{resend}",
      "Attempts behind the first of a request.", NULL, NULL, 0 },
    { COUNT_FRAMES, "tokdyno.frames", "{frame}", "Frames with output.", NULL, NULL, 0 },
    { COUNT_INPUT, "tokdyno.tokens", "{token}", "Tokens, as the provider counted them.",
      "gen_ai.token.type", "input", 0 },
    { COUNT_OUTPUT, "tokdyno.tokens", "{token}", NULL, "gen_ai.token.type", "output", 0 },
    { COUNT_CACHE_HIT, "tokdyno.prompt_cache.tokens", "{token}",
      "Input tokens of answers that said how many were cached.", "tokdyno.cache.result",
      "hit", 0 },
    { COUNT_CACHE_MISS, "tokdyno.prompt_cache.tokens", "{token}", NULL,
      "tokdyno.cache.result", "miss", 0 },
    { COUNT_COST, "tokdyno.cost.total", "{USD}", "Cost of attempts whose price is known.",
      NULL, NULL, 1e9 },
};

static void put_counts(struct otlp_metrics *m)
{
    for (size_t k = 0; k < sizeof(count_rows) / sizeof(count_rows[0]); k++) {
        if (count_rows[k].help)
            points_metric(&m->points, count_rows[k].name, count_rows[k].unit,
                          count_rows[k].help, POINTS_SUM);
        for (size_t g = 0; g < m->n_groups; g++) {
            uint64_t n = m->groups[g].counts[count_rows[k].id];
            struct attrs to;

            if (!n)
                continue;
            to = name_group(m, g);
            if (count_rows[k].key)
                attr_name(&to, count_rows[k].key, count_rows[k].value);
            if (count_rows[k].per > 0)
                points_double(&m->points, (double)n / count_rows[k].per, &to);
            else
                points_int(&m->points, (int64_t)n, &to);
        }
    }
}

/* One gauge of a rate limit, of every cell that saw it. */
static void put_limit(struct otlp_metrics *m, enum limit_kind kind, int which)
{
    for (size_t c = 0; c < m->about->run->n_cells; c++) {
        const struct limit *l = &m->limits[c][kind];
        int64_t value = which == 0 ? l->limit : which == 1 ? l->remaining : l->reset;
        struct attrs to;

        if (value < 0)
            continue;
        to = attrs_begin(&m->points.arena, 2, m->about->env.max_text);
        attr_text(&to, "gen_ai.request.model", m->about->run->cells[c].model);
        attr_text(&to, "tokdyno.cell.name", m->about->run->cells[c].name);
        if (which == 2)
            points_double(&m->points, (double)value / NS_PER_S, &to);
        else
            points_int(&m->points, value, &to);
    }
}

static void put_limits(struct otlp_metrics *m)
{
    static const char *const kinds[N_LIMITS] = { [LIMIT_REQUESTS] = "request",
                                                 [LIMIT_TOKENS] = "token",
                                                 [LIMIT_AUDIO_SECONDS] = "audio" };
    static const char *const units[N_LIMITS] = { [LIMIT_REQUESTS] = "{request}",
                                                 [LIMIT_TOKENS] = "{token}",
                                                 [LIMIT_AUDIO_SECONDS] = "s" };
    static const char *const what[] = { "limit", "remaining", "reset_time" };
    static const char *const help[] = { "The rate limit that headers told last.",
                                        "What was left of it.",
                                        "Time until all of it is there again." };

    for (int k = 0; k < N_LIMITS; k++)
        for (int w = 0; w < 3; w++) {
            char name[80];

            snprintf(name, sizeof(name), "groq.rate_limit.%s.%s", kinds[k], what[w]);
            points_metric(&m->points, name, w == 2 ? "s" : units[k], help[w], POINTS_GAUGE);
            put_limit(m, (enum limit_kind)k, w);
        }
}

/* Counters whose name ends in _ns are times. */
static void put_health_counter(struct otlp_metrics *m, int i, const struct attrs *to)
{
    const char *name = health_counter_names[i];
    size_t n = strlen(name);
    char full[80];
    bool time = n > 3 && !strcmp(name + n - 3, "_ns");

    snprintf(full, sizeof(full), "tokdyno.health.%.*s", (int)(time ? n - 3 : n), name);
    points_metric(&m->points, full, time ? "s" : "{event}", "Of the instrument itself.",
                  POINTS_SUM);
    if (time)
        points_double(&m->points, (double)m->health[i] / NS_PER_S, to);
    else
        points_int(&m->points, (int64_t)m->health[i], to);
}

static void put_health(struct otlp_metrics *m)
{
    static const char *const lags[] = { "tokdyno.health.read_lag",
                                        "tokdyno.health.stamp_error",
                                        "tokdyno.health.turn" };
    static const char *const help[] = { "How long bytes waited for the client.",
                                        "How late the stamp of a frame may be at most.",
                                        "Turns of the client's loop." };
    struct attrs none = { 0 };
    int64_t in_flight = 0;

    for (int i = 0; i < MAX_WORKERS; i++)
        in_flight += m->workers[i] ? m->in_flight[i] : 0;
    points_metric(&m->points, "tokdyno.in_flight", "{request}",
                  "Requests under way: the most of each worker in its last second.",
                  POINTS_GAUGE);
    points_int(&m->points, in_flight, &none);
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        put_health_counter(m, i, &none);
    for (int i = 0; i < 3; i++) {
        points_metric(&m->points, lags[i], "s", help[i], POINTS_EXPONENTIAL);
        if (m->lags[i].h.count)
            points_series(&m->points, &m->lags[i], &none);
    }
}

/* Exemplars are of the interval; the rest starts anew only where differences are sent. */
static void forget(struct otlp_metrics *m)
{
    for (size_t g = 0; g < m->n_groups; g++)
        otlp_group_forget_exemplars(&m->groups[g]);
    if (!m->points.delta)
        return;
    for (size_t g = 0; g < m->n_groups; g++)
        otlp_group_reset(&m->groups[g]);
    memset(m->health, 0, sizeof(m->health));
    for (int i = 0; i < 3; i++)
        otlp_series_reset(&m->lags[i]);
}

void otlp_metrics_put(struct otlp_metrics *m, ns_t at)
{
    struct points *p = &m->points;

    p->delta = m->about->env.temporality != OTLP_CUMULATIVE;
    p->times.start = otlp_time(m->about, p->delta ? m->last : 0);
    p->times.now = otlp_time(m->about, at);
    put_operations(m);
    put_single(m, "gen_ai.client.operation.time_to_first_chunk",
               metrics[METRIC_TTFT_API].help, first);
    put_single(m, "gen_ai.client.operation.time_per_output_chunk", metrics[METRIC_ITL].help,
               chunk);
    put_tokens(m);
    put_attempts(m);
    put_ours(m);
    put_outcomes(m);
    put_counts(m);
    put_limits(m);
    put_health(m);
    points_flush(p);
    forget(m);
    m->last = at;
}
