#ifndef LOAD_COLLECTOR_H
#define LOAD_COLLECTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "data/journal.h"
#include "load/mailbox.h"

enum { MAX_SINKS = 4 };

/*
 * The one place where what happened leaves the load: takes the workers' messages and hands
 * each to the journal and to the recorder, in the same order. While there is load, a thread
 * does that which runs where nobody else wants the core, so that writing down what happened
 * never keeps a worker from sending or reading on time. Everything else is for one thread
 * alone, which keeps the collector out with collector_enter where it runs.
 *
 *     collector_start(&c, clock, journal_begins, ctx);
 *     while (load) {
 *         mailbox_wait(&c.mailbox, 50 * NS_PER_MS);
 *         collector_enter(&c);       the sinks stand still
 *         ...
 *         collector_leave(&c);
 *     }
 *     collector_stop(&c);            all that was in the mailbox has been taken
 *     collector_end(&c, &end);
 */
struct collector {
    struct mailbox mailbox;
    const struct clock *clock;
    void (*before)(void *ctx); /* see collector_start */
    void *ctx;
    pthread_t thread;
    bool threaded; /* false: none could be had, the work is done in collector_enter */
    atomic_bool over;
    sem_t wake;
    pthread_mutex_t lock;                 /* of what follows, while there is load */
    struct message *taken;                /* out of the mailbox, not yet handed on */
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

/*
 * before is called whenever messages have come out of the mailbox, before the first of them
 * is handed on: what must stand in the journal before them goes there by collector_phase.
 */
void collector_start(struct collector *c, const struct clock *clock,
                     void (*before)(void *ctx), void *ctx);
void collector_enter(struct collector *c); /* helps out where much has piled up */
void collector_leave(struct collector *c);
void collector_stop(struct collector *c);

void collector_phase(struct collector *c, const struct phase_event *e);

/* Everything is on disk afterwards, or failed is set. */
void collector_flush(struct collector *c);

/* The last entry, and a flush. */
void collector_end(struct collector *c, const struct run_end *end);

#endif
