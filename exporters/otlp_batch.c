#include "exporters/otlp_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* W3C trace flags of a sampled span; that its parent is not remote is known. */
enum { SAMPLED = 0x101 };

void otlp_batch_init(struct otlp_batch *b, const struct otlp_about *about,
                     const struct export_out *out)
{
    *b = (struct otlp_batch){ .about = about,
                              .out = *out,
                              .most = about->env.batch_spans,
                              .bytes = OTLP_REQUEST_BYTES };
    buf_init(&b->scratch, 0);
}

void otlp_batch_free(struct otlp_batch *b)
{
    arena_free(&b->arena);
    free(b->spans);
    buf_free(&b->scratch);
}

bool otlp_batch_full(const struct otlp_batch *b)
{
    return b->n >= b->most;
}

bool otlp_batch_due(const struct otlp_batch *b, ns_t at)
{
    return b->n && at - b->since >= b->about->env.batch_delay;
}

void otlp_batch_add(struct otlp_batch *b, Otlp__Span *span, ns_t at)
{
    if (!b->n)
        b->since = at;
    b->spans = mem_grow(b->spans, b->n, &b->cap, sizeof(Otlp__Span *));
    b->spans[b->n++] = span;
}

/* Halves go out where the whole would be too large; one span alone is never cut. */
static void put(struct otlp_batch *b, Otlp__Span **spans, size_t n)
{
    Otlp__ScopeSpans scope = OTLP__SCOPE_SPANS__INIT;
    Otlp__ResourceSpans resource = OTLP__RESOURCE_SPANS__INIT;
    Otlp__ExportTraceServiceRequest request = OTLP__EXPORT_TRACE_SERVICE_REQUEST__INIT;
    Otlp__ScopeSpans *scopes[] = { &scope };
    Otlp__ResourceSpans *resources[] = { &resource };

    scope.scope = b->about->scope;
    scope.schema_url = (char *)(uintptr_t)otlp_schema_url;
    scope.spans = spans;
    scope.n_spans = n;
    resource.resource = b->about->resource;
    resource.n_scope_spans = 1;
    resource.scope_spans = scopes;
    request.n_resource_spans = 1;
    request.resource_spans = resources;
    if (n > 1 && protobuf_c_message_get_packed_size(&request.base) > b->bytes) {
        put(b, spans, n / 2);
        put(b, spans + n / 2, n - n / 2);
        return;
    }
    otlp_put(&b->out, EXPORT_TRACES, &request.base, n, &b->scratch);
}

void otlp_batch_flush(struct otlp_batch *b)
{
    for (size_t from = 0; from < b->n; from += b->most) {
        size_t left = b->n - from;

        put(b, b->spans + from, left < b->most ? left : b->most);
    }
    b->n = 0;
    arena_free(&b->arena);
}

static ProtobufCBinaryData bytes(struct arena *a, const uint8_t *p, size_t n)
{
    ProtobufCBinaryData data = { n, arena_alloc(a, n) };

    memcpy(data.data, p, n);
    return data;
}

OTLP_MESSAGE(Span, span)
OTLP_MESSAGE(Status, status)
OTLP_MESSAGE(Link, link)

Otlp__Span *otlp_span(struct otlp_batch *b, const struct otlp_span_id *id,
                      const struct otlp_span_id *parent, const char *name, bool client,
                      ns_t from, ns_t to)
{
    Otlp__Span *s = new_span(&b->arena);

    s->trace_id = bytes(&b->arena, id->trace, sizeof(id->trace));
    s->span_id = bytes(&b->arena, id->span, sizeof(id->span));
    if (parent)
        s->parent_span_id = bytes(&b->arena, parent->span, sizeof(parent->span));
    s->name = (char *)(uintptr_t)name;
    s->kind =
        client ? OTLP__SPAN_KIND__SPAN_KIND_CLIENT : OTLP__SPAN_KIND__SPAN_KIND_INTERNAL;
    s->start_time_unix_nano = otlp_time(b->about, from);
    s->end_time_unix_nano = otlp_time(b->about, to > from ? to : from);
    s->flags = SAMPLED;
    return s;
}

void otlp_span_fail(struct otlp_batch *b, Otlp__Span *span, const char *message)
{
    span->status = new_status(&b->arena);
    span->status->code = OTLP__STATUS_CODE__STATUS_CODE_ERROR;
    span->status->message = otlp_text(&b->arena, message, b->about->env.max_text);
}

void otlp_span_link(struct otlp_batch *b, Otlp__Span *span, const struct otlp_span_id *to)
{
    Otlp__Link *link = new_link(&b->arena);

    link->trace_id = bytes(&b->arena, to->trace, sizeof(to->trace));
    link->span_id = bytes(&b->arena, to->span, sizeof(to->span));
    link->flags = SAMPLED;
    span->links = arena_alloc(&b->arena, sizeof(*span->links));
    span->links[0] = link;
    span->n_links = 1;
}

void otlp_span_attrs(Otlp__Span *span, const struct attrs *attrs)
{
    span->attributes = attrs->items;
    span->n_attributes = attrs->n;
}
