#include "exporters/buckets.h"

#define US *NS_PER_US
#define MS *NS_PER_MS
#define S *NS_PER_S

/* What a request as a whole waits for: about three bounds a factor of ten. */
static const int64_t waits[] = {
    1 MS,   2 MS,   5 MS,   10 MS,  20 MS,  35 MS,  50 MS,   75 MS,
    100 MS, 150 MS, 200 MS, 300 MS, 500 MS, 750 MS, 1000 MS, 2 S,
    3 S,    5 S,    10 S,   20 S,   30 S,   60 S,   120 S,
};

/* Between frames, and on the way to the server. */
static const int64_t gaps[] = {
    100 US, 200 US, 500 US, 1 MS,   2 MS,   3 MS,   5 MS, 7500 US, 10 MS, 15 MS, 20 MS,
    30 MS,  50 MS,  75 MS,  100 MS, 200 MS, 500 MS, 1 S,  2 S,     5 S,   10 S,
};

/* What the instrument adds. */
static const int64_t lags[] = {
    1 US,   2 US, 5 US, 10 US, 20 US, 50 US, 100 US, 200 US,
    500 US, 1 MS, 2 MS, 5 MS,  10 MS, 50 MS, 100 MS, 1 S,
};

static const int64_t speeds[] = {
    1000,   5000,   10000,  20000,  30000,  50000,   75000,   100000,
    150000, 200000, 300000, 500000, 750000, 1000000, 2000000, 5000000,
};

static const int64_t shares[] = {
    0, 100000, 250000, 500000, 750000, 900000, 950000, 990000, 1000000,
};

static const int64_t dollars[] = {
    1000,    10000,    100000,   200000,   500000,    1000000,    2000000,
    5000000, 10000000, 20000000, 50000000, 100000000, 1000000000,
};

static const int64_t tokens[] = {
    1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072,
};

static const int64_t counts[] = { 0, 1, 2, 3, 5, 10, 20, 50 };
/* Of real time. */
static const int64_t factors[] = {
    500,   1000,  1500,  2000,   3000,   5000,   7500,   10000,  20000,
    30000, 50000, 75000, 100000, 150000, 200000, 300000, 500000, 1000000,
};

#define SET(name)                                                                          \
    {                                                                                      \
#name, name, sizeof(name) / sizeof((name)[0])                                      \
    }

static const struct buckets set_waits = SET(waits);
static const struct buckets set_gaps = SET(gaps);
static const struct buckets set_lags = SET(lags);

/* Of metrics that are no times. */
static const struct buckets by_unit[N_UNITS] = {
    [UNIT_NS] = SET(waits),      [UNIT_MTOKS] = SET(speeds),  [UNIT_PPM] = SET(shares),
    [UNIT_NUSD] = SET(dollars),  [UNIT_TOKENS] = SET(tokens), [UNIT_MX] = SET(factors),
    [UNIT_MCHARS] = SET(speeds), [UNIT_COUNT] = SET(counts),
};

static const double per_unit[N_UNITS] = {
    [UNIT_NS] = 1e9,   [UNIT_MTOKS] = 1e3, [UNIT_PPM] = 1e6,    [UNIT_NUSD] = 1e9,
    [UNIT_TOKENS] = 1, [UNIT_MX] = 1e3,    [UNIT_MCHARS] = 1e3, [UNIT_COUNT] = 1,
};

/* Times that are shorter than waits. */
static const struct buckets *const shorter[N_METRICS] = {
    [METRIC_ITL] = &set_gaps,     [METRIC_TPOT] = &set_gaps,  [METRIC_STALL] = &set_gaps,
    [METRIC_NETWORK] = &set_gaps, [METRIC_DNS] = &set_gaps,   [METRIC_TCP] = &set_gaps,
    [METRIC_TLS] = &set_gaps,     [METRIC_QUEUE] = &set_gaps, [METRIC_SEND_LAG] = &set_lags,
};

const struct buckets *buckets_of(enum metric_id m)
{
    if (shorter[m])
        return shorter[m];
    return metrics[m].unit == UNIT_NS ? &set_waits : &by_unit[metrics[m].unit];
}

const struct buckets *buckets_lag(void)
{
    return &set_lags;
}

size_t buckets_find(const struct buckets *b, int64_t value)
{
    size_t low = 0, high = b->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (value <= b->upto[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double buckets_per(enum unit unit)
{
    return per_unit[unit];
}
