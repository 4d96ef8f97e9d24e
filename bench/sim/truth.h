#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "data/hist.h"
#include "sim/exchange.h"

/*
 * The truth log: JSON lines that say what the simulator did and when, all times ns of
 * CLOCK_MONOTONIC. First a line `sim`, then one `request` for each in the order they ended,
 * last a line `end` with how late the simulator itself was.
 *
 *     struct truth t;
 *     if (truth_open(&t, path, frames, seed, &err)) ...
 *     truth_frame(&t, x, planned, sent, kind);
 *     truth_take(&t, x);
 *     while (nothing_else_to_do() && truth_waits(&t))
 *         truth_step(&t);
 *     truth_close(&t, cpu, &err);
 *
 * The line of a long answer takes as long to write as many frames to send. So it waits, in
 * a queue of bounded size, and is written in slices of some microseconds while no frame is
 * due: a crowd of answers that end at one moment makes no frame late.
 */
struct truth {
    int fd; /* -1: nothing is written, but lateness is known */
    bool frames;
    int error; /* errno of a write that failed */
    struct buf out;
    struct exchange *first; /* of those that wait */
    struct exchange **last; /* where the next is hung */
    size_t next_frame;      /* of the first, whose line is under way */
    bool begun;             /* that line */
    size_t waiting;         /* frames of all that wait */
    struct hist late;       /* sent - planned of paced frames */
    uint64_t requests;
    uint64_t n_frames;
    uint64_t held; /* frames that waited for a client that does not read */
};

/* path NULL: no file. */
int truth_open(struct truth *t, const char *path, bool frames, uint64_t seed,
               struct err *err);

/* A frame leaves. paced: it left when the plan wanted, not when the socket had room. */
void truth_frame(struct truth *t, struct exchange *x, ns_t planned, ns_t sent,
                 enum frame_kind kind, bool paced);

/* An exchange that has ended, from here on the log's. */
void truth_take(struct truth *t, struct exchange *x);

static inline bool truth_waits(const struct truth *t)
{
    return t->first != NULL;
}

/* A slice of the line that is the first to be written. Something has to wait. */
void truth_step(struct truth *t);

/* Whole lines that somebody else wrote, taken out of *notes. */
void truth_notes(struct truth *t, struct buf *notes);

/* All that waits is written, and is in the file. */
void truth_flush(struct truth *t);
int truth_close(struct truth *t, ns_t cpu, struct err *err);

#endif
