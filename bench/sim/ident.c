#include "sim/ident.h"

static const char hex[] = "0123456789abcdef";

/* Crockford's base 32: 48 bits of time, 80 random ones. */
void ident_ulid(char out[IDENT_ULID], uint64_t unix_ms, struct rng *r)
{
    static const char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t bits = rng_next(r);

    for (int i = 9; i >= 0; i--, unix_ms >>= 5)
        out[i] = base32[unix_ms & 31];
    for (int i = 10; i < 26; i++, bits >>= 5) {
        if (i == 18)
            bits = rng_next(r);
        out[i] = base32[bits & 31];
    }
    out[26] = '\0';
}

void ident_hex(char *out, size_t digits, struct rng *r)
{
    for (size_t i = 0; i < digits; i++)
        out[i] = hex[rng_next(r) >> 60];
    out[digits] = '\0';
}

void ident_uuid(char out[IDENT_UUID], struct rng *r)
{
    ident_hex(out, 36, r);
    out[8] = out[13] = out[18] = out[23] = '-';
    out[14] = '4';
    out[19] = "89ab"[rng_next(r) >> 62];
}

void ident_word(char *out, size_t chars, struct rng *r)
{
    for (size_t i = 0; i < chars; i++)
        out[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng_below(r, 36)];
    out[chars] = '\0';
}
