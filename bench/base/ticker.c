#include "base/ticker.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/mem.h"

struct ticker {
    ns_t period;
    loop_fn *fn;
    void *ctx;
    int fd;
    struct loop_io *io;
    struct loop_timer *timer; /* where the system gives no descriptor; else NULL */
};

static void fd_ready(void *ctx, int fd, int events)
{
    struct ticker *t = ctx;
    uint64_t ticks;

    (void)events;
    if (read(fd, &ticks, sizeof(ticks)) == sizeof(ticks))
        t->fn(t->ctx);
}

static void timer_due(void *ctx)
{
    struct ticker *t = ctx;

    ticker_start(t);
    t->fn(t->ctx);
}

struct ticker *ticker_new(struct loop *l, ns_t period, loop_fn *fn, void *ctx)
{
    struct ticker *t = mem_alloc(sizeof(*t));

    *t = (struct ticker){ .period = period, .fn = fn, .ctx = ctx };
    t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (t->fd >= 0)
        t->io = loop_io_new(l, t->fd, LOOP_READ, fd_ready, t);
    else
        t->timer = loop_timer_new(l, timer_due, t);
    return t;
}

static void set(struct ticker *t, ns_t period)
{
    struct timespec each = { period / NS_PER_S, period % NS_PER_S };
    struct itimerspec spec = { each, each };

    timerfd_settime(t->fd, 0, &spec, NULL);
}

void ticker_start(struct ticker *t)
{
    if (t->timer)
        loop_timer_at(t->timer, clock_now(&clock_system) + t->period);
    else
        set(t, t->period);
}

void ticker_stop(struct ticker *t)
{
    if (t->timer)
        loop_timer_cancel(t->timer);
    else
        set(t, 0);
}

void ticker_free(struct ticker *t)
{
    if (t->timer)
        loop_timer_free(t->timer);
    if (t->io)
        loop_io_free(t->io);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}
