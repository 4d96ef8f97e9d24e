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
 * arrivals; without a queue the share is 0.
 *
 * How sure the rate is comes from what is left over, in two ways of which the wider counts.
 * It may wander about a level: neighbours count as one where they are alike. Or it may be a
 * walk, as the work of a busy server is, whose every step stays; a line takes most of a
 * short walk with it, and what is left then looks far more certain than it is. So the steps
 * between the means of eight batches tell how steep a line chance may lay through one.
 *
 * A queue near its limit, though below it, wanders so far that it may look like that for a
 * while, but it empties again and again: one that grows beyond doubt has, in its last
 * third, not come back to where the fastest twentieth were.
 *
 * How often a probe says that a queue grows, of 200 seeds in virtual time, 80 requests a
 * second being the capacity, growth below 0.25 % not counted (tests/growth_test.c); from
 * all requests alike to times of service with a cv of 1, one at a time, where that differs:
 *
 *     asked of the capacity     0.7      0.9       0.95        1.1        1.3
 *     probes of 1.5 s           0 %   0-1.5 %   0-3.5 %  3.5-82 %    43-100 %
 *     probes of 4.5 s           0 %   0-0.5 %     0-2 %   31-99 %    87-100 %
 *     probes of 15 s            0 %       0 %     0-1 %   66-100 %   98-100 %
 *
 * So a search, which takes a miss for the truth after two of them (search.h), is misled in
 * fewer than one of a thousand rates that a server carries with a tenth to spare. What a
 * short probe does not see of a growth is within `most`, and so within the error told.
 */
struct growth {
    bool known;   /* false: too few requests to say */
    double rate;  /* seconds of latency a second */
    double least; /* limits of it, each of them one-sided 99.5 %, by the above */
    double most;
    bool beyond_doubt;
};

/* asked: requests per second. */
struct growth growth_of(const struct series *latency, double asked);

#endif
