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
 *
 * A request of P prompt tokens that may answer with C:
 *
 *     if (bucket_wait(&b, P + C, now) == 0)
 *         bucket_take(&b, P + C, now);          // it leaves
 *     ...
 *     bucket_settle(&b, P + C, 0, now);         // its headers: `remaining` has the prompt
 *     bucket_learn(&b, limit, remaining, now);
 *     bucket_take(&b, C, now);                  // but not yet the answer
 *     ...
 *     bucket_settle(&b, C, completion, now);    // its end
 *
 * Without such headers: bucket_settle(&b, P + C, prompt + completion, now) at its end.
 */
struct bucket {
    double limit; /* 0: no such limit is known, everything passes */
    ns_t window;
    double level;   /* below 0 where more was taken than there was */
    double pending; /* taken by requests whose answer has not come */
    ns_t at;
};

void bucket_init(struct bucket *b, double limit, ns_t window, ns_t now);

/* How long until `need` fits; 0: now. A need above the limit waits until the bucket is
 * full. */
ns_t bucket_wait(const struct bucket *b, double need, ns_t now);
void bucket_take(struct bucket *b, double need, ns_t now);

/* `took` was taken for it before, `used` is what it really used: the rest goes back. */
void bucket_settle(struct bucket *b, double took, double used, ns_t now);

/* Headers: limit and remaining as of now (when the header was read); -1: not said. */
void bucket_learn(struct bucket *b, int64_t limit, int64_t remaining, ns_t now);

#endif
