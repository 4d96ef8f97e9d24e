#include "api/endpoint.h"

#include "chat_stream.h"
#include "test.h"
#include "wire_examples.h"

static const struct endpoint *const ep = &endpoint_responses;

#define SAY_HI "[{\"role\":\"user\",\"content\":\"Say hi.\"}]"

TEST(responses_are_asked_for_as_the_reference_says)
{
    static const struct request_spec streamed = {
        .model = "openai/gpt-oss-20b",
        .stream = true,
        .include_usage = true,
        .body = "{\"max_output_tokens\":64,\"reasoning\":{\"effort\":\"low\"},"
                "\"store\":false}",
    };
    static const struct request_spec whole = {
        .model = "llama-3.1-8b-instant",
        .body = "{\"instructions\":\"Be brief.\",\"tools\":[{\"type\":\"function\","
                "\"name\":\"get_weather\",\"parameters\":{\"type\":\"object\","
                "\"properties\":{\"city\":{\"type\":\"string\"}}}}],"
                "\"tool_choice\":\"required\",\"service_tier\":\"default\"}",
    };

    wire_request(ep, &streamed, SAY_HI, "responses/request.json");
    wire_request(ep, &whole, SAY_HI, "responses/request-whole.json");
}

TEST(responses_that_are_streamed_are_read_as_the_reference_writes_them)
{
    static const struct {
        const char *file;
        const char *want;
    } cases[] = {
        { "responses/stream.sse",
          "role 1, first 5, thought 5, answer 12, last 13, frames 4, prompt 78, cached 0, "
          "completion 21, reasoning 11, total 99, tier default, finish completed, "
          "reasoned, done, ok" },
        { "responses/stream-tool.sse",
          "role 1, first 5, thought 5, last 10, frames 3, prompt 160, completion 38, "
          "total 198, tier default, finish completed, reasoned, call, done, ok" },
        { "responses/stream-mcp.sse",
          "role 1, first 3, answer 11, last 11, frames 3, prompt 90, completion 30, "
          "total 120, tier default, finish completed, done, ok" },
        { "responses/stream-incomplete.sse",
          "role 1, first 5, thought 5, last 6, frames 2, prompt 78, completion 8, "
          "reasoning 8, total 86, tier default, finish max_output_tokens, reasoned, done, "
          "empty" },
        { "responses/stream-failed.sse",
          "role 1, first 5, answer 5, last 5, frames 1, tier default, finish failed, done, "
          "error 0 \"The model stopped early.\", partial" },
        { "responses/stream-error.sse",
          "role 1, error 0 \"Rate limit reached. Please try again in 2s.\", "
          "rate_limited" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        wire_stream(ep, cases[i].file, cases[i].want);
}

TEST(responses_in_one_piece_are_read_as_the_reference_writes_them)
{
    static const struct {
        const char *file;
        int status;
        const char *want;
    } cases[] = {
        { "responses/body.json", 200,
          "prompt 78, cached 0, completion 21, reasoning 11, total 99, tier default, "
          "finish completed, reasoned, done, ok" },
        { "responses/body-tool.json", 200,
          "prompt 160, completion 38, total 198, tier default, finish completed, reasoned, "
          "call, done, ok" },
        { "responses/body-not-called.json", 200,
          "prompt 160, completion 12, total 172, tier default, finish "
          "tool_required_not_called, done, error 0 \"\", generation" },
        { "responses/body-refused.json", 400,
          "error 400 \"`previous_response_id` is not supported\", bad_request" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        wire_body(ep, cases[i].file, cases[i].status, cases[i].want);
}

struct row {
    const char *stream;
    const char *want;
};

static void expect_all(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        stream_expect(ep, rows[i].stream, strlen(rows[i].stream), TRANSFER_DONE,
                      rows[i].want);
}

#define EVENT(type, more)                                                                  \
    "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":1" more "}\n\n"
#define CREATED EVENT("response.created", ",\"response\":{\"status\":\"in_progress\"}")
#define TEXT(text) EVENT("response.output_text.delta", ",\"delta\":\"" text "\"")
#define THOUGHT(text) EVENT("response.reasoning_text.delta", ",\"delta\":\"" text "\"")
#define ENDED(kind, more)                                                                  \
    EVENT("response." kind, ",\"response\":{\"status\":\"" kind "\"" more "}")
#define COMPLETED ENDED("completed", "")

TEST(responses_end_with_the_event_that_says_so)
{
    static const struct row rows[] = {
        { CREATED TEXT("a") COMPLETED,
          "role 1, first 2, answer 2, last 2, frames 1, finish completed, done, ok" },
        /* [DONE] behind it is tolerated, and is no end by itself */
        { TEXT("a") COMPLETED "data: [DONE]\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, ok" },
        { TEXT("a") "data: [DONE]\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, partial" },
        { TEXT("a"), "role 1, first 1, answer 1, last 1, frames 1, partial" },
        { CREATED, "role 1, protocol" },
        { "", "protocol" },
        { "data: [DONE]\n\n", "protocol" },
        { CREATED COMPLETED, "role 1, finish completed, done, empty" },
        { CREATED TEXT("a") ENDED(
              "incomplete", ",\"incomplete_details\":{\"reason\":\"content_filter\"}"),
          "role 1, first 2, answer 2, last 2, frames 1, finish content_filter, done, ok" },
        { CREATED ENDED("incomplete", ",\"incomplete_details\":null"),
          "role 1, finish incomplete, done, empty" },
        /* what follows the end is not looked at */
        { TEXT("a") COMPLETED TEXT("b") "data: junk\n\n" EVENT("error", ""),
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, ok" },
        /* no blank line behind the last event */
        { TEXT("a") "data: {\"type\":\"response.completed\",\"response\":{}}",
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(responses_may_fail_in_several_ways)
{
    static const struct row rows[] = {
        { CREATED ENDED("failed",
                        ",\"error\":{\"code\":\"server_error\",\"message\":\"m\"}"),
          "role 1, finish failed, done, error 0 \"m\", server" },
        { TEXT("a") ENDED("failed", ",\"error\":null"),
          "role 1, first 1, answer 1, last 1, frames 1, finish failed, done, error 0 \"\", "
          "partial" },
        { EVENT("error", ",\"code\":\"tool_use_failed\",\"message\":\"m\",\"param\":null"),
          "error 0 \"m\", generation" },
        { EVENT("error", ",\"error\":{\"message\":\"m\",\"status_code\":503}"),
          "error 503 \"m\", overloaded" },
        /* as the chat endpoint tells it: without a type, without the event's name */
        { "event: error\ndata: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n",
          "error 429 \"m\", rate_limited" },
        { "data: {\"error\":{\"message\":\"m\",\"code\":429}}\n\n",
          "error 429 \"m\", rate_limited" },
        { "data: {\"error\":\"upstream went away\"}\n\n",
          "error 0 \"upstream went away\", server" },
        { TEXT("a") EVENT("error", ",\"message\":\"m\"") COMPLETED,
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, "
          "error 0 \"m\", partial" },
        { CREATED ENDED(
              "incomplete",
              ",\"incomplete_details\":{\"reason\":\"tool_required_not_called\"}"),
          "role 1, finish tool_required_not_called, done, error 0 \"\", generation" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(responses_hold_reasoning_text_calls_and_tools_of_the_server)
{
    static const struct row rows[] = {
        { CREATED THOUGHT("hm") THOUGHT("") TEXT("") TEXT("a") COMPLETED,
          "role 1, first 2, thought 2, answer 5, last 5, frames 2, finish completed, "
          "reasoned, done, ok" },
        { EVENT("response.reasoning_summary_text.delta", ",\"delta\":\"hm\"") COMPLETED,
          "role 1, first 1, thought 1, last 1, frames 1, finish completed, reasoned, done, "
          "empty" },
        /* raw reasoning inside the text */
        { TEXT("<think>") TEXT("hm") TEXT("</think>") TEXT("a") COMPLETED,
          "role 1, first 1, thought 1, answer 4, last 4, frames 4, finish completed, "
          "reasoned, done, ok" },
        { TEXT("<th") COMPLETED,
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, ok" },
        { EVENT("response.refusal.delta", ",\"delta\":\"No.\"") COMPLETED,
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, ok" },
        /* a call in pieces */
        { EVENT("response.output_item.added", ",\"item\":{\"type\":\"function_call\"}")
              EVENT("response.function_call_arguments.delta", ",\"delta\":\"{\"")
                  EVENT("response.function_call_arguments.delta", ",\"delta\":\"}\"")
                      EVENT("response.function_call_arguments.done",
                            ",\"arguments\":\"{}\"") COMPLETED,
          "role 1, first 1, last 3, frames 3, finish completed, call, done, ok" },
        /* tools that the server runs are output, and no answer */
        { EVENT("response.output_item.added", ",\"item\":{\"type\":\"web_search_call\"}")
              COMPLETED,
          "role 1, first 1, last 1, frames 1, finish completed, done, empty" },
        { EVENT("response.output_item.added", ",\"item\":{\"type\":\"mcp_list_tools\"}")
              EVENT("response.output_item.added", ",\"item\":{\"type\":\"message\"}") EVENT(
                  "response.output_item.added", ",\"item\":{\"type\":\"_call\"}") COMPLETED,
          "role 1, finish completed, done, empty" },
        /* deltas left out: the text comes with the end of its part, or of all */
        { EVENT("response.output_text.done", ",\"text\":\"a\"") COMPLETED,
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, ok" },
        { CREATED ENDED("completed",
                        ",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":"
                        "\"output_text\",\"text\":\"a\"}]}]"),
          "role 1, first 2, answer 2, last 2, frames 1, finish completed, done, ok" },
        { TEXT("a") EVENT("response.output_text.done", ",\"text\":\"a\"")
              ENDED("completed", ",\"output\":[{\"type\":\"function_call\"}]"),
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, done, ok" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(responses_survive_what_they_do_not_know)
{
    static const struct row rows[] = {
        /* the type behind the rest, no event: line, unknown events and members */
        { "data: {\"delta\":\"a\",\"x\":[{}],\"type\":\"response.output_text.delta\"}\n\n"
          "data: {\"response\":{\"status\":\"completed\",\"usage\":{\"input_tokens\":4.1e1,"
          "\"output_tokens\":3.0,\"x\":{\"input_tokens\":9}}},"
          "\"type\":\"response.completed\"}\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, prompt 41, completion 3, finish "
          "completed, done, ok" },
        /* no type: the event's name is it */
        { "event: response.output_text.delta\ndata: {\"delta\":\"a\"}\n\n"
          "event: response.completed\ndata: {\"response\":{}}\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        { EVENT("response.new", ",\"delta\":\"a\"")
              EVENT("response.output_text.delta", ",\"delta\":null")
                  EVENT("response.output_text.delta", ",\"delta\":{\"text\":\"a\"}")
                      EVENT("response.output_item.added", ",\"item\":[1]") COMPLETED,
          "role 1, finish completed, done, empty" },
        { "data: {\"type\":7,\"delta\":7}\n\ndata: {}\n\ndata\n\n" TEXT("a") COMPLETED,
          "role 1, first 4, answer 4, last 4, frames 1, finish completed, done, ok" },
        { TEXT("a") "data: {\"type\":\"response.comp\n\n" COMPLETED,
          "role 1, first 1, answer 1, last 1, frames 1, finish completed, damaged, done, "
          "protocol" },
        { "data: 7\n\n", "damaged, protocol" },
        { TEXT("a") EVENT("response.completed", ""),
          "role 1, first 1, answer 1, last 1, frames 1, damaged, done, protocol" },
        { TEXT("a") EVENT("response.completed", ",\"response\":[]"),
          "role 1, first 1, answer 1, last 1, frames 1, damaged, done, protocol" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(responses_in_one_piece_may_be_anything)
{
    static const struct {
        const char *body;
        const char *want;
    } rows[] = {
        { "{\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\","
          "\"text\":\"a\"}]}]}",
          "done, ok" },
        { "{\"status\":\"completed\",\"output\":[]}", "finish completed, done, empty" },
        { "{\"status\":\"in_progress\",\"output\":[]}", "finish in_progress, protocol" },
        { "{\"output\":[{\"content\":[{\"text\":\"hm\",\"type\":\"reasoning_text\"}]}]}",
          "reasoned, done, empty" },
        { "{\"output\":[{\"content\":[{\"text\":\"<think>a</think> b\",\"type\":"
          "\"output_text\"}]}]}",
          "reasoned, done, ok" },
        { "{\"output\":[{\"content\":[{\"refusal\":\"No.\",\"type\":\"refusal\"}]}]}",
          "done, ok" },
        { "{\"error\":{\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}}",
          "error 0 \"m\", rate_limited" },
        { "{\"status\":\"failed\",\"output\":[],\"error\":{\"message\":\"m\"}}",
          "finish failed, done, error 0 \"m\", server" },
        { "{}", "damaged, protocol" },
        { "[]", "damaged, protocol" },
        { "", "damaged, protocol" },
        { "{\"status\":\"completed\",\"output\":[", "damaged, protocol" },
    };
    struct buf got;

    buf_init(&got, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a;

        answer_init(&a);
        a.status = 200;
        ep->body(&a, str_of(rows[i].body), 5);
        stream_describe(ep, &a, TRANSFER_DONE, &got);
        assert_string_equal(got.p, rows[i].want);
        answer_free(&a);
    }
    buf_free(&got);
}

static int prepare(const char *body, struct buf *out, struct err *err)
{
    struct request_spec spec = { .model = "m", .body = body };
    struct buf tail;
    int rc;

    buf_init(out, 0);
    buf_init(&tail, 0);
    rc = ep->prepare(&spec, out, &tail, err);
    buf_str(out, "[]");
    buf_add(out, tail.p, tail.len);
    buf_free(&tail);
    return rc;
}

TEST(responses_are_asked_for_in_the_words_of_chat_as_well)
{
    static const struct {
        const char *body;
        const char *want;
    } cases[] = {
        { "{}", "{\"model\":\"m\",\"input\":[],\"stream\":false}" },
        { "{\"max_completion_tokens\": 5,\"reasoning_effort\":\"low\",\"top_p\":1}",
          "{\"model\":\"m\",\"input\":[],\"stream\":false,\"max_output_tokens\":5,"
          "\"reasoning\":{\"effort\":\"low\"},\"top_p\":1}" },
        { "{\"max_tokens\":null}",
          "{\"model\":\"m\",\"input\":[],\"stream\":false,\"max_output_tokens\":null}" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf got;
        struct err err;

        assert_int_equal(prepare(cases[i].body, &got, &err), 0);
        assert_string_equal(got.p, cases[i].want);
        buf_free(&got);
    }
}

TEST(responses_refuse_a_body_that_sets_what_is_ours)
{
    static const struct {
        const char *body;
        const char *want;
    } cases[] = {
        { "{\"input\":\"x\"}",
          "request.body must not hold \"input\": the workload makes it" },
        { "{\"messages\":[]}",
          "request.body must not hold \"messages\": the workload makes the input" },
        { "{\"stream\":true}",
          "request.body must not hold \"stream\": request.stream sets it" },
        { "{\"stream_options\":{}}",
          "request.body must not hold \"stream_options\": a response always tells its "
          "usage" },
        { "{\"a\":1", "request.body is not a JSON object" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf got;
        struct err err;

        assert_int_equal(prepare(cases[i].body, &got, &err), -1);
        assert_string_equal(err.msg, cases[i].want);
        buf_free(&got);
    }
}
