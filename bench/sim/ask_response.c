#include <string.h>

#include "sim/ask.h"

/*
 * What a body of POST /responses asks for, said in the words of chat completions: the two
 * endpoints serve the same models with other names for the same things.
 */

enum { MAX_METADATA = 16 };

static bool is_set(const json_t *v)
{
    return v && !json_is_null(v);
}

/* Conversations that the server keeps, and what else this API does not do. */
static int refuse_unsupported(struct ask *a, const json_t *body)
{
    static const char *const keys[] = { "previous_response_id", "truncation", "include",
                                        "safety_identifier", "prompt_cache_key" };
    const json_t *store = json_object_get(body, "store");

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (is_set(json_object_get(body, keys[i])))
            return ask_refuse(a, REFUSAL_PARAMETER, keys[i]);
    if (is_set(store) && !json_is_false(store))
        return ask_refuse(a, REFUSAL_PARAMETER, "store");
    if (json_object_size(json_object_get(body, "metadata")) > MAX_METADATA)
        return ask_refuse(a, REFUSAL_TYPE, "metadata");
    return 0;
}

static void put(json_t *object, const char *key, const json_t *value)
{
    if (value)
        json_object_set(object, key, (json_t *)value);
}

/* --- parameters ---------------------------------------------------------------------- */

static int take_reasoning(struct ask *a, json_t *chat, const json_t *v)
{
    if (!json_is_object(v))
        return ask_refuse(a, REFUSAL_TYPE, "reasoning");
    put(chat, "reasoning_effort", json_object_get(v, "effort"));
    return 0;
}

/* text: {format: ...}, where a schema stands in the format itself. */
static int take_text(struct ask *a, json_t *chat, const json_t *v)
{
    const json_t *format = json_object_get(v, "format");
    const json_t *type = json_object_get(format, "type");
    json_t *wanted;

    if (!json_is_object(v))
        return ask_refuse(a, REFUSAL_TYPE, "text");
    if (!format)
        return 0;
    wanted = json_object();
    put(wanted, "type", type);
    json_object_set_new(wanted, "json_schema", json_incref((json_t *)format));
    json_object_set_new(chat, "response_format", wanted);
    return 0;
}

static json_t *function_of(const json_t *tool)
{
    static const char *const keys[] = { "name", "description", "parameters", "strict" };
    json_t *f = json_object();

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        put(f, keys[i], json_object_get(tool, keys[i]));
    return f;
}

static bool is_function(const json_t *tool)
{
    const char *type = json_string_value(json_object_get(tool, "type"));

    return type && !strcmp(type, "function");
}

static json_t *chat_tool(const json_t *tool)
{
    if (!is_function(tool))
        return json_incref((json_t *)tool);
    return json_pack("{s:s,s:o}", "type", "function", "function", function_of(tool));
}

static int take_tools(struct ask *a, json_t *chat, const json_t *v)
{
    json_t *tools = json_array();

    if (!json_is_array(v)) {
        json_decref(tools);
        return ask_refuse(a, REFUSAL_TYPE, "tools");
    }
    for (size_t i = 0; i < json_array_size(v); i++)
        json_array_append_new(tools, chat_tool(json_array_get(v, i)));
    json_object_set_new(chat, "tools", tools);
    return 0;
}

static int take_choice(struct ask *a, json_t *chat, const json_t *v)
{
    (void)a;
    json_object_set_new(chat, "tool_choice", chat_tool(v));
    return 0;
}

static int take_tier(struct ask *a, json_t *chat, const json_t *v)
{
    static const char *const words[] = { "auto", "default", "flex" };
    int word = ask_word(v, words, 3);

    if (word < 0)
        return ask_refuse(a, REFUSAL_TIER_VALUE,
                          json_is_string(v) ? json_string_value(v) : "");
    json_object_set_new(chat, "service_tier",
                        json_string(word == 1 ? "on_demand" : words[word]));
    return 0;
}

static const struct {
    const char *key;
    const char *chat; /* what chat completions call it; NULL: take it is */
    int (*take)(struct ask *a, json_t *chat, const json_t *v);
} params[] = {
    { "model", "model", NULL },
    { "stream", "stream", NULL },
    { "max_output_tokens", "max_completion_tokens", NULL },
    { "temperature", "temperature", NULL },
    { "top_p", "top_p", NULL },
    { "parallel_tool_calls", "parallel_tool_calls", NULL },
    { "reasoning", NULL, take_reasoning },
    { "text", NULL, take_text },
    { "tools", NULL, take_tools },
    { "tool_choice", NULL, take_choice },
    { "service_tier", NULL, take_tier },
};

static int take_params(struct ask *a, json_t *chat, const json_t *body)
{
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        const json_t *v = json_object_get(body, params[i].key);

        if (!is_set(v))
            continue;
        if (params[i].chat)
            put(chat, params[i].chat, v);
        else if (params[i].take(a, chat, v))
            return -1;
    }
    /* Thoughts are items of their own, whatever the model. */
    json_object_set_new(chat, "reasoning_format", json_string("parsed"));
    return 0;
}

/* --- input --------------------------------------------------------------------------- */

static json_t *chat_part(const json_t *part)
{
    const json_t *url = json_object_get(part, "image_url");
    const json_t *text = json_object_get(part, "text");

    if (json_is_string(url))
        return json_pack("{s:s,s:{s:O}}", "type", "image_url", "image_url", "url", url);
    if (json_is_string(text))
        return json_pack("{s:s,s:O}", "type", "text", "text", text);
    return json_incref((json_t *)part);
}

static json_t *chat_content(const json_t *content)
{
    json_t *parts;

    if (!json_is_array(content))
        return content ? json_incref((json_t *)content) : json_null();
    parts = json_array();
    for (size_t i = 0; i < json_array_size(content); i++)
        json_array_append_new(parts, chat_part(json_array_get(content, i)));
    return parts;
}

static json_t *call_message(const json_t *item)
{
    json_t *call = json_pack("{s:s,s:o}", "type", "function", "function", json_object());
    json_t *f = json_object_get(call, "function");

    put(call, "id", json_object_get(item, "call_id"));
    put(f, "name", json_object_get(item, "name"));
    put(f, "arguments", json_object_get(item, "arguments"));
    return json_pack("{s:s,s:n,s:[o]}", "role", "assistant", "content", "tool_calls", call);
}

static json_t *result_message(const json_t *item)
{
    json_t *m = json_pack("{s:s}", "role", "tool");

    put(m, "tool_call_id", json_object_get(item, "call_id"));
    json_object_set_new(m, "content", chat_content(json_object_get(item, "output")));
    return m;
}

static json_t *plain_message(const json_t *item)
{
    json_t *m = json_object();

    put(m, "role", json_object_get(item, "role"));
    json_object_set_new(m, "content", chat_content(json_object_get(item, "content")));
    return m;
}

/* NULL: what the model is not shown. */
static json_t *chat_message(const json_t *item)
{
    const char *type = json_string_value(json_object_get(item, "type"));

    if (type && !strcmp(type, "function_call"))
        return call_message(item);
    if (type && !strcmp(type, "function_call_output"))
        return result_message(item);
    return type && !strcmp(type, "reasoning") ? NULL : plain_message(item);
}

static int take_input(struct ask *a, json_t *chat, const json_t *body)
{
    const json_t *instructions = json_object_get(body, "instructions");
    const json_t *input = json_object_get(body, "input");
    json_t *messages = json_array();

    json_object_set_new(chat, "messages", messages);
    if (is_set(instructions))
        json_array_append_new(
            messages, json_pack("{s:s,s:O}", "role", "system", "content", instructions));
    if (json_is_string(input))
        json_array_append_new(messages,
                              json_pack("{s:s,s:O}", "role", "user", "content", input));
    for (size_t i = 0; i < json_array_size(input); i++) {
        json_t *m = chat_message(json_array_get(input, i));

        if (m)
            json_array_append_new(messages, m);
    }
    if (json_is_string(input) || json_array_size(input))
        return 0;
    return ask_refuse(a, input ? REFUSAL_TYPE : REFUSAL_MISSING, "input");
}

int ask_parse_response(struct ask *a, const char *body, size_t n)
{
    json_t *asked;
    json_t *chat;
    int rc;

    if (ask_load(a, body, n))
        return -1;
    asked = a->root;
    chat = json_object();
    rc = refuse_unsupported(a, asked) || take_params(a, chat, asked) ||
                 take_input(a, chat, asked)
             ? -1
             : 0;
    a->root = chat;
    json_decref(asked);
    return rc ? rc : ask_read(a);
}
