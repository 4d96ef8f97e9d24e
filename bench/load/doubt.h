#ifndef LOAD_DOUBT_H
#define LOAD_DOUBT_H

#include <stdbool.h>

#include "base/loop.h"
#include "base/ticker.h"
#include "data/record.h"

/*
 * How late the stamps of what is being read may be: an upper bound for each attempt. Known
 * before libcurl reads is the moment before which nothing of it can have come. The newest
 * bytes of a read have the kernel's stamp and so are exact; whatever other bytes follow in
 * the same read may have come at any time since that moment.
 *
 *     doubt_stamped(&d, at, true, emptied);       a read begins
 *     doubt_frame(&d, &t->doubts, at, ...);       for each output frame in it
 *     doubt_more(&d);                             and for all else that follows a frame
 *     doubt_ended(&d, &t->doubts, at, true);
 *     doubt_read_over(&d);                        the last frame has the newest bytes
 *
 * A loop that sleeps is trusted to wake within a millisecond, until something tells
 * otherwise: bytes that waited longer, or the beat, a timer that is set every 4 ms while
 * attempts are under way. So a sleep that was longer than it should by 5 ms is never
 * missed, whatever came in it, and a shorter one is the most that a bound may be short of.
 */
#define DOUBT_TRUST NS_PER_MS
#define DOUBT_BEAT (4 * NS_PER_MS)

/* Moments are of the run where not said otherwise. */
struct doubt {
    struct loop *loop;
    const struct clock *clock;
    ns_t t0;
    const unsigned *busy; /* attempts under way: without any there is no beat */
    struct ticker *beat;
    ns_t beat_due;  /* of the clock; NS_ABSENT: it does not beat */
    ns_t overslept; /* of the clock: the loop's last look that was too late to trust */

    ns_t since;  /* nothing of what is read now came before */
    ns_t newest; /* the kernel's stamp of it; NS_ABSENT: none */

    struct doubts *frame; /* whose output frame may have the newest bytes; NULL: none */
    ns_t frame_at;
    bool frame_first;
    bool frame_answer;
};

/* All must outlive it. */
void doubt_init(struct doubt *d, struct loop *loop, const struct clock *clock, ns_t t0,
                const unsigned *busy);
void doubt_free(struct doubt *d);

/* An attempt is under way: see to it that an oversleep is noticed. */
void doubt_watch(struct doubt *d);

/*
 * A read begins, of bytes stamped `at`, by the kernel or not. emptied: of the clock, when
 * an earlier read left nothing in the socket; NS_ABSENT: not known.
 */
void doubt_stamped(struct doubt *d, ns_t at, bool kernel, ns_t emptied);

/* The same where it is known that nothing of what is read came before `since`. */
void doubt_since(struct doubt *d, ns_t at, bool kernel, ns_t since);

/*
 * Not all of the read under way comes of its socket in the order in which it arrived: some
 * may have come since `since` (NS_ABSENT: none before what was said), and what is handed
 * over last need not have the newest bytes.
 */
void doubt_mixed(struct doubt *d, ns_t since);

/* Bytes may be read now that nobody looked at. */
void doubt_unstamped(struct doubt *d, ns_t now);

/* An output frame, whether it is the first of all, and of visible text. */
void doubt_frame(struct doubt *d, struct doubts *of, ns_t at, bool first, bool answer);
void doubt_more(struct doubt *d);
void doubt_read_over(struct doubt *d);

/* alone: nobody else's bytes can follow in the same read. An end of our own making is not
 * told. */
void doubt_ended(struct doubt *d, struct doubts *of, ns_t at, bool alone);

/* The request was written, or its connection seen to be there, by `now`. */
void doubt_left(struct doubts *of, ns_t start, ns_t now);
void doubt_noticed(const struct doubt *d, struct doubts *of, ns_t start, ns_t now);

#endif
