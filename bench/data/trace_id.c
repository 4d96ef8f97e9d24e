#include "data/trace_id.h"

#include <string.h>

#include "base/rng.h"

/* Streams of the hash, so that one kind of name says nothing about another. */
enum { TRACE_HIGH = 1, TRACE_LOW, LOT, RUN_HIGH, RUN_LOW, SPANS = 16 };

/* A step is a bijection of req for given run and kind: no two requests share a name. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t state = a ^ b;

    return splitmix64(&state);
}

static uint64_t hash(const char *run_id, uint64_t req, uint64_t kind)
{
    return mix(mix(fnv1a64(run_id, strlen(run_id)), kind), req);
}

/* Big-endian, as the name is read. */
static void put(uint8_t out[8], uint64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t not_zero(uint64_t v)
{
    return v ? v : 1;
}

void trace_id_run(const char *run_id, uint8_t id[TRACE_ID_BYTES])
{
    put(id, hash(run_id, 0, RUN_HIGH));
    put(id + 8, not_zero(hash(run_id, 0, RUN_LOW)));
}

void trace_id_request(const char *run_id, uint64_t req, uint8_t id[TRACE_ID_BYTES])
{
    put(id, hash(run_id, req, TRACE_HIGH));
    put(id + 8, not_zero(hash(run_id, req, TRACE_LOW)));
}

void span_id(const char *run_id, uint64_t req, uint32_t try_no, enum span_what what,
             uint8_t id[SPAN_ID_BYTES])
{
    uint64_t of_kind = hash(run_id, req, SPANS + (uint64_t)what);

    put(id, not_zero(mix(of_kind, try_no)));
}

uint64_t trace_lot(const char *run_id, uint64_t req)
{
    return hash(run_id, req, LOT);
}

static char *put_hex(char *to, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return to;
}

void traceparent(const char *run_id, uint64_t req, uint32_t try_no,
                 char text[TRACEPARENT_SIZE])
{
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
    char *p = text;

    trace_id_request(run_id, req, trace);
    span_id(run_id, req, try_no, SPAN_ATTEMPT, span);
    memcpy(p, "00-", 3);
    p = put_hex(p + 3, trace, sizeof(trace));
    *p++ = '-';
    p = put_hex(p, span, sizeof(span));
    memcpy(p, "-01", 4);
}
