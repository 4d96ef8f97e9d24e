#include "sim/meter.h"

static meter_level full(const struct meter *m)
{
    return (meter_level)m->limit * m->window;
}

static void refill(struct meter *m, ns_t now)
{
    if (now > m->at) {
        m->level += (meter_level)m->limit * (now - m->at);
        m->at = now;
    }
    if (m->level > full(m))
        m->level = full(m);
}

void meter_init(struct meter *m, int64_t limit, ns_t window, ns_t now)
{
    *m = (struct meter){ .limit = limit, .window = window, .at = now };
    m->level = full(m);
}

void meter_take(struct meter *m, int64_t n, ns_t now)
{
    if (!m->limit)
        return;
    refill(m, now);
    m->level -= (meter_level)n * m->window;
    refill(m, now);
}

int64_t meter_remaining(struct meter *m, ns_t now)
{
    refill(m, now);
    return m->level > 0 ? (int64_t)(m->level / m->window) : 0;
}

int64_t meter_used(struct meter *m, ns_t now)
{
    refill(m, now);
    return (int64_t)((full(m) - m->level) / m->window);
}

ns_t meter_reset(struct meter *m, ns_t now)
{
    refill(m, now);
    return m->limit ? (ns_t)((full(m) - m->level) / m->limit) : 0;
}

ns_t meter_wait(struct meter *m, int64_t need, ns_t now)
{
    meter_level missing;

    if (!m->limit)
        return 0;
    refill(m, now);
    missing = (meter_level)need * m->window - m->level;
    return missing <= 0 ? 0 : (ns_t)((missing + m->limit - 1) / m->limit);
}
