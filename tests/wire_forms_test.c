#include <stdlib.h>

#include "test.h"
#include "wire_example.h"

/* Structured outputs, tools and pictures, as the API's reference has them. */

struct row {
    const char *file;
    int status;
    const char *want;
};

static void expect_all(const char *request, const struct row *rows, size_t n)
{
    char *body = wire_demand(request);

    for (size_t i = 0; i < n; i++)
        wire_answer_is(rows[i].file, rows[i].status, body, rows[i].want);
    free(body);
}

TEST(wire_structured_outputs_are_checked_against_their_schema)
{
    static const struct row rows[] = {
        { "structured/stream.sse", 200, "ok, form valid, finish stop" },
        { "structured/whole.json", 200, "ok, form valid, finish stop" },
        { "structured/off-schema.sse", 200, "ok, form off_schema, finish stop" },
        { "structured/cut-off.sse", 200, "ok, form cut_off, finish length" },
        { "structured/not-json.sse", 200, "ok, form not_json, finish stop" },
        { "structured/failed.json", 400, "generation, form json_failed" },
        { "structured/failed.sse", 200, "partial, form json_failed" },
    };

    expect_all("structured/request.json", rows, COUNT(rows));
}

TEST(wire_json_mode_wants_json_and_free_text_wants_nothing)
{
    static const char mode[] = "{\"response_format\":{\"type\":\"json_object\"}}";
    static const char text[] = "{\"response_format\":{\"type\":\"text\"}}";

    wire_answer_is("structured/off-schema.sse", 200, mode, "ok, form valid, finish stop");
    wire_answer_is("structured/not-json.sse", 200, mode, "ok, form not_json, finish stop");
    wire_answer_is("structured/not-json.sse", 200, text, "ok, finish stop");
}

TEST(wire_tool_calls_are_counted_and_complete_with_their_last_piece)
{
    static const struct row rows[] = {
        { "tools/stream.sse", 200,
          "ok, form called, called 3, calls 1, finish tool_calls" },
        { "tools/parallel.sse", 200,
          "ok, form called, called 3, calls 2, finish tool_calls" },
        { "tools/fragments.sse", 200,
          "ok, form called, called 9, calls 2, finish tool_calls" },
        { "tools/whole.json", 200, "ok, form called, calls 2, finish tool_calls" },
        { "tools/undeclared.sse", 200,
          "ok, form wrong_tool, called 2, calls 1, finish tool_calls" },
        { "tools/arguments.sse", 200,
          "ok, form wrong_arguments, called 2, calls 1, finish tool_calls" },
        { "tools/text.sse", 200, "ok, form not_called, finish stop" },
        { "tools/failed.json", 400, "generation, form tool_failed" },
    };

    expect_all("tools/request.json", rows, COUNT(rows));
}

/* The first two offer what is called; then not that tool, then not with such arguments. */
TEST(wire_responses_that_call_tools_are_judged_as_chat_completions_are)
{
#define TOOL(name, wants)                                                                  \
    "{\"tools\":[{\"type\":\"function\",\"name\":\"" name "\",\"parameters\":{\"type\":"   \
    "\"object\",\"required\":[\"" wants "\"]}}]}"
    static const char good[] = TOOL("get_weather", "city");

    wire_answer_is("responses/stream-tool.sse", 200, good,
                   "ok, form called, called 10, calls 1, finish completed");
    wire_answer_is("responses/body-tool.json", 200, good,
                   "ok, form called, calls 1, finish completed");
    wire_answer_is("responses/stream-tool.sse", 200, TOOL("get_time", "city"),
                   "ok, form wrong_tool, called 10, calls 1, finish completed");
    wire_answer_is("responses/stream-tool.sse", 200, TOOL("get_weather", "unit"),
                   "ok, form wrong_arguments, called 10, calls 1, finish completed");
    wire_answer_is("responses/stream.sse", 200, good,
                   "ok, form not_called, finish completed");
#undef TOOL
}

TEST(wire_pictures_are_answered_or_refused)
{
    static const struct row rows[] = {
        { "vision/stream.sse", 200, "ok, finish stop" },
        { "vision/too-large.json", 413, "too_large" },
        { "vision/not-vision.json", 400, "bad_request" },
    };

    expect_all("vision/request.json", rows, COUNT(rows));
}

#define SCOUT "meta-llama/llama-4-scout-17b-16e-instruct"
#define LOAD "target: { base_url: \"sim:\" }\nload: { rate: 1/s, duration: 1s }\n"
#define LOOK                                                                               \
    "  messages:\n"                                                                        \
    "    - { role: system, content: Be brief. }\n"                                         \
    "    - { role: user, content: What is on it? }\n"

TEST(wire_requests_are_as_the_reference_has_them)
{
    static const struct {
        const char *scenario;
        const char *file;
    } cases[] = {
        { LOAD
          "workload:\n"
          "  messages:\n"
          "    - { role: system, content: Answer as JSON. }\n"
          "    - { role: user, content: \"The weather in Z\xC3\xBCrich?\" }\n"
          "request:\n"
          "  model: openai/gpt-oss-20b\n"
          "  body:\n"
          "    max_completion_tokens: 256\n"
          "    response_format:\n"
          "      type: json_schema\n"
          "      json_schema:\n"
          "        name: weather\n"
          "        strict: true\n"
          "        schema:\n"
          "          type: object\n"
          "          properties:\n"
          "            city: { type: string }\n"
          "            celsius: { type: number }\n"
          "            sky: { type: string, enum: [clear, cloud, rain] }\n"
          "            days: { type: array, items: { $ref: \"#/$defs/day\" } }\n"
          "          required: [city, celsius, sky, days]\n"
          "          additionalProperties: false\n"
          "          $defs:\n"
          "            day:\n"
          "              type: object\n"
          "              properties: { name: { type: string }, rain: { type: boolean } }\n"
          "              required: [name, rain]\n"
          "              additionalProperties: false\n",
          "structured/request.json" },
        { LOAD
          "workload: { messages: [{ role: user, content: Weather and time in Oslo? }] }\n"
          "request:\n"
          "  model: llama-3.3-70b-versatile\n"
          "  body:\n"
          "    tool_choice: auto\n"
          "    parallel_tool_calls: true\n"
          "    tools:\n"
          "      - type: function\n"
          "        function:\n"
          "          name: get_weather\n"
          "          description: The weather in a city.\n"
          "          parameters:\n"
          "            type: object\n"
          "            properties:\n"
          "              city: { type: string }\n"
          "              unit: { type: string, enum: [celsius, fahrenheit] }\n"
          "            required: [city]\n"
          "            additionalProperties: false\n"
          "      - type: function\n"
          "        function:\n"
          "          name: get_time\n"
          "          parameters:\n"
          "            type: object\n"
          "            properties: { city: { type: string } }\n"
          "            required: [city]\n",
          "tools/request.json" },
        { LOAD "request: { model: " SCOUT ", body: { max_completion_tokens: 64 } }\n"
               "workload:\n" LOOK "  images: { files: [vision/pixels.png] }\n",
          "vision/request.json" },
        { LOAD "request: { model: " SCOUT ", body: { max_completion_tokens: 64 } }\n"
               "workload:\n" LOOK "  images:\n"
               "    urls: ['https://example.com/a.png?x=1&y=\"2\"']\n",
          "vision/request-url.json" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        wire_request_is(cases[i].scenario, cases[i].file);
}
