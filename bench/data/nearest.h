#ifndef DATA_NEAREST_H
#define DATA_NEAREST_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * The name that a mistyped word was meant to be, by edit distance (insert, delete, replace,
 * swap neighbours).
 *
 *     struct nearest near = nearest_to(word);
 *     for (each name) nearest_try(&near, name);
 *     err_set(err, ERR_PARSE, "no metric \"x\"");
 *     return nearest_hint(&near, err);          // adds: ; did you mean "ttft"?
 */
struct nearest {
    struct str word;
    const char *best; /* NULL while nothing is near enough */
    size_t distance;
};

struct nearest nearest_to(struct str word);
void nearest_try(struct nearest *n, const char *name); /* borrowed until the end */

/* Always -1, so that it can end a failing function; adds nothing where nothing is near. */
int nearest_hint(const struct nearest *n, struct err *err);

size_t edit_distance(struct str a, struct str b);

#endif
