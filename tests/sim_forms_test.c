#include <stdio.h>
#include <stdlib.h>

#include "sim_play.h"
#include "test.h"

/* What the simulator makes of a form of the output, of tools and of pictures. */

#define LLAMA "\"model\":\"llama-3.3-70b-versatile\""
#define OSS "\"model\":\"openai/gpt-oss-20b\",\"reasoning_effort\":\"low\""
#define SEES "\"model\":\"qwen/qwen3.6-27b\",\"reasoning_effort\":\"none\""
#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define STREAM "\"stream\":true"
#define FORMAT(strict)                                                                     \
    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\","       \
    "\"strict\":" strict ",\"schema\":{\"type\":\"object\",\"properties\":{\"city\":{"     \
    "\"type\":\"string\"},\"n\":{\"type\":\"integer\",\"minimum\":10}},\"required\":["     \
    "\"city\",\"n\"],\"additionalProperties\":false}}}"
#define TOOL(name)                                                                         \
    "{\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"parameters\":{\"type\":" \
    "\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}" \
    "}"
#define TOOLS "\"tools\":[" TOOL("get_weather") "," TOOL("get_time") "]"

enum { MANY = 40 };

/* Of so many requests: those whose text is one JSON value with both members, and errors. */
static void ask_many(const char *flags, const char *body, size_t *good, size_t *errors)
{
    struct sim sim;

    *good = *errors = 0;
    sim_open(&sim, "%s", flags);
    for (int i = 0; i < MANY; i++) {
        struct played p;
        json_t *value;

        sim_chat(&sim, &p, "", body);
        value = p.content.len ? json_loadb(p.content.p, p.content.len, 0, NULL) : NULL;
        *errors += p.status >= 400 || p.errors;
        *good += json_is_string(json_object_get(value, "city")) &&
                 json_integer_value(json_object_get(value, "n")) >= 10;
        if (p.status >= 400)
            assert_string_equal(played_error(&p, "code"), "json_validate_failed");
        json_decref(value);
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_json_fails_as_often_as_it_is_told_but_never_where_decoding_is_strict)
{
    static const struct {
        const char *flags;
        const char *body;
        size_t least_good, most_good, least_errors, most_errors;
    } cases[] = {
        { "--quiet", "{" OSS "," HI "," FORMAT("false") "}", MANY, MANY, 0, 0 },
        { "--json-invalid 1", "{" OSS "," HI "," FORMAT("false") "}", 0, 0, 0, 0 },
        { "--json-invalid 0.5", "{" OSS "," HI "," FORMAT("false") "}", 8, 32, 0, 0 },
        { "--json-invalid 1", "{" OSS "," HI "," FORMAT("true") "}", MANY, MANY, 0, 0 },
        { "--json-failed 1", "{" OSS "," HI "," FORMAT("true") "}", MANY, MANY, 0, 0 },
        { "--json-failed 1", "{" OSS "," HI "," FORMAT("false") "}", 0, 0, MANY, MANY },
        { "--json-failed 1", "{" OSS "," HI "," STREAM "," FORMAT("false") "}", 0, 0, MANY,
          MANY },
        { "--json-failed 0.5", "{" OSS "," HI "," FORMAT("false") "}", 8, 32, 8, 32 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t good, errors;

        ask_many(cases[i].flags, cases[i].body, &good, &errors);
        if (good < cases[i].least_good || good > cases[i].most_good ||
            errors < cases[i].least_errors || errors > cases[i].most_errors)
            fail_msg("case %zu: %zu good, %zu errors", i, good, errors);
    }
}

TEST(sim_json_is_about_as_long_as_free_text)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--output 200");
    sim_chat(&sim, &p, "", "{" LLAMA "," HI "," FORMAT("false") "}");
    assert_in_range(played_usage(&p, "completion_tokens"), 120, 400);
    played_free(&p);
    sim_close(&sim);
}

static ns_t first_output(const struct played *p)
{
    for (size_t i = 0; i < p->n_frames; i++)
        if (p->frames[i].kind == FRAME_CONTENT || p->frames[i].kind == FRAME_TOOL)
            return p->frames[i].planned - p->x->received;
    return -1;
}

TEST(sim_makes_the_first_request_with_a_schema_wait_for_it)
{
    struct sim sim;
    ns_t first[3];

    sim_open(&sim, "--queue-sigma 0 --json-compile 500ms");
    for (int i = 0; i < 3; i++) {
        struct played p;

        sim_chat(&sim, &p, "",
                 i < 2 ? "{" LLAMA "," HI "," STREAM "," FORMAT("false") "}"
                       : "{" LLAMA "," HI "," STREAM
                         ",\"response_format\":{\"type\":\"json_object\"}}");
        first[i] = first_output(&p);
        played_free(&p);
    }
    assert_true(first[0] > first[1] + 450 * NS_PER_MS);
    assert_true(first[2] < 450 * NS_PER_MS);
    sim_close(&sim);
}

static size_t count(const struct played *p, enum frame_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_frames; i++)
        n += p->frames[i].kind == kind;
    return n;
}

TEST(sim_calls_several_tools_at_once_where_model_and_request_let_it)
{
    static const struct {
        const char *body;
        size_t calls;
        const char *said;
    } cases[] = {
        { "{" LLAMA "," HI "," STREAM "," TOOLS "}", 3,
          "get_weather{\"city\":\"Oslo\"}get_time{\"city\":\"Oslo\"}get_weather{\"city\":"
          "\"Oslo\"}" },
        { "{" LLAMA "," HI "," STREAM "," TOOLS ",\"parallel_tool_calls\":false}", 1,
          "get_weather{\"city\":\"Oslo\"}" },
        { "{" LLAMA "," HI "," STREAM "," TOOLS
          ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_time\"}}}",
          3,
          "get_time{\"city\":\"Oslo\"}get_time{\"city\":\"Oslo\"}get_time{\"city\":"
          "\"Oslo\"}" },
        { "{" OSS "," HI "," STREAM "," TOOLS "}", 1, "get_weather{\"city\":\"Oslo\"}" },
    };
    struct sim sim;

    sim_open(&sim, "--tool-calls 3");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct played p;

        sim_chat(&sim, &p, "", cases[i].body);
        assert_int_equal(count(&p, FRAME_TOOL), cases[i].calls);
        assert_string_equal(p.tool.p, cases[i].said);
        assert_string_equal(p.finish, "tool_calls");
        played_free(&p);
    }
    sim_close(&sim);
}

TEST(sim_sends_each_piece_of_a_call_when_it_has_been_generated)
{
    static const char body[] = "{" LLAMA "," HI "," STREAM "," TOOLS "}";
    struct sim sim;
    struct played p;
    ns_t before = 0;

    sim_open(&sim, "--tool-calls 2 --queue-sigma 0");
    sim_chat(&sim, &p, "x-sim-fault: tool-fragments\r\n", body);
    assert_string_equal(p.tool.p,
                        "get_weather{\"city\":\"Oslo\"}get_time{\"city\":\"Oslo\"}");
    assert_int_equal(count(&p, FRAME_TOOL), 8); /* a head and three pieces each */
    for (size_t i = 0; i < p.n_frames; i++) {
        if (p.frames[i].kind != FRAME_TOOL)
            continue;
        assert_true(p.frames[i].planned > before);
        before = p.frames[i].planned;
    }
    assert_int_equal(before, p.x->received + p.x->timing.queue + p.x->timing.prefill +
                                 p.x->timing.decode);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_refuses_its_own_wrong_calls_unless_nobody_is_to_check)
{
    size_t undeclared = 0;
    struct sim sim;

    sim_open(&sim, "--tool-wrong 1");
    for (int i = 0; i < MANY; i++) {
        struct played p;

        sim_chat(&sim, &p, "", "{" LLAMA "," HI "," STREAM "," TOOLS "}");
        assert_int_equal(p.status, 400);
        assert_string_equal(played_error(&p, "code"), "tool_use_failed");
        played_free(&p);
        sim_chat(&sim, &p, "",
                 "{" LLAMA "," HI "," STREAM "," TOOLS
                 ",\"disable_tool_validation\":true}");
        assert_int_equal(p.status, 200);
        assert_string_not_equal(p.tool.p, "get_weather{\"city\":\"Oslo\"}");
        undeclared += !strncmp(p.tool.p, "undeclared_tool", 15);
        played_free(&p);
    }
    assert_in_range(undeclared, 5, MANY - 5);
    sim_close(&sim);
}

/* --- pictures ------------------------------------------------------------------------- */

/* A message with n pictures of this address. */
static char *with_pictures(size_t n, const char *url)
{
    struct buf b = { 0 };

    buf_str(&b, "{" SEES "," STREAM ",\"messages\":[{\"role\":\"user\",\"content\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\"}},", url);
    buf_str(&b, "{\"type\":\"text\",\"text\":\"What?\"}]}]}");
    return buf_take(&b);
}

TEST(sim_refuses_pictures_that_are_too_many_or_too_large)
{
    char *large = malloc(5 << 20), *longer = malloc(21 << 20);
    const struct {
        size_t n;
        const char *url;
        int status;
        const char *says;
    } cases[] = {
        { 5, "https://example.com/a.png", 200, "" },
        { 6, "https://example.com/a.png", 400, "up to 5 images" },
        { 1, large, 413, "Too Large" },
        { 1, longer, 400, "at most 20000000" },
    };
    struct sim sim;

    memset(large, 'A', 5 << 20);
    memcpy(large, "data:image/png;base64,", 22);
    large[(5 << 20) - 1] = '\0';
    memset(longer, 'a', 21 << 20);
    memcpy(longer, "https://example.com/", 20);
    longer[(21 << 20) - 1] = '\0';
    sim_open(&sim, "--quiet");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *body = with_pictures(cases[i].n, cases[i].url);
        struct played p;

        sim_chat(&sim, &p, "", body);
        assert_int_equal(p.status, cases[i].status);
        if (p.status >= 400)
            assert_non_null(strstr(played_error(&p, "message"), cases[i].says));
        played_free(&p);
        free(body);
    }
    sim_close(&sim);
    free(large);
    free(longer);
}

/* The first bytes of a PNG, 8192 x 4051 and 8192 x 4050 pixels: one row too many, and not.
 */
TEST(sim_reads_the_pixels_of_a_picture)
{
    static const struct {
        const char *url;
        int status;
    } cases[] = {
        { "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAIAAAAA/TCAIAAAAAAAA=", 400 },
        { "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAIAAAAA/SCAIAAAAAAAA=", 200 },
    };
    struct sim sim;

    sim_open(&sim, "--quiet");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *body = with_pictures(1, cases[i].url);
        struct played p;

        sim_chat(&sim, &p, "", body);
        assert_int_equal(p.status, cases[i].status);
        played_free(&p);
        free(body);
    }
    sim_close(&sim);
}

TEST(sim_pictures_cost_tokens_and_time_and_fetching_is_told_nowhere)
{
    static const struct {
        size_t n;
        const char *url;
    } cases[] = { { 0, "" },
                  { 2, "data:image/png;base64,AAAA" },
                  { 2, "https://x/a.png" } };
    ns_t first[3], told[3];
    long long prompt[3];
    struct sim sim;

    sim_open(&sim, "--queue-sigma 0 --image-time 100ms --image-fetch 300ms --cache=off");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *body = with_pictures(cases[i].n, cases[i].url);
        struct played p;

        sim_chat(&sim, &p, "", body);
        prompt[i] = played_usage(&p, "prompt_tokens");
        first[i] = first_output(&p);
        told[i] = p.x->timing.queue + p.x->timing.prefill;
        played_free(&p);
        free(body);
    }
    assert_in_range(prompt[1] - prompt[0], 2600, 4000);
    assert_true(told[1] - told[0] > 200 * NS_PER_MS);
    assert_int_equal(told[2], told[1]);
    assert_in_range(first[2] - first[1], 290 * NS_PER_MS, 310 * NS_PER_MS);
    sim_close(&sim);
}
