#include "api/error.h"

#include <stdlib.h>
#include <strings.h>

#include "api/mask.h"
#include "api/prose.h"
#include "base/json.h"

/* More of a message than this is not looked at. */
enum { MAX_RAW = 8192, MAX_EXCERPT = 200 };

static struct str find(struct str text, const char *mark)
{
    size_t n = strlen(mark);

    for (; text.n >= n; text.p++, text.n--)
        if (!strncasecmp(text.p, mark, n))
            return text;
    return (struct str){ "", 0 };
}

/* A raw JSON string, cut between two escapes where it is long. */
static struct str shortened(struct str raw)
{
    size_t n = 0;

    while (n < raw.n && n < MAX_RAW)
        n += raw.p[n] != '\\' ? 1 : n + 1 < raw.n && raw.p[n + 1] == 'u' ? 6 : 2;
    return (struct str){ raw.p, n < raw.n ? n : raw.n };
}

static void set_raw(const struct answer *a, struct buf *text, struct str raw)
{
    struct buf plain;

    buf_init(&plain, 0);
    json_unescape(shortened(raw), &plain);
    answer_text(a, text, (struct str){ plain.p, plain.len });
    buf_free(&plain);
}

/* Of a message that has no end, what lies before the first damage. */
static struct str intact(struct str raw)
{
    size_t n = 0;

    while (n < raw.n && n < MAX_RAW && raw.p[n] != '"' && (unsigned char)raw.p[n] >= 0x20) {
        size_t len = raw.p[n] != '\\' ? 1 : n + 1 < raw.n && raw.p[n + 1] == 'u' ? 6 : 2;

        if (len > raw.n - n)
            break;
        n += len;
    }
    return (struct str){ raw.p, n };
}

/* A string as its text, a number as it is written; else nothing. */
static void set_scalar(const struct answer *a, struct buf *text, struct json *j)
{
    struct str raw;

    if (json_kind(j) == JSON_IS_STRING) {
        struct str rest = { j->p + 1, (size_t)(j->end - j->p - 1) };

        if (json_text(j, &raw))
            set_raw(a, text, raw);
        else if (text == &a->error)
            set_raw(a, text, intact(rest));
    } else if (json_kind(j) == JSON_IS_NUMBER && json_raw(j, &raw)) {
        answer_text(a, text, raw);
    } else {
        json_skip(j);
    }
}

static bool is_message(struct str key)
{
    return str_is(key, "message") || str_is(key, "msg") || str_is(key, "detail") ||
           str_is(key, "error");
}

/*
 * Some frameworks put objects or lists where others have the text: the first text that
 * calls itself a message is it. The rest may be the request itself, given back.
 */
static void set_message(struct answer *a, struct json *j)
{
    struct str key;

    switch (json_kind(j)) {
    case JSON_IS_OBJECT:
        json_open_object(j);
        while (json_key(j, &key))
            if (is_message(key) && !a->error.len)
                set_message(a, j);
            else
                json_skip(j);
        return;
    case JSON_IS_ARRAY:
        json_open_array(j);
        while (json_item(j))
            set_message(a, j);
        return;
    case JSON_IS_STRING:
    case JSON_IS_NUMBER:
        if (!a->error.len) {
            set_scalar(a, &a->error, j);
            return;
        }
        json_skip(j);
        return;
    case JSON_IS_NULL:
    case JSON_IS_BOOL:
    case JSON_IS_BAD:
        json_skip(j);
        return;
    }
}

/* A status that a text or number says: 0 where it is none of an error. */
static int status_of(const struct buf *text)
{
    char *end;
    long v = text->len ? strtol(text->p, &end, 10) : 0;

    return v >= 400 && v <= 599 && !*end ? (int)v : 0;
}

/* failed_generation and the like are left alone: they hold what the model wrote. */
static void read_object(struct answer *a, struct json *j)
{
    struct buf status;
    struct str key;

    buf_init(&status, 32);
    json_open_object(j);
    while (json_key(j, &key))
        if (is_message(key))
            set_message(a, j);
        else if (str_is(key, "type"))
            set_scalar(a, &a->error_type, j);
        else if (str_is(key, "code"))
            set_scalar(a, &a->error_code, j);
        else if (str_is(key, "status_code"))
            set_scalar(a, &status, j);
        else
            json_skip(j);
    a->error_status = status_of(&status);
    if (!a->error_status)
        a->error_status = status_of(&a->error_code);
    buf_free(&status);
}

/* "error code: 1010", the edge's way to refuse. */
static void edge_code(struct answer *a)
{
    static const char mark[] = "error code: ";

    if (a->error.len > sizeof(mark) - 1 && !strncasecmp(a->error.p, mark, sizeof(mark) - 1))
        answer_text(a, &a->error_code, str_of(a->error.p + sizeof(mark) - 1));
}

static void set_excerpt(struct answer *a, struct str text)
{
    buf_clear(&a->error);
    error_excerpt(text, &a->error, a->secret);
    edge_code(a);
}

static void read_prose(struct answer *a)
{
    struct prose prose;

    prose_read((struct str){ answer_string(&a->error), a->error.len }, &prose);
    if (prose.kind.n)
        answer_text(a, &a->limit_kind, prose.kind);
    a->limit_size = prose.kind.n && prose.limit > 0 ? prose.limit : -1;
    a->retry_in = prose_wait(&prose);
}

void error_value(struct answer *a, struct str json)
{
    struct json j;

    if (a->failed)
        return;
    a->failed = true;
    json_init(&j, json.p, json.n);
    switch (json_kind(&j)) {
    case JSON_IS_OBJECT:
        read_object(a, &j);
        break;
    case JSON_IS_STRING:
    case JSON_IS_ARRAY:
        set_message(a, &j);
        break;
    case JSON_IS_BAD:
    case JSON_IS_NULL:
    case JSON_IS_BOOL:
    case JSON_IS_NUMBER:
        set_excerpt(a, json);
        break;
    }
    if (a->status >= 400)
        a->error_status = a->status;
    read_prose(a);
}

/* The "error" member, or the object itself where it has none. */
static struct str error_member(struct str object)
{
    struct json j;
    struct str key;

    json_init(&j, object.p, object.n);
    if (json_open_object(&j))
        while (json_key(&j, &key)) {
            enum json_kind type = json_kind(&j);
            const char *from = j.p;

            json_skip(&j);
            if (str_is(key, "error") && type != JSON_IS_NULL)
                return (struct str){ from, (size_t)(j.p - from) };
        }
    return object;
}

void error_body(struct answer *a, struct str body)
{
    struct str text = str_trim(body);
    struct json j;

    json_init(&j, text.p, text.n);
    if (json_kind(&j) == JSON_IS_ARRAY && json_open_array(&j) && json_item(&j))
        json_raw(&j, &text);
    error_value(a, text.n && *text.p == '{' ? error_member(text) : text);
}

/* Tags are left out; of the rest, `most` bytes at most are looked at. */
static void without_tags(struct str html, size_t most, struct buf *out)
{
    bool inside = false;

    for (size_t i = 0; i < html.n && out->len < most; i++) {
        if (html.p[i] == '<')
            buf_char(out, ' ');
        inside = html.p[i] == '<' || (inside && html.p[i] != '>');
        if (!inside && html.p[i] != '>')
            buf_char(out, html.p[i]);
    }
}

/* The text of the title; empty where there is none. */
static struct str title(struct str html)
{
    struct str from = find(html, "<title");
    const char *open = from.n ? memchr(from.p, '>', from.n) : NULL;
    struct str rest, end;

    if (!open)
        return (struct str){ "", 0 };
    rest = (struct str){ open + 1, from.n - (size_t)(open + 1 - from.p) };
    end = find(rest, "</title");
    return str_trim((struct str){ rest.p, end.n ? (size_t)(end.p - rest.p) : 0 });
}

void error_excerpt(struct str body, struct buf *out, struct str secret)
{
    struct str text = str_trim(body);
    struct buf plain, excerpt;

    buf_init(&plain, 0);
    buf_init(&excerpt, MAX_EXCERPT);
    if (text.n && *text.p == '<') {
        struct str head = title(text);

        without_tags(head.n ? head : text, MAX_RAW, &plain);
        text = (struct str){ plain.p, plain.len };
    }
    if (text.n > MAX_RAW)
        text.n = MAX_RAW;
    mask_text(&excerpt, text, secret);
    buf_add(out, excerpt.p, excerpt.len);
    buf_free(&plain);
    buf_free(&excerpt);
}
