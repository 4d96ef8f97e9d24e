#ifndef API_SCHEMA_H
#define API_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"

/*
 * Does a value fit a JSON Schema? The part of 2020-12 that structured outputs are written
 * in:
 *
 *   type, enum, const; properties, required, additionalProperties, minProperties,
 *   maxProperties; items, prefixItems, minItems, maxItems, uniqueItems; minLength,
 *   maxLength; minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf; anyOf,
 *   oneOf, allOf, not; $ref within the schema ("#", "#/$defs/x"), recursion too
 *
 * Keywords that only describe (title, description, format, ...) are passed over, as the
 * standard has it. What else stands in a schema is not checked: schema_unchecked tells.
 *
 * A schema is read only, so that threads may share one.
 */
enum schema_fit {
    SCHEMA_FITS,
    SCHEMA_FITS_NOT,
    SCHEMA_NO_END /* references in a circle or to nowhere, too deep, too long: not told */
};

enum schema_fit schema_check(const json_t *schema, const json_t *value);

/* Keywords of the schema that are not checked, each once, as `pattern, if`; "" if none. */
void schema_unchecked(const json_t *schema, struct buf *out);

#endif
