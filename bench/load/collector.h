#ifndef LOAD_COLLECTOR_H
#define LOAD_COLLECTOR_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "data/journal.h"
#include "load/mailbox.h"

/*
 * The one place where what happened leaves the load: takes the workers' messages and hands
 * each to the journal and to the recorder, in the same order. Belongs to the main thread.
 */
struct collector {
    struct mailbox mailbox;
    struct journal *journal;      /* borrowed */
    struct journal_sink sinks[4]; /* recorder and other listeners */
    size_t n_sinks;
    bool failed;      /* the journal could not be written; err says why */
    uint64_t dropped; /* entries lost by that */
    struct err err;
};

void collector_init(struct collector *c, struct journal *journal);
void collector_free(struct collector *c);

/* Entries go to every sink, in the order they were added. */
void collector_add_sink(struct collector *c, struct journal_sink sink);

/* Take what has come, waiting `wait` at most for a ring; write what is due by `now`. */
void collector_turn(struct collector *c, const struct clock *clock, ns_t wait);

void collector_phase(struct collector *c, const struct phase_event *e);

/* The last entry; everything is on disk afterwards, or failed is set. */
void collector_end(struct collector *c, const struct run_end *end);

#endif
