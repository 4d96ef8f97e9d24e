#include "api/compound.h"

#include <stdlib.h>

#include "api/endpoint.h"
#include "api/error.h"
#include "files.h"
#include "test.h"

struct stream {
    struct answer a;
    ns_t events;
};

/* Event i comes at i seconds. */
static void on_event(void *ctx, const struct sse_event *ev)
{
    struct stream *s = ctx;

    endpoint_chat.event(&s->a, ev, ++s->events * NS_PER_S);
}

TEST(compound_streams_tell_tools_their_time_and_the_models_behind)
{
    size_t n;
    char *text = test_file("wire/compound/stream.sse", &n);

    for (size_t cut = 0; cut <= n; cut += 7) {
        struct stream s = { .events = 0 };
        struct sse sse;
        struct err err;

        answer_init(&s.a);
        s.a.status = 200;
        sse_init(&sse, 1 << 20, on_event, &s);
        assert_int_equal(sse_feed(&sse, text, cut, &err), 0);
        assert_int_equal(sse_feed(&sse, text + cut, n - cut, &err), 0);
        assert_int_equal(error_classify(&s.a, TRANSFER_DONE, endpoint_chat.complete(&s.a)),
                         OUTCOME_OK);
        assert_int_equal(s.a.compound.tools, 2);
        assert_int_equal(s.a.compound.tool_time, (4 - 2 + 5 - 3) * NS_PER_S);
        assert_int_equal(s.a.compound.calls, 2);
        assert_int_equal(s.a.compound.model_time, 310 * NS_PER_MS);
        assert_int_equal(s.a.first, 2 * NS_PER_S);  /* naming a tool is output ... */
        assert_int_equal(s.a.answer, 6 * NS_PER_S); /* ... and no text */
        assert_int_equal(s.a.tokens.prompt, 1200);
        assert_string_equal(answer_string(&s.a.request_id),
                            "req_01kh0000000000000000000005");
        sse_free(&sse);
        answer_free(&s.a);
    }
    free(text);
}

TEST(compound_answers_in_one_piece_tell_no_time_of_tools)
{
    char *body = test_file("wire/compound/answer.json", NULL);
    struct answer a;

    answer_init(&a);
    a.status = 200;
    endpoint_chat.body(&a, str_of(body), 9);
    assert_int_equal(error_classify(&a, TRANSFER_DONE, endpoint_chat.complete(&a)),
                     OUTCOME_OK);
    assert_int_equal(a.compound.tools, 1);
    assert_int_equal(a.compound.tool_time, NS_ABSENT);
    assert_int_equal(a.compound.calls, 1);
    assert_int_equal(a.compound.model_time, 210 * NS_PER_MS);
    answer_free(&a);
    free(body);
}

TEST(compound_tools_are_counted_once_whatever_the_server_writes)
{
    static const struct {
        const char *frames[4];
        int64_t tools;
        ns_t time;
    } cases[] = {
        { { "[{\"index\":0}]", "[{\"index\":0,\"output\":\"x\"}]" }, 1, 1 },
        { { "[{\"index\":0}]", "[{\"index\":0,\"output\":null}]" }, 1, NS_ABSENT },
        { { "[{\"index\":0,\"output\":\"\"}]" }, 1, NS_ABSENT },
        { { "[{},{}]", "[{\"output\":\"x\"},{\"output\":\"y\"}]" }, 2, 2 },
        { { "[{\"index\":0}]", "[{\"index\":0,\"output\":\"x\"}]",
            "[{\"index\":0,\"output\":\"x\"}]" },
          1,
          1 },
        { { "[{\"index\":99}]", "[{\"index\":99,\"output\":\"x\"}]" }, 1, NS_ABSENT },
        { { "[{\"index\":-1,\"output\":\"x\"}]" }, 1, NS_ABSENT },
        { { "[7,null,\"x\"]" }, 3, NS_ABSENT },
        { { "[]", "null", "{}", "3" }, -1, NS_ABSENT },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;

        answer_init(&a);
        for (ns_t k = 0; k < 4 && cases[i].frames[k]; k++) {
            struct json j;

            json_init(&j, cases[i].frames[k], strlen(cases[i].frames[k]));
            compound_tools(&a, &j, 10 + k);
            assert_true(json_done(&j));
        }
        if (a.compound.tools != cases[i].tools || a.compound.tool_time != cases[i].time)
            fail_msg("%s: %lld tools, %lld ns", cases[i].frames[0],
                     (long long)a.compound.tools, (long long)a.compound.tool_time);
        answer_free(&a);
    }
}

TEST(compound_breakdowns_may_be_missing_in_every_way)
{
    static const struct {
        const char *json;
        int64_t calls;
        ns_t time;
    } cases[] = {
        { "null", -1, NS_ABSENT },
        { "{\"models\":null}", -1, NS_ABSENT },
        { "{\"models\":[]}", 0, 0 },
        { "{\"models\":[{\"model\":\"m\"}]}", 1, 0 },
        { "{\"models\":[{\"usage\":{\"queue_time\":0.5,\"total_time\":-1}}]}", 1,
          500 * NS_PER_MS },
        { "{\"models\":[{\"usage\":{\"total_time\":1e9}}]}", 1, 0 },
        { "[1]", -1, NS_ABSENT },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;
        struct json j;

        answer_init(&a);
        json_init(&j, cases[i].json, strlen(cases[i].json));
        compound_breakdown(&a, &j);
        assert_true(json_done(&j));
        assert_int_equal(a.compound.calls, cases[i].calls);
        assert_int_equal(a.compound.model_time, cases[i].time);
        answer_free(&a);
    }
}
