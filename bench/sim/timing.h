#ifndef SIM_TIMING_H
#define SIM_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/rng.h"

/*
 * When the simulated model does what. Pure: a function of the parameters, (seed, key) of
 * the request and how many requests the model has in service.
 *
 *   queue    lognormal; from `capacity` requests in service on, a request also waits for
 *            those in excess, which leave at capacity / service
 *   prefill  base + uncached / prefill_tps + quadratic * uncached^2, up to (1 +
 * prefill_load) times slower as the service fills decode   completion tokens / speed, the
 * speed drawn once a request
 *
 *     struct timing t;
 *     timing_draw(&t, &params, seed, key, in_service, uncached, completion);
 *     struct cadence p = cadence_init(&t, &params, seed, key);
 *     while (done < completion)
 *         done += cadence_next(&p, completion - done, &at);   // at: after the prefill
 */
struct timing_params {
    double queue_median; /* seconds */
    double queue_sigma;
    double capacity; /* requests a model serves at once; 0: no end to it */
    double prefill_base;
    double prefill_tps;
    double prefill_quadratic; /* seconds per token squared */
    double prefill_load;
    double tps; /* tokens generated per second */
    double tps_sigma;
    double jitter;       /* of a frame: up to this share of a token's time late, 0..1 */
    double event_tokens; /* mean tokens an event, >= 1 */
    double burst;        /* mean events a write, >= 1 */
    double speed;        /* everything runs so many times faster */
};

struct timing {
    ns_t queue;
    ns_t prefill;
    ns_t decode;
    double token_ns; /* decode / completion tokens */
};

void timing_draw(struct timing *t, const struct timing_params *p, uint64_t seed,
                 uint64_t key, uint32_t in_service, uint32_t uncached, uint32_t completion);

/* The moments of one request's writes: token k is there k * token_ns after the prefill. */
struct cadence {
    struct rng rng;
    double token_ns;
    double jitter;
    double event_tokens;
    double burst;
    uint32_t done; /* tokens written so far */
};

struct cadence cadence_init(const struct timing *t, const struct timing_params *p,
                            uint64_t seed, uint64_t key);

enum { VOLLEY_MAX = 16 };

/* One write: how many events, the tokens of each, and when, counted from the prefill's end.
 */
struct volley {
    ns_t at;
    uint32_t n;
    uint32_t tokens[VOLLEY_MAX];
};

/* The next write, of at most `most` tokens (> 0). */
void cadence_next(struct cadence *p, uint32_t most, struct volley *v);

/* As cadence_next, but always this many events of one token each where there are as many.
 */
void cadence_group(struct cadence *p, uint32_t most, uint32_t events, struct volley *v);

#endif
