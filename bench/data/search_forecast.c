#include "data/search_forecast.h"

#include <math.h>

/* How long what waits at the end of a probe takes to be answered. */
static ns_t tail(const struct search_spec *spec, double rate, double knee, ns_t duration,
                 ns_t latency)
{
    double waits = rate > knee ? (rate / knee - 1) * (double)duration : 0;

    return (ns_t)fmin((double)spec->drain, waits + (double)latency);
}

/* A search of that knee; returns how long it takes. */
static ns_t play(struct search *s, const struct search_spec *spec, double knee,
                 ns_t latency)
{
    ns_t used = 0, duration, drain;
    int64_t rate;

    search_init(s, &spec->range);
    while (search_next(s, &rate)) {
        duration = search_fit(spec, rate, search_tries(s, rate) + 1, spec->budget - used);
        if (!duration)
            break;
        drain = tail(spec, (double)rate, knee, duration, latency);
        used += spec->settle + duration + drain;
        if (spec->budget && used > spec->budget) /* cut: that probe says nothing */
            return spec->budget;
        search_tell(s, rate, (double)rate <= knee ? SEARCH_MET : SEARCH_MISSED);
    }
    return used;
}

static int64_t width(const struct search_result *r)
{
    if (!r->lo || !r->hi)
        return -1;
    return llround(((double)r->hi / (double)r->lo - 1) * 1e6);
}

static void add(struct search_forecast *f, const struct search *s, ns_t used)
{
    struct search_result r = search_result(s);
    int64_t w = width(&r);

    f->fewest = s->n < f->fewest ? s->n : f->fewest;
    f->most = s->n > f->most ? s->n : f->most;
    f->longest = used > f->longest ? used : f->longest;
    f->open += r.end == SEARCH_OPEN;
    if (w < 0)
        f->width_ppm = -1;
    else if (f->width_ppm >= 0 && w > f->width_ppm)
        f->width_ppm = w;
}

struct search_forecast search_forecast(const struct search_spec *spec, ns_t latency)
{
    struct search_forecast f = { .fewest = SEARCH_MAX_PROBES };
    double from = (double)spec->range.from, to = (double)spec->range.to;

    for (int i = 0; i < SEARCH_KNEES; i++) {
        double knee = from * pow(to / from, (i + 0.5) / SEARCH_KNEES);
        struct search s;
        ns_t used = play(&s, spec, knee, latency);

        add(&f, &s, used);
    }
    return f;
}
