#include "sim/pcache.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"

/* 2^17 blocks of 128 tokens: prefixes of 16 million tokens, in 3 MiB. */
enum { SETS = 1 << 14, WAYS = 8 };

struct pcache_entry {
    uint64_t key; /* 0: free */
    ns_t from;    /* computed, so there, since */
    ns_t used;
};

void pcache_init(struct pcache *c, ns_t lifetime)
{
    c->entries = mem_array(SETS * WAYS, sizeof(*c->entries));
    c->lifetime = lifetime;
}

void pcache_free(struct pcache *c)
{
    free(c->entries);
    c->entries = NULL;
}

static uint64_t key_of(uint64_t salt, uint64_t block)
{
    uint64_t state = salt ^ block;

    return splitmix64(&state) | 1;
}

static struct pcache_entry *set_of(struct pcache *c, uint64_t key)
{
    return c->entries + (key >> 50) % SETS * WAYS;
}

static struct pcache_entry *find(struct pcache *c, uint64_t key)
{
    struct pcache_entry *e = set_of(c, key);

    for (int i = 0; i < WAYS; i++)
        if (e[i].key == key)
            return &e[i];
    return NULL;
}

size_t pcache_find(struct pcache *c, uint64_t salt, const uint64_t *blocks, size_t n,
                   ns_t now)
{
    for (size_t i = 0; i < n; i++) {
        struct pcache_entry *e = find(c, key_of(salt, blocks[i]));

        if (!e || now < e->from || now - e->used >= c->lifetime)
            return i;
        e->used = now;
    }
    return n;
}

static struct pcache_entry *oldest(struct pcache_entry *set)
{
    struct pcache_entry *old = set;

    for (int i = 0; i < WAYS; i++) {
        if (!set[i].key)
            return &set[i];
        if (set[i].used < old->used)
            old = &set[i];
    }
    return old;
}

void pcache_store(struct pcache *c, uint64_t salt, const uint64_t *blocks, size_t n,
                  ns_t at)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t key = key_of(salt, blocks[i]);
        struct pcache_entry *e = find(c, key);

        if (e && at - e->used < c->lifetime) { /* alive: `from` stays */
            e->used = e->used > at ? e->used : at;
            continue;
        }
        e = e ? e : oldest(set_of(c, key));
        *e = (struct pcache_entry){ key, at, at };
    }
}
