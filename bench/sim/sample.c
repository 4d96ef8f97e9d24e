#include "sim/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * Values are made by json_pack only: json_object, json_array and json_string of the library
 * have namesakes in base/json.h, and the linker would take those.
 */
enum { MAX_DEPTH = 8 };

static json_t *sample(const json_t *root, const json_t *schema, int depth);

/* "#/$defs/place": a path from the root; NULL where it leads nowhere. */
static const json_t *follow(const json_t *root, const char *ref)
{
    const json_t *at = root;

    if (strncmp(ref, "#/", 2) != 0)
        return NULL;
    for (ref += 2; at && *ref;) {
        size_t n = strcspn(ref, "/");

        at = json_object_getn(at, ref, n);
        ref += n + (ref[n] == '/');
    }
    return at;
}

static json_t *sample_object(const json_t *root, const json_t *schema, int depth)
{
    json_t *out = json_pack("{}");
    json_t *properties = json_object_get(schema, "properties");

    for (void *at = json_object_iter(properties); at;
         at = json_object_iter_next(properties, at))
        json_object_set_new(out, json_object_iter_key(at),
                            sample(root, json_object_iter_value(at), depth));
    return out;
}

static json_t *sample_array(const json_t *root, const json_t *schema, int depth)
{
    const json_t *items = json_object_get(schema, "items");

    return items ? json_pack("[o]", sample(root, items, depth)) : json_pack("[]");
}

static json_t *sample_string(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)schema, (void)depth;
    return json_pack("s", "Oslo");
}

static json_t *sample_number(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)schema, (void)depth;
    return json_real(1.5);
}

static json_t *sample_integer(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)schema, (void)depth;
    return json_integer(3);
}

static json_t *sample_boolean(const json_t *root, const json_t *schema, int depth)
{
    (void)root, (void)schema, (void)depth;
    return json_true();
}

static const struct {
    const char *type;
    json_t *(*make)(const json_t *root, const json_t *schema, int depth);
} types[] = {
    { "object", sample_object },   { "array", sample_array },
    { "string", sample_string },   { "number", sample_number },
    { "integer", sample_integer }, { "boolean", sample_boolean },
};

static json_t *sample(const json_t *root, const json_t *schema, int depth)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *type = json_object_get(schema, "type");
    json_t *choice = json_array_get(json_object_get(schema, "enum"), 0);
    const json_t *any = json_array_get(json_object_get(schema, "anyOf"), 0);
    const char *name =
        json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);

    if (depth >= MAX_DEPTH)
        return json_null();
    if (ref)
        return sample(root, follow(root, ref), depth + 1);
    if (any)
        return sample(root, any, depth + 1);
    if (choice)
        return json_incref(choice);
    if (!name && json_object_get(schema, "properties"))
        name = "object";
    for (size_t i = 0; name && i < sizeof(types) / sizeof(types[0]); i++)
        if (!strcmp(types[i].type, name))
            return types[i].make(root, schema, depth + 1);
    return json_null();
}

char *sample_of_schema(const json_t *schema)
{
    json_t *value = schema ? sample(schema, schema, 0) : json_pack("{}");
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    json_decref(value);
    return text ? text : mem_strdup("{}");
}
