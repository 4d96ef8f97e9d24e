#include "exporters/otlp_common.h"

#include <string.h>

#include "base/utf8.h"

const char otlp_schema_url[] = "https://opentelemetry.io/schemas/1.41.0";

/* --- text --------------------------------------------------------------------------- */

static bool plain(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

char *otlp_text(struct arena *a, const char *text, size_t max)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t n = strlen(text), used = 0;
    char *out;

    if (plain(text, n))
        return arena_strndup(a, text, n < max ? n : max);
    out = arena_alloc(a, 3 * n + 1);
    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((const unsigned char *)text + i, n - i);
        size_t put = len ? len : 3;

        if (used + put > max)
            break;
        memcpy(out + used, len ? text + i : replacement, put);
        used += put;
        i += len ? len : 1;
    }
    out[used] = '\0';
    return out;
}

/* --- attributes --------------------------------------------------------------------- */

struct attrs attrs_begin(struct arena *a, size_t room, size_t max_text)
{
    return (struct attrs){ .arena = a,
                           .items = arena_alloc(a, room * sizeof(Otlp__KeyValue *)),
                           .cap = room,
                           .max_text = max_text };
}

struct pair {
    Otlp__KeyValue key;
    Otlp__AnyValue value;
};

static Otlp__AnyValue *add(struct attrs *to, const char *key,
                           Otlp__AnyValue__ValueCase kind)
{
    struct pair *p = arena_alloc(to->arena, sizeof(*p));

    if (to->n == to->cap) {
        Otlp__KeyValue **more = arena_alloc(to->arena, (2 * to->cap + 4) * sizeof(*more));

        if (to->n)
            memcpy(more, to->items, to->n * sizeof(*more));
        to->items = more;
        to->cap = 2 * to->cap + 4;
    }
    otlp__key_value__init(&p->key);
    otlp__any_value__init(&p->value);
    p->key.key = (char *)(uintptr_t)key; /* protobuf-c only reads it */
    p->key.value = &p->value;
    p->value.value_case = kind;
    to->items[to->n++] = &p->key;
    return &p->value;
}

void attr_name(struct attrs *to, const char *key, const char *value)
{
    if (value && *value)
        add(to, key, OTLP__ANY_VALUE__VALUE_STRING_VALUE)->string_value =
            (char *)(uintptr_t)value;
}

void attr_text(struct attrs *to, const char *key, const char *value)
{
    if (value && *value)
        attr_name(to, key, otlp_text(to->arena, value, to->max_text));
}

OTLP_MESSAGE(ArrayValue, array_value)
OTLP_MESSAGE(AnyValue, any_value)

void attr_list(struct attrs *to, const char *key, const char *value)
{
    Otlp__ArrayValue *list;

    if (!value || !*value)
        return;
    list = new_array_value(to->arena);
    list->n_values = 1;
    list->values = arena_alloc(to->arena, sizeof(*list->values));
    list->values[0] = new_any_value(to->arena);
    list->values[0]->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
    list->values[0]->string_value = otlp_text(to->arena, value, to->max_text);
    add(to, key, OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)->array_value = list;
}

void attr_int(struct attrs *to, const char *key, int64_t value)
{
    add(to, key, OTLP__ANY_VALUE__VALUE_INT_VALUE)->int_value = value;
}

void attr_count(struct attrs *to, const char *key, int64_t value)
{
    if (value >= 0)
        attr_int(to, key, value);
}

void attr_bool(struct attrs *to, const char *key, bool value)
{
    add(to, key, OTLP__ANY_VALUE__VALUE_BOOL_VALUE)->bool_value = value;
}

void attr_double(struct attrs *to, const char *key, double value)
{
    add(to, key, OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE)->double_value = value;
}

void attr_seconds(struct attrs *to, const char *key, ns_t value)
{
    if (value >= 0)
        attr_double(to, key, (double)value / NS_PER_S);
}

/* --- chunks ------------------------------------------------------------------------- */

void otlp_put(const struct export_out *out, enum export_signal signal,
              const ProtobufCMessage *message, uint64_t items, struct buf *scratch)
{
    size_t n = protobuf_c_message_get_packed_size(message);
    struct export_chunk chunk = { .signal = signal, .items = items };

    buf_clear(scratch);
    protobuf_c_message_pack(message, (uint8_t *)buf_room(scratch, n));
    chunk.bytes = (struct str){ scratch->p, n };
    out->put(out->ctx, &chunk);
}
