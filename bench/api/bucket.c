#include "api/bucket.h"

#include <math.h>

/* Smaller than any count, larger than what rounding does to a level. */
static const double tiny = 1e-6;

/* ns: no wait is longer, however far below zero others have put a small limit. */
static const double longest = 1e17;

static double refilled(const struct bucket *b, ns_t now)
{
    double more = now > b->at ? (double)(now - b->at) * b->limit / (double)b->window : 0;

    return fmin(b->limit, b->level + more);
}

static void move(struct bucket *b, ns_t now)
{
    b->level = refilled(b, now);
    if (now > b->at)
        b->at = now;
}

void bucket_init(struct bucket *b, double limit, ns_t window, ns_t now)
{
    *b = (struct bucket){ .limit = limit, .window = window, .level = limit, .at = now };
}

ns_t bucket_wait(const struct bucket *b, double need, ns_t now)
{
    double missing;

    if (b->limit <= 0)
        return 0;
    missing = fmin(need, b->limit) - refilled(b, now);
    if (missing <= tiny)
        return 0;
    /* missing / rate, the exact product first; a thousandth of a ns is rounding. */
    return (ns_t)fmin(ceil(missing * (double)b->window / b->limit - 1e-3), longest);
}

void bucket_take(struct bucket *b, double need, ns_t now)
{
    b->pending += need;
    if (b->limit <= 0)
        return;
    move(b, now);
    b->level -= need;
}

void bucket_settle(struct bucket *b, double took, double used, ns_t now)
{
    b->pending = fmax(0, b->pending - took);
    if (b->limit <= 0)
        return;
    move(b, now);
    b->level = fmin(b->limit, b->level + took - used);
}

void bucket_learn(struct bucket *b, int64_t limit, int64_t remaining, ns_t now)
{
    bool known = b->limit > 0;

    if (limit >= 0)
        b->limit = (double)limit;
    if (b->limit <= 0)
        return;
    if (known)
        move(b, now);
    else
        b->at = now;
    if (remaining >= 0)
        b->level = fmin((double)remaining, b->limit) - b->pending;
    else if (!known)
        b->level = b->limit - b->pending;
}
