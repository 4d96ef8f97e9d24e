#ifndef SIM_IDENT_H
#define SIM_IDENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

/* Identifiers in the forms the API uses. Each writes its NUL. */
enum { IDENT_ULID = 27, IDENT_UUID = 37 };

void ident_ulid(char out[IDENT_ULID], uint64_t unix_ms, struct rng *r); /* lower case */
void ident_uuid(char out[IDENT_UUID], struct rng *r);                   /* version 4 */
void ident_hex(char *out, size_t digits, struct rng *r);                /* digits + 1 */
void ident_word(char *out, size_t chars, struct rng *r);                /* [a-z0-9] */

#endif
