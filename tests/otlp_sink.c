#include "otlp_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

const char *otlp_sink_none(const char *name)
{
    (void)name;
    return NULL;
}

static void *append(void *list, size_t n, void *item)
{
    void **longer = mem_resize(list, n + 1, sizeof(void *));

    longer[n] = item;
    return longer;
}

static void take_traces(struct otlp_sink *s, const uint8_t *p, size_t n)
{
    Otlp__ExportTraceServiceRequest *m =
        otlp__export_trace_service_request__unpack(NULL, n, p);
    Otlp__ScopeSpans *scope;

    assert_non_null(m);
    assert_int_equal(m->n_resource_spans, 1);
    scope = m->resource_spans[0]->scope_spans[0];
    for (size_t i = 0; i < scope->n_spans; i++)
        s->spans = append(s->spans, s->n_spans++, scope->spans[i]);
    s->traces = append(s->traces, s->n_traces++, m);
}

static void take(void *ctx, const struct export_chunk *chunk)
{
    struct otlp_sink *s = ctx;
    const uint8_t *p = (const uint8_t *)chunk->bytes.p;
    size_t n = chunk->bytes.n;

    assert_true(chunk->items > 0);
    s->largest = n > s->largest ? n : s->largest;
    switch (chunk->signal) {
    case EXPORT_TRACES:
        take_traces(s, p, n);
        break;
    case EXPORT_METRICS:
        s->figures = append(s->figures, s->n_figures++,
                            otlp__export_metrics_service_request__unpack(NULL, n, p));
        assert_non_null(s->figures[s->n_figures - 1]);
        break;
    case EXPORT_LOGS:
        s->events = append(s->events, s->n_events++,
                           otlp__export_logs_service_request__unpack(NULL, n, p));
        assert_non_null(s->events[s->n_events - 1]);
        break;
    case EXPORT_FILE:
    case N_EXPORT_SIGNALS:
        fail_msg("a chunk without a signal");
    }
}

void otlp_sink_open(struct otlp_sink *s, const struct run *run,
                    const struct export_setting *settings, size_t n,
                    const char *(*env)(const char *name))
{
    struct export_config config = {
        .run = run, .env = env, .settings = settings, .n_settings = n
    };
    struct export_out out = { take, s };
    struct err err;

    *s = (struct otlp_sink){ 0 };
    s->x = export_otlp.open(&config, &out, &err);
    if (!s->x)
        fail_msg("%s", err.msg);
    s->sink = export_otlp.sink(s->x);
}

void otlp_sink_close(struct otlp_sink *s, const struct summary *summary)
{
    if (summary)
        export_otlp.summary(s->x, summary);
    export_otlp.close(s->x);
}

void otlp_sink_free(struct otlp_sink *s)
{
    for (size_t i = 0; i < s->n_traces; i++)
        otlp__export_trace_service_request__free_unpacked(s->traces[i], NULL);
    for (size_t i = 0; i < s->n_figures; i++)
        otlp__export_metrics_service_request__free_unpacked(s->figures[i], NULL);
    for (size_t i = 0; i < s->n_events; i++)
        otlp__export_logs_service_request__free_unpacked(s->events[i], NULL);
    free(s->traces);
    free(s->figures);
    free(s->events);
    free(s->spans);
}

static const Otlp__AnyValue *find(Otlp__KeyValue *const *attributes, size_t n,
                                  const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(attributes[i]->key, key))
            return attributes[i]->value;
    return NULL;
}

const char *otlp_value(Otlp__KeyValue *const *attributes, size_t n, const char *key)
{
    static char text[32];
    const Otlp__AnyValue *v = find(attributes, n, key);

    if (!v)
        return "";
    if (v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
        return v->string_value;
    if (v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)
        return v->array_value->values[0]->string_value;
    if (v->value_case == OTLP__ANY_VALUE__VALUE_BOOL_VALUE)
        return v->bool_value ? "true" : "false";
    snprintf(text, sizeof(text), "%" PRId64, v->int_value);
    return text;
}

double otlp_real(Otlp__KeyValue *const *attributes, size_t n, const char *key)
{
    const Otlp__AnyValue *v = find(attributes, n, key);

    assert_true(v && v->value_case == OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE);
    return v->double_value;
}

Otlp__Span *otlp_sink_span(const struct otlp_sink *s, const char *name, size_t n)
{
    for (size_t i = 0; i < s->n_spans; i++)
        if (!strcmp(s->spans[i]->name, name) && !n--)
            return s->spans[i];
    return NULL;
}

size_t otlp_sink_count(const struct otlp_sink *s, const char *name)
{
    size_t count = 0;

    while (otlp_sink_span(s, name, count))
        count++;
    return count;
}

Otlp__Metric *otlp_sink_metric(const struct otlp_sink *s, const char *name)
{
    for (size_t i = s->n_figures; i-- > 0;) {
        Otlp__ScopeMetrics *scope = s->figures[i]->resource_metrics[0]->scope_metrics[0];

        for (size_t k = 0; k < scope->n_metrics; k++)
            if (!strcmp(scope->metrics[k]->name, name))
                return scope->metrics[k];
    }
    return NULL;
}
