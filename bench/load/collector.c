#include "load/collector.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/thread.h"

/*
 * BATCH: messages between two looks for somebody who wants to enter. BACKLOG: that many
 * have piled up where the machine has no time for what runs in the background.
 */
enum { BATCH = 8, BACKLOG = 4096 };

#define TURN (20 * NS_PER_MS) /* how often the thread looks into the mailbox */

void collector_init(struct collector *c, struct journal *journal)
{
    memset(c, 0, sizeof(*c));
    mailbox_init(&c->mailbox);
    pthread_mutex_init(&c->lock, NULL);
    sem_init(&c->wake, 0, 0);
    c->journal = journal;
}

void collector_free(struct collector *c)
{
    mailbox_free(&c->mailbox);
    pthread_mutex_destroy(&c->lock);
    sem_destroy(&c->wake);
}

void collector_add_sink(struct collector *c, struct journal_sink sink)
{
    assert(c->n_sinks < MAX_SINKS);
    c->sinks[c->n_sinks++] = sink;
}

void collector_drop_sink(struct collector *c)
{
    assert(c->n_sinks);
    c->n_sinks--;
}

static void flush(struct collector *c, ns_t now, bool force)
{
    if (c->failed)
        return;
    if (journal_flush(c->journal, now, force, &c->err)) {
        c->failed = true;
        c->dropped += c->unwritten;
    }
    if (!journal_buf(c->journal)->len)
        c->unwritten = 0;
}

static void take_record(struct collector *c, const struct record *r)
{
    journal_put_record(journal_buf(c->journal), r);
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].record)
            c->sinks[i].record(c->sinks[i].ctx, r);
}

static void take_health(struct collector *c, const struct health_sample *h)
{
    journal_put_health(journal_buf(c->journal), h);
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].health)
            c->sinks[i].health(c->sinks[i].ctx, h);
}

static void take_batch_event(struct collector *c, const struct batch_event *e)
{
    journal_put_batch(journal_buf(c->journal), e);
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].batch)
            c->sinks[i].batch(c->sinks[i].ctx, e);
}

void collector_phase(struct collector *c, const struct phase_event *e)
{
    if (c->failed)
        return;
    c->unwritten++;
    journal_put_phase(journal_buf(c->journal), e);
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].phase)
            c->sinks[i].phase(c->sinks[i].ctx, e);
}

/* What the journal cannot hold must not be in the result either: it is counted as dropped.
 */
static void take_one(struct collector *c, const struct message *msg)
{
    if (c->failed) {
        c->dropped++;
        return;
    }
    c->unwritten++;
    if (msg->record)
        take_record(c, msg->record);
    else if (msg->batch)
        take_batch_event(c, msg->batch);
    else
        take_health(c, msg->health);
}

static bool take_next(struct collector *c)
{
    struct message *msg = c->taken;

    if (!msg) {
        c->taken = mailbox_take(&c->mailbox);
        if (c->before)
            c->before(c->ctx);
        return c->taken;
    }
    c->taken = msg->next;
    take_one(c, msg);
    message_free(msg);
    flush(c, clock_now(c->clock), false);
    return true;
}

static void take_all(struct collector *c)
{
    while (take_next(c))
        ;
    flush(c, clock_now(c->clock), false);
}

/* Is there more? Somebody who waits to enter gets his turn between two batches. */
static bool take_batch(struct collector *c)
{
    bool more = true;

    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < BATCH && more; i++)
        more = take_next(c);
    if (!more)
        flush(c, clock_now(c->clock), false);
    pthread_mutex_unlock(&c->lock);
    return more;
}

static void wait_for(struct collector *c, ns_t most)
{
    ns_t until = clock_now(&clock_system) + most;
    struct timespec ts = { until / NS_PER_S, until % NS_PER_S };

    sem_clockwait(&c->wake, CLOCK_MONOTONIC, &ts);
}

static void *thread_main(void *collector)
{
    struct collector *c = collector;

    thread_background();
    while (!atomic_load(&c->over))
        if (!take_batch(c))
            wait_for(c, TURN);
    return NULL;
}

void collector_start(struct collector *c, const struct clock *clock,
                     void (*before)(void *ctx), void *ctx)
{
    sigset_t all, was;

    c->clock = clock;
    c->before = before;
    c->ctx = ctx;
    atomic_store(&c->over, false);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &was);
    c->threaded = !pthread_create(&c->thread, NULL, thread_main, c);
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}

void collector_enter(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    if (!c->threaded || mailbox_waiting(&c->mailbox) > BACKLOG)
        take_all(c);
}

void collector_leave(struct collector *c)
{
    pthread_mutex_unlock(&c->lock);
}

void collector_stop(struct collector *c)
{
    atomic_store(&c->over, true);
    sem_post(&c->wake);
    if (c->threaded)
        pthread_join(c->thread, NULL);
    c->threaded = false;
    take_all(c);
}

void collector_flush(struct collector *c)
{
    flush(c, 0, true);
}

void collector_end(struct collector *c, const struct run_end *end)
{
    if (!c->failed)
        journal_put_end(journal_buf(c->journal), end);
    for (size_t i = 0; i < c->n_sinks; i++)
        if (c->sinks[i].end)
            c->sinks[i].end(c->sinks[i].ctx, end);
    collector_flush(c);
}
