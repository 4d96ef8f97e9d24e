#include "json_reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void put(struct buf *out, struct json *j);

static void put_text(struct buf *out, char mark, struct str raw)
{
    struct buf text;

    buf_init(&text, 0);
    json_unescape(raw, &text);
    buf_printf(out, "%c%zu ", mark, text.len);
    buf_add(out, text.p, text.len);
    buf_char(out, '\n');
    buf_free(&text);
}

static void put_number(struct buf *out, struct json *j)
{
    struct json copy = *j;
    struct str text;
    int64_t whole = 0;
    double real = 0;

    if (!json_raw(&copy, &text)) {
        json_skip(j);
        return;
    }
    if (memchr(text.p, '.', text.n) || memchr(text.p, 'e', text.n) ||
        memchr(text.p, 'E', text.n)) {
        json_double(j, &real);
        buf_printf(out, "f%.14g\n", real);
        return;
    }
    json_int(j, &whole);
    buf_printf(out, "i%lld\n", (long long)whole);
}

static void put(struct buf *out, struct json *j)
{
    struct str text;
    bool truth = false;

    switch (json_kind(j)) {
    case JSON_IS_OBJECT:
        buf_str(out, "{\n");
        json_open_object(j);
        while (json_key(j, &text)) {
            put_text(out, '\'', text);
            put(out, j);
        }
        buf_str(out, "}\n");
        return;
    case JSON_IS_ARRAY:
        buf_str(out, "[\n");
        json_open_array(j);
        while (json_item(j))
            put(out, j);
        buf_str(out, "]\n");
        return;
    case JSON_IS_STRING:
        json_text(j, &text);
        put_text(out, '"', text);
        return;
    case JSON_IS_NUMBER:
        put_number(out, j);
        return;
    case JSON_IS_BOOL:
        json_bool(j, &truth);
        buf_str(out, truth ? "true\n" : "false\n");
        return;
    case JSON_IS_NULL:
        json_skip(j);
        buf_str(out, "null\n");
        return;
    case JSON_IS_BAD:
        json_skip(j);
    }
}

/* Three ways through the same text have to agree. */
bool json_walk(const char *p, size_t n, struct buf *out)
{
    struct json read, skipped, raw;
    struct str text;

    json_init(&read, p, n);
    put(out, &read);
    json_init(&skipped, p, n);
    json_skip(&skipped);
    json_init(&raw, p, n);
    json_raw(&raw, &text);
    if (json_done(&read) != json_done(&skipped) || json_done(&raw) != json_done(&skipped))
        abort();
    return json_done(&read);
}
