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
 *     truth_request(&t, x);
 *     truth_close(&t, cpu, &err);
 */
struct truth {
    int fd; /* -1: nothing is written, but lateness is known */
    bool frames;
    int error; /* errno of a write that failed */
    struct buf out;
    struct hist late; /* sent - planned of paced frames */
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

void truth_request(struct truth *t, const struct exchange *x);
/* Whole lines that somebody else wrote; taken out of *notes. */
void truth_notes(struct truth *t, struct buf *notes);
void truth_flush(struct truth *t);
int truth_close(struct truth *t, ns_t cpu, struct err *err);

#endif
