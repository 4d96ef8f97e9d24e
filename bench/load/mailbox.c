#include "load/mailbox.h"

#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

void mailbox_init(struct mailbox *m)
{
    pthread_condattr_t attr;

    *m = (struct mailbox){ .head = NULL };
    m->tail = &m->head;
    pthread_mutex_init(&m->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&m->filled, &attr);
    pthread_condattr_destroy(&attr);
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
    free(msg);
}

void mailbox_free(struct mailbox *m)
{
    while (m->head) {
        struct message *next = m->head->next;

        message_free(m->head);
        m->head = next;
    }
    pthread_cond_destroy(&m->filled);
    pthread_mutex_destroy(&m->lock);
}

static void put(struct mailbox *m, struct message *msg)
{
    pthread_mutex_lock(&m->lock);
    *m->tail = msg;
    m->tail = &msg->next;
    pthread_mutex_unlock(&m->lock);
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

void mailbox_ring(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->rung = true;
    pthread_cond_signal(&m->filled);
    pthread_mutex_unlock(&m->lock);
}

struct message *mailbox_take(struct mailbox *m, ns_t wait)
{
    ns_t until = clock_now(&clock_system) + wait;
    struct timespec ts = { until / NS_PER_S, until % NS_PER_S };
    struct message *taken;

    pthread_mutex_lock(&m->lock);
    while (!m->rung && !pthread_cond_timedwait(&m->filled, &m->lock, &ts))
        ;
    m->rung = false;
    taken = m->head;
    m->head = NULL;
    m->tail = &m->head;
    pthread_mutex_unlock(&m->lock);
    return taken;
}
