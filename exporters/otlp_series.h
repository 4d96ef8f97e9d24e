#ifndef EXPORTERS_OTLP_SERIES_H
#define EXPORTERS_OTLP_SERIES_H

#include "exporters/exp_histogram.h"
#include "exporters/otlp_common.h"

/* Requests that stand for a histogram's slow end since its last export. */
enum { EXEMPLARS = 4 };

struct exemplar {
    double value; /* as counted */
    ns_t at;
    uint64_t req;
    bool sure; /* its trace is there whatever comes, see otlp_traces_keeps */
    char request_id[64];
};

struct exemplars {
    struct exemplar items[EXEMPLARS];
    size_t n;
};

/* lowest: the small ones are the slow ones. */
void exemplars_offer(struct exemplars *e, const struct record *r, double value,
                     bool lowest);

/* A failure, or a request that was tried again: its trace is always kept. */
static inline bool record_matters(const struct record *r)
{
    return outcomes[r->outcome].error || r->try_no > 1 || !r->final;
}

/* Bounds of an explicit histogram, upper ends, in units. */
struct bounds {
    const double *at;
    size_t n;
};

enum { MAX_BOUNDS = 14 };
extern const struct bounds bounds_duration, bounds_tokens, bounds_http;

/* One histogram with explicit buckets, or (bounds NULL) an exponential one. */
struct otlp_series {
    const struct bounds *bounds;
    uint64_t buckets[MAX_BOUNDS + 1];
    struct exp_hist h; /* of an explicit one only unit, count, sum, min, max */
    struct exemplars exemplars;
};

void otlp_series_init(struct otlp_series *s, const struct bounds *bounds, double unit);
void otlp_series_record(struct otlp_series *s, double value); /* as counted */
void otlp_series_reset(struct otlp_series *s);

/* --- as messages -------------------------------------------------------------------- */

struct otlp_times {
    uint64_t start; /* ns since 1970 */
    uint64_t now;
};

Otlp__HistogramDataPoint *otlp_series_explicit(const struct otlp_series *s, struct arena *a,
                                               const struct otlp_times *t);
Otlp__ExponentialHistogramDataPoint *otlp_series_exponential(const struct otlp_series *s,
                                                             struct arena *a,
                                                             const struct otlp_times *t);

#endif
