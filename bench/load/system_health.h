#ifndef LOAD_SYSTEM_HEALTH_H
#define LOAD_SYSTEM_HEALTH_H

#include "base/clock.h"
#include "data/health.h"

/*
 * What belongs to the machine and not to a thread of ours: time stolen from it, time that
 * our control group was held back, what its TCP dropped, and its clocks. Looked at once a
 * second by the thread that collects, away from the load.
 *
 *     system_health_init(&m, clock);
 *     system_health_sample(&m, &sample);      the differences since the last time
 */
struct system_health {
    const struct clock *clock;
    uint64_t last[N_HEALTH_COUNTERS]; /* as the system counts */
    ns_t mono;
    ns_t real_offset;
};

void system_health_init(struct system_health *m, const struct clock *clock);

/* Fills the counters that are the machine's; the others are left alone. */
void system_health_sample(struct system_health *m, struct health_sample *h);

#endif
