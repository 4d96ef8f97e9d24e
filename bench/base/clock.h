#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* A moment or a span in nanoseconds. What a moment counts from is said where it is kept. */
typedef int64_t ns_t;

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/* "Did not happen." No moment is negative. */
#define NS_ABSENT (-1LL)

/* Where time comes from; tests put in a clock that they step. */
struct clock {
    ns_t (*mono)(void *ctx); /* CLOCK_MONOTONIC: for every difference */
    ns_t (*real)(void *ctx); /* CLOCK_REALTIME: for dates in files only */
    void *ctx;
};

extern const struct clock clock_system;

static inline ns_t clock_now(const struct clock *c)
{
    return c->mono(c->ctx);
}

/* A clock for tests: both times are *at. */
struct clock clock_stepped(ns_t *at);

/* The time since boot as the hardware counts it, which nobody corrects. */
ns_t clock_raw(void);

/* CPU time this process has used, user and system, all threads. */
ns_t clock_cpu(void);

#endif
