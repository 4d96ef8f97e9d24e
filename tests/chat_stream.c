#include "chat_stream.h"

#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

struct stream {
    const struct endpoint *ep;
    struct answer a;
    ns_t events;
};

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct stream *s = ctx;

    s->ep->event(&s->a, ev, ++s->events);
}

static void number(struct buf *out, const char *name, int64_t v)
{
    if (v >= 0)
        buf_printf(out, "%s %lld, ", name, (long long)v);
}

static void text(struct buf *out, const char *name, const struct buf *value)
{
    if (value->len)
        buf_printf(out, "%s %s, ", name, value->p);
}

static void flag(struct buf *out, const char *name, bool on)
{
    if (on)
        buf_printf(out, "%s, ", name);
}

void stream_describe(const struct endpoint *ep, const struct answer *a,
                     enum transfer_end end, struct buf *out)
{
    buf_clear(out);
    number(out, "role", a->role);
    number(out, "first", a->first);
    number(out, "thought", a->reasoning);
    number(out, "answer", a->answer);
    number(out, "last", a->last);
    number(out, "frames", a->frames ? (int64_t)a->frames : -1);
    number(out, "prompt", a->tokens.prompt);
    number(out, "cached", a->tokens.cached);
    number(out, "completion", a->tokens.completion);
    number(out, "reasoning", a->tokens.reasoning);
    number(out, "total", a->tokens.total);
    number(out, "queue_ns", a->server.queue);
    number(out, "prompt_ns", a->server.prompt);
    number(out, "completion_ns", a->server.completion);
    number(out, "total_ns", a->server.total);
    text(out, "id", &a->request_id);
    text(out, "tier", &a->tier);
    text(out, "finish", &a->finish);
    flag(out, "reasoned", a->reasoned);
    flag(out, "call", a->tool_call);
    flag(out, "damaged", a->damaged);
    flag(out, "done", a->done);
    if (a->failed)
        buf_printf(out, "error %d \"%s\", ", a->error_status, answer_string(&a->error));
    buf_str(out, outcomes[error_classify(a, end, ep->complete(a))].name);
}

void chat_stream_describe(const struct answer *a, enum transfer_end end, struct buf *out)
{
    stream_describe(&endpoint_chat, a, end, out);
}

/* The bytes lie in a block of their own, so that a read beyond them is caught. */
static void feed(struct sse *sse, const char *p, size_t n)
{
    char *own = mem_alloc(n);
    struct err err;

    memcpy(own, p, n);
    assert_int_equal(sse_feed(sse, own, n, &err), 0);
    free(own);
}

/* In pieces of `each` bytes, but for the first of them. */
static void expect(const struct endpoint *ep, const char *p, size_t n, size_t first,
                   size_t each, enum transfer_end end, const char *want)
{
    struct stream s = { .ep = ep };
    struct sse sse;
    struct buf got;

    answer_init(&s.a);
    s.a.status = 200;
    sse_init(&sse, 1 << 20, on_event, &s);
    feed(&sse, p, first);
    for (size_t at = first; at < n; at += each)
        feed(&sse, p + at, each < n - at ? each : n - at);
    if (end == TRANSFER_DONE)
        sse_end(&sse);
    buf_init(&got, 0);
    stream_describe(ep, &s.a, end, &got);
    assert_string_equal(got.p, want);
    buf_free(&got);
    sse_free(&sse);
    answer_free(&s.a);
}

void stream_expect(const struct endpoint *ep, const char *stream, size_t n,
                   enum transfer_end end, const char *want)
{
    for (size_t cut = 0; cut <= n; cut++)
        expect(ep, stream, n, cut, n, end, want);
    expect(ep, stream, n, 0, 1, end, want);
    expect(ep, stream, n, 0, 3, end, want);
}

void chat_stream_expect(const char *stream, size_t n, enum transfer_end end,
                        const char *want)
{
    stream_expect(&endpoint_chat, stream, n, end, want);
}
