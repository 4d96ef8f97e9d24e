#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static ns_t read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static ns_t system_mono(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

static ns_t system_real(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static ns_t stepped(void *ctx)
{
    return *(ns_t *)ctx;
}

const struct clock clock_system = { system_mono, system_real, NULL };

struct clock clock_stepped(ns_t *at)
{
    return (struct clock){ stepped, stepped, at };
}

ns_t clock_raw(void)
{
    return read_clock(CLOCK_MONOTONIC_RAW);
}

ns_t clock_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
