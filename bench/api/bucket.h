#ifndef API_BUCKET_H
#define API_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * The client's model of one rate limit: a bucket that refills continuously.
 *
 *   rate  = limit / window
 *   level = min(limit, level + rate * dt)
 *   wait  = (need - level) / rate, 0 where level >= need
 *
 * Pure: the time is an argument. What a header says (remaining at the time it was sent)
 * replaces the level, less what has been taken by requests still under way.
 */
struct bucket {
    double limit; /* 0: no such limit is known, everything passes */
    ns_t window;
    double level;
    double pending; /* taken by requests whose answer has not come */
    ns_t at;
};

void bucket_init(struct bucket *b, double limit, ns_t window, ns_t now);

/* How long until `need` fits; 0: now. A need above the limit waits until the bucket is
 * full. */
ns_t bucket_wait(const struct bucket *b, double need, ns_t now);
void bucket_take(struct bucket *b, double need, ns_t now);

/* The answer has come: `took` was taken for it before, `used` is what it really used. */
void bucket_settle(struct bucket *b, double took, double used, ns_t now);

/* Headers: limit and remaining as of now (when the header was read); -1: not said. */
void bucket_learn(struct bucket *b, int64_t limit, int64_t remaining, ns_t now);

#endif
