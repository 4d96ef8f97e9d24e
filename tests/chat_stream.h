#ifndef TESTS_CHAT_STREAM_H
#define TESTS_CHAT_STREAM_H

#include "api/endpoint.h"
#include "api/error.h"

/*
 * Runs a streamed chat answer through the decoders, cut into reads at every place, and
 * wants the same each time: what was made of it, as text, with only what is not absent:
 *
 *   "role 1, first 2, answer 2, last 3, frames 2, prompt 41, finish stop, done, ok"
 *
 * A moment is the number of the event in the stream, counted from 1; "thought" is that of
 * the first reasoning.
 */
void chat_stream_expect(const char *stream, size_t n, enum transfer_end end,
                        const char *want);

/* The same words for any answer. */
void chat_stream_describe(const struct answer *a, enum transfer_end end, struct buf *out);

/* Both for other endpoints. */
void stream_expect(const struct endpoint *ep, const char *stream, size_t n,
                   enum transfer_end end, const char *want);
void stream_describe(const struct endpoint *ep, const struct answer *a,
                     enum transfer_end end, struct buf *out);

#endif
