#include "exporters/otlp_points.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/otlp_traces.h"

OTLP_MESSAGE(Metric, metric)
OTLP_MESSAGE(Gauge, gauge)
OTLP_MESSAGE(Sum, sum)
OTLP_MESSAGE(Histogram, histogram)
OTLP_MESSAGE(ExponentialHistogram, exponential_histogram)
OTLP_MESSAGE(NumberDataPoint, number_data_point)
OTLP_MESSAGE(Exemplar, exemplar)

void points_init(struct points *p, const struct otlp_about *about,
                 const struct export_out *out, const struct otlp_traces *traces)
{
    *p = (struct points){ .about = about, .out = out, .traces = traces };
    buf_init(&p->scratch, 0);
}

void points_free(struct points *p)
{
    arena_free(&p->arena);
    free(p->metrics);
    free(p->items);
    buf_free(&p->scratch);
}

/* --- metrics ------------------------------------------------------------------------ */

static Otlp__AggregationTemporality temporality(const struct points *p)
{
    return p->delta ? OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_DELTA
                    : OTLP__AGGREGATION_TEMPORALITY__AGGREGATION_TEMPORALITY_CUMULATIVE;
}

#define FILL(message, Type)                                                                \
    do {                                                                                   \
        (message)->n_data_points = p->n_items;                                             \
        (message)->data_points = (Otlp__##Type **)items;                                   \
    } while (0)

static void fill(struct points *p, Otlp__Metric *m, void **items)
{
    switch (p->kind) {
    case POINTS_GAUGE:
        m->data_case = OTLP__METRIC__DATA_GAUGE;
        m->gauge = new_gauge(&p->arena);
        FILL(m->gauge, NumberDataPoint);
        break;
    case POINTS_SUM:
        m->data_case = OTLP__METRIC__DATA_SUM;
        m->sum = new_sum(&p->arena);
        m->sum->aggregation_temporality = temporality(p);
        m->sum->is_monotonic = true;
        FILL(m->sum, NumberDataPoint);
        break;
    case POINTS_EXPLICIT:
        m->data_case = OTLP__METRIC__DATA_HISTOGRAM;
        m->histogram = new_histogram(&p->arena);
        m->histogram->aggregation_temporality = temporality(p);
        FILL(m->histogram, HistogramDataPoint);
        break;
    case POINTS_EXPONENTIAL:
        m->data_case = OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM;
        m->exponential_histogram = new_exponential_histogram(&p->arena);
        m->exponential_histogram->aggregation_temporality = temporality(p);
        FILL(m->exponential_histogram, ExponentialHistogramDataPoint);
        break;
    }
}

/* The metric under way is complete. */
static void close_metric(struct points *p)
{
    Otlp__Metric *m;
    void **items;

    if (!p->n_items)
        return;
    m = new_metric(&p->arena);
    items = arena_alloc(&p->arena, p->n_items * sizeof(*items));
    memcpy(items, p->items, p->n_items * sizeof(*items));
    m->name = (char *)(uintptr_t)p->name;
    m->unit = (char *)(uintptr_t)p->unit;
    m->description = (char *)(uintptr_t)p->help;
    fill(p, m, items);
    p->metrics = mem_grow(p->metrics, p->n_metrics, &p->cap_metrics, sizeof(*p->metrics));
    p->metrics[p->n_metrics++] = m;
    p->n += p->n_items;
    p->n_items = 0;
}

void points_flush(struct points *p)
{
    Otlp__ScopeMetrics scope = OTLP__SCOPE_METRICS__INIT;
    Otlp__ResourceMetrics resource = OTLP__RESOURCE_METRICS__INIT;
    Otlp__ExportMetricsServiceRequest request = OTLP__EXPORT_METRICS_SERVICE_REQUEST__INIT;
    Otlp__ScopeMetrics *scopes[] = { &scope };
    Otlp__ResourceMetrics *resources[] = { &resource };

    close_metric(p);
    scope.scope = p->about->scope;
    scope.schema_url = (char *)(uintptr_t)otlp_schema_url;
    scope.metrics = p->metrics;
    scope.n_metrics = p->n_metrics;
    resource.resource = p->about->resource;
    resource.n_scope_metrics = 1;
    resource.scope_metrics = scopes;
    request.n_resource_metrics = 1;
    request.resource_metrics = resources;
    if (p->n)
        otlp_put(p->out, EXPORT_METRICS, &request.base, p->n, &p->scratch);
    p->n = p->n_metrics = 0;
    arena_free(&p->arena);
}

void points_metric(struct points *p, const char *name, const char *unit, const char *help,
                   enum points_kind kind)
{
    close_metric(p);
    if (p->n >= POINTS_MOST)
        points_flush(p);
    p->name = arena_strdup(&p->arena, name);
    p->unit = unit;
    p->help = help;
    p->kind = kind;
}

/* --- points ------------------------------------------------------------------------- */

static void add(struct points *p, void *item)
{
    p->items = mem_grow(p->items, p->n_items, &p->cap_items, sizeof(*p->items));
    p->items[p->n_items++] = item;
}

static Otlp__NumberDataPoint *number(struct points *p, const struct attrs *attrs)
{
    Otlp__NumberDataPoint *n = new_number_data_point(&p->arena);

    if (p->kind == POINTS_SUM)
        n->start_time_unix_nano = p->times.start;
    n->time_unix_nano = p->times.now;
    n->attributes = attrs->items;
    n->n_attributes = attrs->n;
    add(p, n);
    return n;
}

void points_int(struct points *p, int64_t value, const struct attrs *attrs)
{
    Otlp__NumberDataPoint *n = number(p, attrs);

    n->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
    n->as_int = value;
}

void points_double(struct points *p, double value, const struct attrs *attrs)
{
    Otlp__NumberDataPoint *n = number(p, attrs);

    n->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
    n->as_double = value;
}

static ProtobufCBinaryData copy(struct arena *a, const uint8_t *bytes, size_t n)
{
    ProtobufCBinaryData data = { n, arena_alloc(a, n) };

    memcpy(data.data, bytes, n);
    return data;
}

static Otlp__Exemplar *exemplar(struct points *p, const struct exemplar *from, double unit)
{
    Otlp__Exemplar *e = new_exemplar(&p->arena);
    struct attrs to = attrs_begin(&p->arena, 2, p->about->env.max_text);
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];

    otlp_traces_name(p->traces, from->req, trace, span);
    e->time_unix_nano = otlp_time(p->about, from->at);
    e->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
    e->as_double = from->value / unit;
    e->trace_id = copy(&p->arena, trace, sizeof(trace));
    e->span_id = copy(&p->arena, span, sizeof(span));
    attr_int(&to, "tokdyno.request", (int64_t)from->req);
    attr_text(&to, "groq.response.request_id", from->request_id);
    e->filtered_attributes = to.items;
    e->n_filtered_attributes = to.n;
    return e;
}

/* Those whose trace is going to be there; NULL: none. */
static Otlp__Exemplar **exemplars(struct points *p, const struct otlp_series *s, size_t *n)
{
    Otlp__Exemplar **list = NULL;

    *n = 0;
    for (size_t i = 0; p->traces && i < s->exemplars.n; i++) {
        const struct exemplar *e = &s->exemplars.items[i];

        if (!otlp_traces_still_keeps(p->traces, e->req, e->sure))
            continue;
        if (!list)
            list = arena_alloc(&p->arena, EXEMPLARS * sizeof(Otlp__Exemplar *));
        list[(*n)++] = exemplar(p, e, s->h.unit);
    }
    return list;
}

void points_series(struct points *p, const struct otlp_series *s, const struct attrs *attrs)
{
    if (p->kind == POINTS_EXPLICIT) {
        Otlp__HistogramDataPoint *h = otlp_series_explicit(s, &p->arena, &p->times);

        h->attributes = attrs->items;
        h->n_attributes = attrs->n;
        h->exemplars = exemplars(p, s, &h->n_exemplars);
        add(p, h);
    } else {
        Otlp__ExponentialHistogramDataPoint *h =
            otlp_series_exponential(s, &p->arena, &p->times);

        h->attributes = attrs->items;
        h->n_attributes = attrs->n;
        h->exemplars = exemplars(p, s, &h->n_exemplars);
        add(p, h);
    }
}
