#ifndef TESTS_OTLP_SINK_H
#define TESTS_OTLP_SINK_H

#include "exporters/kinds.h"
#include "otlp.pb-c.h"

/*
 * What the exporter otlp puts out, decoded again:
 *
 *     otlp_sink_open(&s, &run, settings, n, env);
 *     s.sink.record(s.sink.ctx, &r); ...
 *     otlp_sink_close(&s);            then s.spans, s.metrics, s.logs
 *     otlp_sink_free(&s);
 */
struct otlp_sink {
    void *x;
    struct journal_sink sink;
    Otlp__ExportTraceServiceRequest **traces;
    Otlp__ExportMetricsServiceRequest **figures;
    Otlp__ExportLogsServiceRequest **events;
    size_t n_traces, n_figures, n_events;
    Otlp__Span **spans; /* of all requests */
    size_t n_spans;
    size_t largest; /* bytes of one chunk */
};

void otlp_sink_open(struct otlp_sink *s, const struct run *run,
                    const struct export_setting *settings, size_t n,
                    const char *(*env)(const char *name));
void otlp_sink_close(struct otlp_sink *s, const struct summary *summary);
void otlp_sink_free(struct otlp_sink *s);

const char *otlp_sink_none(const char *name); /* an empty environment */

/* Attribute of a span as text: strings as they are, whole numbers, true. "" where absent;
 * static. */
const char *otlp_value(Otlp__KeyValue *const *attributes, size_t n, const char *key);
double otlp_real(Otlp__KeyValue *const *attributes, size_t n, const char *key);

/* The n-th span of that name; NULL: there is none. */
Otlp__Span *otlp_sink_span(const struct otlp_sink *s, const char *name, size_t n);
size_t otlp_sink_count(const struct otlp_sink *s, const char *name);

/* The metric in the last request that has it; NULL: there is none. */
Otlp__Metric *otlp_sink_metric(const struct otlp_sink *s, const char *name);

#endif
