#include "exporters/otlp_counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Of metrics in ns, thousandths of tokens/s, ... in what OpenTelemetry wants. */
static double unit_of(enum unit unit)
{
    static const double per[N_UNITS] = {
        [UNIT_NS] = 1e9,   [UNIT_MTOKS] = 1e3, [UNIT_PPM] = 1e6,    [UNIT_NUSD] = 1e9,
        [UNIT_TOKENS] = 1, [UNIT_MX] = 1e3,    [UNIT_MCHARS] = 1e3, [UNIT_COUNT] = 1,
    };

    return per[unit];
}

static struct otlp_series *made(struct otlp_series **s, const struct bounds *bounds,
                                double unit)
{
    if (!*s) {
        *s = mem_alloc(sizeof(**s));
        otlp_series_init(*s, bounds, unit);
    }
    return *s;
}

/* Where the values of one metric of one record go. */
struct taking {
    struct otlp_series *series;
    const struct record *record; /* NULL: without exemplars */
    bool lowest;
};

static void take(void *ctx, int64_t value)
{
    struct taking *t = ctx;

    otlp_series_record(t->series, (double)value);
    if (t->record)
        exemplars_offer(&t->series->exemplars, t->record, (double)value, t->lowest);
}

static void record_metric(struct otlp_series **series, const struct bounds *bounds,
                          enum metric_id id, const struct record *r, bool exemplars)
{
    const struct metric *m = &metrics[id];
    struct taking t = { .lowest = m->more_is_better, .record = exemplars ? r : NULL };

    if (!metric_takes(m, r))
        return;
    t.series = made(series, bounds, unit_of(m->unit));
    m->values(r, take, &t);
}

/* The one with these labels; the last where there are too many. */
static struct split *find_split(struct splits *s, const char *error, int status,
                                int version)
{
    struct split *p = s->items;

    for (size_t i = 0; i < s->n; i++, p++)
        if (p->status == status && p->version == version && !strcmp(p->error, error))
            return p;
    if (s->n == MAX_SPLITS)
        return &s->items[MAX_SPLITS - 1];
    s->n++;
    *p = (struct split){ .status = status, .version = version };
    snprintf(p->error, sizeof(p->error), "%s", s->n == MAX_SPLITS ? "_OTHER" : error);
    return p;
}

static void record_span(struct splits *splits, const struct bounds *bounds,
                        const struct record *r, const char *error, bool http, double took,
                        bool exemplars)
{
    struct split *s = find_split(splits, error ? error : "", http ? r->http_status : 0,
                                 http ? r->http_version : 0);

    otlp_series_record(made(&s->series, bounds, 1e9), took);
    if (exemplars)
        exemplars_offer(&s->series->exemplars, r, took, false);
}

/* The whole request, its attempts and the waits between them included. */
static void record_spans(struct otlp_group *g, const struct record *r, bool exponential,
                         bool exemplars)
{
    struct arena arena = { 0 };
    double took = (double)(r->at[MOMENT_END] - r->at[MOMENT_START]);
    double before = r->held[HOLD_RETRY] > 0 ? (double)r->held[HOLD_RETRY] : 0;

    if (r->outcome == OUTCOME_CUT || r->at[MOMENT_START] == NS_ABSENT)
        return;
    record_span(&g->attempts, exponential ? NULL : &bounds_http, r,
                otlp_error_type(&arena, r, true), true, took, exemplars);
    if (r->final)
        record_span(&g->operations, exponential ? NULL : &bounds_duration, r,
                    otlp_error_type(&arena, r, false), false, took + before, exemplars);
    arena_free(&arena);
}

static void add(uint64_t *count, int64_t n)
{
    if (n > 0)
        *count += (uint64_t)n;
}

static void count(struct otlp_group *g, const struct record *r)
{
    g->by_outcome[1][r->outcome]++;
    g->by_outcome[0][r->outcome] += r->final;
    g->counts[COUNT_RESENDS] += r->try_no > 1;
    g->counts[COUNT_FRAMES] += r->frames;
    add(&g->counts[COUNT_INPUT], r->tokens.prompt);
    add(&g->counts[COUNT_OUTPUT], r->tokens.completion);
    add(&g->counts[COUNT_COST], r->cost_nusd);
    if (r->tokens.cached < 0 || r->tokens.prompt < r->tokens.cached)
        return;
    add(&g->counts[COUNT_CACHE_HIT], r->tokens.cached);
    add(&g->counts[COUNT_CACHE_MISS], r->tokens.prompt - r->tokens.cached);
}

void otlp_group_record(struct otlp_group *g, const struct record *r, bool exponential,
                       bool exemplars)
{
    const struct bounds *durations = exponential ? NULL : &bounds_duration;
    const struct bounds *tokens = exponential ? NULL : &bounds_tokens;

    for (int i = 0; i < N_METRICS; i++)
        record_metric(&g->ours[i], NULL, (enum metric_id)i, r, exemplars);
    record_metric(&g->first, durations, METRIC_TTFT_API, r, exemplars);
    record_metric(&g->chunk, durations, METRIC_ITL, r, exemplars);
    record_metric(&g->input, tokens, METRIC_PROMPT_TOKENS, r, false);
    record_metric(&g->output, tokens, METRIC_COMPLETION_TOKENS, r, false);
    record_spans(g, r, exponential, exemplars);
    count(g, r);
}

/* Each series of the group once. */
static void each(struct otlp_group *g, void (*fn)(struct otlp_series **s))
{
    struct otlp_series **const single[] = { &g->chunk, &g->first, &g->input, &g->output };
    struct splits *const split[] = { &g->operations, &g->attempts };

    for (int i = 0; i < N_METRICS; i++)
        fn(&g->ours[i]);
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
        fn(single[i]);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < split[i]->n; k++)
            fn(&split[i]->items[k].series);
}

static void reset(struct otlp_series **s)
{
    if (*s)
        otlp_series_reset(*s);
}

static void forget(struct otlp_series **s)
{
    if (*s)
        (*s)->exemplars.n = 0;
}

static void drop(struct otlp_series **s)
{
    free(*s);
    *s = NULL;
}

void otlp_group_reset(struct otlp_group *g)
{
    each(g, reset);
    memset(g->by_outcome, 0, sizeof(g->by_outcome));
    memset(g->counts, 0, sizeof(g->counts));
}

void otlp_group_forget_exemplars(struct otlp_group *g)
{
    each(g, forget);
}

void otlp_group_free(struct otlp_group *g)
{
    each(g, drop);
}
