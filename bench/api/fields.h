#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "base/buf.h"
#include "base/err.h"

/* A member of the request body that the adapter writes itself, or in its own way. */
struct owned {
    const char *key;     /* NULL ends the list */
    const char *instead; /* what the user can do to set it; NULL: it is written so: */
    const char *before;  /* its value, in place of the key and its colon */
    const char *behind;
};

/*
 * The beginning of a body, up to where the prompt goes: the model, where one is named, and
 * prompt_key with its colon. -1 where the model's name is empty.
 */
int fields_begin(struct buf *out, const char *model, const char *prompt_key,
                 struct err *err);

/*
 * The members of the JSON object `body`, each with a comma before it and otherwise just as
 * it is written there, but for those that have another name at this endpoint. -1 where one
 * of them is ours, or body is no JSON object.
 */
int fields_add(struct buf *out, const char *body, const struct owned *owned,
               struct err *err);

#endif
