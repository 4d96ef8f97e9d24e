#include "json_reference.h"

#include <jansson.h>
#include <string.h>

static void put(struct buf *out, const json_t *v);

static void put_text(struct buf *out, char mark, const char *p, size_t n)
{
    buf_printf(out, "%c%zu ", mark, n);
    buf_add(out, p, n);
    buf_char(out, '\n');
}

static void put_object(struct buf *out, const json_t *v)
{
    void *at = json_object_iter((json_t *)(uintptr_t)v);

    buf_str(out, "{\n");
    for (; at; at = json_object_iter_next((json_t *)(uintptr_t)v, at)) {
        put_text(out, '\'', json_object_iter_key(at), json_object_iter_key_len(at));
        put(out, json_object_iter_value(at));
    }
    buf_str(out, "}\n");
}

static void put_array(struct buf *out, const json_t *v)
{
    buf_str(out, "[\n");
    for (size_t i = 0; i < json_array_size(v); i++)
        put(out, json_array_get(v, i));
    buf_str(out, "]\n");
}

static void put(struct buf *out, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        put_object(out, v);
        return;
    case JSON_ARRAY:
        put_array(out, v);
        return;
    case JSON_STRING:
        put_text(out, '"', json_string_value(v), json_string_length(v));
        return;
    case JSON_INTEGER:
        buf_printf(out, "i%lld\n", (long long)json_integer_value(v));
        return;
    case JSON_REAL:
        buf_printf(out, "f%.14g\n", json_real_value(v));
        return;
    case JSON_TRUE:
        buf_str(out, "true\n");
        return;
    case JSON_FALSE:
        buf_str(out, "false\n");
        return;
    case JSON_NULL:
        buf_str(out, "null\n");
        return;
    }
}

/* How its texts begin for what it refuses and we take; the codes alone do not tell. */
static bool means_to_differ(const json_error_t *e)
{
    static const char *const texts[] = {
        "unable to decode byte", "invalid Unicode '",    "too big",
        "real number overflow",  "duplicate object key", "NUL byte in object key",
        "maximum parsing depth"
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!strncmp(e->text, texts[i], strlen(texts[i])))
            return true;
    return false;
}

enum verdict json_reference(const char *p, size_t n, struct buf *out)
{
    json_error_t error;
    json_t *v;

    if (n && memchr(p, 0, n))
        return REFERENCE_DIFFERS;
    v = json_loadb(p, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);

    if (!v)
        return means_to_differ(&error) ? REFERENCE_DIFFERS : REFERENCE_REFUSES;
    put(out, v);
    json_decref(v);
    return REFERENCE_TAKES;
}
