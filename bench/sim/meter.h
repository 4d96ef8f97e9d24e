#ifndef SIM_METER_H
#define SIM_METER_H

#include <stdint.h>

#include "base/clock.h"

/*
 * One rate limit: a bucket that holds `limit`, starts full and refills continuously at
 * limit / window. Exact: the level is kept in units of 1 / window.
 *
 *   reset = (limit - level) / rate              until full, not until the next one fits
 *   wait  = (used + need - limit) / rate        used = limit - level
 *
 * The level goes below zero where tokens are debited after they were generated.
 */
__extension__ typedef __int128 meter_level;

struct meter {
    int64_t limit; /* 0: there is no such limit, everything fits */
    ns_t window;
    meter_level level; /* times window */
    ns_t at;
};

void meter_init(struct meter *m, int64_t limit, ns_t window, ns_t now);
void meter_take(struct meter *m, int64_t n, ns_t now); /* n < 0 gives back */
int64_t meter_remaining(struct meter *m, ns_t now);    /* rounded down, never below 0 */
int64_t meter_used(struct meter *m, ns_t now);
ns_t meter_reset(struct meter *m, ns_t now);
ns_t meter_wait(struct meter *m, int64_t need, ns_t now); /* 0: it fits */

#endif
