#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/*
 * Random numbers: xoshiro256** seeded through splitmix64 (Blackman and Vigna). One stream a
 * purpose, so that drawing from one never shifts another:
 *
 *     struct rng r = rng_stream(seed, "arrivals", trial);
 *     double u = rng_unit(&r);
 */
struct rng {
    uint64_t s[4];
};

struct rng rng_init(uint64_t seed);

/* Seed of stream `name`, index i: output number i of a splitmix64 at seed XOR
 * fnv1a64(name). */
uint64_t rng_stream_seed(uint64_t seed, const char *name, uint64_t i);
struct rng rng_stream(uint64_t seed, const char *name, uint64_t i);

uint64_t rng_next(struct rng *r);
double rng_unit(struct rng *r);                /* [0, 1), 53 bits */
double rng_open(struct rng *r);                /* (0, 1), 52 bits: for quantile functions */
uint64_t rng_below(struct rng *r, uint64_t n); /* 0..n-1 without bias; n > 0 */
double rng_normal(struct rng *r);              /* mean 0, sd 1; two uniforms a draw */
double rng_lognormal(struct rng *r, double median, double sigma);

uint64_t splitmix64(uint64_t *state);
uint64_t fnv1a64(const void *p, size_t n);

#endif
