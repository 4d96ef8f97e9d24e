#include "sim/timing.h"

#include <math.h>

static ns_t scaled(double seconds, double speed)
{
    double ns = seconds * 1e9 / speed;

    return ns < 1 ? 0 : ns > 1e17 ? (ns_t)1e17 : (ns_t)llround(ns);
}

static double prefill_seconds(const struct timing_params *p, double uncached, double load)
{
    double s = p->prefill_base + p->prefill_quadratic * uncached * uncached;

    if (p->prefill_tps > 0)
        s += uncached / p->prefill_tps;
    return s * (1 + p->prefill_load * load);
}

/* Requests above the capacity leave one by one, `capacity` of them in a service time. */
static double waiting_seconds(const struct timing_params *p, uint32_t in_service,
                              double service)
{
    double excess = in_service + 1 - p->capacity;

    return p->capacity > 0 && excess > 0 ? excess * service / p->capacity : 0;
}

void timing_draw(struct timing *t, const struct timing_params *p, uint64_t seed,
                 uint64_t key, uint32_t in_service, uint32_t uncached, uint32_t completion)
{
    struct rng r = rng_stream(seed, "sim.timing", key);
    double queue = rng_lognormal(&r, p->queue_median, p->queue_sigma);
    double tps = rng_lognormal(&r, p->tps, p->tps_sigma);
    double load = p->capacity > 0 ? fmin(1, in_service / p->capacity) : 0;
    double prefill = prefill_seconds(p, uncached, load);

    queue += waiting_seconds(p, in_service, prefill + completion / tps);
    t->queue = scaled(queue, p->speed);
    t->prefill = scaled(prefill, p->speed);
    t->decode = scaled(completion / tps, p->speed);
    t->token_ns = completion ? (double)t->decode / completion : 0;
}

struct cadence cadence_init(const struct timing *t, const struct timing_params *p,
                            uint64_t seed, uint64_t key)
{
    return (struct cadence){
        .rng = rng_stream(seed, "sim.cadence", key),
        .token_ns = t->token_ns,
        .jitter = p->jitter,
        .event_tokens = p->event_tokens,
        .burst = p->burst,
    };
}

/* 1, 2, ... with the given mean: each further one has probability 1 - 1/mean. */
static uint32_t geometric(struct rng *r, double mean, uint32_t max)
{
    uint32_t n = 1;

    if (mean <= 1)
        return 1;
    while (n < max && rng_unit(r) < 1 - 1 / mean)
        n++;
    return n;
}

static void finish(struct cadence *p, uint32_t tokens, struct volley *v)
{
    double late = p->jitter > 0 ? p->jitter * rng_unit(&p->rng) : 0;

    p->done += tokens;
    v->at = (ns_t)((p->done + late) * p->token_ns);
}

void cadence_next(struct cadence *p, uint32_t most, struct volley *v)
{
    uint32_t events = geometric(&p->rng, p->burst, VOLLEY_MAX);
    uint32_t tokens = 0;

    for (v->n = 0; v->n < events && tokens < most; v->n++) {
        uint32_t n = geometric(&p->rng, p->event_tokens, 8);

        n = n < most - tokens ? n : most - tokens;
        v->tokens[v->n] = n;
        tokens += n;
    }
    finish(p, tokens, v);
}

void cadence_group(struct cadence *p, uint32_t most, uint32_t events, struct volley *v)
{
    v->n = events < most ? events : most;
    if (v->n > VOLLEY_MAX)
        v->n = VOLLEY_MAX;
    for (uint32_t i = 0; i < v->n; i++)
        v->tokens[i] = 1;
    finish(p, v->n, v);
}
