#include "wire_example.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/demand.h"
#include "api/endpoint.h"
#include "api/error.h"
#include "base/mem.h"
#include "data/scenario.h"
#include "files.h"
#include "load/prompts.h"
#include "test.h"

static json_t *example(const char *file)
{
    char name[160];
    size_t n;
    char *text;
    json_t *value;

    snprintf(name, sizeof(name), "wire/%s", file);
    text = test_file(name, &n);
    value = json_loadb(text, n, 0, NULL);
    if (!value)
        fail_msg("%s is no JSON", file);
    free(text);
    return value;
}

/* As a shot puts it together. */
static json_t *first_request(const struct cell *cell)
{
    struct buf head, tail, messages, extra;
    struct prompt_info info;
    struct prompts *p;
    json_t *value;
    struct err err = { .msg = "" };

    buf_init(&head, 0);
    buf_init(&tail, 0);
    buf_init(&messages, 0);
    buf_init(&extra, 0);
    if (endpoint_find(cell->request.endpoint)->prepare(&cell->request, &head, &tail, &err))
        fail_msg("%s", err.msg);
    p = prompts_open(&cell->workload, PROMPT_MESSAGES, cell->request.body, 1, &err);
    if (!p)
        fail_msg("%s", err.msg);
    prompts_make(p, 0, 0.75, prompts_number(0, 0), &messages, &extra, &info);
    buf_add(&head, messages.p, messages.len);
    buf_add(&head, extra.p ? extra.p : "", extra.len);
    buf_add(&head, tail.p, tail.len);
    value = json_loadb(head.p, head.len, 0, NULL);
    if (!value)
        fail_msg("no JSON: %s", head.p);
    prompts_close(p);
    buf_free(&head);
    buf_free(&tail);
    buf_free(&messages);
    buf_free(&extra);
    return value;
}

void wire_request_is(const char *scenario, const char *file)
{
    json_t *want = example(file), *got;
    struct err err = { .msg = "" };
    struct scenario s;

    if (scenario_parse(&s, test_path("wire/example.yaml"), scenario, strlen(scenario), NULL,
                       0, &err))
        fail_msg("%s", err.msg);
    got = first_request(&s.cells[0]);
    if (!json_equal(got, want)) {
        char *text = json_dumps(got, JSON_INDENT(1));

        fail_msg("%s is not what is sent: %s", file, text);
    }
    json_decref(want);
    json_decref(got);
    scenario_free(&s);
}

char *wire_demand(const char *file)
{
    json_t *value = example(file);
    char *text = json_dumps(value, JSON_COMPACT);

    json_decref(value);
    return text;
}

/* --- answers -------------------------------------------------------------------------- */

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

static const struct endpoint *endpoint_of(const char *file)
{
    return strncmp(file, "responses/", 10) != 0 ? &endpoint_chat : &endpoint_responses;
}

static void describe(const struct stream *s, const struct demand *d, struct buf *out)
{
    const struct answer *a = &s->a;
    enum outcome o = error_classify(a, TRANSFER_DONE, s->ep->complete(a));
    enum form form = demand_judge(d, a, outcomes[o].latency);

    buf_clear(out);
    buf_str(out, outcomes[o].name);
    if (form != FORM_NONE)
        buf_printf(out, ", form %s", forms[form].name);
    if (a->called != NS_ABSENT)
        buf_printf(out, ", called %lld", (long long)a->called);
    if (a->calls)
        buf_printf(out, ", calls %lld", (long long)a->calls);
    if (a->finish.len)
        buf_printf(out, ", finish %s", a->finish.p);
}

/* In a block of their own, so that a read beyond them is caught. */
static void feed(struct sse *sse, const char *p, size_t n)
{
    char *own = mem_alloc(n ? n : 1);
    struct err err;

    memcpy(own, p, n);
    assert_int_equal(sse_feed(sse, own, n, &err), 0);
    free(own);
}

static void read_stream(struct stream *s, const char *p, size_t n, size_t cut)
{
    struct sse sse;

    sse_init(&sse, 1 << 20, on_event, s);
    feed(&sse, p, cut);
    feed(&sse, p + cut, n - cut);
    sse_end(&sse);
    sse_free(&sse);
}

static void expect(const char *file, const char *p, size_t n, size_t cut, int status,
                   const struct demand *d, const char *want)
{
    bool streamed = strstr(file, ".sse");
    struct stream s = { .ep = endpoint_of(file) };
    struct buf got;

    answer_init(&s.a);
    s.a.said.wanted = true;
    answer_reset(&s.a);
    s.a.status = status;
    if (streamed)
        read_stream(&s, p, n, cut);
    else if (status >= 400)
        error_body(&s.a, (struct str){ p, n });
    else
        s.ep->body(&s.a, (struct str){ p, n }, 1);
    buf_init(&got, 0);
    describe(&s, d, &got);
    if (strcmp(got.p, want))
        fail_msg("%s, cut at %zu: %s; expected %s", file, cut, got.p, want);
    buf_free(&got);
    answer_free(&s.a);
}

void wire_answer_is(const char *file, int status, const char *body, const char *want)
{
    struct demand *d = demand_open(body, NULL);
    char name[160];
    char *text;
    size_t n;

    snprintf(name, sizeof(name), "wire/%s", file);
    text = test_file(name, &n);
    for (size_t cut = 0; cut <= n; cut++)
        expect(file, text, n, cut, status, d, want);
    free(text);
    demand_close(d);
}
