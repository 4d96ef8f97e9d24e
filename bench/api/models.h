#ifndef API_MODELS_H
#define API_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * What a server says of its models: the answer of GET /models, or of GET /models/{id} as a
 * list of one. Everything but the id may be missing: -1, "" or NULL.
 */
struct model_told {
    const char *id;
    const char *owner;
    int active; /* 1, 0; -1: not said */
    int64_t created_s;
    int64_t context;
    int64_t max_completion;
    int64_t input_nusd; /* per 1M tokens, from `pricing`, which is dollars a token */
    int64_t output_nusd;
    const char *takes; /* "text, image" */
    const char *gives;
};

struct models_told {
    struct arena arena; /* owns all of it */
    struct model_told *list;
    size_t n;
};

/* secret: of which no text may hold any. -1 where it is neither. */
int models_read(struct models_told *m, struct str json, struct str secret, struct err *err);
void models_free(struct models_told *m);

const struct model_told *models_find(const struct models_told *m, const char *id);

/* "0.00000015" dollars a token: 150,000,000 n$ per 1M. -1 where that is no such number. */
int64_t models_price(struct str decimal);

#endif
