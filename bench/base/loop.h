#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"

/*
 * An event loop for one thread: file descriptors, timers to the nanosecond's rounding up to
 * one microsecond, and a way to wake it from another thread. The only door to libevent's
 * core.
 *
 *     struct loop *l = loop_open(&clock_system, &err);
 *     struct loop_timer *t = loop_timer_new(l, on_tick, ctx);
 *     loop_timer_at(t, clock_now(&clock_system) + NS_PER_S);
 *     loop_run(l);                       // until loop_stop
 *     loop_timer_free(t);
 *     loop_close(l);
 *
 * A loop and what hangs on it belong to one thread; only loop_wake may come from another.
 * Callbacks may free what they were called for.
 */
struct loop;
struct loop_io;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_io_fn(void *ctx, int fd, int events);
typedef void loop_fn(void *ctx);

/* NULL with *err filled where the system gives no more descriptors. */
struct loop *loop_open(const struct clock *clock, struct err *err);
void loop_close(struct loop *l);

/* Until loop_stop, which also holds for a loop that has not begun to run. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Called after each turn that did something: when it began its work and when it had done
 * it. */
typedef void loop_turn_fn(void *ctx, ns_t began, ns_t done);
void loop_on_turn(struct loop *l, loop_turn_fn *fn, void *ctx);

/* When the turn under way began its work; outside a turn, the last one's. */
ns_t loop_turn_began(const struct loop *l);

/*
 * What is called in this turn had nothing to read before this moment, but for what earlier
 * turns were told of and left: the beginning of this turn where the loop had been asleep
 * before it, else of the one before, or of an earlier one where that had too many to be
 * told of all. It trusts that a turn begins its work as soon as there is some.
 */
ns_t loop_looked(const struct loop *l);

/*
 * The same without that trust, for a process that was not let run: not the beginning of a
 * turn, but the moment at which the loop asked the kernel for it, and lay down if there was
 * nothing.
 */
ns_t loop_rested(const struct loop *l);

/* From any thread or a signal handler: call on_wake in the loop's own thread, soon. */
void loop_on_wake(struct loop *l, loop_fn *on_wake, void *ctx);
void loop_wake(struct loop *l);

/* Level-triggered. events is a union of LOOP_READ and LOOP_WRITE. The fd is borrowed. */
struct loop_io *loop_io_new(struct loop *l, int fd, int events, loop_io_fn *fn, void *ctx);
void loop_io_events(struct loop_io *io, int events);
void loop_io_free(struct loop_io *io);

/* One shot. `at` is a time of the loop's clock; one that has passed fires in the next turn.
 */
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *ctx);
void loop_timer_at(struct loop_timer *t, ns_t at);
void loop_timer_cancel(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/*
 * Now, but from a fresh stack: as soon as the callback under way has returned, and before
 * others that wait in this turn. What such a timer sets off in the same way comes after the
 * next callback, so that none can keep the loop for itself.
 */
void loop_timer_soon(struct loop_timer *t);

/*
 * A turn may have thousands of callbacks. Before each of them this one timer of the loop is
 * looked at, and fires in between once its time has come.
 */
void loop_timer_urgent(struct loop_timer *t);

#endif
