#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "base/buf.h"
#include "base/err.h"

/* A member of the request body that the adapter writes itself. */
struct owned {
    const char *key;     /* NULL ends the list */
    const char *instead; /* what the user can do to set it */
};

/*
 * The members of the JSON object `body`, each with a comma before it and otherwise just as
 * it is written there. -1 where one of them is ours, or body is no JSON object.
 */
int fields_add(struct buf *out, const char *body, const struct owned *owned,
               struct err *err);

#endif
