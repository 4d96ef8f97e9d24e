#include "sim/ask.h"

#include "sim/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TOOLS = 128 };

const char *const tier_names[N_TIERS] = { "on_demand", "flex", "auto", "performance" };

static const char *const effort_names[N_EFFORTS] = { NULL,  "none",   "default",
                                                     "low", "medium", "high" };
static const char *const thoughts_names[N_THOUGHTS] = { NULL, "parsed", "raw", "hidden" };

int ask_refuse(struct ask *a, enum refusal r, const char *about)
{
    a->refusal = r;
    snprintf(a->about, sizeof(a->about), "%s", about);
    return -1;
}

static bool is_set(const json_t *v)
{
    return v && !json_is_null(v);
}

/* Index of the word that the value is, -1 where it is none of them. */
int ask_word(const json_t *v, const char *const *words, int n)
{
    const char *s = json_string_value(v);

    for (int i = 0; s && i < n; i++)
        if (words[i] && !strcmp(words[i], s))
            return i;
    return -1;
}

/* One function a parameter, named by the table below. */

static int want_bool(struct ask *a, const char *key, const json_t *v)
{
    return json_is_boolean(v) ? 0 : ask_refuse(a, REFUSAL_TYPE, key);
}

static int want_stream(struct ask *a, const char *key, const json_t *v)
{
    a->stream = json_is_true(v);
    return want_bool(a, key, v);
}

static int want_stream_options(struct ask *a, const char *key, const json_t *v)
{
    if (!json_is_object(v))
        return ask_refuse(a, REFUSAL_TYPE, key);
    a->include_usage = json_is_true(json_object_get(v, "include_usage"));
    return json_is_true(json_object_get(a->root, "stream"))
               ? 0
               : ask_refuse(a, REFUSAL_STREAM_OPTIONS, key);
}

static int want_max(struct ask *a, const char *key, const json_t *v)
{
    if (!json_is_integer(v) || json_integer_value(v) < 1)
        return ask_refuse(a, REFUSAL_TYPE, key);
    a->max_tokens = json_integer_value(v);
    return 0;
}

static int want_range(struct ask *a, const char *key, const json_t *v)
{
    double max = !strcmp(key, "temperature") ? 2 : 1;

    return json_is_number(v) && json_number_value(v) >= 0 && json_number_value(v) <= max
               ? 0
               : ask_refuse(a, REFUSAL_TYPE, key);
}

static int want_zero(struct ask *a, const char *key, const json_t *v)
{
    return json_is_number(v) && json_number_value(v) == 0
               ? 0
               : ask_refuse(a, REFUSAL_NOT_YET, key);
}

static int want_nothing(struct ask *a, const char *key, const json_t *v)
{
    return json_is_false(v) || (json_is_object(v) && !json_object_size(v))
               ? 0
               : ask_refuse(a, REFUSAL_UNSUPPORTED, key);
}

static int want_one(struct ask *a, const char *key, const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) == 1 ? 0
                                                            : ask_refuse(a, REFUSAL_N, key);
}

static int want_seed(struct ask *a, const char *key, const json_t *v)
{
    if (!json_is_integer(v))
        return ask_refuse(a, REFUSAL_TYPE, key);
    a->has_seed = true;
    a->seed = json_integer_value(v);
    return 0;
}

static int want_stop(struct ask *a, const char *key, const json_t *v)
{
    a->stop = v;
    return stop_is_good(v) ? 0 : ask_refuse(a, REFUSAL_TYPE, key);
}

static int want_tier(struct ask *a, const char *key, const json_t *v)
{
    int tier = ask_word(v, tier_names, N_TIERS);

    (void)key;
    if (tier < 0)
        return ask_refuse(a, REFUSAL_TIER_VALUE,
                          json_is_string(v) ? json_string_value(v) : "");
    a->tier = (enum tier)tier;
    return 0;
}

static int want_effort(struct ask *a, const char *key, const json_t *v)
{
    int effort = ask_word(v, effort_names, N_EFFORTS);

    if (effort < 0)
        return ask_refuse(a, REFUSAL_TYPE, key);
    a->effort = (enum effort)effort;
    return 0;
}

static int want_format(struct ask *a, const char *key, const json_t *v)
{
    int thoughts = ask_word(v, thoughts_names, N_THOUGHTS);

    if (thoughts < 0)
        return ask_refuse(a, REFUSAL_TYPE, key);
    if (is_set(json_object_get(a->root, "include_reasoning")))
        return ask_refuse(a, REFUSAL_FORMAT_TWICE, key);
    a->thoughts = (enum thoughts)thoughts;
    return 0;
}

static int want_include(struct ask *a, const char *key, const json_t *v)
{
    if (json_is_false(v))
        a->thoughts = THOUGHTS_HIDDEN;
    return want_bool(a, key, v);
}

static int want_json(struct ask *a, const char *key, const json_t *v)
{
    static const char *const types[] = { "text", "json_object", "json_schema" };
    int type = ask_word(json_object_get(v, "type"), types, 3);

    if (type < 0)
        return ask_refuse(a, REFUSAL_TYPE, key);
    a->json = type > 0;
    if (type == 2) {
        a->schema = json_object_get(json_object_get(v, "json_schema"), "schema");
        if (!json_is_object(a->schema))
            return ask_refuse(a, REFUSAL_MISSING, "response_format.json_schema.schema");
    }
    return 0;
}

static bool is_tool_name(const char *s)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-";
    size_t n = s ? strlen(s) : 0;

    return n >= 1 && n <= 64 && strspn(s, good) == n;
}

static int want_tools(struct ask *a, const char *key, const json_t *v)
{
    if (!json_is_array(v))
        return ask_refuse(a, REFUSAL_TYPE, key);
    if (json_array_size(v) > MAX_TOOLS)
        return ask_refuse(a, REFUSAL_TOO_MANY_TOOLS, key);
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *tool = json_array_get(v, i);
        const json_t *f = json_object_get(tool, "function");
        const char *type = json_string_value(json_object_get(tool, "type"));
        const char *name = json_string_value(json_object_get(f, "name"));

        if (!type)
            return ask_refuse(a, REFUSAL_MISSING, "tools.type");
        if (strcmp(type, "function") != 0)
            continue;
        if (!is_tool_name(name))
            return ask_refuse(a, REFUSAL_TOOL_NAME, name ? name : "");
        if (!a->tool) {
            a->tool = name;
            a->tool_schema = json_object_get(f, "parameters");
        }
    }
    return 0;
}

/* "none", "auto", "required" or {"type":"function","function":{"name":...}} */
static int want_choice(struct ask *a, const char *key, const json_t *v)
{
    static const char *const words[] = { "none", "auto", "required" };
    const char *name =
        json_string_value(json_object_get(json_object_get(v, "function"), "name"));
    int word = ask_word(v, words, 3);
    const json_t *tools = json_object_get(a->root, "tools");

    if (word < 0 && !name)
        return ask_refuse(a, REFUSAL_TYPE, key);
    if (word == 0)
        a->tool = NULL;
    a->tool_required = word == 2 || name;
    for (size_t i = 0; i < json_array_size(tools); i++) {
        const json_t *f = json_object_get(json_array_get(tools, i), "function");
        const char *its = json_string_value(json_object_get(f, "name"));

        if (name && its && !strcmp(its, name)) {
            a->tool = its;
            a->tool_schema = json_object_get(f, "parameters");
            return 0;
        }
    }
    return name ? ask_refuse(a, REFUSAL_TOOL_NAME, name) : 0;
}

/* In this order; tools before tool_choice. What is not listed is ignored, as the API does.
 */
static const struct {
    const char *key;
    int (*want)(struct ask *a, const char *key, const json_t *v);
} params[] = {
    { "stream", want_stream },
    { "stream_options", want_stream_options },
    { "max_tokens", want_max },
    { "max_completion_tokens", want_max },
    { "temperature", want_range },
    { "top_p", want_range },
    { "n", want_one },
    { "seed", want_seed },
    { "stop", want_stop },
    { "logprobs", want_nothing },
    { "top_logprobs", want_nothing },
    { "logit_bias", want_nothing },
    { "frequency_penalty", want_zero },
    { "presence_penalty", want_zero },
    { "service_tier", want_tier },
    { "reasoning_effort", want_effort },
    { "reasoning_format", want_format },
    { "include_reasoning", want_include },
    { "response_format", want_json },
    { "tools", want_tools },
    { "tool_choice", want_choice },
    { "parallel_tool_calls", want_bool },
};

static int read_params(struct ask *a)
{
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        const json_t *v = json_object_get(a->root, params[i].key);

        if (is_set(v) && params[i].want(a, params[i].key, v))
            return -1;
    }
    if (a->thoughts == THOUGHTS_RAW && (a->json || a->tool))
        return ask_refuse(a, REFUSAL_RAW_FORMAT, "");
    if (a->json && a->tool)
        return ask_refuse(a, REFUSAL_JSON_TOOLS, "");
    return 0;
}

int ask_load(struct ask *a, const char *body, size_t n)
{
    json_error_t e;
    const json_t *model;

    *a = (struct ask){ .max_tokens = -1 };
    a->root = json_loadb(n ? body : "", n, JSON_ALLOW_NUL, &e);
    if (!a->root)
        return ask_refuse(a, REFUSAL_BAD_JSON, e.text);
    if (!json_is_object(a->root))
        return ask_refuse(a, REFUSAL_BAD_JSON, "request body is not a JSON object");
    model = json_object_get(a->root, "model");
    if (!json_is_string(model) || json_string_length(model) >= sizeof(a->model))
        return ask_refuse(a, model ? REFUSAL_TYPE : REFUSAL_MISSING, "model");
    snprintf(a->model, sizeof(a->model), "%s", json_string_value(model));
    tokens_init(&a->prompt, a->model);
    return 0;
}

int ask_read(struct ask *a)
{
    return read_params(a) || render_prompt(a) ? -1 : 0;
}

int ask_parse(struct ask *a, const char *body, size_t n)
{
    return ask_load(a, body, n) || ask_read(a) ? -1 : 0;
}

int ask_check(struct ask *a, const struct model *m)
{
    int64_t prompt = tokens_count(&a->prompt);
    char number[32];

    if (a->has_image && !m->vision) {
        snprintf(number, sizeof(number), "%zu", a->image_message);
        return ask_refuse(a, REFUSAL_IMAGE, number);
    }
    if (a->effort != EFFORT_UNSAID && !m->reasoning)
        return ask_refuse(a, REFUSAL_EFFORT, effort_names[a->effort]);
    if (m->max_completion > 0 && a->max_tokens > m->max_completion) {
        snprintf(number, sizeof(number), "%lld", (long long)m->max_completion);
        return ask_refuse(a, REFUSAL_MAX_TOKENS, number);
    }
    if (m->context > 0 && prompt + (a->max_tokens > 0 ? a->max_tokens : 1) > m->context)
        return ask_refuse(a, REFUSAL_CONTEXT, "");
    return 0;
}

void ask_free(struct ask *a)
{
    tokens_free(&a->prompt);
    json_decref(a->root);
    a->root = NULL;
}
