#ifndef EXPORTERS_OTLP_SLOWEST_H
#define EXPORTERS_OTLP_SLOWEST_H

#include "data/record.h"

/* The requests of an interval that took longest from when they were due; copies, owned. */
enum { SLOWEST = 16 };

struct otlp_slowest {
    struct record *kept[SLOWEST]; /* in no order */
    size_t n;
};

/* Is it one of them, as far as is known? */
bool otlp_slowest_offer(struct otlp_slowest *s, const struct record *r);
bool otlp_slowest_has(const struct otlp_slowest *s, uint64_t req);
void otlp_slowest_clear(struct otlp_slowest *s);

#endif
