#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "load/collector.h"

/* A collector whose journal goes nowhere, and what its sink was handed. */
struct desk {
    struct collector c;
    uint64_t records;
    uint64_t phases;
    bool phase_came_first;
    bool in_order;
};

static void on_record(void *ctx, const struct record *r)
{
    struct desk *d = ctx;

    d->in_order &= r->req == d->records++;
}

static void on_phase(void *ctx, const struct phase_event *e)
{
    struct desk *d = ctx;

    (void)e;
    d->phase_came_first = !d->records;
    d->phases++;
}

static void begin_phase(void *ctx)
{
    struct desk *d = ctx;
    struct phase_event e = { .begin = true };

    if (!d->phases)
        collector_phase(&d->c, &e);
}

static void desk_open(struct desk *d)
{
    char path[] = "/tmp/tokdyno-collector-XXXXXX";
    struct err err = { 0 };
    struct journal *j;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    j = journal_open(path, &err);
    assert_non_null(j);
    unlink(path);
    *d = (struct desk){ .in_order = true };
    collector_init(&d->c, j);
    collector_add_sink(
        &d->c, (struct journal_sink){ .record = on_record, .phase = on_phase, .ctx = d });
}

static void desk_close(struct desk *d)
{
    struct err err;

    assert_int_equal(journal_close(d->c.journal, &err), 0);
    collector_free(&d->c);
}

static void put(struct desk *d, uint64_t from, uint64_t n)
{
    struct record r;

    record_init(&r);
    for (r.req = from; r.req < from + n; r.req++)
        mailbox_put_record(&d->c.mailbox, record_copy(&r));
}

TEST(collector_hands_on_all_that_was_put_in_order_behind_the_begin_of_its_phase)
{
    struct desk d;

    desk_open(&d);
    for (uint64_t trial = 0; trial < 3; trial++) {
        collector_start(&d.c, &clock_system, begin_phase, &d);
        put(&d, trial * 1000, 1000);
        collector_stop(&d.c);
        assert_int_equal(d.records, (trial + 1) * 1000);
    }
    assert_true(d.in_order);
    assert_true(d.phase_came_first);
    assert_int_equal(d.phases, 1);
    desk_close(&d);
}

TEST(collector_stands_still_while_somebody_has_entered)
{
    struct desk d;
    uint64_t seen;

    desk_open(&d);
    collector_start(&d.c, &clock_system, begin_phase, &d);
    collector_enter(&d.c);
    seen = d.records;
    put(&d, 0, 1000);
    usleep(30000); /* its thread looks several times, and must wait */
    assert_int_equal(d.records, seen);
    collector_leave(&d.c);
    collector_stop(&d.c);
    assert_int_equal(d.records, 1000);
    desk_close(&d);
}

TEST(collector_is_helped_out_where_its_thread_does_not_get_the_machine)
{
    struct desk d;

    desk_open(&d);
    collector_start(&d.c, &clock_system, begin_phase, &d);
    collector_enter(&d.c); /* keeps the thread away, as a busy machine would */
    put(&d, 0, 5000);
    collector_leave(&d.c);
    collector_enter(&d.c);
    assert_true(mailbox_waiting(&d.c.mailbox) <= 4096);
    collector_leave(&d.c);
    collector_stop(&d.c);
    assert_int_equal(d.records, 5000);
    assert_true(d.in_order);
    desk_close(&d);
}
