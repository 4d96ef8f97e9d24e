#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include "base/buf.h"
#include "sim/exchange.h"

/*
 * The bytes of answers: heads and JSON, in the shapes of the API or as the fault of the
 * exchange bends them. Pure; frame.c puts them into events and chunks.
 */

/* Status line and headers, with the empty line. */
void reply_head(struct buf *out, const struct exchange *x, int64_t unix_s);

/* What all chunks of a stream begin with, up to and with `"delta":`. i: number of the
 * chunk. */
void reply_prefix(struct buf *out, const struct exchange *x, uint64_t i, int64_t created);

/* Each appends one JSON object that begins with the prefix. */
void reply_role(struct buf *out, const struct exchange *x, const struct buf *prefix);
void reply_delta(struct buf *out, const struct exchange *x, const struct buf *prefix,
                 enum channel c, const char *text, size_t n);
/* Call i. n: how many bytes of its arguments; the rest come in chunks of their own. */
void reply_tool(struct buf *out, const struct exchange *x, const struct buf *prefix,
                size_t i, size_t n);
void reply_tool_arguments(struct buf *out, const struct exchange *x,
                          const struct buf *prefix, size_t i, size_t from, size_t n);
void reply_finish(struct buf *out, const struct exchange *x, const struct buf *prefix);

/* A chunk with this raw delta, for deltas that say nothing. */
void reply_raw_delta(struct buf *out, const struct exchange *x, const struct buf *prefix,
                     const char *delta);

/* Chunks without the usual choices; choices NULL: not even the key. */
void reply_no_choices(struct buf *out, const struct exchange *x, const char *choices);
void reply_usage(struct buf *out, const struct exchange *x, int64_t created);
void reply_x_groq_error(struct buf *out, const struct exchange *x);

/* The answer in one piece. */
void reply_whole(struct buf *out, const struct exchange *x);

void reply_models(struct buf *out, const struct catalogue *c);
void reply_model(struct buf *out, const struct model *m);

#endif
