/* Streams and bodies: no input does harm, and what holds of every answer holds. */
#include "api/endpoint.h"
#include "api/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    struct answer a;
    ns_t at;
};

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct stream *s = ctx;

    endpoint_chat.event(&s->a, ev, s->at++);
}

static bool in_order(ns_t early, ns_t late)
{
    return late == NS_ABSENT || (early != NS_ABSENT && early <= late);
}

static void check(const struct answer *a)
{
    enum outcome o = error_classify(a, TRANSFER_DONE, endpoint_chat.complete(a));

    if (!in_order(a->first, a->last) || !in_order(a->first, a->answer) ||
        !in_order(a->answer, a->answer == NS_ABSENT ? NS_ABSENT : a->last))
        abort();
    if ((a->frames > 0) != (a->first != NS_ABSENT) || a->shared + 1 > a->frames + 1)
        abort();
    if (a->tokens.prompt < -1 || a->server.queue < NS_ABSENT || a->error_status < 0)
        abort();
    if (o >= N_OUTCOMES || (o == OUTCOME_OK && !a->text && !a->tool_call))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream s = { .at = 1 };
    struct sse sse;
    struct err err;
    char *own = malloc(size ? size : 1);

    if (size)
        memcpy(own, data, size);
    answer_init(&s.a);
    s.a.status = 200;
    sse_init(&sse, 1 << 16, on_event, &s);
    if (!sse_feed(&sse, own, size, &err))
        sse_end(&sse);
    check(&s.a);
    answer_reset(&s.a);
    s.a.status = 200;
    endpoint_chat.body(&s.a, (struct str){ own, size }, 5);
    check(&s.a);
    sse_free(&sse);
    answer_free(&s.a);
    free(own);
    return 0;
}
