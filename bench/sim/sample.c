#include "sim/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/*
 * Values are made by json_pack only: json_object, json_array and json_string of the library
 * have namesakes in base/json.h, and the linker would take those.
 */
enum { MAX_DEPTH = 8, MAX_ITEMS = 100 };

struct sampling {
    const json_t *root;
    const char *text; /* of strings */
    size_t strings;   /* made so far */
};

static json_t *sample(struct sampling *s, const json_t *schema, int depth);

/* "#/$defs/place": a path from the root; NULL where it leads nowhere. */
static const json_t *follow(const json_t *root, const char *ref)
{
    const json_t *at = root;

    if (!strcmp(ref, "#"))
        return root;
    if (strncmp(ref, "#/", 2) != 0)
        return NULL;
    for (ref += 2; at && *ref;) {
        size_t n = strcspn(ref, "/");

        at = json_object_getn(at, ref, n);
        ref += n + (ref[n] == '/');
    }
    return at;
}

static json_t *sample_object(struct sampling *s, const json_t *schema, int depth)
{
    json_t *out = json_pack("{}");
    json_t *properties = json_object_get(schema, "properties");

    for (void *at = json_object_iter(properties); at;
         at = json_object_iter_next(properties, at))
        json_object_set_new(out, json_object_iter_key(at),
                            sample(s, json_object_iter_value(at), depth));
    return out;
}

/* As short as it may be, but not empty if it need not. */
static json_t *sample_array(struct sampling *s, const json_t *schema, int depth)
{
    const json_t *items = json_object_get(schema, "items");
    const json_t *most = json_object_get(schema, "maxItems");
    json_int_t n = json_integer_value(json_object_get(schema, "minItems"));
    json_t *out = json_pack("[]");

    n = n < 1 ? 1 : n > MAX_ITEMS ? MAX_ITEMS : n;
    if (most && json_integer_value(most) < n)
        n = json_integer_value(most);
    for (json_int_t i = 0; items && i < n; i++)
        json_array_append_new(out, sample(s, items, depth));
    return out;
}

/* The beginning of the text, in whole characters, or "x" over and over. */
static json_t *sample_string(struct sampling *s, const json_t *schema, int depth)
{
    const json_t *most = json_object_get(schema, "maxLength");
    json_int_t least = json_integer_value(json_object_get(schema, "minLength"));
    const char *text = s->text ? s->text : "Oslo";
    json_int_t n = 0;
    json_t *out;
    struct buf b;

    (void)depth;
    s->strings++;
    buf_init(&b, 0);
    buf_str(&b, "");
    for (; *text && (!most || n < json_integer_value(most)); n++)
        do
            buf_char(&b, *text++);
        while (((unsigned char)*text & 0xC0) == 0x80);
    for (; n < least && n < 10000; n++)
        buf_char(&b, 'x');
    out = json_pack("s", b.p);
    buf_free(&b);
    return out;
}

/* v, or the bound that it breaks. */
static double bounded(const json_t *schema, double v)
{
    const json_t *least = json_object_get(schema, "minimum");
    const json_t *most = json_object_get(schema, "maximum");

    if (least && v < json_number_value(least))
        v = json_number_value(least);
    if (most && v > json_number_value(most))
        v = json_number_value(most);
    return v;
}

static json_t *sample_number(struct sampling *s, const json_t *schema, int depth)
{
    (void)s, (void)depth;
    return json_real(bounded(schema, 1.5));
}

static json_t *sample_integer(struct sampling *s, const json_t *schema, int depth)
{
    (void)s, (void)depth;
    return json_integer(llround(bounded(schema, 3)));
}

static json_t *sample_boolean(struct sampling *s, const json_t *schema, int depth)
{
    (void)s, (void)schema, (void)depth;
    return json_true();
}

static const struct {
    const char *type;
    json_t *(*make)(struct sampling *s, const json_t *schema, int depth);
} types[] = {
    { "object", sample_object },   { "array", sample_array },
    { "string", sample_string },   { "number", sample_number },
    { "integer", sample_integer }, { "boolean", sample_boolean },
};

static json_t *sample(struct sampling *s, const json_t *schema, int depth)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *type = json_object_get(schema, "type");
    json_t *fixed = json_object_get(schema, "const");
    json_t *choice = json_array_get(json_object_get(schema, "enum"), 0);
    const json_t *any = json_array_get(json_object_get(schema, "anyOf"), 0);
    const char *name =
        json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);

    if (depth >= MAX_DEPTH)
        return json_null();
    if (ref)
        return sample(s, follow(s->root, ref), depth + 1);
    if (any)
        return sample(s, any, depth + 1);
    if (fixed || choice)
        return json_incref(fixed ? fixed : choice);
    if (!name && json_object_get(schema, "properties"))
        name = "object";
    for (size_t i = 0; name && i < sizeof(types) / sizeof(types[0]); i++)
        if (!strcmp(types[i].type, name))
            return types[i].make(s, schema, depth + 1);
    return json_null();
}

static char *text_of(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    json_decref(value);
    return text ? text : mem_strdup("{}");
}

char *sample_of_schema(const json_t *schema, const char *text)
{
    struct sampling s = { schema, text, 0 };

    return text_of(schema ? sample(&s, schema, 0) : json_pack("{}"));
}

size_t sample_strings(const json_t *schema)
{
    struct sampling s = { schema, NULL, 0 };

    json_decref(sample(&s, schema, 0));
    return s.strings;
}

char *sample_spoilt(const char *json, uint64_t how)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    void *first = json_object_iter(value);

    if (!first || how % 3 == 0) {
        char *half = mem_strdup(json);

        half[strlen(half) / 2] = '\0';
        json_decref(value);
        return half;
    }
    if (how % 3 == 1)
        json_object_del(value, json_object_iter_key(first));
    else
        json_object_iter_set_new(value, first, json_pack("{s:[b]}", "unexpected", 1));
    return text_of(value);
}
