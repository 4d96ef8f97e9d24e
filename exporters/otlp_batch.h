#ifndef EXPORTERS_OTLP_BATCH_H
#define EXPORTERS_OTLP_BATCH_H

#include "exporters/otlp_common.h"

/*
 * Spans gather here until there are enough of them, the first has waited long enough, or
 * they would be too large; then they go out as one request.
 */
enum { OTLP_REQUEST_BYTES = 4 << 20 };

struct otlp_batch {
    const struct otlp_about *about;
    struct export_out out;
    struct arena arena; /* of the spans */
    Otlp__Span **spans;
    size_t n;
    size_t cap;
    size_t most;  /* in one request */
    size_t bytes; /* most that one request may have */
    ns_t since;   /* of the first; meaningless while there is none */
    struct buf scratch;
};

void otlp_batch_init(struct otlp_batch *b, const struct otlp_about *about,
                     const struct export_out *out);
void otlp_batch_free(struct otlp_batch *b); /* drops what has gathered */

/* Made in the batch's arena; at: the time it came. The batch never flushes by itself. */
void otlp_batch_add(struct otlp_batch *b, Otlp__Span *span, ns_t at);
bool otlp_batch_full(const struct otlp_batch *b);
bool otlp_batch_due(const struct otlp_batch *b, ns_t at);
void otlp_batch_flush(struct otlp_batch *b);

/* --- making them -------------------------------------------------------------------- */

struct otlp_span_id {
    uint8_t trace[TRACE_ID_BYTES];
    uint8_t span[SPAN_ID_BYTES];
};

/* parent NULL: a root. kind CLIENT or INTERNAL. The attributes are set by the caller. */
Otlp__Span *otlp_span(struct otlp_batch *b, const struct otlp_span_id *id,
                      const struct otlp_span_id *parent, const char *name, bool client,
                      ns_t from, ns_t to);
void otlp_span_fail(struct otlp_batch *b, Otlp__Span *span, const char *message);
void otlp_span_link(struct otlp_batch *b, Otlp__Span *span, const struct otlp_span_id *to);
void otlp_span_attrs(Otlp__Span *span, const struct attrs *attrs);

#endif
