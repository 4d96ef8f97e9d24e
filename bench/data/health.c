#include "data/health.h"

#define NAME(id, name) name,
const char *const health_counter_names[N_HEALTH_COUNTERS] = { HEALTH_COUNTERS(NAME) };

const char *const validity_names[] = {
    [VALIDITY_VALID] = "valid",
    [VALIDITY_DEGRADED] = "degraded",
    [VALIDITY_CLIENT_LIMITED] = "INVALID: client-limited",
    [VALIDITY_SIM_LIMITED] = "INVALID: simulator-limited",
};

/* An error is small against what is measured, or small at all. */
static bool within(ns_t error, ns_t floor, ns_t median, int64_t percent)
{
    ns_t share = median == NS_ABSENT ? 0 : median / 100 * percent;

    return error == NS_ABSENT || error <= (share > floor ? share : floor);
}

static ns_t sum(ns_t a, ns_t b)
{
    if (a == NS_ABSENT)
        return b;
    return b == NS_ABSENT ? a : a + b;
}

enum validity health_judge(const struct health_facts *f, ns_t *e)
{
    ns_t median = f->ttft_api_median;

    *e = sum(f->send_lag_p99, f->stamp_error_p99);
    if (f->dropped || f->unsent || f->flips_verdict ||
        !within(*e, 5 * NS_PER_MS, median, 5))
        return VALIDITY_CLIENT_LIMITED;
    if (!within(f->sim_late_p99, 5 * NS_PER_MS, median, 5))
        return VALIDITY_SIM_LIMITED;
    if (!within(*e, NS_PER_MS, median, 1) || !within(f->sim_late_p99, NS_PER_MS, median, 1))
        return VALIDITY_DEGRADED;
    return VALIDITY_VALID;
}
