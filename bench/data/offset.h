#ifndef DATA_OFFSET_H
#define DATA_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * How far a server's clock is from ours, by its `date` headers, which tell whole seconds.
 * Each sample bounds it from both sides, and one that is taken when the server's second is
 * about to change halves what is left.
 *
 *     struct offset o = offset_none;
 *     offset_add(&o, asked, told, date_s);
 *     wait until offset_next(&o, now), ask again ...
 *     if (offset_known(&o)) ... (o.least + o.most) / 2, +- (o.most - o.least) / 2
 *
 * Times are of CLOCK_REALTIME. The offset is the server's clock minus ours.
 */
struct offset {
    ns_t least;
    ns_t most;
    unsigned samples;
    bool torn; /* samples contradict each other: a clock was set, or there are several */
};

extern const struct offset offset_none;

/* asked: before the request left; told: when the header had come. */
void offset_add(struct offset *o, ns_t asked, ns_t told, int64_t date_s);

bool offset_known(const struct offset *o);

/* When to ask next, so that half of what is open is decided; at most a second from now. */
ns_t offset_next(const struct offset *o, ns_t now);

#endif
