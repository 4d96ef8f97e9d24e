#include "api/demand.h"

#include <stdlib.h>

#include "api/schema.h"
#include "base/json.h"
#include "base/mem.h"

struct tool {
    const char *name; /* in the body */
    const json_t *parameters;
};

struct demand {
    json_t *body;
    bool json;            /* text that is JSON ... */
    const json_t *schema; /* ... and so; NULL: any */
    struct tool *tools;
    size_t n_tools;
};

/* {"type":"json_schema","json_schema":{"schema":{}}}; Responses put the schema into it. */
static void take_format(struct demand *d, const json_t *format)
{
    const char *type = json_string_value(json_object_get(format, "type"));
    const json_t *inner = json_object_get(format, "json_schema");

    if (!type || (strcmp(type, "json_object") != 0 && strcmp(type, "json_schema") != 0))
        return;
    d->json = true;
    if (!strcmp(type, "json_schema"))
        d->schema = json_object_get(inner ? inner : format, "schema");
}

/* Tools that the server runs by itself have no function, and are no business of ours. */
static void take_tools(struct demand *d, const json_t *tools)
{
    size_t n = json_array_size(tools);

    d->tools = mem_array(n ? n : 1, sizeof(*d->tools));
    for (size_t i = 0; i < n; i++) {
        const json_t *tool = json_array_get(tools, i);
        const char *type = json_string_value(json_object_get(tool, "type"));
        const json_t *f = json_object_get(tool, "function");
        const char *name = json_string_value(json_object_get(f ? f : tool, "name"));

        if (type && name && !strcmp(type, "function"))
            d->tools[d->n_tools++] =
                (struct tool){ name, json_object_get(f ? f : tool, "parameters") };
    }
}

static bool is_word(const json_t *v, const char *word)
{
    return json_is_string(v) && !strcmp(json_string_value(v), word);
}

struct demand *demand_open(const char *body, struct buf *unchecked)
{
    struct demand *d = mem_alloc(sizeof(*d));

    d->body = json_loads(body, JSON_DECODE_INT_AS_REAL, NULL);
    take_format(d, json_object_get(d->body, "response_format"));
    take_format(d, json_object_get(json_object_get(d->body, "text"), "format"));
    if (!is_word(json_object_get(d->body, "tool_choice"), "none"))
        take_tools(d, json_object_get(d->body, "tools"));
    if (!d->json && !d->n_tools) {
        demand_close(d);
        return NULL;
    }
    if (!unchecked)
        return d;
    schema_unchecked(d->schema, unchecked);
    for (size_t i = 0; i < d->n_tools; i++)
        schema_unchecked(d->tools[i].parameters, unchecked);
    return d;
}

void demand_close(struct demand *d)
{
    if (!d)
        return;
    json_decref(d->body);
    free(d->tools);
    free(d);
}

bool demand_offers_tools(const struct demand *d)
{
    return d && d->n_tools;
}

/* --- judging -------------------------------------------------------------------------- */

/* All numbers as reals, here and in the body: one that fits no integer is still JSON. */
static json_t *parsed(const struct buf *text)
{
    return text->len
               ? json_loadb(text->p, text->len,
                            JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                            NULL)
               : NULL;
}

/* What a raw text stands for; false where it is longer than is checked. The caller frees.
 */
static bool plain(const struct buf *raw, struct buf *text)
{
    buf_init(text, DEMAND_MOST);
    return !json_unescape((struct str){ raw->p ? raw->p : "", raw->len }, text);
}

static enum form judge_json(const struct demand *d, const json_t *value)
{
    if (!d->schema)
        return json_is_object(value) || json_is_array(value) ? FORM_VALID : FORM_OFF_SCHEMA;
    switch (schema_check(d->schema, value)) {
    case SCHEMA_FITS:
        return FORM_VALID;
    case SCHEMA_FITS_NOT:
        return FORM_OFF_SCHEMA;
    case SCHEMA_NO_END:
        break;
    }
    return FORM_UNCHECKED;
}

/* The budget ended first, as chat completions and Responses say it. */
static bool is_cut(struct str finish)
{
    return str_is(finish, "length") || str_is(finish, "max_output_tokens");
}

static enum form judge_text(const struct demand *d, const struct answer *a)
{
    bool cut = is_cut((struct str){ a->finish.p, a->finish.len });
    enum form form = FORM_UNCHECKED;
    struct buf text;

    if (plain(&a->said.text, &text) && !a->said.lost) {
        json_t *value = parsed(&text);

        form = value ? judge_json(d, value) : cut ? FORM_CUT_OFF : FORM_NOT_JSON;
        json_decref(value);
    }
    buf_free(&text);
    return form;
}

static const struct tool *find_tool(const struct demand *d, const struct buf *name)
{
    for (size_t i = 0; i < d->n_tools; i++)
        if (str_is((struct str){ name->p, name->len }, d->tools[i].name))
            return &d->tools[i];
    return NULL;
}

/* No arguments at all are as good as none: {}. */
static bool takes(const struct tool *tool, const struct buf *text)
{
    json_t *arguments = text->len ? parsed(text) : json_pack("{}");
    bool fits =
        json_is_object(arguments) &&
        (!tool->parameters || schema_check(tool->parameters, arguments) != SCHEMA_FITS_NOT);

    json_decref(arguments);
    return fits;
}

/* What is too long to be checked is taken for good. */
static enum form judge_call(const struct demand *d, const struct said_call *c)
{
    struct buf name, arguments;
    bool checked = plain(&c->name, &name);
    const struct tool *tool = find_tool(d, &name);
    enum form form = FORM_CALLED;

    checked &= plain(&c->arguments, &arguments);
    if (checked && !tool)
        form = FORM_WRONG_TOOL;
    else if (checked && !takes(tool, &arguments))
        form = FORM_WRONG_ARGUMENTS;
    buf_free(&name);
    buf_free(&arguments);
    return form;
}

static enum form judge_calls(const struct demand *d, const struct said *said)
{
    for (size_t i = 0; i < said->n_calls && !said->lost; i++) {
        enum form form = judge_call(d, &said->calls[i]);

        if (form != FORM_CALLED)
            return form;
    }
    return FORM_CALLED;
}

/* What the server says of its own output. */
static enum form refused(const struct answer *a)
{
    struct str code = { answer_string(&a->error_code), a->error_code.len };

    if (str_is(code, "json_validate_failed"))
        return FORM_JSON_FAILED;
    return str_is(code, "tool_use_failed") ? FORM_TOOL_FAILED : FORM_NONE;
}

enum form demand_judge(const struct demand *d, const struct answer *a, bool whole)
{
    if (!d || !a->said.wanted)
        return FORM_NONE;
    if (!whole)
        return refused(a);
    if (d->n_tools && (a->said.n_calls || a->tool_call))
        return judge_calls(d, &a->said);
    if (d->json)
        return judge_text(d, a);
    return FORM_NOT_CALLED;
}
