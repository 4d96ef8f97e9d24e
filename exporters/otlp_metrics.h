#ifndef EXPORTERS_OTLP_METRICS_H
#define EXPORTERS_OTLP_METRICS_H

#include "exporters/otlp_traces.h"

/*
 * Metrics per cell and phase: the histograms of the conventions with their buckets, all of
 * our own as exponential ones, counters and gauges. Slow values carry the trace that they
 * are of. Put out once an interval of the entries' time, and at the end.
 */
struct otlp_metrics;

/* traces NULL: no exemplars. */
struct otlp_metrics *otlp_metrics_open(const struct otlp_about *about,
                                       const struct export_out *out,
                                       const struct otlp_traces *traces);
void otlp_metrics_close(struct otlp_metrics *m);

void otlp_metrics_record(struct otlp_metrics *m, const struct record *r);
void otlp_metrics_health(struct otlp_metrics *m, const struct health_sample *h);
void otlp_metrics_put(struct otlp_metrics *m, ns_t at); /* an export */

#endif
