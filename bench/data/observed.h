#ifndef DATA_OBSERVED_H
#define DATA_OBSERVED_H

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "data/hist.h"
#include "data/record.h"

/*
 * How far what the client saw is from what the simulator did: records of a run joined with
 * the truth log, in one pass over both and in memory that does not grow with them. Both are
 * in the order in which requests ended, but for a little; what has no partner within
 * OBSERVED_AHEAD lines, or is the oldest of more than OBSERVED_WAITING, is not compared.
 *
 *     struct observer *o = observer_open("truth.jsonl", run.t0_mono, &err);
 *     observer_window(o, from, to);
 *     observer_record(o, r); ...            each record, in the order of the journal
 *     use(observer_seen(o));
 *     observer_close(o);
 */
enum { OBSERVED_AHEAD = 8192, OBSERVED_WAITING = 32768 };

struct observed {
    struct hist first;    /* seen - sent of the first output, ns */
    struct hist frames;   /* of every output frame, to 1 us */
    struct hist arrival;  /* from due to when the simulator had the request's first line */
    uint64_t attempts;    /* that have an answer to compare */
    uint64_t matched;     /* of them, found in the truth log */
    uint64_t uneven;      /* of those, with another number of frames than were sent */
    uint64_t early;       /* frames seen before they were sent: cannot be; counted as 0 */
    uint64_t frames_then; /* frames seen within the window */
    uint64_t bad_lines;   /* of the truth log, that tell of no request of ours */
};

struct observer;

/* NULL with *err where the file cannot be read. t0_mono: what the moments count from. */
struct observer *observer_open(const char *truth, ns_t t0_mono, struct err *err);
void observer_close(struct observer *o);

/* Moments of the run between which frames are counted. */
void observer_window(struct observer *o, ns_t from, ns_t to);

void observer_record(struct observer *o, const struct record *r);

/* As it is now; valid until the close. */
const struct observed *observer_seen(const struct observer *o);

#endif
