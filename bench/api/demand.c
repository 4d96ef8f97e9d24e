#include "api/demand.h"

#include <stdlib.h>

#include "api/schema.h"
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

static enum form judge_text(const struct demand *d, const struct answer *a)
{
    bool cut = str_is((struct str){ a->finish.p, a->finish.len }, "length");
    json_t *value;
    enum form form;

    if (a->output->lost)
        return FORM_UNCHECKED;
    value = parsed(&a->output->text);
    if (!value)
        return cut ? FORM_CUT_OFF : FORM_NOT_JSON;
    form = FORM_VALID;
    if (!d->schema)
        form = json_is_object(value) || json_is_array(value) ? FORM_VALID : FORM_OFF_SCHEMA;
    else
        switch (schema_check(d->schema, value)) {
        case SCHEMA_FITS:
            break;
        case SCHEMA_FITS_NOT:
            form = FORM_OFF_SCHEMA;
            break;
        case SCHEMA_NO_END:
            form = FORM_UNCHECKED;
            break;
        }
    json_decref(value);
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
static enum form judge_call(const struct demand *d, const struct output_call *c)
{
    const struct tool *tool = find_tool(d, &c->name);
    json_t *arguments;
    bool fits;

    if (!tool)
        return FORM_WRONG_TOOL;
    arguments = c->arguments.len ? parsed(&c->arguments) : json_pack("{}");
    fits =
        json_is_object(arguments) &&
        (!tool->parameters || schema_check(tool->parameters, arguments) != SCHEMA_FITS_NOT);
    json_decref(arguments);
    return fits ? FORM_CALLED : FORM_WRONG_ARGUMENTS;
}

static enum form judge_calls(const struct demand *d, const struct output *o)
{
    for (size_t i = 0; i < o->n_calls; i++) {
        enum form form = judge_call(d, &o->calls[i]);

        if (form != FORM_CALLED && !o->lost)
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
    if (!d || !a->output)
        return FORM_NONE;
    if (!whole)
        return refused(a);
    if (d->n_tools && (a->output->n_calls || a->tool_call))
        return judge_calls(d, a->output);
    if (d->json)
        return judge_text(d, a);
    return FORM_NOT_CALLED;
}
