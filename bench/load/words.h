#ifndef LOAD_WORDS_H
#define LOAD_WORDS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/rng.h"

/*
 * Common English words of lower-case letters, 4 to 7 of them: nothing in them needs
 * escaping in JSON, and tokenizers have most of them as one token.
 */
enum { N_WORDS = 1024, WORD_MAX = 7 };

extern const char words[N_WORDS][WORD_MAX + 1];

/* Append n random words, one space between them. */
void words_put(struct buf *out, struct rng *rng, size_t n);

#endif
