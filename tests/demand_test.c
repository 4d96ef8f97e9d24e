#include "api/demand.h"

#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

#define JSON_MODE "{\"response_format\":{\"type\":\"json_object\"}}"
#define SCHEMA(s)                                                                          \
    "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\","      \
    "\"schema\":" s "}}}"
#define TOOL(parameters)                                                                   \
    "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"" parameters "}}]}"

/* An answer with this text and these calls, name and arguments in turn. */
struct answered {
    const char *text;
    const char *calls[4];
    const char *finish;
    const char *code; /* of an error */
};

static void answer_so(struct answer *a, const struct answered *what)
{
    answer_reset(a);
    said_text(&a->said, str_of(what->text ? what->text : ""));
    for (size_t i = 0; i < 2 && what->calls[2 * i]; i++) {
        said_call(&a->said, str_of("call_1"), str_of(what->calls[2 * i]),
                  str_of(what->calls[2 * i + 1]));
        a->tool_call = true;
    }
    if (what->finish)
        buf_str(&a->finish, what->finish);
    if (what->code)
        buf_str(&a->error_code, what->code);
}

TEST(demand_judges_what_came_by_what_was_asked_for)
{
    static const struct {
        const char *body;
        struct answered answer;
        enum form want;
    } cases[] = {
        { "{}", { .text = "x" }, FORM_NONE },
        { "not JSON", { .text = "x" }, FORM_NONE },
        { "{\"response_format\":{\"type\":\"text\"}}", { .text = "x" }, FORM_NONE },
        { "{\"tools\":[]}", { .text = "x" }, FORM_NONE },
        { "{\"tools\":[{\"type\":\"browser_search\"}]}", { .text = "x" }, FORM_NONE },
        { JSON_MODE, { .text = "{}" }, FORM_VALID },
        { JSON_MODE, { .text = " [1]\\n" }, FORM_VALID },
        { JSON_MODE, { .text = "{\\\"a\\\":\\\"\\u00e9\\\"}" }, FORM_VALID },
        { JSON_MODE, { .text = "12345678901234567890" }, FORM_OFF_SCHEMA },
        { JSON_MODE, { .text = "[12345678901234567890]" }, FORM_VALID },
        { JSON_MODE, { .text = "" }, FORM_NOT_JSON },
        { JSON_MODE, { .text = "{} {}" }, FORM_NOT_JSON },
        { JSON_MODE, { .text = "```json\\n{}\\n```" }, FORM_NOT_JSON },
        { JSON_MODE, { .text = "{\\\"a\\\":", .finish = "length" }, FORM_CUT_OFF },
        { JSON_MODE, { .text = "{", .finish = "max_output_tokens" }, FORM_CUT_OFF },
        { JSON_MODE, { .text = "{}", .finish = "length" }, FORM_VALID },
        { JSON_MODE, { .code = "json_validate_failed" }, FORM_JSON_FAILED },
        { JSON_MODE, { .code = "rate_limit_exceeded" }, FORM_NONE },
        { SCHEMA("{\"type\":\"object\",\"required\":[\"a\"]}"),
          { .text = "{\\\"a\\\":1}" },
          FORM_VALID },
        { SCHEMA("{\"type\":\"object\",\"required\":[\"a\"]}"),
          { .text = "{}" },
          FORM_OFF_SCHEMA },
        { SCHEMA("{\"type\":\"number\"}"), { .text = "1" }, FORM_VALID },
        { SCHEMA("{\"$ref\":\"#\"}"), { .text = "1" }, FORM_UNCHECKED },
        { SCHEMA("{\"enum\":[1]}"), { .text = "1.0" }, FORM_VALID },
        /* as Responses say it */
        { "{\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"null\"}}}"
          "}",
          { .text = "1" },
          FORM_OFF_SCHEMA },
        { "{\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"required\":["
          "\"a\"]}}]}",
          { .calls = { "f", "{}" } },
          FORM_WRONG_ARGUMENTS },
        { TOOL(""), { .text = "x" }, FORM_NOT_CALLED },
        { TOOL(""), { .calls = { "f", "{}" } }, FORM_CALLED },
        { TOOL(""), { .calls = { "f", "" } }, FORM_CALLED },
        { TOOL(""), { .calls = { "f", "[]" } }, FORM_WRONG_ARGUMENTS },
        { TOOL(""), { .calls = { "f", "{" } }, FORM_WRONG_ARGUMENTS },
        { TOOL(""), { .calls = { "g", "{}" } }, FORM_WRONG_TOOL },
        { TOOL(",\"parameters\":{\"required\":[\"a\"]}"),
          { .calls = { "f", "{\\\"a\\\":1}", "f", "{}" } },
          FORM_WRONG_ARGUMENTS },
        { TOOL(""), { .code = "tool_use_failed" }, FORM_TOOL_FAILED },
        { "{\"tool_choice\":\"none\",\"tools\":[{\"type\":\"function\",\"function\":{"
          "\"name\":\"f\"}}]}",
          { .text = "x" },
          FORM_NONE },
    };
    struct answer a;

    answer_init(&a);
    a.said.wanted = true;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct demand *d = demand_open(cases[i].body, NULL);
        enum form got;

        answer_so(&a, &cases[i].answer);
        got = demand_judge(d, &a, !cases[i].answer.code);
        if (got != cases[i].want)
            fail_msg("case %zu, %s: %s, expected %s", i, cases[i].body, forms[got].name,
                     forms[cases[i].want].name);
        demand_close(d);
    }
    answer_free(&a);
}

TEST(demand_does_not_judge_what_is_too_long)
{
    struct demand *d = demand_open(JSON_MODE, NULL);
    char *long_text = mem_alloc(DEMAND_MOST + 2);
    struct answer a;

    memset(long_text, ' ', DEMAND_MOST + 1);
    answer_init(&a);
    a.said.wanted = true;
    answer_reset(&a);
    said_text(&a.said, str_of("{}"));
    assert_int_equal(demand_judge(d, &a, true), FORM_VALID);
    said_text(&a.said, str_of(long_text));
    assert_int_equal(demand_judge(d, &a, true), FORM_UNCHECKED);
    answer_reset(&a);
    said_text(&a.said, str_of("{}"));
    assert_int_equal(demand_judge(d, &a, true), FORM_VALID);
    answer_free(&a);
    free(long_text);
    demand_close(d);
}

TEST(demand_tells_which_keywords_it_passes_over)
{
    struct buf unchecked;
    struct demand *d;

    buf_init(&unchecked, 0);
    d = demand_open(TOOL(",\"parameters\":{\"properties\":{\"a\":{\"pattern\":\"x\"}}}"),
                    &unchecked);
    assert_string_equal(unchecked.p, "pattern");
    assert_true(demand_offers_tools(d));
    demand_close(d);
    assert_false(demand_offers_tools(NULL));
    buf_free(&unchecked);
}
