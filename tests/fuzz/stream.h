#ifndef FUZZ_STREAM_H
#define FUZZ_STREAM_H

#include <stdlib.h>

#include "api/demand.h"
#include "api/endpoint.h"
#include "api/error.h"

/* Streams and bodies of one endpoint: no input does harm, and what holds of every answer
 * holds. */

struct stream {
    const struct endpoint *ep;
    struct answer a;
    ns_t at;
};

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct stream *s = ctx;

    s->ep->event(&s->a, ev, s->at++);
}

static bool in_order(ns_t early, ns_t late)
{
    return late == NS_ABSENT || (early != NS_ABSENT && early <= late);
}

static const char body[] =
    "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"$ref\":"
    "\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":[\"object\",\"array\"],\"uniqueItems\":true,"
    "\"additionalProperties\":{\"$ref\":\"#/$defs/a\"},\"anyOf\":[{\"minItems\":2},{"
    "\"minProperties\":1}]}}}}},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
    "\"f\",\"parameters\":{\"required\":[\"city\"]}}}]}";

static void check(const struct stream *s, const struct demand *d)
{
    const struct answer *a = &s->a;
    enum outcome o = error_classify(a, TRANSFER_DONE, s->ep->complete(a));

    if (!in_order(a->first, a->last) || !in_order(a->first, a->answer) ||
        !in_order(a->answer, a->answer == NS_ABSENT ? NS_ABSENT : a->last) ||
        !in_order(a->first, a->reasoning))
        abort();
    if ((a->frames > 0) != (a->first != NS_ABSENT) || a->shared + 1 > a->frames + 1)
        abort();
    if (a->tokens.prompt < -1 || a->server.queue < NS_ABSENT || a->error_status < 0)
        abort();
    if (o >= N_OUTCOMES || (o == OUTCOME_OK && !a->text && !a->tool_call))
        abort();
    if (demand_judge(d, a, outcomes[o].latency) >= N_FORMS ||
        (a->called != NS_ABSENT && !a->calls) || a->calls < 0)
        abort();
}

static int fuzz_endpoint(const struct endpoint *ep, const uint8_t *data, size_t size)
{
    struct demand *d = demand_open(body, NULL);
    struct stream s = { .ep = ep, .at = 1 };
    struct sse sse;
    struct err err;
    char *own = malloc(size ? size : 1);

    if (size)
        memcpy(own, data, size);
    answer_init(&s.a);
    s.a.said.wanted = true;
    s.a.status = 200;
    sse_init(&sse, 1 << 16, on_event, &s);
    if (!sse_feed(&sse, own, size, &err))
        sse_end(&sse);
    check(&s, d);
    answer_reset(&s.a);
    s.a.status = 200;
    ep->body(&s.a, (struct str){ own, size }, 5);
    check(&s, d);
    sse_free(&sse);
    answer_free(&s.a);
    demand_close(d);
    free(own);
    return 0;
}

#endif
