#ifndef LOAD_COLLECTOR_H
#define LOAD_COLLECTOR_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "data/journal.h"
#include "load/mailbox.h"

enum { MAX_SINKS = 4 };

/*
 * The one place where what happened leaves the load: takes the workers' messages and hands
 * each to the journal and to the recorder, in the same order. Belongs to the main thread.
 *
 *     struct message *msgs = mailbox_take(&c.mailbox, 50 * NS_PER_MS);
 *     collector_phase(&c, &begun);       a phase's begin stands before its records
 *     collector_take(&c, clock, msgs);
 *     ...
 *     collector_end(&c, &end);
 */
struct collector {
    struct mailbox mailbox;
    struct journal *journal;              /* borrowed */
    struct journal_sink sinks[MAX_SINKS]; /* recorder and other listeners */
    size_t n_sinks;
    uint64_t unwritten; /* entries that wait in the journal's buffer */
    bool failed;        /* the journal could not be written; err says why */
    uint64_t dropped;   /* entries lost by that */
    struct err err;
};

void collector_init(struct collector *c, struct journal *journal);
void collector_free(struct collector *c);

/* Entries go to every sink, in the order they were added. */
void collector_add_sink(struct collector *c, struct journal_sink sink);
void collector_drop_sink(struct collector *c); /* the one that was added last */

/* Messages out of the mailbox, which it frees; what is due by then is written. */
void collector_take(struct collector *c, const struct clock *clock,
                    struct message *messages);

void collector_phase(struct collector *c, const struct phase_event *e);

/* Everything is on disk afterwards, or failed is set. */
void collector_flush(struct collector *c);

/* The last entry, and a flush. */
void collector_end(struct collector *c, const struct run_end *end);

#endif
