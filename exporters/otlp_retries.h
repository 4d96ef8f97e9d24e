#ifndef EXPORTERS_OTLP_RETRIES_H
#define EXPORTERS_OTLP_RETRIES_H

#include "data/record.h"

/*
 * What is known of requests that are going to be tried again: when their first attempt left
 * and when their latest ended. So many of them have room; of others it is not known.
 */
enum { RETRIES_MOST = 1 << 16 };

struct retry_seen {
    uint64_t req;
    ns_t first;      /* left */
    ns_t last;       /* ended */
    uint32_t try_no; /* 0: the place is free */
};

struct otlp_retries {
    struct retry_seen *places; /* open addressing */
    size_t cap;
    size_t n;
};

void otlp_retries_free(struct otlp_retries *s);

/* An attempt with others behind it. */
void otlp_retries_put(struct otlp_retries *s, const struct record *r);

/* What is known of the attempts before r; where r is the last it is forgotten. */
bool otlp_retries_take(struct otlp_retries *s, const struct record *r,
                       struct retry_seen *seen);

#endif
