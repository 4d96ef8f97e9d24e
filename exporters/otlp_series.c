#include "exporters/otlp_series.h"

#include <stdio.h>
#include <string.h>

#define BOUNDS(name, ...)                                                                  \
    static const double name##_at[] = { __VA_ARGS__ };                                     \
    const struct bounds name = { name##_at, sizeof(name##_at) / sizeof(*name##_at) };      \
    _Static_assert(sizeof(name##_at) / sizeof(*name##_at) <= MAX_BOUNDS, "MAX_BOUNDS")

/* As the conventions advise for gen_ai durations, tokens, and HTTP requests. */
BOUNDS(bounds_duration, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24,
       20.48, 40.96, 81.92);
BOUNDS(bounds_tokens, 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304,
       16777216, 67108864);
BOUNDS(bounds_http, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5,
       10);

void exemplars_offer(struct exemplars *e, const struct record *r, double value, bool lowest)
{
    double sign = lowest ? -1 : 1;
    size_t at = 0;

    if (e->n < EXEMPLARS) {
        at = e->n++;
    } else {
        for (size_t i = 1; i < EXEMPLARS; i++)
            if (sign * e->items[i].value < sign * e->items[at].value)
                at = i;
        if (sign * value <= sign * e->items[at].value)
            return;
    }
    e->items[at] = (struct exemplar){
        .value = value, .at = r->at[MOMENT_END], .req = r->req, .sure = record_matters(r)
    };
    snprintf(e->items[at].request_id, sizeof(e->items[at].request_id), "%s", r->request_id);
}

void otlp_series_init(struct otlp_series *s, const struct bounds *bounds, double unit)
{
    memset(s, 0, sizeof(*s));
    s->bounds = bounds;
    exp_hist_init(&s->h, unit, EXP_BUCKETS, EXP_SCALE);
}

void otlp_series_reset(struct otlp_series *s)
{
    otlp_series_init(s, s->bounds, s->h.unit);
}

/* The first bucket whose upper end is not below the value. */
static size_t bucket_of(const struct bounds *b, double v)
{
    size_t lo = 0, hi = b->n;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (v <= b->at[mid])
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

void otlp_series_record(struct otlp_series *s, double value)
{
    uint64_t before = s->h.count;

    exp_hist_record(&s->h, value);
    if (s->bounds && s->h.count != before)
        s->buckets[bucket_of(s->bounds, value / s->h.unit)]++;
}

/* --- as messages -------------------------------------------------------------------- */

OTLP_MESSAGE(HistogramDataPoint, histogram_data_point)
OTLP_MESSAGE(ExponentialHistogramDataPoint, exponential_histogram_data_point)
OTLP_MESSAGE(Buckets, buckets)

static void *copy(struct arena *a, const void *p, size_t n)
{
    return memcpy(arena_alloc(a, n), p, n);
}

Otlp__HistogramDataPoint *otlp_series_explicit(const struct otlp_series *s, struct arena *a,
                                               const struct otlp_times *t)
{
    Otlp__HistogramDataPoint *p = new_histogram_data_point(a);
    const struct exp_hist *h = &s->h;

    p->start_time_unix_nano = t->start;
    p->time_unix_nano = t->now;
    p->count = h->count;
    p->has_sum_case = OTLP__HISTOGRAM_DATA_POINT__HAS_SUM_SUM;
    p->sum = h->sum / h->unit;
    p->n_explicit_bounds = s->bounds->n;
    p->explicit_bounds = copy(a, s->bounds->at, s->bounds->n * sizeof(double));
    p->n_bucket_counts = s->bounds->n + 1;
    p->bucket_counts = copy(a, s->buckets, p->n_bucket_counts * sizeof(uint64_t));
    if (!h->count)
        return p;
    p->has_min_case = OTLP__HISTOGRAM_DATA_POINT__HAS_MIN_MIN;
    p->min = h->min / h->unit;
    p->has_max_case = OTLP__HISTOGRAM_DATA_POINT__HAS_MAX_MAX;
    p->max = h->max / h->unit;
    return p;
}

Otlp__ExponentialHistogramDataPoint *otlp_series_exponential(const struct otlp_series *s,
                                                             struct arena *a,
                                                             const struct otlp_times *t)
{
    Otlp__ExponentialHistogramDataPoint *p = new_exponential_histogram_data_point(a);
    const struct exp_hist *h = &s->h;

    p->start_time_unix_nano = t->start;
    p->time_unix_nano = t->now;
    p->count = h->count;
    p->has_sum_case = OTLP__EXPONENTIAL_HISTOGRAM_DATA_POINT__HAS_SUM_SUM;
    p->sum = h->sum / h->unit;
    p->scale = h->scale;
    p->zero_count = h->zero;
    if (h->n) {
        p->positive = new_buckets(a);
        p->positive->offset = h->offset;
        p->positive->n_bucket_counts = (size_t)h->n;
        p->positive->bucket_counts = copy(a, h->counts, (size_t)h->n * sizeof(uint64_t));
    }
    if (!h->count)
        return p;
    p->has_min_case = OTLP__EXPONENTIAL_HISTOGRAM_DATA_POINT__HAS_MIN_MIN;
    p->min = h->min / h->unit;
    p->has_max_case = OTLP__EXPONENTIAL_HISTOGRAM_DATA_POINT__HAS_MAX_MAX;
    p->max = h->max / h->unit;
    return p;
}
