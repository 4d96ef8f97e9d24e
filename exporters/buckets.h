#ifndef EXPORTERS_BUCKETS_H
#define EXPORTERS_BUCKETS_H

#include <stddef.h>

#include "data/metric.h"

enum { BUCKETS_MAX = 24 };

/*
 * Upper bounds of a classic histogram. They are the same in every run and on every machine,
 * so that what several instances counted can be added up; changing one is a change of the
 * format. Bounds are whole numbers of the metric's base unit (ns, ppm, ...), so a value
 * falls on the same side everywhere; `per` of them make one of the unit they are shown in
 * (seconds, ratio, ...).
 */
struct buckets {
    const char *name;    /* of the set, in docs */
    const int64_t *upto; /* rising; a value equal to a bound is within */
    size_t n;            /* without the last one, +Inf */
};

const struct buckets *buckets_of(enum metric_id m);

/* Of lags of the instrument itself, in ns. */
const struct buckets *buckets_lag(void);

/* Which one a value falls into; b->n: beyond all bounds. */
size_t buckets_find(const struct buckets *b, int64_t value);

/* How many of the base unit make one of the unit that is shown: 1e9 for ns. */
double buckets_per(enum unit unit);

#endif
