#include "data/fields.h"

#include <string.h>

#include "base/utf8.h"

/* An integer member of any size as int64_t. */
static int64_t load(const struct field *f, const void *object)
{
    const char *at = (const char *)object + f->offset;
    int32_t i32;
    uint32_t u32;
    int64_t i64 = 0;

    if (f->type == FIELD_TYPE_I32) {
        memcpy(&i32, at, sizeof(i32));
        return i32;
    }
    if (f->type == FIELD_TYPE_U32) {
        memcpy(&u32, at, sizeof(u32));
        return u32;
    }
    memcpy(&i64, at, sizeof(i64));
    return i64;
}

static const char *load_text(const struct field *f, const void *object)
{
    const char *text;

    memcpy(&text, (const char *)object + f->offset, sizeof(text));
    return text ? text : "";
}

static bool load_bool(const struct field *f, const void *object)
{
    return *((const bool *)object + f->offset);
}

static bool present(const struct field *f, const void *object)
{
    switch (f->type) {
    case FIELD_TYPE_TEXT:
        return *load_text(f, object);
    case FIELD_TYPE_BOOL:
        return load_bool(f, object);
    case FIELD_TYPE_OBJECT:
        for (size_t i = 0; i < f->n; i++)
            if (present(&f->table[i], (const char *)object + f->offset))
                return true;
        return false;
    case FIELD_TYPE_OTHER:
        return true;
    case FIELD_TYPE_I32:
    case FIELD_TYPE_U32:
    case FIELD_TYPE_I64:
    case FIELD_TYPE_U64:
        return load(f, object) != f->absent;
    }
    return false;
}

static void put_value(struct jsonw *w, const struct field *f, const void *object)
{
    switch (f->type) {
    case FIELD_TYPE_TEXT:
        jsonw_string(w, load_text(f, object));
        return;
    case FIELD_TYPE_BOOL:
        jsonw_bool(w, load_bool(f, object));
        return;
    case FIELD_TYPE_OBJECT:
        fields_put(w, f->table, f->n, (const char *)object + f->offset);
        return;
    case FIELD_TYPE_OTHER:
        return;
    case FIELD_TYPE_I32:
    case FIELD_TYPE_U32:
    case FIELD_TYPE_I64:
    case FIELD_TYPE_U64:
        jsonw_int(w, load(f, object));
        return;
    }
}

static void put_field(struct jsonw *w, const struct field *f, const void *object)
{
    if (f->type == FIELD_TYPE_OTHER) {
        f->put(w, f->key, object);
    } else if (present(f, object)) {
        jsonw_key(w, f->key);
        put_value(w, f, object);
    }
}

void fields_put(struct jsonw *w, const struct field *table, size_t n, const void *object)
{
    jsonw_object(w);
    for (size_t i = 0; i < n; i++)
        put_field(w, &table[i], object);
    jsonw_end(w);
}

static void each(const struct field_in *in, const struct field *table, size_t n,
                 const void *object, field_fn *fn, void *ctx)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &table[i];
        struct field_in here = { f->key, in };

        if (f->type == FIELD_TYPE_OBJECT)
            each(&here, f->table, f->n, (const char *)object + f->offset, fn, ctx);
        else
            fn(ctx, in, f, object);
    }
}

void fields_each(const struct field *table, size_t n, const void *object, field_fn *fn,
                 void *ctx)
{
    each(NULL, table, n, object, fn, ctx);
}

/* What it writes as JSON is the only thing that is known of such a one. */
static void other_text(const struct field *f, const void *object, struct buf *out)
{
    struct buf text;
    struct jsonw w;
    struct json j;
    struct str key, raw;

    buf_init(&text, 0);
    jsonw_init(&w, &text, 0);
    jsonw_object(&w);
    f->put(&w, f->key, object);
    jsonw_end(&w);
    json_init(&j, text.p, text.len);
    if (json_open_object(&j) && json_key(&j, &key)) {
        if (json_kind(&j) == JSON_IS_STRING) {
            json_text(&j, &raw);
            json_unescape(raw, out);
        } else if (json_kind(&j) != JSON_IS_ARRAY && json_kind(&j) != JSON_IS_OBJECT &&
                   json_raw(&j, &raw)) {
            buf_add(out, raw.p, raw.n);
        }
    }
    buf_free(&text);
}

/* As it comes back from the JSON: bytes that are not UTF-8 replaced. */
static void put_text(struct buf *out, const char *text)
{
    size_t n = strlen(text), len;

    for (size_t i = 0; i < n; i += len ? len : 1) {
        len = utf8_length((const unsigned char *)text + i, n - i);
        if (len)
            buf_add(out, text + i, len);
        else
            buf_str(out, "\xEF\xBF\xBD");
    }
}

void field_text(const struct field *f, const void *object, struct buf *out)
{
    if (f->type == FIELD_TYPE_OTHER)
        other_text(f, object, out);
    else if (f->type == FIELD_TYPE_BOOL)
        buf_str(out, load_bool(f, object) ? "true" : "false");
    else if (f->type == FIELD_TYPE_TEXT)
        put_text(out, load_text(f, object));
    else if (f->type != FIELD_TYPE_OBJECT && present(f, object))
        buf_int(out, load(f, object));
}

int64_t fields_int(struct fields_reader *rd, int64_t max)
{
    int64_t v;

    if (json_kind(&rd->j) == JSON_IS_NUMBER && json_int(&rd->j, &v) && v >= 0 && v <= max)
        return v;
    rd->bad = true;
    return 0;
}

const char *fields_text(struct fields_reader *rd)
{
    struct str raw;

    if (json_kind(&rd->j) == JSON_IS_STRING && json_text(&rd->j, &raw))
        return rd->keep(rd->ctx, raw);
    rd->bad = true;
    return "";
}

bool fields_array(struct fields_reader *rd, size_t *n)
{
    struct json ahead = rd->j;

    *n = 0;
    if (json_kind(&rd->j) != JSON_IS_ARRAY || !json_open_array(&rd->j)) {
        rd->bad = true;
        return false;
    }
    for (json_open_array(&ahead); json_item(&ahead); ++*n)
        json_skip(&ahead);
    return true;
}

static void get_field(struct fields_reader *rd, const struct field *f, void *object)
{
    char *at = (char *)object + f->offset;
    int64_t i64;
    uint32_t u32;
    bool yes;
    const char *text;

    switch (f->type) {
    case FIELD_TYPE_TEXT:
        text = fields_text(rd);
        memcpy(at, &text, sizeof(text));
        return;
    case FIELD_TYPE_BOOL:
        yes = false;
        rd->bad |= json_kind(&rd->j) != JSON_IS_BOOL || !json_bool(&rd->j, &yes);
        memcpy(at, &yes, sizeof(yes));
        return;
    case FIELD_TYPE_I32:
    case FIELD_TYPE_U32:
        u32 = (uint32_t)fields_int(rd, f->type == FIELD_TYPE_I32 ? INT32_MAX : UINT32_MAX);
        memcpy(at, &u32, sizeof(u32));
        return;
    case FIELD_TYPE_I64:
    case FIELD_TYPE_U64:
        i64 = fields_int(rd, FIELDS_MAX);
        memcpy(at, &i64, sizeof(i64));
        return;
    case FIELD_TYPE_OBJECT:
        fields_get(rd, f->table, f->n, at);
        return;
    case FIELD_TYPE_OTHER:
        f->get(rd, object);
        return;
    }
}

/* Keys come in the order of the table, some left out: so look from behind the last one. */
static const struct field *find(const struct field *table, size_t n, size_t *from,
                                struct str key)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &table[(*from + i) % n];

        if (str_is(key, f->key)) {
            *from = (size_t)(f - table) + 1;
            return f;
        }
    }
    return NULL;
}

void fields_get(struct fields_reader *rd, const struct field *table, size_t n, void *object)
{
    struct str key;
    size_t from = 0;

    if (json_kind(&rd->j) != JSON_IS_OBJECT || !json_open_object(&rd->j)) {
        rd->bad = true;
        return;
    }
    while (json_key(&rd->j, &key)) {
        const struct field *f = find(table, n, &from, key);

        if (f)
            get_field(rd, f, object);
        else
            json_skip(&rd->j);
    }
}
