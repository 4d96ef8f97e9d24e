#ifndef LOAD_RETRY_H
#define LOAD_RETRY_H

#include <stdbool.h>

#include "base/clock.h"
#include "data/record.h"
#include "data/scenario.h"

/* What the answer said that no record holds. */
struct retry_facts {
    ns_t retry_after; /* the header; NS_ABSENT: none */
    ns_t retry_in;    /* "Please try again in D" of the error's text */
    ns_t bucket;      /* wait by the client's own model of the limit */
    bool daily;       /* the limit is one of a day */
    bool streamed;    /* the request asked for a stream */
};

/*
 * Is the attempt that just ended followed by another, and how long after its end? Pure: u
 * in [0, 1) is the randomness. Nothing is retried once output has been delivered.
 *
 *   none        never
 *
 *   sdk         as the official client libraries: 408, 409, 429, >= 500, transport errors
 *               and time-outs; retry-after is obeyed where it is above 0 and at most 60 s,
 *               else min(0.5 * 2^n, 8) s * (1 - 0.25 u) for retry n = 0, 1, ...
 *
 *   respectful  what can succeed later: 429 but not of a day's limit, 498, 5xx, transport
 *               errors; failures of generation, 422 and 424 at most twice; never 413 or
 *               other 4xx. Waits what is announced, the header before the text before the
 *               own model, and up to 10 % longer; else min(2^n, 30) s * (0.5 + 0.5 u)
 */
bool retry_next(const struct retry *policy, const struct record *r,
                const struct retry_facts *facts, double u, ns_t *wait);

#endif
