#ifndef TESTS_JSON_REFERENCE_H
#define TESTS_JSON_REFERENCE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * What jansson makes of a JSON text, for comparing. In a file of its own, since its header
 * and base/json.h share names.
 */
enum verdict {
    REFERENCE_TAKES,
    REFERENCE_REFUSES,
    REFERENCE_DIFFERS /* tells nothing: bad UTF-8, lone surrogates, large numbers and the
                         same key twice, which we take; a NUL, which ends a text for it */
};

/*
 * The values in one normal form, one a line, into out where it is taken: brackets, strings
 * and keys behind the number of their bytes, whole numbers, fractions, words; members in
 * the order of the text.
 */
enum verdict json_reference(const char *p, size_t n, struct buf *out);

/* The same from our scanner; false where it refuses. */
bool json_walk(const char *p, size_t n, struct buf *out);

#endif
