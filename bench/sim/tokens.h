#ifndef SIM_TOKENS_H
#define SIM_TOKENS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The simulator's own tokenizer: it only counts, about 4 characters or 0.75 words of
 * English a token, and the ratio differs from model to model, so that a client has
 * something to learn. Fed with the rendered prompt in pieces, cut anywhere; every 128
 * tokens it notes the hash of all text up to there, which is what the prompt cache
 * compares.
 *
 *     struct tokens t;
 *     tokens_init(&t, "llama-3.1-8b-instant");
 *     tokens_special(&t, "user");
 *     tokens_text(&t, p, n);
 *     n = tokens_count(&t);
 *     tokens_free(&t);
 */
enum { TOKENS_BLOCK = 128 };

struct tokens {
    uint64_t units;     /* tokens of a model of ratio 1000 */
    uint64_t ratio_ppk; /* tokens per 1000 units */
    uint64_t hash;      /* of everything so far */
    int run;            /* class of the character before */
    unsigned run_len;
    uint64_t next_block; /* count at which the next block is full */
    uint64_t *blocks;
    size_t n_blocks;
    size_t cap;
};

void tokens_init(struct tokens *t, const char *model);
void tokens_free(struct tokens *t);
void tokens_text(struct tokens *t, const char *p, size_t n);

/* A mark of the chat template: always one token. */
void tokens_special(struct tokens *t, const char *name);

/* Something that is not text, an image say: its bytes count as `cost` tokens. */
void tokens_opaque(struct tokens *t, const char *p, size_t n, unsigned cost);

uint32_t tokens_count(const struct tokens *t);

#endif
