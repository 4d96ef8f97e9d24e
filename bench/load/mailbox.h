#ifndef LOAD_MAILBOX_H
#define LOAD_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"
#include "data/health.h"
#include "data/record.h"

/*
 * What workers hand to the collector. One lock a message, held for a few instructions; a
 * message is made once per attempt or second, never per frame.
 */
struct message {
    struct message *next;
    struct record *record; /* one of the two; owned by the message */
    struct health_sample *health;
};

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct message *head;
    struct message **tail;
    bool rung;
};

void mailbox_init(struct mailbox *m);
void mailbox_free(struct mailbox *m); /* and what is still in it */

/* Both take what they are given. */
void mailbox_put_record(struct mailbox *m, struct record *r);
void mailbox_put_health(struct mailbox *m, struct health_sample *h);

/* Let the collector look now. */
void mailbox_ring(struct mailbox *m);

/* All messages in the order they came, after waiting until a ring, or `wait` at most. */
struct message *mailbox_take(struct mailbox *m, ns_t wait);
void message_free(struct message *msg);

#endif
