#ifndef LOAD_MAILBOX_H
#define LOAD_MAILBOX_H

#include <semaphore.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "data/batch.h"
#include "data/health.h"
#include "data/record.h"

/*
 * What workers hand to the collector: a message once per attempt, call of a batch or
 * second, never per frame. Without a lock, so that no worker ever waits for a collector
 * that is not let run.
 */
struct message {
    struct message *next;
    struct record *record; /* one of the three; owned by the message */
    struct health_sample *health;
    struct batch_event *batch;
};

struct mailbox {
    _Atomic(struct message *) newest; /* first; next leads to the one before */
    _Atomic uint64_t waiting;
    sem_t bell;
};

void mailbox_init(struct mailbox *m);
void mailbox_free(struct mailbox *m); /* and what is still in it */

/* All take what they are given. */
void mailbox_put_record(struct mailbox *m, struct record *r);
void mailbox_put_health(struct mailbox *m, struct health_sample *h);
void mailbox_put_batch(struct mailbox *m, struct batch_event *e);

/* End the wait of whoever is in mailbox_wait, or the next one's. */
void mailbox_ring(struct mailbox *m);
void mailbox_wait(struct mailbox *m, ns_t most);

/* All messages in the order they came. */
struct message *mailbox_take(struct mailbox *m);
uint64_t mailbox_waiting(const struct mailbox *m); /* how many that would be, about */
void message_free(struct message *msg);

#endif
