#ifndef SIM_PCACHE_H
#define SIM_PCACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * The prompt cache: which prefixes of prompts were computed lately, by the hash of the
 * whole prompt up to the end of each block of tokens. Fixed memory: where it is full, what
 * was not used for longest goes. Time is an argument.
 *
 *     n = pcache_find(&c, salt, blocks, n_blocks, now);     // leading blocks that are
 * there pcache_store(&c, salt, blocks, n_blocks, prefill_end);
 */
struct pcache_entry;
struct pcache {
    struct pcache_entry *entries;
    ns_t lifetime; /* without use */
};

void pcache_init(struct pcache *c, ns_t lifetime);
void pcache_free(struct pcache *c);

/* salt tells models and regions apart. Blocks that are found live on from `now`. */
size_t pcache_find(struct pcache *c, uint64_t salt, const uint64_t *blocks, size_t n,
                   ns_t now);

/* The blocks can be found from `at` on. */
void pcache_store(struct pcache *c, uint64_t salt, const uint64_t *blocks, size_t n,
                  ns_t at);

#endif
