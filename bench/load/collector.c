#include "load/collector.h"

#include <assert.h>
#include <string.h>

void collector_init(struct collector *c, struct journal *journal)
{
    memset(c, 0, sizeof(*c));
    mailbox_init(&c->mailbox);
    c->journal = journal;
}

void collector_free(struct collector *c)
{
    mailbox_free(&c->mailbox);
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
    else
        take_health(c, msg->health);
}

void collector_take(struct collector *c, const struct clock *clock,
                    struct message *messages)
{
    while (messages) {
        struct message *next = messages->next;

        take_one(c, messages);
        message_free(messages);
        flush(c, clock_now(clock), false);
        messages = next;
    }
    flush(c, clock_now(clock), false);
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
