#include "data/health.h"

#define NAME(id, name) name,
const char *const health_counter_names[N_HEALTH_COUNTERS] = { HEALTH_COUNTERS(NAME) };

const struct health_lag health_lags[N_HEALTH_LAGS] = {
    { "read_lag", "kernel receive stamp -> our read", "each read of a socket",
      "How long bytes lay there before they were read. Where the kernel stamps them it "
      "makes "
      "no figure worse by itself: frames have the time of the stamp. Absent where stamps "
      "are "
      "those of the reads." },
    { "stamp_error", "when its bytes may have come -> its stamp", "each frame of output",
      "How late a frame may have been stamped at most: 0 for what the kernel stamped "
      "alone, "
      "else back to when its socket was last seen empty. With send_lag it decides whether "
      "the run is valid." },
    { "turn", "woken -> waiting again", "each turn of a loop",
      "How long the loop of a worker was busy without looking for what is new." },
};

const char *const validity_names[] = {
    [VALIDITY_VALID] = "valid",
    [VALIDITY_DEGRADED] = "degraded",
    [VALIDITY_CLIENT_LIMITED] = "INVALID: client-limited",
    [VALIDITY_SIM_LIMITED] = "INVALID: simulator-limited",
};

struct limit_of {
    ns_t floor;
    int percent;
};

static const struct limit_of good = { NS_PER_MS, 1 };
static const struct limit_of poor = { 5 * NS_PER_MS, 5 };

/* An error is small against what is measured, or small at all. */
static bool within(int64_t error, int64_t median, ns_t floor, int percent)
{
    int64_t share = median < 0 ? 0 : (int64_t)((double)median * percent / 100);

    return error < 0 || error <= (share > floor ? share : floor);
}

/* A speed has no error that is small at all but that of the stamps it is made of. */
static bool figure_within(const struct health_facts *f, enum headline h, bool of_max,
                          struct limit_of l)
{
    const struct health_figure *fig = &f->figures[h], *stamps = &f->figures[HEADLINE_STALL];
    int64_t error = of_max ? fig->max_error : fig->error;

    if (metrics[headlines[h].of].unit == UNIT_NS)
        return within(error, fig->median, l.floor, l.percent);
    return within(error, fig->median, 0, l.percent) ||
           within(of_max ? stamps->max_error : stamps->error, -1, l.floor, 0);
}

bool health_is_small(ns_t error, ns_t median)
{
    return within(error, median, good.floor, good.percent);
}

static ns_t sum(ns_t a, ns_t b)
{
    if (a == NS_ABSENT)
        return b;
    return b == NS_ABSENT ? a : a + b;
}

bool health_max_is_off(const struct health_facts *f, enum headline h)
{
    return !figure_within(f, h, true, poor);
}

enum validity health_judge_figure(const struct health_facts *f, enum headline h)
{
    if (!figure_within(f, h, false, poor))
        return VALIDITY_CLIENT_LIMITED;
    if (!figure_within(f, h, false, good) || health_max_is_off(f, h))
        return VALIDITY_DEGRADED;
    return VALIDITY_VALID;
}

static enum validity worst_figure(const struct health_facts *f)
{
    enum validity worst = VALIDITY_VALID;

    for (int h = 0; h < N_HEADLINES; h++) {
        enum validity one = health_judge_figure(f, (enum headline)h);

        worst = one > worst ? one : worst;
    }
    return worst;
}

enum validity health_judge(const struct health_facts *f, ns_t *e)
{
    ns_t median = f->ttft_api_median;
    enum validity figures = worst_figure(f);

    *e = sum(f->send_lag_p99, f->stamp_error_p99);
    if (f->dropped || f->unsent || f->flips_verdict ||
        !within(*e, median, poor.floor, poor.percent))
        return VALIDITY_CLIENT_LIMITED;
    /* What a late simulator then sends at once is read late by the best client. */
    if (!within(f->sim_late_p99, median, poor.floor, poor.percent))
        return VALIDITY_SIM_LIMITED;
    if (figures == VALIDITY_CLIENT_LIMITED)
        return figures;
    if (figures == VALIDITY_DEGRADED || !within(*e, median, good.floor, good.percent) ||
        !within(f->sim_late_p99, median, good.floor, good.percent))
        return VALIDITY_DEGRADED;
    return VALIDITY_VALID;
}
