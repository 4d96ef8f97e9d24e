#include <stdio.h>

#include "api/sse.h"
#include "sim_play.h"
#include "test.h"

#define LLAMA "\"model\":\"llama-3.1-8b-instant\""
#define OSS "\"model\":\"openai/gpt-oss-20b\""
#define QWEN "\"model\":\"qwen/qwen3-32b\""
#define HI "\"input\":\"Say hi.\""
#define STREAM ",\"stream\":true"
#define TOOLS                                                                              \
    "\"tools\":[{\"type\":\"function\",\"name\":\"get_weather\",\"parameters\":{"          \
    "\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}]"

/* What the events of a stream add up to, read here by jansson and by the reference. */
struct gathered {
    char types[1024]; /* each new one, parted by spaces */
    json_int_t next;  /* sequence number */
    struct buf reasoning;
    struct buf text;
    struct buf arguments;
    json_t *items; /* those that are done */
    json_t *last;  /* the response of the last event that has one */
    bool done;
};

static void add_text(struct buf *b, const json_t *v)
{
    buf_add(b, json_string_value(v), json_string_length(v));
}

static void add_type(struct gathered *g, const char *type)
{
    const char *last = strrchr(g->types, ' ');
    size_t n = strlen(g->types);

    if (last && !strcmp(last + 1, type))
        return;
    snprintf(g->types + n, sizeof(g->types) - n, " %s", type);
}

static void add_event(void *ctx, const struct sse_event *ev)
{
    struct gathered *g = ctx;
    const char *type;
    json_t *e;

    assert_false(g->done);
    if (ev->data_len == 6 && !memcmp(ev->data, "[DONE]", 6)) {
        g->done = true;
        return;
    }
    e = json_loadb(ev->data, ev->data_len, 0, NULL);
    type = json_string_value(json_object_get(e, "type"));
    assert_non_null(type);
    assert_int_equal(strlen(type), ev->type_len);
    assert_memory_equal(type, ev->type, ev->type_len);
    assert_int_equal(json_integer_value(json_object_get(e, "sequence_number")), g->next++);
    add_type(g, type);
    if (!strcmp(type, "response.reasoning_text.delta"))
        add_text(&g->reasoning, json_object_get(e, "delta"));
    if (!strcmp(type, "response.output_text.delta"))
        add_text(&g->text, json_object_get(e, "delta"));
    if (!strcmp(type, "response.function_call_arguments.delta"))
        add_text(&g->arguments, json_object_get(e, "delta"));
    if (!strcmp(type, "response.output_item.done")) {
        assert_int_equal(json_integer_value(json_object_get(e, "output_index")),
                         json_array_size(g->items));
        json_array_append(g->items, json_object_get(e, "item"));
    }
    if (json_object_get(e, "response")) {
        json_decref(g->last);
        g->last = json_incref(json_object_get(e, "response"));
    }
    json_decref(e);
}

static void respond(struct sim *sim, struct played *p, const char *headers,
                    const char *body, const char *more)
{
    struct buf text;

    buf_init(&text, 0);
    buf_printf(&text,
               "POST /openai/v1/responses HTTP/1.1\r\ncontent-length: %zu\r\n"
               "x-tokdyno-id: 7.1\r\n%s\r\n%s%s}",
               strlen(body) + strlen(more) + 1, headers, body, more);
    sim_request(sim, p, text.p);
    buf_free(&text);
}

static void gather(struct gathered *g, const struct played *p)
{
    struct sse sse;
    struct err err;

    *g = (struct gathered){ .items = json_array() };
    sse_init(&sse, 1 << 20, add_event, g);
    assert_int_equal(sse_feed(&sse, p->body.p, p->body.len, &err), 0);
    sse_free(&sse);
}

static void gathered_free(struct gathered *g)
{
    buf_free(&g->reasoning);
    buf_free(&g->text);
    buf_free(&g->arguments);
    json_decref(g->items);
    json_decref(g->last);
}

/* A stream and a whole answer to the same request, of two simulators that are alike. */
struct both {
    struct sim sim;
    struct sim other;
    struct played stream;
    struct played whole;
    struct gathered g;
};

static void ask_both(struct both *b, const char *flags, const char *body)
{
    sim_open(&b->sim, "%s", flags);
    respond(&b->sim, &b->stream, "", body, STREAM);
    sim_open(&b->other, "%s", flags);
    respond(&b->other, &b->whole, "", body, "");
    assert_int_equal(b->stream.status, 200);
    assert_int_equal(b->whole.status, 200);
    gather(&b->g, &b->stream);
}

static void both_free(struct both *b)
{
    gathered_free(&b->g);
    played_free(&b->stream);
    played_free(&b->whole);
    sim_close(&b->sim);
    sim_close(&b->other);
}

static const char *text_of(const struct buf *b)
{
    return b->len ? b->p : "";
}

static const char *const bodies[] = {
    "{" LLAMA "," HI,
    "{" LLAMA "," HI ",\"max_output_tokens\":1",
    "{" OSS "," HI ",\"max_output_tokens\":40",
    "{" OSS "," HI ",\"max_output_tokens\":5",
    "{" OSS "," HI ",\"reasoning\":{\"effort\":\"low\"},\"store\":false",
    "{" OSS "," HI "," TOOLS ",\"tool_choice\":\"required\"",
    "{" QWEN "," HI ",\"instructions\":\"Be brief.\"",
    "{" LLAMA ",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
    "\"text\":\"a\"}]}],\"text\":{\"format\":{\"type\":\"json_object\"}}",
};

TEST(sim_responses_add_up_to_the_whole_response)
{
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct both b;
        const json_t *usage, *whole;

        ask_both(&b, "--quiet", bodies[i]);
        whole = b.whole.json;
        assert_true(json_equal(b.g.items, json_object_get(b.g.last, "output")));
        assert_true(json_equal(b.g.items, json_object_get(whole, "output")));
        assert_string_equal(json_string_value(json_object_get(b.g.last, "status")),
                            json_string_value(json_object_get(whole, "status")));
        usage = json_object_get(b.g.last, "usage");
        assert_true(json_equal((json_t *)usage, json_object_get(whole, "usage")));
        assert_int_equal(json_integer_value(json_object_get(usage, "total_tokens")),
                         json_integer_value(json_object_get(usage, "input_tokens")) +
                             json_integer_value(json_object_get(usage, "output_tokens")));
        assert_null(json_object_get(usage, "prompt_time"));
        assert_false(b.g.done);
        assert_true(b.stream.whole && b.whole.whole);
        both_free(&b);
    }
}

TEST(sim_responses_come_in_the_order_of_the_reference)
{
#define ITEM " response.output_item.added response.content_part.added"
#define DONE " response.content_part.done response.output_item.done"
#define THOUGHTS ITEM " response.reasoning_text.delta response.reasoning_text.done" DONE
#define MESSAGE ITEM " response.output_text.delta response.output_text.done" DONE
#define START " response.created response.in_progress"
#define CALL                                                                               \
    " response.output_item.added response.function_call_arguments.delta"                   \
    " response.function_call_arguments.done response.output_item.done"
    static const struct {
        const char *body;
        const char *types;
    } cases[] = {
        { "{" LLAMA "," HI, START MESSAGE " response.completed" },
        { "{" OSS "," HI, START THOUGHTS MESSAGE " response.completed" },
        { "{" QWEN "," HI, START THOUGHTS MESSAGE " response.completed" },
        { "{" OSS "," HI ",\"max_output_tokens\":3",
          START THOUGHTS " response.incomplete" },
        { "{" OSS "," HI "," TOOLS ",\"tool_choice\":{\"type\":\"function\","
          "\"name\":\"get_weather\"}",
          START THOUGHTS CALL " response.completed" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct both b;

        ask_both(&b, "--quiet", cases[i].body);
        assert_string_equal(b.g.types, cases[i].types);
        both_free(&b);
    }
}

TEST(sim_responses_call_the_function_that_was_offered)
{
    struct both b;
    const json_t *call;

    ask_both(&b, "--quiet", "{" OSS "," HI "," TOOLS ",\"tool_choice\":\"required\"");
    call = json_array_get(b.g.items, 1);
    assert_string_equal(json_string_value(json_object_get(call, "name")), "get_weather");
    assert_string_equal(json_string_value(json_object_get(call, "arguments")),
                        "{\"city\":\"Oslo\"}");
    assert_string_equal(text_of(&b.g.arguments), "{\"city\":\"Oslo\"}");
    both_free(&b);
}

TEST(sim_responses_tell_the_tier_by_its_other_name)
{
    struct both b;

    ask_both(&b, "--quiet --plan developer",
             "{" OSS "," HI ",\"service_tier\":\"default\"");
    assert_string_equal(json_string_value(json_object_get(b.g.last, "service_tier")),
                        "default");
    both_free(&b);
    ask_both(&b, "--quiet --plan developer", "{" OSS "," HI ",\"service_tier\":\"flex\"");
    assert_string_equal(json_string_value(json_object_get(b.g.last, "service_tier")),
                        "flex");
    both_free(&b);
}

TEST(sim_responses_end_with_the_done_mark_where_it_is_wanted)
{
    struct both b;

    ask_both(&b, "--quiet --response-done", "{" LLAMA "," HI);
    assert_true(b.g.done);
    both_free(&b);
}

TEST(sim_responses_refuse_what_they_do_not_support)
{
    static const struct {
        const char *body;
        const char *message;
    } cases[] = {
        { "{" OSS "," HI ",\"previous_response_id\":\"resp_1\"",
          "`previous_response_id` is not supported" },
        { "{" OSS "," HI ",\"store\":true", "`store` is not supported" },
        { "{" OSS "," HI ",\"truncation\":\"auto\"", "`truncation` is not supported" },
        { "{" OSS "," HI ",\"include\":[]", "`include` is not supported" },
        { "{" OSS "," HI ",\"safety_identifier\":\"a\"",
          "`safety_identifier` is not supported" },
        { "{" OSS "," HI ",\"prompt_cache_key\":\"a\"",
          "`prompt_cache_key` is not supported" },
        { "{" OSS, "'input' : property 'input' is missing" },
        { "{" OSS ",\"input\":7", "'input' : value has the wrong type or is out of range" },
        { "{" OSS ",\"input\":[]",
          "'input' : value has the wrong type or is out of range" },
        { "{" OSS "," HI ",\"reasoning\":\"low\"",
          "'reasoning' : value has the wrong type or is out of range" },
        { "{" OSS "," HI ",\"tools\":{}",
          "'tools' : value has the wrong type or is out of range" },
        { "{" LLAMA "," HI ",\"reasoning\":{\"effort\":\"low\"}",
          "`reasoning_effort` low is not supported with this model" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--quiet");
        respond(&sim, &p, "", cases[i].body, "");
        assert_int_equal(p.status, 400);
        assert_string_equal(played_error(&p, "message"), cases[i].message);
        assert_string_equal(played_error(&p, "type"), "invalid_request_error");
        played_free(&p);
        sim_close(&sim);
    }
}

TEST(sim_responses_answer_in_text_once_the_tool_has_answered)
{
    struct both b;

    ask_both(&b, "--quiet",
             "{" LLAMA "," TOOLS ",\"input\":[{\"role\":\"user\",\"content\":\"weather?\"},"
             "{\"type\":\"reasoning\",\"summary\":[]},"
             "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"get_weather\","
             "\"arguments\":\"{}\"},"
             "{\"type\":\"function_call_output\",\"call_id\":\"a\",\"output\":\"rain\"}]");
    assert_true(b.g.text.len > 0);
    assert_int_equal(b.g.arguments.len, 0);
    both_free(&b);
}

/* Both endpoints ask the same of the model. */
TEST(sim_responses_count_the_tokens_that_chat_counts)
{
    struct both b;
    struct played chat;
    const json_t *usage;

    ask_both(&b, "--quiet", "{" OSS "," HI ",\"instructions\":\"Be brief.\"");
    sim_chat(&b.sim, &chat, "",
             "{" OSS ",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
             "{\"role\":\"user\",\"content\":\"Say hi.\"}]}");
    usage = json_object_get(b.g.last, "usage");
    assert_int_equal(json_integer_value(json_object_get(usage, "input_tokens")),
                     played_usage(&chat, "prompt_tokens"));
    played_free(&chat);
    both_free(&b);
}
