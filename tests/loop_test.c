#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/loop.h"

/* What happened, in letters, and the loop to stop once `until` of them are there. */
struct events {
    struct loop *loop;
    char text[64];
    size_t n;
    size_t until;
};

static void note(struct events *e, char c)
{
    assert_true(e->n + 1 < sizeof(e->text));
    e->text[e->n++] = c;
    if (e->n >= e->until)
        loop_stop(e->loop);
}

static struct events events_open(size_t until)
{
    struct events e = { .until = until };
    struct err err;

    e.loop = loop_open(&clock_system, &err);
    assert_non_null(e.loop);
    return e;
}

static void on_a(void *ctx)
{
    note(ctx, 'a');
}

static void on_b(void *ctx)
{
    note(ctx, 'b');
}

static void on_c(void *ctx)
{
    note(ctx, 'c');
}

TEST(loop_timers_fire_once_each_and_in_the_order_of_their_times)
{
    struct events e = events_open(3);
    struct loop_timer *a = loop_timer_new(e.loop, on_a, &e);
    struct loop_timer *b = loop_timer_new(e.loop, on_b, &e);
    struct loop_timer *c = loop_timer_new(e.loop, on_c, &e);
    ns_t now = clock_now(&clock_system);

    loop_timer_at(c, now + 3 * NS_PER_MS);
    loop_timer_at(a, now - NS_PER_S); /* has passed: in the next turn */
    loop_timer_at(b, now + 2 * NS_PER_MS);
    loop_run(e.loop);
    assert_string_equal(e.text, "abc");
    assert_true(clock_now(&clock_system) >= now + 3 * NS_PER_MS);
    loop_timer_free(a);
    loop_timer_free(b);
    loop_timer_free(c);
    loop_close(e.loop);
}

TEST(loop_timer_that_is_set_again_or_cancelled_does_not_fire_as_before)
{
    struct events e = events_open(2);
    struct loop_timer *a = loop_timer_new(e.loop, on_a, &e);
    struct loop_timer *b = loop_timer_new(e.loop, on_b, &e);
    struct loop_timer *c = loop_timer_new(e.loop, on_c, &e);
    ns_t now = clock_now(&clock_system);

    loop_timer_at(a, now);
    loop_timer_at(a, now + 2 * NS_PER_MS);
    loop_timer_at(b, now);
    loop_timer_at(c, now + NS_PER_MS);
    loop_timer_cancel(c);
    loop_timer_cancel(c);
    loop_run(e.loop);
    assert_string_equal(e.text, "ba");
    loop_timer_free(a);
    loop_timer_free(b);
    loop_timer_free(c);
    loop_close(e.loop);
}

/* A timer of a loop whose clock is stepped waits for the time that is left by that clock.
 */
TEST(loop_timers_count_by_the_clock_of_their_loop)
{
    ns_t at = 1000 * NS_PER_S;
    struct clock clock = clock_stepped(&at);
    struct events e = { .until = 1 };
    struct loop_timer *a, *b;
    struct err err;

    e.loop = loop_open(&clock, &err);
    a = loop_timer_new(e.loop, on_a, &e);
    b = loop_timer_new(e.loop, on_b, &e);
    loop_timer_at(a, at + 3600 * NS_PER_S);
    at += 7200 * NS_PER_S;
    loop_timer_at(b, at - 1);
    loop_run(e.loop);
    assert_string_equal(e.text, "b");
    loop_timer_free(a);
    loop_timer_free(b);
    loop_close(e.loop);
}

/* A timer that frees itself, and then stops the loop through another. */
struct suicide {
    struct events *events;
    struct loop_timer *timer;
};

static void free_itself(void *ctx)
{
    struct suicide *s = ctx;

    loop_timer_free(s->timer);
    note(s->events, 'x');
}

TEST(loop_callbacks_may_free_the_timer_they_are_called_for)
{
    struct events e = events_open(2);
    struct suicide s = { &e, loop_timer_new(e.loop, free_itself, &s) };
    struct loop_timer *a = loop_timer_new(e.loop, on_a, &e);
    ns_t now = clock_now(&clock_system);

    loop_timer_at(s.timer, now);
    loop_timer_at(a, now + NS_PER_MS);
    loop_run(e.loop);
    assert_string_equal(e.text, "xa");
    loop_timer_free(a);
    loop_close(e.loop);
}

/* Reads a byte at a time; what it reads is what happened. */
static void on_byte(void *ctx, int fd, int events)
{
    char c;

    assert_int_equal(events, LOOP_READ);
    assert_int_equal(read(fd, &c, 1), 1);
    note(ctx, c);
}

TEST(loop_tells_of_bytes_to_read_until_all_are_read)
{
    struct events e = events_open(5);
    struct loop_io *io;
    int fd[2];

    assert_int_equal(pipe(fd), 0);
    io = loop_io_new(e.loop, fd[0], LOOP_READ, on_byte, &e);
    assert_int_equal(write(fd[1], "hello", 5), 5);
    loop_run(e.loop);
    assert_string_equal(e.text, "hello");
    loop_io_free(io);
    close(fd[0]);
    close(fd[1]);
    loop_close(e.loop);
}

static void on_writable(void *ctx, int fd, int events)
{
    (void)fd;
    assert_int_equal(events, LOOP_WRITE);
    note(ctx, 'w');
}

TEST(loop_listens_to_what_was_asked_for_last)
{
    struct events e = events_open(1);
    struct loop_timer *a = loop_timer_new(e.loop, on_a, &e);
    struct loop_io *io;
    int fd[2];

    assert_int_equal(pipe(fd), 0);
    /* Not interested yet, though it could be written. */
    io = loop_io_new(e.loop, fd[1], 0, on_writable, &e);
    loop_timer_at(a, clock_now(&clock_system) + NS_PER_MS);
    loop_run(e.loop);
    e.until = 2;
    loop_io_events(io, LOOP_WRITE);
    loop_io_events(io, LOOP_WRITE);
    loop_run(e.loop);
    loop_io_events(io, 0);
    e.until = 3;
    loop_timer_at(a, clock_now(&clock_system) + NS_PER_MS);
    loop_run(e.loop);
    assert_string_equal(e.text, "awa");
    loop_io_free(io);
    loop_timer_free(a);
    close(fd[0]);
    close(fd[1]);
    loop_close(e.loop);
}

static void *wake_thrice(void *ctx)
{
    for (int i = 0; i < 3; i++)
        loop_wake(ctx);
    return NULL;
}

TEST(loop_can_be_woken_from_another_thread)
{
    struct events e = events_open(1);
    pthread_t thread;

    loop_on_wake(e.loop, on_a, &e);
    assert_int_equal(pthread_create(&thread, NULL, wake_thrice, e.loop), 0);
    loop_run(e.loop);
    pthread_join(thread, NULL);
    assert_int_equal(e.text[0], 'a');
    loop_close(e.loop);
}

TEST(loop_wakes_once_for_all_that_came_before)
{
    struct events e = events_open(2);
    struct loop_timer *b = loop_timer_new(e.loop, on_b, &e);

    loop_on_wake(e.loop, on_a, &e);
    wake_thrice(e.loop);
    loop_timer_at(b, clock_now(&clock_system) + 5 * NS_PER_MS);
    loop_run(e.loop);
    assert_string_equal(e.text, "ab");
    loop_timer_free(b);
    loop_close(e.loop);
}

/* Works for a while, then sets a timer that must not fire before its time. */
struct late_setter {
    struct events *events;
    struct loop_timer *next;
    ns_t at;
};

static void work_and_set(void *ctx)
{
    struct late_setter *s = ctx;
    ns_t until = clock_now(&clock_system) + 5 * NS_PER_MS;

    while (clock_now(&clock_system) < until)
        ;
    s->at = clock_now(&clock_system) + 2 * NS_PER_MS;
    loop_timer_at(s->next, s->at);
}

static void not_early(void *ctx)
{
    struct late_setter *s = ctx;

    note(s->events, clock_now(&clock_system) >= s->at ? 'n' : 'e');
}

TEST(loop_timer_set_after_long_work_is_not_early)
{
    struct events e = events_open(1);
    struct late_setter s = { .events = &e };
    struct loop_timer *first = loop_timer_new(e.loop, work_and_set, &s);

    s.next = loop_timer_new(e.loop, not_early, &s);
    loop_timer_at(first, clock_now(&clock_system));
    loop_run(e.loop);
    assert_string_equal(e.text, "n");
    loop_timer_free(first);
    loop_timer_free(s.next);
    loop_close(e.loop);
}

TEST(loop_that_is_stopped_before_it_runs_does_not_run)
{
    struct events e = events_open(1);
    struct loop_timer *a = loop_timer_new(e.loop, on_a, &e);

    loop_timer_at(a, clock_now(&clock_system));
    loop_stop(e.loop);
    loop_run(e.loop);
    assert_int_equal(e.n, 0);
    loop_run(e.loop);
    assert_string_equal(e.text, "a");
    loop_timer_free(a);
    loop_close(e.loop);
}

/* Counts turns and checks that their times are in order. */
struct turns {
    struct events *events;
    ns_t done;
    ns_t slept; /* before the last turn */
};

static void on_turn(void *ctx, ns_t began, ns_t done)
{
    struct turns *t = ctx;

    assert_true(began >= t->done && done >= began);
    assert_true(loop_turn_began(t->events->loop) == began);
    assert_true(loop_rested(t->events->loop) <= loop_looked(t->events->loop));
    assert_true(loop_looked(t->events->loop) <= began);
    t->slept = loop_looked(t->events->loop) == began ? began - t->done : 0;
    assert_true(!t->slept || loop_rested(t->events->loop) == t->done);
    t->done = done;
    t->events->text[t->events->n++] = '|';
}

static void on_last(void *ctx)
{
    struct events *e = ctx;

    note(e, 'c');
    loop_stop(e->loop);
}

TEST(loop_tells_of_each_turn_that_did_something)
{
    struct events e = events_open(sizeof(e.text));
    struct turns turns = { .events = &e };
    struct loop_timer *a = loop_timer_new(e.loop, on_a, &e);
    struct loop_timer *b = loop_timer_new(e.loop, on_b, &e);
    struct loop_timer *c = loop_timer_new(e.loop, on_last, &e);
    ns_t now = clock_now(&clock_system);

    loop_on_turn(e.loop, on_turn, &turns);
    loop_timer_at(a, now - 2);
    loop_timer_at(b, now - 1);
    loop_timer_at(c, now + 20 * NS_PER_MS);
    loop_run(e.loop);
    /* The first two may have come in one turn or in two. */
    assert_true(!strcmp(e.text, "ab|c|") || !strcmp(e.text, "a|b|c|"));
    assert_true(turns.slept > 0);
    loop_timer_free(a);
    loop_timer_free(b);
    loop_timer_free(c);
    loop_close(e.loop);
}

/* A loop whose clock moves only between its turns. */
struct steps {
    struct loop *loop;
    ns_t now;
    ns_t step;
    ns_t looked[4];
    size_t turns;
};

static void on_step(void *ctx, ns_t began, ns_t done)
{
    struct steps *s = ctx;

    (void)began;
    (void)done;
    s->looked[s->turns++] = loop_looked(s->loop);
    s->now += s->step;
    if (s->turns == COUNT(s->looked))
        loop_stop(s->loop);
}

static void leave_it(void *ctx, int fd, int events)
{
    (void)ctx;
    (void)fd;
    (void)events;
}

/* They are never read, so the loop does not sleep, whatever the clock says. */
static void step_with(struct steps *s, size_t n, ns_t step)
{
    struct clock clock = clock_stepped(&s->now);
    struct loop_io *ios[64];
    int fds[64];
    struct err err;

    *s = (struct steps){ .now = 10 * NS_PER_MS, .step = step };
    s->loop = loop_open(&clock, &err);
    assert_non_null(s->loop);
    s->now += step;
    for (size_t i = 0; i < n; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC);
        ios[i] = loop_io_new(s->loop, fds[i], LOOP_READ, leave_it, NULL);
    }
    loop_on_turn(s->loop, on_step, s);
    loop_run(s->loop);
    for (size_t i = 0; i < n; i++) {
        loop_io_free(ios[i]);
        close(fds[i]);
    }
    loop_close(s->loop);
}

static void looked_at(const struct steps *s, const ns_t us[COUNT(s->looked)])
{
    for (size_t i = 0; i < COUNT(s->looked); i++)
        assert_int_equal(s->looked[i], us[i] * NS_PER_US);
}

TEST(loop_that_has_too_much_to_report_has_not_seen_all)
{
    struct steps s;

    step_with(&s, 64, 2 * NS_PER_MS);
    looked_at(&s, (ns_t[]){ 12000, 12000, 12000, 12000 });
    step_with(&s, 2, 2 * NS_PER_MS); /* a wait behind a short turn is taken for sleep */
    looked_at(&s, (ns_t[]){ 12000, 14000, 16000, 18000 });
}

TEST(loop_whose_turn_may_have_begun_on_an_old_answer_has_not_slept_behind_it)
{
    struct steps s;

    step_with(&s, 2, 6 * NS_PER_MS);
    looked_at(&s, (ns_t[]){ 16000, 16000, 22000, 28000 });
}

struct late_io {
    struct steps steps;
    struct loop_io *io;
    int fd;
};

static void watch_it(void *ctx)
{
    struct late_io *l = ctx;

    l->io = loop_io_new(l->steps.loop, l->fd, LOOP_READ, leave_it, NULL);
}

TEST(loop_that_saw_no_socket_has_not_slept_behind_it)
{
    struct late_io l = { .steps = { .now = 10 * NS_PER_MS, .step = 200 * NS_PER_US } };
    struct clock clock = clock_stepped(&l.steps.now);
    struct loop_timer *first;
    struct err err;

    l.steps.loop = loop_open(&clock, &err);
    assert_non_null(l.steps.loop);
    l.fd = eventfd(1, EFD_CLOEXEC);
    l.steps.now += l.steps.step;
    first = loop_timer_new(l.steps.loop, watch_it, &l);
    loop_timer_at(first, l.steps.now);
    loop_on_turn(l.steps.loop, on_step, &l.steps);
    loop_run(l.steps.loop);
    looked_at(&l.steps, (ns_t[]){ 10200, 10200, 10600, 10800 });
    loop_io_free(l.io);
    loop_timer_free(first);
    loop_close(l.steps.loop);
    close(l.fd);
}

TEST(loop_open_says_so_where_no_descriptors_are_left)
{
    struct rlimit before, few;
    struct err err = { 0 };
    int fd = dup(0);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)fd + 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_null(loop_open(&clock_system, &err));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    close(fd);
    assert_non_null(strstr(err.msg, "ulimit -n"));
}
