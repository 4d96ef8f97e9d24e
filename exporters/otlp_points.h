#ifndef EXPORTERS_OTLP_POINTS_H
#define EXPORTERS_OTLP_POINTS_H

#include "exporters/otlp_series.h"

/*
 * Metrics of one export: points gather below a metric, metrics below a request, which goes
 * out when it holds many points. Everything lives in the arena.
 *
 *     points_metric(&p, "tokdyno.ttft", "s", "help", POINTS_EXPONENTIAL);
 *     points_series(&p, series, &attrs);
 *     ...
 *     points_flush(&p);
 */
enum points_kind { POINTS_GAUGE, POINTS_SUM, POINTS_EXPLICIT, POINTS_EXPONENTIAL };

enum { POINTS_MOST = 2000 };

struct points {
    const struct otlp_about *about;
    const struct export_out *out;
    const struct otlp_traces *traces; /* NULL: no exemplars */
    struct arena arena;
    struct otlp_times times;
    bool delta;
    Otlp__Metric **metrics;
    size_t n_metrics;
    size_t cap_metrics;
    size_t n;              /* points in them */
    enum points_kind kind; /* of the metric under way */
    const char *name;
    const char *unit;
    const char *help;
    void **items; /* its points */
    size_t n_items;
    size_t cap_items;
    struct buf scratch;
};

void points_init(struct points *p, const struct otlp_about *about,
                 const struct export_out *out, const struct otlp_traces *traces);
void points_free(struct points *p);

/* A new metric, of which only those with points are sent. The name is copied, the rest not.
 */
void points_metric(struct points *p, const char *name, const char *unit, const char *help,
                   enum points_kind kind);

void points_series(struct points *p, const struct otlp_series *s,
                   const struct attrs *attrs);
void points_int(struct points *p, int64_t value, const struct attrs *attrs);
void points_double(struct points *p, double value, const struct attrs *attrs);

void points_flush(struct points *p);

#endif
