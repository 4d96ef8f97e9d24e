#include "api/endpoint.h"

#include "base/json.h"
#include "chat_stream.h"
#include "test.h"

#define CHUNK                                                                              \
    "data: "                                                                               \
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":17,"          \
    "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
#define DELTA(delta) CHUNK delta ",\"logprobs\":null,\"finish_reason\":null}]}\n\n"
#define TEXT(text) DELTA("{\"content\":\"" text "\"}")
#define THOUGHT(text) DELTA("{\"reasoning\":\"" text "\"}")
#define ROLE                                                                               \
    CHUNK "{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":" \
          "null}],\"x_groq\":{\"id\":\"req_1\",\"seed\":9}}\n\n"
#define FINISH(reason) CHUNK "{},\"logprobs\":null,\"finish_reason\":\"" reason "\"}]}\n\n"
#define USAGE                                                                              \
    "{\"queue_time\":0.0211,\"prompt_tokens\":41,\"prompt_time\":0.0022,\"completion_"     \
    "tokens\":3,\"completion_time\":0.0041,\"total_tokens\":44,\"total_time\":0.0063}"
#define SEEN                                                                               \
    "prompt 41, completion 3, total 44, queue_ns 21100000, prompt_ns 2200000, "            \
    "completion_ns 4100000, total_ns 6300000, "
#define DONE "data: [DONE]\n\n"

struct row {
    const char *stream;
    const char *want;
};

static void expect_all(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        chat_stream_expect(rows[i].stream, strlen(rows[i].stream), TRANSFER_DONE,
                           rows[i].want);
}

TEST(chat_reads_the_streams_of_groq)
{
    static const struct row rows[] = {
        /* a plain answer, with usage in both places of the finish chunk and in an own one
         */
        { ROLE TEXT("Hel") TEXT("lo") CHUNK
          "{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"x_groq\":{\"id\":\"req_1\","
          "\"usage\":" USAGE "},\"usage\":" USAGE "}\n\n"
          "data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":" USAGE
          ",\"service_tier\":\"on_demand\"}\n\n" DONE,
          "role 1, first 2, answer 2, last 3, frames 2, " SEEN
          "id req_1, tier on_demand, finish stop, done, ok" },
        /* reasoning apart, as of gpt-oss */
        { ROLE DELTA("{\"reasoning\":\"Th\",\"channel\":\"analysis\"}") THOUGHT("ink")
              TEXT("Hi") FINISH("stop") DONE,
          "role 1, first 2, thought 2, answer 4, last 4, frames 3, id req_1, finish stop, "
          "reasoned, "
          "done, "
          "ok" },
        /* a budget that ended within the reasoning */
        { ROLE THOUGHT("Th") FINISH("length") DONE,
          "role 1, first 2, thought 2, last 2, frames 1, id req_1, finish length, "
          "reasoned, done, "
          "empty" },
        { ROLE FINISH("length") DONE, "role 1, id req_1, finish length, done, empty" },
        /* a whole tool call in one delta */
        { CHUNK
          "{\"role\":\"assistant\",\"content\":null},\"finish_reason\":null}]}\n\n" DELTA(
              "{\"tool_calls\":[{\"id\":\"fc_1\",\"type\":\"function\",\"function\":{"
              "\"name\":"
              "\"f\",\"arguments\":\"{\\\"city\\\":\\\"Oslo\\\"}\"},\"index\":0}]}")
              FINISH("tool_calls") DONE,
          "role 1, first 2, last 2, frames 1, finish tool_calls, call, done, ok" },
        /* a tool call in pieces */
        { DELTA("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,"
                "\"id\":"
                "\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":"
                "\"\"}}]}")
              DELTA("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
                    "\"{}\"}}]}") FINISH("tool_calls") DONE,
          "role 1, first 1, last 2, frames 2, finish tool_calls, call, done, ok" },
        /* tools that the server runs, then text */
        { ROLE DELTA("{\"executed_tools\":[{\"index\":0,\"type\":\"search\"}]}") TEXT("Hi")
              FINISH("stop") DONE,
          "role 1, first 2, answer 3, last 3, frames 2, id req_1, finish stop, done, ok" },
        { ROLE DELTA("{\"executed_tools\":[{\"index\":0}]}") FINISH("stop") DONE,
          "role 1, first 2, last 2, frames 1, id req_1, finish stop, done, empty" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_survives_every_framing)
{
    static const struct row rows[] = {
        { "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\rdata: "
          "[DONE]\r\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, done, ok" },
        { ": hello\n\n:\r\n\r\n" ROLE ": keep-alive\n\n" TEXT("a") ":\n\n" FINISH("stop")
              DONE,
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, finish stop, done, ok" },
        { "data:{\"choices\":\ndata: [{\"delta\":{\"content\":\ndata:\"a\"}}]}\n\n" DONE,
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        { "\xEF\xBB\xBF"
          "event: message\nid: 1\nretry: 5\nfoo: bar\n" TEXT("a") FINISH("stop"),
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
        /* no blank line behind the last event */
        { TEXT("a") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
        { TEXT("a") "data: [DONE]",
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        { TEXT("a") "data:[DONE] \n\n",
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        /* events without anything in them */
        { "data\n\ndata: \n\n" TEXT("a") "data:\n\n" DONE,
          "role 3, first 3, answer 3, last 3, frames 1, done, ok" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_judges_how_a_stream_ends)
{
    static const struct row rows[] = {
        /* [DONE] missing, but finished and cleanly closed */
        { ROLE TEXT("a") FINISH("stop"),
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, finish stop, ok" },
        { ROLE FINISH("stop"), "role 1, id req_1, finish stop, empty" },
        { ROLE TEXT("a"),
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, partial" },
        { ROLE, "role 1, id req_1, protocol" },
        { "", "protocol" },
        { ": only comments\n\n", "protocol" },
        { DONE, "done, empty" },
        /* trailing data is ignored, whatever it is */
        { TEXT("a") FINISH("stop")
              DONE TEXT("b") "data: junk\n\n"
                             "event: error\ndata: {\"error\":\"x\"}\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, done, ok" },
        /* cut off within a frame */
        { TEXT("a") "data: {\"choices\":[{\"del",
          "role 1, first 1, answer 1, last 1, frames 1, damaged, partial" },
        { "data: {\"choices\":[{\"del", "damaged, protocol" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_takes_empty_deltas_for_what_they_are)
{
    static const struct row rows[] = {
        { DELTA("{}") TEXT("") DELTA("{\"content\":null}") DELTA("null") TEXT("a") TEXT("")
              DELTA(
                  "{\"content\":null,\"reasoning\":null,\"reasoning_content\":\"\",\"tool_"
                  "calls\":null}")
                  DELTA("{\"tool_calls\":[],\"executed_tools\":[],\"function_"
                        "call\":null,\"refusal\":null}") FINISH("stop") DONE,
          "role 1, first 5, answer 5, last 5, frames 1, finish stop, done, ok" },
        { "data: {\"choices\":[]}\n\ndata: {\"id\":\"x\"}\n\ndata: {\"choices\":null}\n\n"
          "data: {}\n\n" TEXT(
              "a") "data: {\"choices\":[{}]}\n\ndata: {\"choices\":[null]}\n\n"
                   "data: {\"choices\":{\"delta\":{\"content\":\"x\"}}}\n\n" FINISH("stop")
                       DONE,
          "role 1, first 5, answer 5, last 5, frames 1, finish stop, done, ok" },
        { TEXT("a") FINISH("") "data: {\"choices\":[{\"finish_reason\":7}]}\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, partial" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_takes_usage_from_wherever_it_comes_and_the_last_wins)
{
#define BEGIN TEXT("a") CHUNK "{},\"finish_reason\":\"stop\"}]"
#define WITH "role 1, first 1, answer 1, last 1, frames 1, "
#define END "finish stop, done, ok"
    static const struct row rows[] = {
        { BEGIN ",\"x_groq\":{\"usage\":" USAGE "}}\n\n" DONE, WITH SEEN END },
        { BEGIN ",\"usage\":" USAGE "}\n\n" DONE, WITH SEEN END },
        { BEGIN ",\"usage\":null,\"x_groq\":null}\n\n" DONE, WITH END },
        { BEGIN ",\"usage\":[1],\"x_groq\":\"x\"}\n\n" DONE, WITH END },
        { BEGIN ",\"usage\":{}}\n\n" DONE, WITH END },
        { BEGIN "}\n\ndata: {\"choices\":[],\"usage\":" USAGE "}\n\n" DONE, WITH SEEN END },
        { BEGIN
          ",\"usage\":{\"prompt_tokens\":1,\"queue_time\":0.5}}\n\n"
          "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":3}}"
          "\n\n" DONE,
          WITH "prompt 2, completion 3, queue_ns 500000000, " END },
        /* absent is not zero, and zero is not absent */
        { BEGIN
          ",\"usage\":{\"prompt_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":0},"
          "\"completion_tokens_details\":{\"reasoning_tokens\":0},\"queue_time\":0}}"
          "\n\n" DONE,
          WITH "prompt 5, cached 0, reasoning 0, queue_ns 0, " END },
        { BEGIN
          ",\"usage\":{\"prompt_tokens\":5,\"prompt_tokens_details\":null,\"completion_"
          "tokens_details\":{\"reasoning_tokens\":null,\"audio_tokens\":1}}}\n\n" DONE,
          WITH "prompt 5, " END },
        { BEGIN
          ",\"usage\":{\"prompt_tokens\":2006,\"prompt_tokens_details\":{\"cached_tokens\":"
          "1920},\"completion_tokens\":21,\"completion_tokens_details\":{\"reasoning_"
          "tokens\":11}}}\n\n" DONE,
          WITH "prompt 2006, cached 1920, completion 21, reasoning 11, " END },
        { BEGIN
          ",\"usage\":{\"prompt_tokens\":20,\"prompt_cache_hit_tokens\":16}}\n\n" DONE,
          WITH "prompt 20, cached 16, " END },
        /* exponents, integers as floats, nonsense */
        { BEGIN
          ",\"usage\":{\"prompt_tokens\":4.1e1,\"completion_tokens\":3.0,\"queue_time\":"
          "2.11E-2,\"total_time\":1e400,\"total_tokens\":-4,\"prompt_time\":\"x\"}}"
          "\n\n" DONE,
          WITH "prompt 41, completion 3, queue_ns 21100000, " END },
        /* what cannot be */
        { BEGIN ",\"usage\":{\"prompt_tokens\":1e308,\"completion_tokens\":"
                "1180591620717411303424,\"queue_time\":1e300,\"prompt_time\":86401,"
                "\"completion_time\":9223372036854775807}}\n\n" DONE,
          WITH END },
        /* the usage of others is not ours */
        { BEGIN ",\"usage_breakdown\":{\"models\":[{\"usage\":" USAGE "}]}}\n\n" DONE,
          WITH END },
    };
#undef BEGIN
#undef WITH
#undef END

    expect_all(rows, COUNT(rows));
}

TEST(chat_tells_errors_within_a_stream)
{
#define BODY                                                                               \
    "{\"error\":{\"message\":\"Failed to generate "                                        \
    "JSON.\",\"type\":\"invalid_request_error\",\"code\":\"json_validate_failed\","        \
    "\"failed_generation\":\"{\\\"a\\\":\",\"status_code\":400}}"
#define BAD "error 400 \"Failed to generate JSON.\", "
    static const struct row rows[] = {
        { "event: error\ndata: " BODY "\n\n", BAD "generation" },
        { "data: " BODY "\n\n", BAD "generation" },
        { "data: " BODY "\n\n" DONE, "done, " BAD "generation" },
        { ROLE "event: error\ndata: " BODY "\n\n", "role 1, id req_1, " BAD "generation" },
        { ROLE TEXT("a") "data: " BODY "\n\n" DONE,
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, done, " BAD "partial" },
        { TEXT("a") FINISH("stop") "event:error\ndata:" BODY "\n\n" DONE,
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, done, " BAD
          "partial" },
        { "data: " BODY, BAD "generation" },
        { "data: {\"error\":\"it broke\"}\n\n", "error 0 \"it broke\", server" },
        { "data: {\"error\":[\"it\"]}\n\n", "error 0 \"it\", server" },
        { "data: {\"error\":true}\n\n", "error 0 \"true\", server" },
        { "event: error\ndata: it broke, badly\n\n",
          "error 0 \"it broke, badly\", server" },
        { "event: error\ndata: {\"message\":\"m\",\"code\":503}\n\n",
          "error 503 \"m\", overloaded" },
        { "event: error\ndata: {\"error\":{\"message\":\"cut\n\n",
          "error 0 \"cut\", server" },
        { "data: "
          "{\"object\":\"error\",\"message\":\"m\",\"type\":\"BadRequestError\",\"code\":"
          "400}\n\n",
          "error 400 \"m\", bad_request" },
        { "data: {\"error\":{\"message\":\"m\",\"type\":\"None\",\"code\":\"429\"}}\n\n",
          "error 429 \"m\", rate_limited" },
        { ROLE TEXT("a") "data: {\"choices\":[],\"x_groq\":{\"id\":\"req_1\",\"error\":"
                         "\"over capacity\"}}\n\n",
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, error 0 \"over "
          "capacity\", "
          "partial" },
        { "data: {\"error\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"x_groq\":{"
          "\"error\":null}}\n\n" DONE,
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        { "data: " BODY "\n\ndata: {\"error\":\"another\"}\n\n", BAD "generation" },
    };
#undef BODY
#undef BAD

    expect_all(rows, COUNT(rows));
}

TEST(chat_reads_raw_reasoning_inside_the_content)
{
    static const struct row rows[] = {
        { TEXT("<think>") TEXT("hm\\n") TEXT("</think>") TEXT("\\n\\n") TEXT("Hi")
              FINISH("stop"),
          "role 1, first 1, thought 1, answer 5, last 5, frames 5, finish stop, reasoned, "
          "ok" },
        { TEXT("\\u003cthink\\u003e") TEXT("hm") TEXT("\\u003c/think\\u003e") TEXT("Hi")
              FINISH("stop"),
          "role 1, first 1, thought 1, answer 4, last 4, frames 4, finish stop, reasoned, "
          "ok" },
        { TEXT("<th") TEXT("in") TEXT("k>a<b</") TEXT("th") TEXT("ink>Hi") FINISH("stop"),
          "role 1, first 1, thought 1, answer 5, last 5, frames 5, finish stop, reasoned, "
          "ok" },
        { TEXT("<think><</think>Hi") FINISH("stop"),
          "role 1, first 1, thought 1, answer 1, last 1, frames 1, finish stop, reasoned, "
          "ok" },
        { TEXT("<think></think></think>") TEXT(" x") FINISH("stop"),
          "role 1, first 1, thought 1, answer 1, last 2, frames 2, finish stop, reasoned, "
          "ok" },
        /* thoughts alone are no answer */
        { TEXT("<think>hm") TEXT("</think>") TEXT(" \\n\\t\\r") FINISH("stop"),
          "role 1, first 1, thought 1, last 3, frames 3, finish stop, reasoned, empty" },
        { TEXT("<think>hm") FINISH("length"),
          "role 1, first 1, thought 1, last 1, frames 1, finish length, reasoned, empty" },
        /* what only began like a tag was visible when it came */
        { TEXT("<th") TEXT("e") TEXT(" end") FINISH("stop"),
          "role 1, first 1, answer 1, last 3, frames 3, finish stop, ok" },
        { TEXT("\\n") TEXT("<") TEXT("thin") FINISH("stop"),
          "role 1, first 1, answer 2, last 3, frames 3, finish stop, ok" },
        { TEXT("<t") DONE, "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        /* a tag further on is text like any other */
        { TEXT("Use <think>") TEXT("x") FINISH("stop"),
          "role 1, first 1, answer 1, last 2, frames 2, finish stop, ok" },
        { TEXT("  <think>") TEXT("x") FINISH("stop"),
          "role 1, first 1, thought 1, last 2, frames 2, finish stop, reasoned, empty" },
        { TEXT("\\\\<think>") FINISH("stop"),
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
        { TEXT("\\/think\\u00e4") FINISH("stop"),
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_reads_the_dialects_of_other_servers)
{
    static const struct row rows[] = {
        /* vLLM and others: reasoning_content, the role in every delta, usage null */
        { DELTA("{\"role\":\"assistant\",\"content\":\"\"}") DELTA(
              "{\"role\":\"assistant\",\"reasoning_content\":\"hm\",\"content\":null}")
              DELTA("{\"role\":\"assistant\",\"content\":\"Hi\"}") FINISH("stop") DONE,
          "role 1, first 2, thought 2, answer 3, last 3, frames 2, finish stop, reasoned, "
          "done, ok" },
        { "data: "
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null,"
          "\"stop_reason\":null}],\"usage\":null,\"service_tier\":\"default\"}\n\n" DONE,
          "role 1, first 1, answer 1, last 1, frames 1, tier default, done, ok" },
        { "data: "
          "{\"service_tier\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n" DONE,
          "role 1, first 1, answer 1, last 1, frames 1, done, ok" },
        /* usage in every chunk */
        { "data: "
          "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":3,"
          "\"completion_tokens\":1}}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"},"
          "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_"
          "tokens\":2}}"
          "\n\n" DONE,
          "role 1, first 1, answer 1, last 2, frames 2, prompt 3, completion 2, finish "
          "stop, "
          "done, ok" },
        /* the last text and the finish reason in one chunk; the whole message besides */
        { "data: {\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"a\"},"
          "\"delta\":{\"content\":\"\"}}]}\n\n" DONE,
          "role 1, finish stop, done, empty" },
        /* content in parts */
        { DELTA("{\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\","
                "\"text\":"
                "\"hm\"}]}]}") DELTA("{\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}")
              DELTA("{\"content\":[]}") FINISH("stop") DONE,
          "role 1, first 1, thought 1, answer 2, last 2, frames 2, finish stop, reasoned, "
          "done, ok" },
        /* refusals are text, the old function_call is a call */
        { DELTA("{\"refusal\":\"No.\"}") FINISH("stop") DONE,
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, done, ok" },
        { DELTA("{\"function_call\":{\"name\":\"f\"}}") FINISH("function_call") DONE,
          "role 1, first 1, last 1, frames 1, finish function_call, call, done, ok" },
        /* content filters before the first token */
        { "data: {\"choices\":[],\"prompt_filter_results\":[{}]}\n\n" ROLE TEXT("a")
              FINISH("stop") DONE,
          "role 1, first 3, answer 3, last 3, frames 1, id req_1, finish stop, done, ok" },
        /* created and fingerprint change, keys nobody knows */
        { "data: "
          "{\"created\":9,\"system_fingerprint\":\"a\",\"x\":[{\"y\":{}},[1,-2.5e+3]],"
          "\"choices\":[{\"delta\":{\"content\":\"a\",\"z\":{\"content\":\"b\"}},\"w\":0}]}"
          "\n\n"
          "data: "
          "{\"created\":8,\"system_fingerprint\":\"b\",\"choices\":[{\"delta\":{},\"finish_"
          "reason\":\"stop\"}]}\n\n",
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
        /* lone surrogates and NUL */
        { TEXT("\\ud800") TEXT("\\udc00\\ud800\\u0041") TEXT("\\u0000") FINISH("stop"),
          "role 1, first 1, answer 1, last 3, frames 3, finish stop, ok" },
        { TEXT("\\u0000") FINISH("stop"),
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
        { TEXT("\xC3\xA4\xF0\x9F\x98\x80") FINISH("stop"),
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, ok" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_calls_damage_damage)
{
    static const struct row rows[] = {
        { TEXT("a") "data: not json\n\n" FINISH("stop") DONE,
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, damaged, done, "
          "protocol" },
        { "data: 17\n\n" TEXT("a") FINISH("stop") DONE,
          "role 2, first 2, answer 2, last 2, frames 1, finish stop, damaged, done, "
          "protocol" },
        { "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]} x\n\n" DONE,
          "damaged, done, protocol" },
        { "data: {\"choices\":[{\"delta\":{\"content\":\"\\x\"}}]}\n\n" DONE,
          "damaged, done, protocol" },
        { "data: \"[DONE]\"\n\n", "damaged, protocol" },
        /* what a damaged frame said does not count */
        { "data: {\"choices\":[{\"delta\":{\"content\":\"<th\"}\n\n" TEXT("x")
              FINISH("stop") DONE,
          "role 2, first 2, answer 2, last 2, frames 1, finish stop, damaged, done, "
          "protocol" },
        { "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}\n\n" TEXT("<think>y")
              FINISH("stop") DONE,
          "role 2, first 2, thought 2, last 2, frames 1, finish stop, reasoned, damaged, "
          "done, "
          "protocol" },
        { "data: <html><title>502</title></html>\n\n", "damaged, protocol" },
    };

    expect_all(rows, COUNT(rows));
}

TEST(chat_stream_that_breaks_off_is_partial_once_there_was_output)
{
    static const struct {
        const char *stream;
        enum transfer_end end;
        const char *want;
    } rows[] = {
        { ROLE TEXT("a") "data: {\"cho", TRANSFER_BROKEN,
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, partial" },
        { ROLE, TRANSFER_BROKEN, "role 1, id req_1, transport" },
        { TEXT("a") FINISH("stop"), TRANSFER_BROKEN,
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, partial" },
        { TEXT("a") FINISH("stop") DONE, TRANSFER_BROKEN,
          "role 1, first 1, answer 1, last 1, frames 1, finish stop, done, ok" },
        { ROLE, TRANSFER_FIRST_TIMEOUT, "role 1, id req_1, timeout_first" },
        { ROLE TEXT("a"), TRANSFER_IDLE_TIMEOUT,
          "role 1, first 2, answer 2, last 2, frames 1, id req_1, timeout_idle" },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        chat_stream_expect(rows[i].stream, strlen(rows[i].stream), rows[i].end,
                           rows[i].want);
}

static void event(struct answer *a, const char *data, ns_t at)
{
    endpoint_chat.event(a, &(struct sse_event){ "", 0, data, strlen(data) }, at);
}

TEST(chat_gives_the_frames_of_one_read_one_stamp)
{
    static const char text[] = "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}";
    struct answer a;

    answer_init(&a);
    event(&a, text, 1000000);
    event(&a, text, 1000000);
    event(&a, text, 3500000);
    event(&a, text, 3500000);
    assert_int_equal(a.frames, 4);
    assert_int_equal(a.shared, 2);
    assert_int_equal(a.n_gaps, 3);
    assert_int_equal(a.gaps[1], 2500);
    assert_int_equal(a.stall, 2500000);
    answer_free(&a);
}

TEST(chat_survives_huge_arguments)
{
    struct answer a;
    struct buf frame;

    buf_init(&frame, 0);
    buf_str(&frame,
            "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"");
    for (int i = 0; i < 100 * 1024; i++)
        buf_char(&frame, i % 7 ? 'x' : ' ');
    buf_str(&frame, "\"}}]},\"finish_reason\":\"");
    for (int i = 0; i < 100 * 1024; i++)
        buf_char(&frame, 'y');
    buf_str(&frame, "\"}],\"x_groq\":{\"id\":\"req_1\"}}");
    answer_init(&a);
    event(&a, frame.p, 5);
    assert_false(a.damaged);
    assert_true(a.tool_call);
    assert_int_equal(a.frames, 1);
    assert_int_equal(a.finish.len, 256);
    assert_string_equal(a.request_id.p, "req_1");
    answer_free(&a);
    buf_free(&frame);
}

TEST(chat_refuses_nesting_without_end)
{
    struct answer a;
    struct buf frame;

    buf_init(&frame, 0);
    buf_str(&frame, "{\"x\":");
    for (int i = 0; i < 100000; i++)
        buf_char(&frame, '[');
    answer_init(&a);
    event(&a, frame.p, 5);
    assert_true(a.damaged);
    answer_free(&a);
    buf_free(&frame);
}

TEST(chat_keeps_the_request_id_of_the_header)
{
    struct answer a;

    answer_init(&a);
    buf_str(&a.request_id, "req_header");
    event(&a, "{\"choices\":[],\"x_groq\":{\"id\":\"req_body\"}}", 5);
    assert_string_equal(a.request_id.p, "req_header");
    answer_free(&a);
}

TEST(chat_reads_bodies_that_were_not_streamed)
{
    static const struct {
        const char *body;
        const char *want;
    } rows[] = {
        { "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":17,\"model\":\"m\","
          "\"choices\":["
          "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\","
          "\"reasoning\":"
          "\"hm\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"queue_"
          "time\":0.0211,"
          "\"prompt_tokens\":78,\"prompt_time\":0.0034,\"completion_tokens\":21,"
          "\"completion_time\""
          ":0.0216,\"total_tokens\":99,\"total_time\":0.0250,\"prompt_tokens_details\":{"
          "\"cached_"
          "tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":11}},\"usage_"
          "breakdown\":null,\"x_groq\":{\"id\":\"req_1\",\"seed\":7,\"usage\":{\"dram_"
          "cached_"
          "tokens\":1}},\"service_tier\":\"on_demand\"}\n",
          "prompt 78, cached 0, completion 21, reasoning 11, total 99, queue_ns 21100000, "
          "prompt_ns 3400000, completion_ns 21600000, total_ns 25000000, id req_1, tier "
          "on_demand, finish stop, reasoned, done, ok" },
        { "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}", "done, ok" },
        { "{\"choices\":[{\"message\":{\"content\":\"<think>a</think> b\"}}]}",
          "reasoned, done, ok" },
        { "{\"choices\":[{\"message\":{\"content\":\"<thin\"}}]}", "done, ok" },
        { "{\"choices\":[{\"message\":{\"content\":\"<think>a</think>\"}}]}",
          "reasoned, done, empty" },
        { "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"c\"}]},"
          "\"finish_reason\":\"tool_calls\"}]}",
          "finish tool_calls, call, done, ok" },
        { "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"length\"}]}",
          "finish length, done, empty" },
        { "{\"error\":{\"message\":\"m\",\"type\":\"tokens\",\"code\":\"rate_limit_"
          "exceeded\"}}",
          "error 0 \"m\", rate_limited" },
        { "{\"choices\":[],\"error\":\"m\"}", "error 0 \"m\", server" },
        { "{\"choices\":[]}", "damaged, protocol" },
        { "{}", "damaged, protocol" },
        { "[]", "damaged, protocol" },
        { "", "damaged, protocol" },
        { "Hello", "damaged, protocol" },
        { "{\"choices\":[{\"message\":{\"content\":\"a\"}}]", "damaged, protocol" },
        { "<html><title>Just a moment</title></html>", "damaged, protocol" },
    };
    struct buf got;

    buf_init(&got, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer a;

        answer_init(&a);
        a.status = 200;
        endpoint_chat.body(&a, str_of(rows[i].body), 5);
        chat_stream_describe(&a, TRANSFER_DONE, &got);
        assert_string_equal(got.p, rows[i].want);
        answer_free(&a);
    }
    buf_free(&got);
}

TEST(chat_says_what_came_in_place_of_an_answer_but_never_what_the_model_wrote)
{
    struct answer a;

    answer_init(&a);
    endpoint_chat.body(&a, str_of("<html><title>Just a moment</title></html>"), 5);
    assert_string_equal(a.error.p, "the body is not a JSON object: Just a moment");
    answer_reset(&a);
    endpoint_chat.body(&a, str_of("{\"choices\":[{\"message\":{\"content\":\"secret"), 5);
    assert_string_equal(a.error.p, "the body is not a JSON object");
    answer_reset(&a);
    event(&a, "secret", 5);
    assert_string_equal(a.error.p, "a frame is not a JSON object");
    answer_free(&a);
}

static int prepare(const struct request_spec *spec, struct buf *whole, struct err *err)
{
    struct buf head, tail;
    int rc;

    buf_init(&head, 0);
    buf_init(&tail, 0);
    rc = endpoint_chat.prepare(spec, &head, &tail, err);
    if (!rc) {
        buf_add(whole, head.p, head.len);
        buf_str(whole, "[]");
        buf_add(whole, tail.p, tail.len);
    }
    buf_free(&head);
    buf_free(&tail);
    return rc;
}

TEST(chat_writes_the_body_around_the_prompt)
{
    static const struct {
        struct request_spec spec;
        const char *want;
    } cases[] = {
        { { .model = "m", .stream = true, .include_usage = true, .body = "{}" },
          "{\"model\":\"m\",\"messages\":[],\"stream\":true,\"stream_options\":{\"include_"
          "usage\":"
          "true}}" },
        { { .model = "m", .stream = true, .body = "{ }" },
          "{\"model\":\"m\",\"messages\":[],\"stream\":true}" },
        { { .body = "{\"n\":1}" }, "{\"messages\":[],\"stream\":false,\"n\":1}" },
        { { .model = "openai/\"x\"", .include_usage = true, .body = NULL },
          "{\"model\":\"openai/\\\"x\\\"\",\"messages\":[],\"stream\":false}" },
        { { .model = "m",
            .body = "{ \"temperature\": 0.50, \"stop\" :[ \"a\" , \"\\u00e4\"],\n"
                    "\"x\":{\"model\":1e3}}" },
          "{\"model\":\"m\",\"messages\":[],\"stream\":false,\"temperature\":0.50,\"stop\":"
          "[ "
          "\"a\" , \"\\u00e4\"],\"x\":{\"model\":1e3}}" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf whole;
        struct err err;
        struct json j;

        buf_init(&whole, 0);
        assert_int_equal(prepare(&cases[i].spec, &whole, &err), 0);
        assert_string_equal(whole.p, cases[i].want);
        json_init(&j, whole.p, whole.len);
        json_skip(&j);
        assert_true(json_done(&j));
        buf_free(&whole);
    }
}

TEST(chat_refuses_a_body_that_sets_what_is_ours)
{
    static const struct {
        const char *model, *body;
        const char *want;
    } cases[] = {
        { "m", "{\"temperature\":1,\"messages\":[]}",
          "request.body must not hold \"messages\": the workload makes them" },
        { "m", "{\"stream\":true}",
          "request.body must not hold \"stream\": request.stream sets it" },
        { "m", "{\"stream_options\":{}}",
          "request.body must not hold \"stream_options\": request.include_usage sets it" },
        { "m", "{\"mod\\u0065l\":\"n\"}",
          "request.body must not hold \"model\": request.model or the matrix sets it" },
        { "m", "[]", "request.body is not a JSON object" },
        { "m", "{\"a\":1", "request.body is not a JSON object" },
        { "m", "{\"a\":}", "request.body is not a JSON object" },
        { "m", "", "request.body is not a JSON object" },
        { "", "{}", "request.model is empty" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request_spec spec = { .model = cases[i].model, .body = cases[i].body };
        struct buf whole;
        struct err err;

        buf_init(&whole, 0);
        assert_int_equal(prepare(&spec, &whole, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.msg, cases[i].want);
        buf_free(&whole);
    }
}

TEST(endpoints_are_found_by_name)
{
    assert_ptr_equal(endpoint_find("chat"), &endpoint_chat);
    assert_ptr_equal(endpoint_find("responses"), &endpoint_responses);
    assert_null(endpoint_find("cha"));
    assert_null(endpoint_find(""));
}
