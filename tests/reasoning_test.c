#include "chat_stream.h"
#include "test.h"
#include "wire_examples.h"

/* Reasoning of chat completions, wherever the thoughts go. */

static const struct endpoint *const ep = &endpoint_chat;

#define SAY_HI "[{\"role\":\"user\",\"content\":\"Say hi.\"}]"
#define SERVER                                                                             \
    "queue_ns 21100000, prompt_ns 3400000, completion_ns 21600000, total_ns 25000000, id " \
    "req_01khaz0000000000000000test, "
#define USAGE "prompt 78, completion 21, reasoning 11, total 99, " SERVER
#define WHOLE                                                                              \
    "prompt 78, cached 0, completion 21, reasoning 11, total 99, " SERVER                  \
    "tier on_demand, finish stop, "

TEST(reasoning_is_asked_for_as_the_reference_says)
{
    static const struct request_spec oss = {
        .model = "openai/gpt-oss-20b",
        .stream = true,
        .include_usage = true,
        .body = "{\"reasoning_effort\":\"low\",\"include_reasoning\":false,"
                "\"max_completion_tokens\":64}",
    };
    static const struct request_spec qwen = {
        .model = "qwen/qwen3-32b",
        .stream = true,
        .include_usage = true,
        .body = "{\"reasoning_effort\":\"default\",\"reasoning_format\":\"raw\","
                "\"temperature\":0.6}",
    };

    wire_request(ep, &oss, SAY_HI, "reasoning/request-gpt-oss.json");
    wire_request(ep, &qwen, SAY_HI, "reasoning/request-qwen.json");
}

TEST(reasoning_is_told_apart_from_the_answer_in_every_shape_of_the_reference)
{
    static const struct {
        const char *file;
        const char *want;
    } cases[] = {
        { "reasoning/stream-gpt-oss.sse",
          "role 1, first 2, thought 2, answer 4, last 5, frames 4, " USAGE
          "finish stop, reasoned, done, ok" },
        { "reasoning/stream-parsed.sse",
          "role 1, first 2, thought 2, answer 4, last 5, frames 4, " USAGE
          "finish stop, reasoned, done, ok" },
        { "reasoning/stream-raw.sse",
          "role 1, first 2, thought 2, answer 7, last 8, frames 7, " USAGE
          "finish stop, reasoned, done, ok" },
        /* hidden: a silent gap, and tokens that are paid for */
        { "reasoning/stream-hidden.sse",
          "role 1, first 2, answer 2, last 3, frames 2, " USAGE "finish stop, done, ok" },
        { "reasoning/stream-budget.sse",
          "role 1, first 2, thought 2, last 2, frames 1, prompt 78, completion 8, "
          "reasoning 8, total 86, " SERVER "finish length, reasoned, done, empty" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        wire_stream(ep, cases[i].file, cases[i].want);
    wire_body(ep, "reasoning/body-parsed.json", 200, WHOLE "reasoned, done, ok");
    wire_body(ep, "reasoning/body-raw.json", 200, WHOLE "reasoned, done, ok");
    wire_body(ep, "reasoning/body-hidden.json", 200, WHOLE "done, ok");
}

TEST(reasoning_begins_with_its_tag_however_that_comes)
{
#define TEXT(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
    static const struct {
        const char *stream;
        const char *want;
    } rows[] = {
        { TEXT("\\n") TEXT("<thi") TEXT("nk>a</think>b") "data: [DONE]\n\n",
          "role 1, first 1, thought 2, answer 3, last 3, frames 3, reasoned, done, ok" },
        { TEXT("<t") TEXT("o") "data: [DONE]\n\n",
          "role 1, first 1, answer 1, last 2, frames 2, done, ok" },
        { TEXT("a <think>b</think>") "data: [DONE]\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
    };
#undef TEXT

    for (size_t i = 0; i < COUNT(rows); i++)
        chat_stream_expect(rows[i].stream, strlen(rows[i].stream), TRANSFER_DONE,
                           rows[i].want);
}
