#include "base/rng.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

static const uint64_t GOLDEN = 0x9E3779B97F4A7C15;

uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += GOLDEN;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

uint64_t fnv1a64(const void *p, size_t n)
{
    const unsigned char *c = p;
    uint64_t h = 0xcbf29ce484222325;

    for (size_t i = 0; i < n; i++)
        h = (h ^ c[i]) * 0x100000001b3;
    return h;
}

struct rng rng_init(uint64_t seed)
{
    struct rng r;

    for (int i = 0; i < 4; i++)
        r.s[i] = splitmix64(&seed);
    return r;
}

uint64_t rng_stream_seed(uint64_t seed, const char *name, uint64_t i)
{
    /* splitmix64 only counts upwards by a constant, so output i needs no loop. */
    uint64_t state = (seed ^ fnv1a64(name, strlen(name))) + i * GOLDEN;

    return splitmix64(&state);
}

struct rng rng_stream(uint64_t seed, const char *name, uint64_t i)
{
    return rng_init(rng_stream_seed(seed, name, i));
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t rng_next(struct rng *r)
{
    uint64_t out = rotl(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotl(r->s[3], 45);
    return out;
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

double rng_open(struct rng *r)
{
    return ((double)(rng_next(r) >> 12) + 0.5) * 0x1p-52;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    /* Lemire's multiply-high: the low half tells the draws that would favour small values.
     */
    uint64_t floor = (0 - n) % n;

    for (;;) {
        u128 m = (u128)rng_next(r) * n;

        if ((uint64_t)m >= floor)
            return (uint64_t)(m >> 64);
    }
}

double rng_normal(struct rng *r)
{
    double radius = sqrt(-2 * log(rng_open(r)));

    return radius * cos(2 * M_PI * rng_unit(r));
}

double rng_lognormal(struct rng *r, double median, double sigma)
{
    return median * exp(sigma * rng_normal(r));
}
