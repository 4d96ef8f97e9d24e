#ifndef SIM_SAMPLE_H
#define SIM_SAMPLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A value that fits a JSON schema, the smallest that shows all its properties: what the
 * simulated model puts into tool arguments and structured answers. NULL schema: {}. Its
 * strings are `text`, as far as they may be so long; NULL: a short word.
 * The caller owns the compact JSON text.
 */
char *sample_of_schema(const json_t *schema, const char *text);

/* How many strings in it are free to be any text. */
size_t sample_strings(const json_t *schema);

/*
 * A value that a model made badly: cut off, without its first member, or with another value
 * there, as `how` falls. The caller owns it.
 */
char *sample_spoilt(const char *json, uint64_t how);

#endif
