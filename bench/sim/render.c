#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "sim/ask.h"

enum { IMAGE_TOKENS = 1500, POLICY_TOKENS = 195 };

static void render_json(struct tokens *t, const json_t *v)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text)
        tokens_text(t, text, strlen(text));
    free(text);
}

static void render_string(struct tokens *t, const json_t *v)
{
    tokens_text(t, json_string_value(v), json_string_length(v));
}

static uint64_t big32(const unsigned char *p)
{
    return (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
}

/* Pixels of a PNG in base64: its first chunk tells width and height. 0: another format. */
static uint64_t png_pixels(const char *base64)
{
    enum { HEAD = 32 }; /* characters: 24 bytes */
    static const char mark[] = "\x89PNG\r\n\x1A\n";
    const unsigned char *p;
    uint64_t pixels = 0;
    struct buf b;

    buf_init(&b, HEAD);
    if (strlen(base64) >= HEAD && !base64_decode(base64, HEAD, &b) &&
        !memcmp(b.p, mark, sizeof(mark) - 1)) {
        p = (const unsigned char *)b.p + 16;
        pixels = big32(p) * big32(p + 4);
    }
    buf_free(&b);
    return pixels;
}

static void see_picture(struct ask_images *im, const char *url, size_t message)
{
    const char *base64 = !strncmp(url, "data:", 5) ? strstr(url, ";base64,") : NULL;
    uint64_t pixels = base64 ? png_pixels(base64 + 8) : 0;

    im->message = im->n ? im->message : message;
    im->n++;
    im->urls += strncmp(url, "data:", 5) != 0;
    im->pixels = pixels > im->pixels ? pixels : im->pixels;
}

static int render_part(struct ask *a, const json_t *part, size_t message)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *text = json_object_get(part, "text");
    const json_t *url = json_object_get(json_object_get(part, "image_url"), "url");

    if (type && !strcmp(type, "text") && json_is_string(text)) {
        render_string(&a->prompt, text);
        return 0;
    }
    if (type && !strcmp(type, "image_url") && json_is_string(url)) {
        tokens_opaque(&a->prompt, json_string_value(url), json_string_length(url),
                      IMAGE_TOKENS);
        see_picture(&a->images, json_string_value(url), message);
        return 0;
    }
    return ask_refuse(a, REFUSAL_TYPE, "messages.content");
}

static int render_content(struct ask *a, const json_t *content, size_t message)
{
    if (json_is_string(content)) {
        render_string(&a->prompt, content);
        return 0;
    }
    if (!content || json_is_null(content))
        return 0;
    if (!json_is_array(content))
        return ask_refuse(a, REFUSAL_TYPE, "messages.content");
    for (size_t i = 0; i < json_array_size(content); i++)
        if (render_part(a, json_array_get(content, i), message))
            return -1;
    return 0;
}

static bool is_known(const char *key)
{
    static const char *const keys[] = { "role",         "content",   "tool_calls",
                                        "tool_call_id", "reasoning", "function_call" };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(keys[i], key))
            return true;
    return false;
}

/* Did the model call a tool by that name in a message before this one? */
static bool was_called(const struct ask *a, const char *id, size_t before)
{
    const json_t *messages = json_object_get(a->root, "messages");

    for (size_t i = 0; i < before; i++) {
        const json_t *calls = json_object_get(json_array_get(messages, i), "tool_calls");

        for (size_t k = 0; k < json_array_size(calls); k++) {
            const char *its =
                json_string_value(json_object_get(json_array_get(calls, k), "id"));

            if (its && !strcmp(its, id))
                return true;
        }
    }
    return false;
}

static int check_result(struct ask *a, const json_t *m, size_t number)
{
    const char *id = json_string_value(json_object_get(m, "tool_call_id"));

    if (!id)
        return ask_refuse(a, REFUSAL_MISSING, "messages.tool_call_id");
    return was_called(a, id, number) ? 0
                                     : ask_refuse(a, REFUSAL_TYPE, "messages.tool_call_id");
}

/* An assistant's message that comes last is the beginning of the answer. */
static int render_message(struct ask *a, json_t *m, size_t number, size_t of)
{
    static const char *const roles[] = { "system", "user", "assistant", "tool",
                                         "developer" };
    int role = ask_word(json_object_get(m, "role"), roles, 5);
    const json_t *calls = json_object_get(m, "tool_calls");

    if (role < 0)
        return ask_refuse(a, json_is_object(m) ? REFUSAL_MISSING : REFUSAL_TYPE,
                          "messages.role");
    for (void *at = json_object_iter(m); at; at = json_object_iter_next(m, at))
        if (!is_known(json_object_iter_key(at)))
            return ask_refuse(a, REFUSAL_MESSAGE_KEY, json_object_iter_key(at));
    if (role == 3 && check_result(a, m, number))
        return -1;
    tokens_special(&a->prompt, roles[role]);
    if (render_content(a, json_object_get(m, "content"), number))
        return -1;
    if (calls && !json_is_null(calls))
        render_json(&a->prompt, calls);
    a->prefilled = role == 2 && !calls && number + 1 == of;
    if (!a->prefilled)
        tokens_special(&a->prompt, "end");
    a->answers_tool = role == 3;
    return 0;
}

int render_prompt(struct ask *a)
{
    static const char preamble[] = "Knowledge cutoff: 2024-06\nCurrent date: today\n\n";
    const json_t *tools = json_object_get(a->root, "tools");
    const json_t *choice = json_object_get(a->root, "tool_choice");
    const json_t *messages = json_object_get(a->root, "messages");

    tokens_special(&a->prompt, "begin");
    tokens_text(&a->prompt, preamble, sizeof(preamble) - 1);
    if (strstr(a->model, "llama-guard")) /* its policy, which the caller does not see */
        tokens_opaque(&a->prompt, "policy", 6, POLICY_TOKENS);
    if (tools && !json_is_null(tools)) {
        if (choice && !json_is_null(choice))
            render_json(&a->prompt, choice);
        render_json(&a->prompt, tools);
    }
    if (a->schema)
        render_json(&a->prompt, a->schema);
    if (!messages)
        return ask_refuse(a, REFUSAL_MISSING, "messages");
    if (!json_is_array(messages) || !json_array_size(messages))
        return ask_refuse(a, REFUSAL_TYPE, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++)
        if (render_message(a, json_array_get(messages, i), i, json_array_size(messages)))
            return -1;
    if (!a->prefilled)
        tokens_special(&a->prompt, "assistant");
    return 0;
}
