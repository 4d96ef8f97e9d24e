#include "sim/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum char_class {
    CLASS_NONE,
    CLASS_LETTER,
    CLASS_DIGIT,
    CLASS_SPACE,
    CLASS_NEWLINE,
    CLASS_PUNCT,
    CLASS_OTHER,
    N_CLASSES
};

/*
 * A run of characters of one class costs one unit for each `span` of them that it begins.
 * The first `free` characters cost nothing: one space belongs to the word behind it.
 */
static const struct {
    unsigned span;
    unsigned free;
} costs[N_CLASSES] = {
    [CLASS_LETTER] = { 6, 0 },  [CLASS_DIGIT] = { 3, 0 }, [CLASS_SPACE] = { 16, 1 },
    [CLASS_NEWLINE] = { 8, 0 }, [CLASS_PUNCT] = { 2, 0 }, [CLASS_OTHER] = { 3, 0 },
};

static enum char_class class_of(unsigned char c)
{
    if ((c | 32) >= 'a' && (c | 32) <= 'z')
        return CLASS_LETTER;
    if (c >= '0' && c <= '9')
        return CLASS_DIGIT;
    if (c == ' ' || c == '\t')
        return CLASS_SPACE;
    if (c == '\n' || c == '\r')
        return CLASS_NEWLINE;
    return c < 0x80 ? CLASS_PUNCT : CLASS_OTHER;
}

void tokens_init(struct tokens *t, const char *model)
{
    uint64_t hash = fnv1a64(model, strlen(model));

    *t = (struct tokens){
        .ratio_ppk = 1020 + (hash >> 32) % 180,
        .hash = hash,
        .next_block = TOKENS_BLOCK,
    };
}

void tokens_free(struct tokens *t)
{
    free(t->blocks);
    t->blocks = NULL;
    t->n_blocks = t->cap = 0;
}

uint32_t tokens_count(const struct tokens *t)
{
    uint64_t n = (t->units * t->ratio_ppk + 999) / 1000;

    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void hash_byte(struct tokens *t, unsigned char c)
{
    t->hash = (t->hash ^ c) * 0x100000001b3;
}

static void add_units(struct tokens *t, unsigned n)
{
    t->units += n;
    while (t->units * t->ratio_ppk >= t->next_block * 1000) {
        t->blocks = mem_grow(t->blocks, t->n_blocks, &t->cap, sizeof(*t->blocks));
        t->blocks[t->n_blocks++] = t->hash;
        t->next_block += TOKENS_BLOCK;
    }
}

void tokens_text(struct tokens *t, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        enum char_class class = class_of(c);

        hash_byte(t, c);
        t->run_len = (int)class == t->run ? t->run_len + 1 : 0;
        t->run = (int)class;
        if (t->run_len >= costs[class].free &&
            (t->run_len - costs[class].free) % costs[class].span == 0)
            add_units(t, 1);
    }
}

void tokens_special(struct tokens *t, const char *name)
{
    hash_byte(t, 0xFF);
    for (; *name; name++)
        hash_byte(t, (unsigned char)*name);
    t->run = CLASS_NONE;
    add_units(t, 1);
}

void tokens_opaque(struct tokens *t, const char *p, size_t n, unsigned cost)
{
    hash_byte(t, 0xFE);
    for (size_t i = 0; i < n; i++)
        hash_byte(t, (unsigned char)p[i]);
    t->run = CLASS_NONE;
    add_units(t, cost);
}
