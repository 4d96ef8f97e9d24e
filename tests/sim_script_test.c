#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim_play.h"
#include "test.h"

#define LLAMA "\"model\":\"llama-3.1-8b-instant\""
#define OSS "\"model\":\"openai/gpt-oss-20b\""
#define QWEN "\"model\":\"qwen/qwen3-32b\""
#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"Say hi.\"}]"
#define STREAM "\"stream\":true"
#define TOOLS                                                                              \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","            \
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}" \
    "}}]"

static double seconds(const struct played *p, const char *key)
{
    return json_number_value(json_object_get(p->usage, key));
}

static void expect_buf(const struct buf *a, const struct buf *b)
{
    assert_int_equal(a->len, b->len);
    if (a->len)
        assert_memory_equal(a->p, b->p, a->len);
}

static const char *const bodies[] = {
    ("{" LLAMA "," HI ",\"max_completion_tokens\":100"),
    ("{" LLAMA "," HI ",\"max_completion_tokens\":1"),
    ("{" OSS "," HI),
    ("{" OSS "," HI ",\"max_completion_tokens\":5"),
    ("{" OSS "," HI ",\"include_reasoning\":false"),
    ("{" OSS "," HI ",\"reasoning_effort\":\"low\",\"seed\":7"),
    ("{" OSS "," HI "," TOOLS),
    ("{" QWEN "," HI),
    ("{" QWEN "," HI ",\"reasoning_format\":\"parsed\""),
    ("{" QWEN "," HI ",\"reasoning_format\":\"hidden\""),
    ("{" QWEN "," HI ",\"reasoning_effort\":\"none\""),
    ("{" LLAMA "," HI "," TOOLS ",\"tool_choice\":\"none\""),
    ("{" LLAMA "," HI ",\"response_format\":{\"type\":\"json_object\"}"),
    ("{\"model\":\"meta-llama/llama-guard-4-12b\"," HI),
};

static void chat(struct sim *sim, struct played *p, const char *body, const char *more)
{
    char text[1024];

    snprintf(text, sizeof(text), "%s%s}", body, more);
    sim_chat(sim, p, "x-tokdyno-id: 7.1\r\n", text);
    assert_int_equal(p->status, 200);
}

/* What a stream brings in pieces is what the whole answer holds. */
TEST(sim_streams_add_up_to_the_whole_answer)
{
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct sim sim;
        struct played stream;
        struct played whole;

        sim_open(&sim, "--quiet");
        chat(&sim, &stream, bodies[i], "," STREAM);
        chat(&sim, &whole, bodies[i], "");
        expect_buf(&stream.content, &whole.content);
        expect_buf(&stream.reasoning, &whole.reasoning);
        expect_buf(&stream.tool, &whole.tool);
        assert_string_equal(stream.finish, whole.finish);
        assert_true(stream.done && stream.whole && whole.whole);
        assert_int_equal(stream.errors + whole.errors, 0);
        assert_int_equal(played_usage(&stream, "completion_tokens"),
                         played_usage(&whole, "completion_tokens"));
        played_free(&stream);
        played_free(&whole);
        sim_close(&sim);
    }
}

TEST(sim_answers_keep_their_identities)
{
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct sim sim;
        struct played p;
        const json_t *details;
        ns_t received;

        sim_open(&sim, "--quiet");
        received = sim.now;
        chat(&sim, &p, bodies[i],
             "," STREAM ",\"stream_options\":{\"include_usage\":true}");
        assert_string_equal(played_header(&p, "x-request-id"), p.x->request_id);
        assert_non_null(strstr(p.body.p, p.x->request_id));
        assert_int_equal(played_usage(&p, "total_tokens"),
                         played_usage(&p, "prompt_tokens") +
                             played_usage(&p, "completion_tokens"));
        assert_true(fabs(seconds(&p, "total_time") - seconds(&p, "prompt_time") -
                         seconds(&p, "completion_time")) < 1e-9);
        details = json_object_get(p.usage, "completion_tokens_details");
        assert_true(json_integer_value(json_object_get(details, "reasoning_tokens")) <=
                    played_usage(&p, "completion_tokens"));
        /* Nothing is shown before queue and prefill are over, all by the end. */
        for (size_t k = 0; k < p.n_frames; k++)
            assert_true(p.frames[k].planned >=
                        received + p.x->timing.queue + p.x->timing.prefill);
        assert_int_equal(p.frames[0].kind, FRAME_ROLE);
        assert_int_equal(p.frames[p.n_frames - 3].kind, FRAME_FINISH);
        assert_int_equal(p.frames[p.n_frames - 2].kind, FRAME_USAGE);
        assert_int_equal(p.frames[p.n_frames - 1].kind, FRAME_DONE);
        assert_int_equal(p.then, THEN_DONE);
        played_free(&p);
        sim_close(&sim);
    }
}

static size_t count(const struct played *p, enum frame_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_frames; i++)
        n += p->frames[i].kind == kind;
    return n;
}

TEST(sim_thoughts_go_where_they_are_asked_for)
{
    static const struct {
        const char *body;
        bool reasoning; /* frames that hold them */
        bool channel;
        bool tags;
    } cases[] = {
        { "{" OSS "," HI, true, true, false },
        { "{" OSS "," HI ",\"include_reasoning\":false", false, false, false },
        { "{" QWEN "," HI, true, false, true },
        { "{" QWEN "," HI ",\"reasoning_format\":\"parsed\"", true, false, false },
        { "{" QWEN "," HI ",\"reasoning_format\":\"hidden\"", false, false, false },
        { "{" QWEN "," HI ",\"response_format\":{\"type\":\"json_object\"}", true, false,
          false },
        { "{" LLAMA "," HI, false, false, false },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--quiet");
        chat(&sim, &p, cases[i].body, "," STREAM);
        assert_int_equal(count(&p, FRAME_REASONING) > 0, cases[i].reasoning);
        assert_int_equal(strstr(p.body.p, "\"channel\":\"analysis\"") != NULL,
                         cases[i].channel);
        assert_int_equal(strstr(p.content.p, "<think>\n") == p.content.p, cases[i].tags);
        assert_int_equal(strstr(p.content.p, "\n</think>\n\n") != NULL, cases[i].tags);
        assert_true(count(&p, FRAME_CONTENT) > 0);
        played_free(&p);
        sim_close(&sim);
    }
}

/* Hidden thoughts take their time, and cost their tokens. */
TEST(sim_hidden_thoughts_are_a_silent_gap)
{
    struct sim sim;
    struct played p;
    ns_t gap;

    sim_open(&sim, "--quiet");
    chat(&sim, &p, "{" OSS "," HI ",\"include_reasoning\":false", "," STREAM);
    gap = p.frames[1].planned - p.frames[0].planned;
    assert_true((double)gap >= p.x->draft.tokens[CHANNEL_REASONING] * p.x->timing.token_ns);
    assert_true(p.x->draft.tokens[CHANNEL_REASONING] > 0);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_small_budgets_end_within_the_thoughts)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet");
    chat(&sim, &p, "{" OSS "," HI ",\"max_completion_tokens\":5", "," STREAM);
    assert_int_equal(p.content.len, 0);
    assert_string_equal(p.finish, "length");
    assert_int_equal(played_usage(&p, "completion_tokens"), 5);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_answers_have_the_length_that_is_set)
{
    static const struct {
        const char *output;
        const char *max;
        long long tokens;
        const char *finish;
    } cases[] = {
        { "max", ",\"max_completion_tokens\":77", 77, "length" },
        { "12", "", 12, "stop" },
        { "12", ",\"max_tokens\":12", 12, "stop" },
        { "12", ",\"max_tokens\":3", 3, "length" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--output %s", cases[i].output);
        chat(&sim, &p, "{" LLAMA "," HI, cases[i].max);
        assert_int_equal(played_usage(&p, "completion_tokens"), cases[i].tokens);
        assert_string_equal(p.finish, cases[i].finish);
        played_free(&p);
        sim_close(&sim);
    }
}

TEST(sim_tools_are_called_in_one_frame)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet");
    chat(&sim, &p, "{" OSS "," HI "," TOOLS, "," STREAM);
    assert_int_equal(count(&p, FRAME_TOOL), 1);
    assert_int_equal(count(&p, FRAME_CONTENT), 0);
    assert_string_equal(p.tool.p, "get_weather{\"city\":\"Oslo\"}");
    assert_string_equal(p.finish, "tool_calls");
    assert_non_null(strstr(p.body.p, "\"role\":\"assistant\",\"content\":null"));
    assert_non_null(strstr(p.body.p, "\"id\":\"fc_"));
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_answers_in_text_once_the_tool_has_answered)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--quiet");
    chat(&sim, &p,
         "{" LLAMA "," TOOLS ",\"messages\":[{\"role\":\"user\",\"content\":\"weather?\"},"
         "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"type\":"
         "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
         "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"rain\"}]",
         "," STREAM);
    assert_int_equal(p.tool.len, 0);
    assert_true(p.content.len > 0);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_refuses_results_of_tools_that_were_not_called)
{
    static const char *const results[] = {
        "{\"role\":\"tool\",\"content\":\"rain\"}",
        "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"rain\"}",
    };

    for (size_t i = 0; i < COUNT(results); i++) {
        struct sim sim;
        struct played p;
        char body[512];

        sim_open(&sim, "--quiet");
        snprintf(body, sizeof(body),
                 "{" LLAMA ",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
                 "\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},%s]}",
                 results[i]);
        sim_chat(&sim, &p, "x-tokdyno-id: 7.1\r\n", body);
        assert_int_equal(p.status, 400);
        assert_non_null(strstr(p.body.p, "tool_call_id"));
        played_free(&p);
        sim_close(&sim);
    }
}

TEST(sim_json_answers_are_json_that_fits_the_schema)
{
    static const char *const formats[] = {
        "{\"type\":\"json_object\"}",
        ("{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":{\"type\":"
         "\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"n\":{\"type\":"
         "\"integer\"},\"list\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/x\"}}},"
         "\"$defs\":{\"x\":{\"enum\":[\"red\",\"blue\"]}}}}}"),
    };

    for (size_t i = 0; i < COUNT(formats); i++) {
        struct sim sim;
        struct played p;
        char more[512];
        json_t *v;

        sim_open(&sim, "--quiet");
        snprintf(more, sizeof(more), ",\"response_format\":%s," STREAM, formats[i]);
        chat(&sim, &p, "{" LLAMA "," HI, more);
        v = json_loadb(p.content.p, p.content.len, 0, NULL);
        assert_true(json_is_object(v));
        if (i == 1) {
            assert_string_equal(
                json_string_value(json_array_get(json_object_get(v, "list"), 0)), "red");
            assert_true(json_is_integer(json_object_get(v, "n")));
        }
        json_decref(v);
        played_free(&p);
        sim_close(&sim);
    }
}

TEST(sim_streams_look_like_those_of_the_api)
{
    static const char role[] = "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                               "\"logprobs\":null,\"finish_reason\":null}],\"x_groq\":{";
    struct sim sim;
    struct played p;
    const char *last;

    sim_open(&sim, "--output 4 --burst 1 --event-tokens 1");
    chat(&sim, &p, "{" LLAMA "," HI,
         "," STREAM ",\"stream_options\":{\"include_usage\":true}");
    assert_int_equal(p.events, 1 + 4 + 1 + 1 + 1);
    assert_int_equal(strncmp(p.body.p, "data: {\"id\":\"chatcmpl-", 21), 0);
    assert_non_null(strstr(p.body.p, role));
    assert_non_null(strstr(p.body.p, "\"choices\":[],\"usage\":{"));
    assert_non_null(
        strstr(p.body.p, "\"service_tier\":\"on_demand\"}\n\ndata: [DONE]\n\n"));
    assert_null(strchr(p.body.p, '\r'));
    last = p.body.p + p.body.len - strlen("data: [DONE]\n\n");
    assert_string_equal(last, "data: [DONE]\n\n");
    assert_string_equal(played_header(&p, "content-type"), "text/event-stream");
    assert_string_equal(played_header(&p, "cache-control"), "no-cache");
    assert_string_equal(played_header(&p, "x-groq-region"), "dal");
    assert_string_equal(played_header(&p, "server"), "cloudflare");
    assert_string_equal(played_header(&p, "content-length"), "");
    assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "");
    assert_string_equal(strchr(played_header(&p, "cf-ray"), '-'), "-DFW");
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_is_the_same_for_the_same_seed_and_id)
{
    struct played a;
    struct played b;
    struct played other = { 0 };

    for (int i = 0; i < 2; i++) {
        struct sim sim;

        sim_open(&sim, "--seed 5");
        chat(&sim, i ? &b : &a, "{" OSS "," HI, "," STREAM);
        if (i)
            sim_chat(&sim, &other, "x-tokdyno-id: 7.2\r\n", "{" OSS "," HI "," STREAM "}");
        sim_close(&sim);
    }
    expect_buf(&a.wire, &b.wire);
    assert_int_equal(a.n_frames, b.n_frames);
    assert_memory_equal(a.frames, b.frames, a.n_frames * sizeof(a.frames[0]));
    assert_true(other.x->timing.queue != a.x->timing.queue);
    played_free(&a);
    played_free(&b);
    played_free(&other);
}

TEST(sim_flood_has_everything_due_at_once)
{
    struct sim sim;
    struct played p;
    ns_t begin;

    sim_open(&sim, "--flood");
    begin = sim.now;
    chat(&sim, &p, "{" LLAMA "," HI, "," STREAM);
    assert_int_equal(sim.now, begin);
    assert_true(p.n_frames > 10);
    assert_true(p.done);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_delays_come_on_top_of_what_the_server_tells)
{
    struct sim sim;
    struct played p;
    ns_t begin;

    sim_open(&sim, "--regions fra:1:45ms --delay 5ms");
    begin = sim.now;
    chat(&sim, &p, "{" LLAMA "," HI, "," STREAM);
    assert_string_equal(played_header(&p, "x-groq-region"), "fra");
    assert_int_equal(p.frames[0].planned - begin,
                     p.x->timing.queue + p.x->timing.prefill + 50 * NS_PER_MS);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_regions_have_their_weights)
{
    struct sim sim;
    int fra = 0;

    sim_open(&sim, "--regions dal:0.7,fra:0.3");
    for (int i = 0; i < 1000; i++) {
        struct played p;

        sim_request(&sim, &p, "GET / HTTP/1.1\r\n\r\n");
        fra += !strcmp(p.x->region, "fra");
        played_free(&p);
    }
    assert_in_range(fra, 250, 350);
    sim_close(&sim);
}
