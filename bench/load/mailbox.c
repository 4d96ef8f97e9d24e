#include "load/mailbox.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

void mailbox_init(struct mailbox *m)
{
    atomic_init(&m->newest, NULL);
    atomic_init(&m->waiting, 0);
    sem_init(&m->bell, 0, 0);
}

void message_free(struct message *msg)
{
    if (msg->health) {
        struct hist *hists[] = { msg->health->send_lag, msg->health->read_lag,
                                 msg->health->stamp_error, msg->health->turn };

        for (size_t i = 0; i < sizeof(hists) / sizeof(hists[0]); i++) {
            if (hists[i])
                hist_free(hists[i]);
            free(hists[i]);
        }
    }
    free(msg->health);
    free(msg->record);
    free(msg->batch);
    free(msg);
}

static void put(struct mailbox *m, struct message *msg)
{
    msg->next = atomic_load_explicit(&m->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        &m->newest, &msg->next, msg, memory_order_release, memory_order_relaxed))
        ;
    atomic_fetch_add_explicit(&m->waiting, 1, memory_order_relaxed);
}

void mailbox_put_record(struct mailbox *m, struct record *r)
{
    struct message *msg = mem_alloc(sizeof(*msg));

    msg->record = r;
    put(m, msg);
}

void mailbox_put_health(struct mailbox *m, struct health_sample *h)
{
    struct message *msg = mem_alloc(sizeof(*msg));

    msg->health = h;
    put(m, msg);
}

void mailbox_put_batch(struct mailbox *m, struct batch_event *e)
{
    struct message *msg = mem_alloc(sizeof(*msg));

    msg->batch = e;
    put(m, msg);
}

void mailbox_ring(struct mailbox *m)
{
    sem_post(&m->bell);
}

void mailbox_wait(struct mailbox *m, ns_t most)
{
    ns_t until = clock_now(&clock_system) + most;
    struct timespec ts = { until / NS_PER_S, until % NS_PER_S };

    sem_clockwait(&m->bell, CLOCK_MONOTONIC, &ts);
}

struct message *mailbox_take(struct mailbox *m)
{
    struct message *msg = atomic_exchange_explicit(&m->newest, NULL, memory_order_acquire);
    struct message *first = NULL;
    uint64_t n = 0;

    while (msg) {
        struct message *before = msg->next;

        msg->next = first;
        first = msg;
        msg = before;
        n++;
    }
    atomic_fetch_sub_explicit(&m->waiting, n, memory_order_relaxed);
    return first;
}

uint64_t mailbox_waiting(const struct mailbox *m)
{
    /* A message that is taken before it is counted makes it wrap for a moment. */
    uint64_t n = atomic_load_explicit(&m->waiting, memory_order_relaxed);

    return n > UINT64_MAX / 2 ? 0 : n;
}

void mailbox_free(struct mailbox *m)
{
    struct message *msg = mailbox_take(m);

    while (msg) {
        struct message *next = msg->next;

        message_free(msg);
        msg = next;
    }
    sem_destroy(&m->bell);
}
