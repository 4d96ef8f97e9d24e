#ifndef API_SSE_H
#define API_SSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Server-sent events, decoded as the bytes arrive. Feed it whatever the socket gave; it
 * calls back once for each complete event. An event that lies whole in one read is not
 * copied.
 *
 *     struct sse s;
 *     sse_init(&s, 1 << 20, on_event, transfer);
 *     while (more bytes) sse_feed(&s, bytes, n, &err);
 *     sse_end(&s);                    // flush an event that has no blank line behind it
 *     sse_free(&s);
 */

/* One event. Both strings are valid only during the call, and not NUL-ended. */
struct sse_event {
    const char *type; /* "" where the server sent no event: field */
    size_t type_len;
    const char *data; /* data: lines joined by \n */
    size_t data_len;
};

typedef void sse_fn(void *ctx, const struct sse_event *ev);

struct sse {
    struct buf line; /* the line that has not ended yet */
    struct buf type;
    struct buf data;
    struct str lent; /* a first data: line that still lies in the bytes being fed */
    sse_fn *on_event;
    void *ctx;
    size_t max;
    size_t skipped; /* bytes of a BOM seen at the start */
    bool started;
    bool has_data;
    bool after_cr; /* a \r ended the last line: swallow one \n */
    bool broken;   /* something was too long: nothing more is decoded */
};

/* max is the longest event we accept, in bytes. */
void sse_init(struct sse *s, size_t max, sse_fn *on_event, void *ctx);
void sse_reset(struct sse *s); /* for the next answer; the memory stays */
void sse_free(struct sse *s);

/* Bytes of memory it has. */
static inline size_t sse_held(const struct sse *s)
{
    return s->line.cap + s->type.cap + s->data.cap;
}

/* 0, or -1 with ERR_LIMIT where an event, or any line, is longer than max. */
int sse_feed(struct sse *s, const char *p, size_t n, struct err *err);
void sse_end(struct sse *s);

#endif
