#ifndef DATA_GROWTH_H
#define DATA_GROWTH_H

#include <stdbool.h>

#include "data/series.h"

/*
 * Does the queue grow, be it so slowly that no objective is missed yet? Latency that counts
 * from when a request was due rises by rho - 1 seconds a second where a queue is offered
 * rho times what its server can do, and stays where it is below that.
 *
 * Chance moves it as well: arrivals that come in lumps make it wander. What they explain is
 * taken out: the latencies y are fitted with
 *
 *     y = level + rate * due + share * (k / asked - due)
 *
 * where the last term is how far ahead of an even schedule request k was due. A queue that
 * never empties has share = rho, rate = rho - 1 and nothing left over, whatever the
 * arrivals; without a queue the share is 0. How sure the rate is comes from what is left
 * over, of which neighbours count as one where they are alike.
 *
 * A queue near its limit, though below it, wanders so far that it may look like that for a
 * while, but it empties again and again: one that grows beyond doubt has, in its last
 * third, not come back to where the fastest twentieth were.
 */
struct growth {
    bool known;   /* false: too few requests to say */
    double rate;  /* seconds of latency a second */
    double least; /* limits of it, each of them one-sided 99.5 % */
    double most;
    bool beyond_doubt;
};

/* asked: requests per second. */
struct growth growth_of(const struct series *latency, double asked);

#endif
