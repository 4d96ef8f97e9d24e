#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include "load/mailbox.h"

enum { WRITERS = 3, EACH = 2000 };

struct writer {
    struct mailbox *mailbox;
    uint32_t number;
};

static void put_record(struct mailbox *m, uint32_t who, uint64_t n)
{
    struct record r;

    record_init(&r);
    r.trial = who;
    r.req = n;
    mailbox_put_record(m, record_copy(&r));
}

static void *write_many(void *ctx)
{
    struct writer *w = ctx;

    for (uint64_t i = 0; i < EACH; i++)
        put_record(w->mailbox, w->number, i);
    mailbox_ring(w->mailbox);
    return NULL;
}

/* How many, each writer's in his order; next[] is what is expected of each. */
static uint64_t check(struct message *msg, uint64_t next[WRITERS])
{
    uint64_t n = 0;

    while (msg) {
        struct message *after = msg->next;

        assert_int_equal(msg->record->req, next[msg->record->trial]++);
        message_free(msg);
        msg = after;
        n++;
    }
    return n;
}

TEST(mailbox_gives_what_was_put_in_the_order_in_which_it_came)
{
    struct mailbox m;
    uint64_t next[WRITERS] = { 0 };

    mailbox_init(&m);
    assert_null(mailbox_take(&m));
    for (uint64_t i = 0; i < 5; i++)
        put_record(&m, 0, i);
    assert_int_equal(mailbox_waiting(&m), 5);
    assert_int_equal(check(mailbox_take(&m), next), 5);
    assert_int_equal(mailbox_waiting(&m), 0);
    put_record(&m, 1, 0);
    assert_int_equal(check(mailbox_take(&m), next), 1);
    assert_null(mailbox_take(&m));
    put_record(&m, 2, 0); /* left in it: freed with it */
    mailbox_free(&m);
}

TEST(mailbox_loses_and_reorders_nothing_of_several_writers_while_it_is_emptied)
{
    struct mailbox m;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    uint64_t next[WRITERS] = { 0 }, n = 0;

    mailbox_init(&m);
    for (uint32_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ &m, i };
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    while (n < WRITERS * EACH) {
        mailbox_wait(&m, NS_PER_MS);
        n += check(mailbox_take(&m), next);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_null(mailbox_take(&m));
    assert_int_equal(mailbox_waiting(&m), 0);
    mailbox_free(&m);
}

TEST(mailbox_that_was_rung_is_not_waited_for)
{
    struct mailbox m;

    mailbox_init(&m);
    mailbox_ring(&m);
    mailbox_wait(&m, 3600 * NS_PER_S);
    mailbox_free(&m);
}
