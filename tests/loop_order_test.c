#include "test.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/loop.h"

/*
 * What the loop calls first: two descriptors that are ready in the same turn, and a timer.
 * Each callback notes its letter; the first descriptor to be called does `first`.
 */
struct scene {
    struct loop *loop;
    ns_t now; /* of the loop's clock */
    struct clock clock;
    int fds[2];
    struct loop_io *ios[2];
    struct loop_timer *timer;
    char text[16];
    size_t n;
    void (*first)(struct scene *s, size_t other);
    size_t other; /* the descriptor that is called second */
};

static void note(struct scene *s, char c)
{
    assert_true(s->n + 1 < sizeof(s->text));
    s->text[s->n++] = c;
}

static void on_ready(void *ctx, int fd, int events)
{
    struct scene *s = ctx;
    uint64_t count;
    size_t which = fd == s->fds[1];

    (void)events;
    assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
    if (!s->n)
        s->first(s, !which);
    note(s, 'r');
    if (s->n >= 3)
        loop_stop(s->loop);
}

static void on_timer(void *ctx)
{
    struct scene *s = ctx;

    note(s, 't');
    if (s->n >= 3)
        loop_stop(s->loop);
}

static void play(struct scene *s, void (*first)(struct scene *s, size_t other),
                 const char *expected)
{
    struct err err;

    *s = (struct scene){ .now = NS_PER_S, .first = first };
    s->clock = clock_stepped(&s->now);
    s->loop = loop_open(&s->clock, &err);
    assert_non_null(s->loop);
    s->timer = loop_timer_new(s->loop, on_timer, s);
    for (int i = 0; i < 2; i++) {
        s->fds[i] = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        s->ios[i] = loop_io_new(s->loop, s->fds[i], LOOP_READ, on_ready, s);
    }
    loop_timer_urgent(s->timer);
    loop_timer_at(s->timer, s->now + 3600 * NS_PER_S);
    loop_run(s->loop);
    assert_string_equal(s->text, expected);
    for (int i = 0; i < 2; i++) {
        if (s->ios[i])
            loop_io_free(s->ios[i]);
        close(s->fds[i]);
    }
    loop_timer_free(s->timer);
    loop_close(s->loop);
}

static void time_passes(struct scene *s, size_t other)
{
    (void)other;
    s->now += 3600 * NS_PER_S;
}

TEST(loop_calls_the_urgent_timer_between_two_callbacks_of_a_turn_once_its_time_has_come)
{
    struct scene s;

    play(&s, time_passes, "rtr");
}

static void soon(struct scene *s, size_t other)
{
    (void)other;
    loop_timer_soon(s->timer);
}

TEST(loop_calls_a_timer_that_is_set_for_soon_before_what_waits_in_the_turn)
{
    struct scene s;

    play(&s, soon, "rtr");
}

static void soon_but_no(struct scene *s, size_t other)
{
    (void)other;
    loop_timer_soon(s->timer);
    loop_timer_cancel(s->timer);
    loop_timer_at(s->timer, s->now + 1000); /* the clock stands, so real time fires it */
    s->now += 1000;
    loop_timer_soon(s->timer);
    loop_timer_soon(s->timer);
}

TEST(loop_calls_a_timer_once_however_often_it_was_set)
{
    struct scene s;

    play(&s, soon_but_no, "rtr");
}

/* The urgent timer's callback closes what was about to be called. */
static void close_other(void *ctx)
{
    struct scene *s = ctx;

    loop_io_free(s->ios[s->other]);
    s->ios[s->other] = NULL;
    note(s, 'x');
    loop_stop(s->loop);
}

static void let_it_be_closed(struct scene *s, size_t other)
{
    s->other = other;
    loop_timer_free(s->timer);
    s->timer = loop_timer_new(s->loop, close_other, s);
    loop_timer_urgent(s->timer);
    loop_timer_at(s->timer, s->now);
}

TEST(loop_does_not_call_what_the_urgent_timer_has_closed)
{
    struct scene s;

    play(&s, let_it_be_closed, "rx");
}

struct again {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_timer *stop;
    int n;
};

static void once_more(void *ctx)
{
    struct again *a = ctx;

    a->n++;
    loop_timer_soon(a->timer);
}

static void enough(void *ctx)
{
    struct again *a = ctx;

    loop_stop(a->loop);
}

TEST(loop_goes_on_although_a_timer_always_wants_to_be_called_soon)
{
    struct again a = { 0 };
    struct err err;

    a.loop = loop_open(&clock_system, &err);
    assert_non_null(a.loop);
    a.timer = loop_timer_new(a.loop, once_more, &a);
    a.stop = loop_timer_new(a.loop, enough, &a);
    loop_timer_soon(a.timer);
    loop_timer_at(a.stop, clock_now(&clock_system) + 2 * NS_PER_MS);
    loop_run(a.loop);
    assert_true(a.n > 1);
    loop_timer_free(a.timer);
    loop_timer_free(a.stop);
    loop_close(a.loop);
}

/*
 * Sockets that become ready in one turn and are told of in the next; the one after asks
 * what is known of that. Turns are 10 us long and nobody sleeps.
 */
struct crowd {
    struct loop *loop;
    ns_t now;
    struct clock clock;
    struct loop_timer *first, *last;
    int fds[160];
    struct loop_io *ios[160];
    size_t n; /* that become ready */
    size_t left;
    ns_t asked; /* when the loop asked for the turn that told of them */
    ns_t told;  /* when it told of them */
    ns_t rested, looked;
};

static void turn_ends(void *ctx, ns_t began, ns_t done)
{
    struct crowd *c = ctx;

    (void)began;
    (void)done;
    c->now += 10 * NS_PER_US;
}

static void crowd_comes(void *ctx)
{
    struct crowd *c = ctx;
    uint64_t one = 1;

    c->left = c->n;
    c->asked = c->now;
    for (size_t i = 0; i < c->n; i++)
        assert_int_equal(write(c->fds[i], &one, sizeof(one)), sizeof(one));
}

static void in_crowd(void *ctx, int fd, int events)
{
    struct crowd *c = ctx;
    uint64_t count;

    (void)events;
    c->told = loop_turn_began(c->loop);
    assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
    if (!--c->left)
        loop_timer_at(c->last, 0);
}

static void behind_crowd(void *ctx)
{
    struct crowd *c = ctx;

    c->rested = loop_rested(c->loop);
    c->looked = loop_looked(c->loop);
    loop_stop(c->loop);
}

static void crowd_of(struct crowd *c, size_t n)
{
    c->n = n;
    loop_timer_at(c->first, 0);
    loop_run(c->loop);
}

static void crowd_open(struct crowd *c)
{
    struct err err;

    c->clock = clock_stepped(&c->now);
    c->loop = loop_open(&c->clock, &err);
    assert_non_null(c->loop);
    loop_on_turn(c->loop, turn_ends, c);
    c->first = loop_timer_new(c->loop, crowd_comes, c);
    c->last = loop_timer_new(c->loop, behind_crowd, c);
    for (size_t i = 0; i < COUNT(c->fds); i++) {
        c->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        c->ios[i] = loop_io_new(c->loop, c->fds[i], LOOP_READ, in_crowd, c);
    }
}

static void crowd_close(struct crowd *c)
{
    for (size_t i = 0; i < COUNT(c->fds); i++) {
        loop_io_free(c->ios[i]);
        close(c->fds[i]);
    }
    loop_timer_free(c->first);
    loop_timer_free(c->last);
    loop_close(c->loop);
}

TEST(loop_has_seen_all_in_a_turn_unless_it_was_given_just_what_it_had_asked_for)
{
    static const struct {
        size_t crowds[2];
        bool saw_all; /* of the last */
    } cases[] = {
        { { 1, 1 }, true },
        { { 1, 29 }, true },
        { { 1, 32 }, false },
        { { 1, 64 }, false },
        /* what was told of once tells how many it asks for at least */
        { { 160, 32 }, true },
        { { 40, 32 }, false },
        { { 160, 100 }, true },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct crowd c = { .now = NS_PER_S };

        crowd_open(&c);
        crowd_of(&c, cases[i].crowds[0]);
        crowd_of(&c, cases[i].crowds[1]);
        if ((c.rested == c.asked) != cases[i].saw_all)
            fail_msg("case %zu: %lld, %lld", i, (long long)c.rested, (long long)c.asked);
        assert_true((c.looked == c.told) == cases[i].saw_all);
        crowd_close(&c);
    }
}
