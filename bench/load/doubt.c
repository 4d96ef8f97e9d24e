#include "load/doubt.h"

static ns_t greater(ns_t a, ns_t b)
{
    return a > b ? a : b;
}

/*
 * The loop says that there was nothing to read at `looked`, trusting that it wakes at once.
 * A beat that was due long before tells that it did not.
 */
static ns_t looked(struct doubt *d)
{
    ns_t looked = loop_looked(d->loop);

    if (d->beat_due != NS_ABSENT && looked - d->beat_due > DOUBT_TRUST)
        d->overslept = looked;
    return looked == d->overslept ? loop_rested(d->loop) : looked;
}

/* So do bytes that the kernel had long before, and that nobody had been told of. */
static ns_t looked_before(struct doubt *d, ns_t newest, ns_t emptied)
{
    ns_t from;

    if (loop_looked(d->loop) - newest > DOUBT_TRUST)
        d->overslept = loop_looked(d->loop);
    from = looked(d);
    return from - newest > DOUBT_TRUST && emptied != NS_ABSENT ? emptied : from;
}

static void beat(void *ctx)
{
    struct doubt *d = ctx;

    ns_t now = clock_now(d->clock);

    (void)looked(d);
    while (d->beat_due != NS_ABSENT && d->beat_due <= now)
        d->beat_due += DOUBT_BEAT;
    if (*d->busy)
        return;
    ticker_stop(d->beat);
    d->beat_due = NS_ABSENT;
}

void doubt_init(struct doubt *d, struct loop *loop, const struct clock *clock, ns_t t0,
                const unsigned *busy)
{
    *d = (struct doubt){ .loop = loop,
                         .clock = clock,
                         .t0 = t0,
                         .busy = busy,
                         .beat = ticker_new(loop, DOUBT_BEAT, beat, d),
                         .beat_due = NS_ABSENT,
                         .overslept = NS_ABSENT,
                         .newest = NS_ABSENT };
}

void doubt_free(struct doubt *d)
{
    ticker_free(d->beat);
}

void doubt_watch(struct doubt *d)
{
    if (d->beat_due != NS_ABSENT)
        return;
    d->beat_due = clock_now(d->clock) + DOUBT_BEAT;
    ticker_start(d->beat);
}

void doubt_stamped(struct doubt *d, ns_t at, bool kernel, ns_t emptied)
{
    ns_t from = kernel ? looked_before(d, d->t0 + at, emptied) : looked(d);

    doubt_since(d, at, kernel, greater(greater(emptied, from) - d->t0, 0));
}

void doubt_since(struct doubt *d, ns_t at, bool kernel, ns_t since)
{
    d->newest = kernel ? at : NS_ABSENT;
    d->since = since;
    d->frame = NULL;
}

void doubt_mixed(struct doubt *d, ns_t since)
{
    if (since != NS_ABSENT && since < d->since)
        d->since = since;
    d->newest = NS_ABSENT;
}

void doubt_unstamped(struct doubt *d, ns_t now)
{
    doubt_stamped(d, now, false, NS_ABSENT);
}

/* How late a stamp of the read under way may be. */
static ns_t bound_of(const struct doubt *d, ns_t at)
{
    return at > d->since ? at - d->since : 0;
}

/* The frame that waits for it is judged. */
static void settle(struct doubt *d, bool newest)
{
    struct doubts *of = d->frame;
    ns_t bound;

    if (!of)
        return;
    d->frame = NULL;
    bound = newest && d->frame_at == d->newest ? 0 : bound_of(d, d->frame_at);
    of->last = bound;
    of->frame = greater(of->frame, bound);
    if (d->frame_first)
        of->first = bound;
    if (d->frame_answer)
        of->answer = bound;
}

void doubt_frame(struct doubt *d, struct doubts *of, ns_t at, bool first, bool answer)
{
    settle(d, false);
    d->frame = of;
    d->frame_at = at;
    d->frame_first = first;
    d->frame_answer = answer;
}

void doubt_more(struct doubt *d)
{
    settle(d, false);
}

void doubt_read_over(struct doubt *d)
{
    settle(d, true);
}

void doubt_ended(struct doubt *d, struct doubts *of, ns_t at, bool alone)
{
    settle(d, false);
    of->end = alone && at == d->newest ? 0 : bound_of(d, at);
}

/* Each of its steps may have taken us time: they add up. */
void doubt_left(struct doubts *of, ns_t start, ns_t now)
{
    of->sent += greater(now - start, 0);
}

void doubt_noticed(const struct doubt *d, struct doubts *of, ns_t start, ns_t now)
{
    doubt_left(of, greater(start, d->since), now);
}
