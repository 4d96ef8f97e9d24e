#include "base/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"

/* A wait shorter than this may have been a mere look at many descriptors. */
#define ASLEEP (100 * NS_PER_US)

/* Longer than that, and what came during the turn is worth a question. */
#define LONG_TURN NS_PER_MS

/*
 * So is what came while a turn may have lain in wait with its answer. Who must know of less
 * than that has no way to: while attempts are under way, a timer ends each wait before.
 */
#define LONG_WAIT (5 * NS_PER_MS)

/*
 * libevent asks the kernel for so many sockets at once to begin with, and for twice as many
 * as often as it got all it had asked for, up to a most. It does not tell, but only a turn
 * with just such a number of them can have left some for the next.
 */
enum { FEWEST_ASKED = 32, MOST_ASKED = 4096 };

/* In the kernel's answer, but no socket: our wake, and libevent's own timer. */
enum { OTHERS = 2 };

struct loop {
    const struct clock *clock;
    struct event_base *base;
    int wake_fd;
    struct event *wake;
    loop_fn *on_wake;
    void *wake_ctx;
    loop_turn_fn *on_turn;
    void *turn_ctx;
    struct loop_timer *soon; /* see loop_timer_soon; the list of what is to fire */
    struct loop_timer **soon_tail;
    struct loop_timer *urgent;
    const struct loop_io *under_way; /* its callback is about to be called */
    ns_t began;
    ns_t done;       /* of the turn before */
    ns_t asked;      /* the kernel, for this turn's sockets: not before this moment */
    ns_t looked;     /* see loop_looked */
    ns_t rested;     /* see loop_rested */
    size_t room;     /* for so many at least it asks the kernel */
    size_t reported; /* sockets, in this turn */
    size_t dropped;  /* since it began: what was in the answer may not have been called */
    long sleeps;     /* before this wait, where that may matter */
    bool working;    /* the turn has called somebody, so `began` is its own */
    bool stopped;
};

struct loop_io {
    struct loop *loop;
    struct event *ev;
    int fd;
    int events;
    loop_io_fn *fn;
    void *ctx;
};

struct loop_timer {
    struct loop *loop;
    struct event *ev;
    loop_fn *fn;
    void *ctx;
    ns_t at;
    bool set;                /* to fire at `at` */
    bool soon;               /* to fire from the loop's list */
    struct loop_timer *next; /* in that list */
};

/* How often this thread gave up the processor by itself: to sleep. */
static long sleeps(void)
{
    struct rusage u;

    return getrusage(RUSAGE_THREAD, &u) ? 0 : u.ru_nvcsw;
}

static bool left_some(const struct loop *l)
{
    return l->room <= l->reported + l->dropped + OTHERS;
}

/* A turn without any may have seen none for a signal that came in between. */
static bool saw_all(const struct loop *l)
{
    return l->reported && !left_some(l);
}

/*
 * Little can wait behind a turn that saw all, if that was short, and with it what went
 * before: a process that was stopped may begin on an answer that it got long ago.
 */
static bool much_may_wait(const struct loop *l)
{
    return !saw_all(l) || l->done - l->began > LONG_TURN || l->began - l->asked > LONG_WAIT;
}

/*
 * Between its turns. A thread that lost the processor looks asleep as well: where that
 * matters, the system is asked.
 */
static bool was_asleep(const struct loop *l, ns_t now)
{
    return now - l->done > ASLEEP && (!much_may_wait(l) || sleeps() > l->sleeps);
}

/* libevent has no hook behind its wait: the first one called in a turn marks its beginning.
 */
static void begin_work(struct loop *l)
{
    ns_t now;

    if (l->working)
        return;
    l->working = true;
    now = clock_now(l->clock);
    if (saw_all(l)) {
        l->rested = l->asked;
        l->looked = l->began;
    }
    if (was_asleep(l, now)) {
        l->rested = l->done;
        l->looked = now;
    }
    l->asked = l->done;
    l->began = now;
    l->reported = l->dropped = 0;
}

static void fire(struct loop_timer *t)
{
    t->set = false;
    t->fn(t->ctx);
}

static void look_at_urgent(struct loop *l)
{
    struct loop_timer *t = l->urgent;

    if (!t || !t->set || clock_now(l->clock) < t->at)
        return;
    event_del(t->ev);
    fire(t);
}

static void take_out(struct loop_timer *t)
{
    struct loop_timer **p = &t->loop->soon;

    if (!t->soon)
        return;
    while (*p != t)
        p = &(*p)->next;
    *p = t->next;
    if (!t->next)
        t->loop->soon_tail = p;
    t->soon = false;
}

/*
 * Behind every callback, as many as are in the list now: what they add comes behind the
 * next one. Any of them may cancel or free the others.
 */
static void fire_soon(struct loop *l)
{
    size_t n = 0;

    for (const struct loop_timer *t = l->soon; t; t = t->next)
        n++;
    while (n--) {
        struct loop_timer *t;

        look_at_urgent(l);
        t = l->soon;
        if (!t)
            return;
        take_out(t);
        t->fn(t->ctx);
    }
}

static void woken(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    uint64_t count;

    (void)what;
    begin_work(l);
    if (read(fd, &count, sizeof(count)) == sizeof(count) && l->on_wake)
        l->on_wake(l->wake_ctx);
    fire_soon(l);
}

/* libevent ends the program where it finds no descriptor for one of the few it wants. */
static bool descriptors_left(void)
{
    enum { WANTED = 8 };
    int fds[WANTED], n = 0;

    while (n < WANTED && (fds[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
        n++;
    for (int i = 0; i < n; i++)
        close(fds[i]);
    return n == WANTED;
}

static struct event_base *precise_base(void)
{
    struct event_config *cfg = descriptors_left() ? event_config_new() : NULL;
    struct event_base *base;

    if (!cfg)
        return NULL;
    event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    /* Or a timer set late in a turn counts from the turn's beginning, and fires too early.
     */
    event_config_set_flag(cfg, EVENT_BASE_FLAG_NO_CACHE_TIME);
    base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    return base;
}

struct loop *loop_open(const struct clock *clock, struct err *err)
{
    struct loop *l = mem_alloc(sizeof(*l));

    l->clock = clock;
    l->soon_tail = &l->soon;
    l->room = FEWEST_ASKED;
    l->began = l->done = l->asked = l->looked = l->rested = clock_now(clock);
    l->base = precise_base();
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->base && l->wake_fd >= 0)
        l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, woken, l);
    if (!l->wake || event_add(l->wake, NULL)) {
        err_set(err, ERR_IO, "no event loop: %s (see ulimit -n)", strerror(errno));
        loop_close(l);
        return NULL;
    }
    return l;
}

void loop_close(struct loop *l)
{
    if (l->wake)
        event_free(l->wake);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    if (l->base)
        event_base_free(l->base);
    free(l);
}

void loop_run(struct loop *l)
{
    while (!l->stopped) {
        l->working = false;
        event_base_loop(l->base, l->soon ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
        if (l->soon) {
            begin_work(l);
            fire_soon(l);
        }
        if (!l->working)
            continue;
        l->done = clock_now(l->clock);
        if (much_may_wait(l))
            l->sleeps = sleeps();
        if (l->on_turn)
            l->on_turn(l->turn_ctx, l->began, l->done);
    }
    l->stopped = false;
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
    event_base_loopbreak(l->base);
}

void loop_on_turn(struct loop *l, loop_turn_fn *fn, void *ctx)
{
    l->on_turn = fn;
    l->turn_ctx = ctx;
}

ns_t loop_turn_began(const struct loop *l)
{
    return l->began;
}

ns_t loop_looked(const struct loop *l)
{
    return l->looked;
}

ns_t loop_rested(const struct loop *l)
{
    return l->rested;
}

void loop_on_wake(struct loop *l, loop_fn *on_wake, void *ctx)
{
    l->on_wake = on_wake;
    l->wake_ctx = ctx;
}

void loop_wake(struct loop *l)
{
    uint64_t one = 1;

    /* A full counter means a wake is pending already. */
    if (write(l->wake_fd, &one, sizeof(one)) < 0)
        return;
}

static void io_ready(evutil_socket_t fd, short what, void *arg)
{
    struct loop_io *io = arg;
    struct loop *l = io->loop;
    int events = (what & EV_READ ? LOOP_READ : 0) | (what & EV_WRITE ? LOOP_WRITE : 0);

    begin_work(l);
    if (++l->reported > l->room && l->room < MOST_ASKED)
        l->room *= 2;
    l->under_way = io;
    look_at_urgent(l);
    if (l->under_way == io) /* the urgent one has not freed it */
        io->fn(io->ctx, fd, events);
    fire_soon(l);
}

static void io_arm(struct loop_io *io)
{
    short what = EV_PERSIST;

    if (!io->events)
        return;
    what |= io->events & LOOP_READ ? EV_READ : 0;
    what |= io->events & LOOP_WRITE ? EV_WRITE : 0;
    event_assign(io->ev, io->loop->base, io->fd, what, io_ready, io);
    event_add(io->ev, NULL);
}

struct loop_io *loop_io_new(struct loop *l, int fd, int events, loop_io_fn *fn, void *ctx)
{
    struct loop_io *io = mem_alloc(sizeof(*io));

    *io = (struct loop_io){
        l, mem_alloc(event_get_struct_event_size()), fd, events, fn, ctx
    };
    event_assign(io->ev, l->base, fd, EV_PERSIST, io_ready, io);
    io_arm(io);
    return io;
}

void loop_io_events(struct loop_io *io, int events)
{
    if (io->events == events)
        return;
    event_del(io->ev);
    io->loop->dropped++;
    io->events = events;
    io_arm(io);
}

void loop_io_free(struct loop_io *io)
{
    if (io->loop->under_way == io)
        io->loop->under_way = NULL;
    io->loop->dropped++;
    event_del(io->ev);
    free(io->ev);
    free(io);
}

static void timer_due(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *t = arg;
    struct loop *l = t->loop;

    (void)fd;
    (void)what;
    begin_work(l);
    /* Who waits for a moment looks at the clock and must not find it before that moment. */
    if (clock_now(l->clock) < t->at) {
        loop_timer_at(t, t->at);
        return;
    }
    fire(t);
    fire_soon(l);
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *ctx)
{
    struct loop_timer *t = mem_alloc(sizeof(*t));

    *t = (struct loop_timer){
        .loop = l, .ev = mem_alloc(event_get_struct_event_size()), .fn = fn, .ctx = ctx
    };
    event_assign(t->ev, l->base, -1, 0, timer_due, t);
    return t;
}

void loop_timer_at(struct loop_timer *t, ns_t at)
{
    ns_t wait = at - clock_now(t->loop->clock);
    ns_t us = wait <= 0 ? 0 : (wait + NS_PER_US - 1) / NS_PER_US;
    struct timeval tv = { us / 1000000, us % 1000000 };

    take_out(t);
    t->at = at;
    t->set = true;
    event_add(t->ev, &tv);
}

void loop_timer_cancel(struct loop_timer *t)
{
    take_out(t);
    t->set = false;
    event_del(t->ev);
}

void loop_timer_soon(struct loop_timer *t)
{
    struct loop *l = t->loop;

    loop_timer_cancel(t);
    t->soon = true;
    t->next = NULL;
    *l->soon_tail = t;
    l->soon_tail = &t->next;
}

void loop_timer_urgent(struct loop_timer *t)
{
    t->loop->urgent = t;
}

void loop_timer_free(struct loop_timer *t)
{
    loop_timer_cancel(t);
    if (t->loop->urgent == t)
        t->loop->urgent = NULL;
    free(t->ev);
    free(t);
}
