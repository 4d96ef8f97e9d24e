#include "load/doubt.h"

#include <unistd.h>

#include "test.h"

#define MS NS_PER_MS

/* A loop that turns when it is told: its clock stands still but between the turns. */
struct fixture {
    ns_t now;
    struct clock clock;
    struct loop *loop;
    struct loop_timer *work;
    struct doubt doubt;
    unsigned busy;
    ns_t next; /* when the next turn begins */
    void (*in_turn)(struct fixture *f);
    ns_t newest;
    ns_t emptied;
    bool kernel;
};

static void woken(void *ctx, ns_t began, ns_t done)
{
    struct fixture *f = ctx;

    (void)began;
    if (f->next > done + MS)
        usleep(1); /* what the system calls asleep */
    f->now = f->next;
    loop_stop(f->loop);
}

static void work(void *ctx)
{
    struct fixture *f = ctx;

    if (f->in_turn)
        f->in_turn(f);
}

static void start(struct fixture *f)
{
    struct err err;

    *f = (struct fixture){ .busy = 1 };
    f->clock = clock_stepped(&f->now);
    f->loop = loop_open(&f->clock, &err);
    assert_non_null(f->loop);
    f->work = loop_timer_new(f->loop, work, f);
    loop_on_turn(f->loop, woken, f);
    doubt_init(&f->doubt, f->loop, &f->clock, 0, &f->busy);
}

static void stop(struct fixture *f)
{
    doubt_free(&f->doubt);
    loop_timer_free(f->work);
    loop_close(f->loop);
}

/* One turn, at the time of the clock, which lasts until `done`; then it is `next`. */
static void turn(struct fixture *f, void (*in_turn)(struct fixture *f), ns_t next)
{
    f->in_turn = in_turn;
    f->next = next;
    loop_timer_at(f->work, 0);
    loop_run(f->loop);
}

static void read_it(struct fixture *f)
{
    doubt_stamped(&f->doubt, f->newest, f->kernel, f->emptied);
}

static void until_20(struct fixture *f)
{
    f->now = 20 * MS;
}

TEST(what_a_read_takes_came_after_the_loop_had_last_seen_all_that_was_there)
{
    static const struct {
        void (*before)(struct fixture *f); /* the turn at 10 ms */
        ns_t began;
        ns_t newest;
        bool kernel;
        ns_t emptied;
        ns_t since;
    } cases[] = {
        /* slept from 10 ms on, and was woken at once */
        { NULL, 30 * MS, 30 * MS - 50000, true, NS_ABSENT, 30 * MS },
        { NULL, 30 * MS, 30 * MS, false, NS_ABSENT, 30 * MS },
        /* bytes had waited for two milliseconds: it was woken late */
        { NULL, 30 * MS, 28 * MS, true, NS_ABSENT, 10 * MS },
        { NULL, 30 * MS, 28 * MS, true, 17 * MS, 17 * MS },
        /* it worked from 10 to 20 ms and looked again at once */
        { until_20, 20 * MS + 50000, 15 * MS, true, NS_ABSENT, 10 * MS },
        { until_20, 20 * MS + 50000, 20 * MS, false, 12 * MS, 12 * MS },
        /* bytes that were there though the loop says that there were none */
        { until_20, 20 * MS + 50000, 5 * MS, true, 3 * MS, 3 * MS },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;

        start(&f);
        f.now = 10 * MS;
        turn(&f, cases[i].before, cases[i].began);
        f.newest = cases[i].newest;
        f.kernel = cases[i].kernel;
        f.emptied = cases[i].emptied;
        turn(&f, read_it, cases[i].began);
        if (f.doubt.since != cases[i].since)
            fail_msg("case %zu: since %lld", i, (long long)f.doubt.since);
        stop(&f);
    }
}

static void nothing(struct fixture *f)
{
    (void)f;
}

static void beat_missed(struct fixture *f)
{
    f->doubt.beat_due = 14 * MS;
}

static void beat_comes_late(struct fixture *f)
{
    beat_missed(f);
    doubt_unstamped(&f->doubt, f->now);
    f->doubt.beat_due = f->now + 4 * MS;
}

TEST(a_missed_beat_casts_doubt_on_all_that_is_read_until_the_loop_has_looked_again)
{
    void (*const missed[])(struct fixture * f) = { beat_missed, beat_comes_late };

    for (size_t i = 0; i < COUNT(missed); i++) {
        struct fixture f;

        start(&f);
        f.now = 10 * MS;
        turn(&f, nothing, 310 * MS);
        turn(&f, missed[i], 310 * MS + 20000); /* a stopped process first sees no socket */
        f.newest = 310 * MS - 100;
        f.kernel = true;
        f.emptied = NS_ABSENT;
        turn(&f, read_it, 310 * MS + 40000);
        assert_int_equal(f.doubt.since, 10 * MS);
        turn(&f, read_it, 313 * MS);
        assert_int_equal(f.doubt.since, 10 * MS);
        f.doubt.beat_due = 314 * MS;
        f.newest = 313 * MS - 100;
        turn(&f, read_it, 313 * MS);
        assert_int_equal(f.doubt.since, 313 * MS);
        stop(&f);
    }
}

TEST(only_the_newest_bytes_of_a_read_are_stamped_exactly)
{
    struct fixture f;
    struct doubts a = { 0 }, b = { 0 }, c = { 0 };

    start(&f);
    f.doubt.since = 10;
    f.doubt.newest = 50;
    doubt_frame(&f.doubt, &a, 50, true, false);
    doubt_frame(&f.doubt, &a, 50, false, true);
    doubt_frame(&f.doubt, &b, 50, true, true); /* of another attempt, in the same read */
    doubt_read_over(&f.doubt);
    assert_int_equal(a.first, 40);
    assert_int_equal(a.answer, 40);
    assert_int_equal(a.last, 40);
    assert_int_equal(a.frame, 40);
    assert_int_equal(b.first, 0);
    assert_int_equal(b.frame, 0);

    doubt_frame(&f.doubt, &b, 50, false, false);
    doubt_more(&f.doubt); /* an event without output */
    doubt_read_over(&f.doubt);
    assert_int_equal(b.last, 40);
    doubt_frame(&f.doubt, &b, 50, false, false);
    doubt_ended(&f.doubt, &b, 50, true);
    assert_int_equal(b.last, 40);
    assert_int_equal(b.end, 0);
    doubt_ended(&f.doubt, &b, 50, false); /* others may have ended behind it */
    assert_int_equal(b.end, 40);

    doubt_frame(&f.doubt, &c, 70, true, false); /* came while the read went on */
    doubt_read_over(&f.doubt);
    assert_int_equal(c.first, 60);
    f.doubt.newest = NS_ABSENT; /* no stamp of the kernel */
    doubt_frame(&f.doubt, &c, 30, false, false);
    doubt_read_over(&f.doubt);
    assert_int_equal(c.last, 20);
    assert_int_equal(c.frame, 60);
    stop(&f);
}

TEST(what_is_read_out_of_order_has_no_newest_and_may_have_come_before)
{
    struct fixture f;
    struct doubts a = { 0 };

    start(&f);
    f.doubt.since = 40;
    f.doubt.newest = 50;
    doubt_mixed(&f.doubt, NS_ABSENT);
    doubt_frame(&f.doubt, &a, 50, true, false);
    doubt_read_over(&f.doubt);
    assert_int_equal(a.first, 10);
    doubt_mixed(&f.doubt, 45);
    doubt_frame(&f.doubt, &a, 50, false, false);
    doubt_read_over(&f.doubt);
    assert_int_equal(a.last, 10);
    doubt_mixed(&f.doubt, 20);
    doubt_ended(&f.doubt, &a, 50, true);
    assert_int_equal(a.end, 30);
    stop(&f);
}

TEST(a_request_leaves_as_late_as_its_steps_took_together)
{
    struct doubts d = { 0 };

    doubt_left(&d, 10 * MS, 10 * MS + 50);
    assert_int_equal(d.sent, 50);
    doubt_left(&d, 20 * MS, 19 * MS);
    assert_int_equal(d.sent, 50);
    doubt_left(&d, 20 * MS, 320 * MS);
    assert_int_equal(d.sent, 300 * MS + 50);
}
