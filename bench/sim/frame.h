#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "sim/fault.h"

/*
 * From JSON to the wire: events as server-sent events write them, then perhaps gzip, then
 * HTTP chunks; each as the fault wants it.
 */

/* One event. name NULL: none. i: its number in the stream, from 0. last: nothing follows.
 */
void frame_event(struct buf *out, const struct fault *f, uint64_t i, const char *name,
                 struct str data, bool last);

/* A body that is gzip (RFC 1952) in stored blocks: compressed in name only. */
struct frame_gzip {
    bool begun;
    uint32_t crc;
    uint32_t size;
};

/* Begins the body on first use. */
void frame_gzip_put(struct frame_gzip *z, struct buf *out, const char *p, size_t n);
void frame_gzip_end(struct frame_gzip *z, struct buf *out);

/* p as chunks of at most `size` bytes each; 0: one chunk. Nothing for n = 0. */
void frame_chunks(struct buf *out, const char *p, size_t n, size_t size);

#endif
