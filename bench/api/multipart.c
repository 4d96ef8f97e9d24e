#include "api/multipart.h"

#include <strings.h>

#include "base/json.h"

#define LINE "\r\n"

static void begin(struct buf *out, const char *name)
{
    buf_str(out, "--" MULTIPART_BOUNDARY LINE "Content-Disposition: form-data; name=\"");
    buf_str(out, name);
    buf_char(out, '"');
}

void multipart_field(struct buf *out, const char *name, struct str value)
{
    begin(out, name);
    buf_str(out, LINE LINE);
    buf_add(out, value.p, value.n);
    buf_str(out, LINE);
}

/* The value as a form has it: strings without quotes, all else as JSON writes it. */
static int put_value(struct buf *out, const char *name, struct json *j, struct err *err)
{
    bool text = json_kind(j) == JSON_IS_STRING;
    struct buf value;
    struct str raw = { "", 0 };

    if (json_kind(j) == JSON_IS_OBJECT || json_kind(j) == JSON_IS_ARRAY)
        return err_set(err, ERR_USAGE,
                       "request.body.%s does not fit into a form; expected text, a number, "
                       "true or false, or a list of them",
                       name);
    buf_init(&value, 0);
    if (text && json_text(j, &raw))
        json_unescape(raw, &value);
    else if (!text && json_raw(j, &raw))
        buf_add(&value, raw.p, raw.n);
    multipart_field(out, name, (struct str){ value.p ? value.p : "", value.len });
    buf_free(&value);
    return 0;
}

static bool ends_in(const struct buf *b, const char *tail)
{
    size_t n = strlen(tail);

    return b->len >= n && !memcmp(b->p + b->len - n, tail, n);
}

static int put_member(struct buf *out, struct buf *name, struct json *j, struct err *err)
{
    if (json_kind(j) != JSON_IS_ARRAY)
        return put_value(out, name->p, j, err);
    if (!ends_in(name, "[]"))
        buf_str(name, "[]");
    json_open_array(j);
    while (json_item(j))
        if (put_value(out, name->p, j, err))
            return -1;
    return 0;
}

/* A name that would not stay within its quotes is none. */
static int check_name(const struct buf *name, const struct owned *owned, struct err *err)
{
    if (strpbrk(name->p, "\"\r\n") || strlen(name->p) != name->len)
        return err_set(err, ERR_USAGE, "request.body holds a name that no form can have");
    for (; owned->key; owned++)
        if (!strcmp(owned->key, name->p))
            return err_set(err, ERR_USAGE, "request.body must not hold \"%s\": %s",
                           owned->key, owned->instead);
    return 0;
}

static int put_members(struct buf *out, struct json *j, struct buf *name,
                       const struct owned *owned, struct err *err)
{
    struct str key;

    while (json_key(j, &key)) {
        buf_clear(name);
        json_unescape(key, name);
        buf_str(name, "");
        if (check_name(name, owned, err) || put_member(out, name, j, err))
            return -1;
    }
    return 0;
}

int multipart_fields(struct buf *out, const char *body, const struct owned *owned,
                     struct err *err)
{
    struct buf name;
    struct json j;
    int rc;

    json_init(&j, body, strlen(body));
    if (!json_open_object(&j))
        return err_set(err, ERR_USAGE, "request.body is not a JSON object");
    buf_init(&name, 0);
    rc = put_members(out, &j, &name, owned, err);
    buf_free(&name);
    if (!rc && !json_done(&j))
        return err_set(err, ERR_USAGE, "request.body is not a JSON object");
    return rc;
}

static const char *type_of(const char *file_name)
{
    static const struct {
        const char *end;
        const char *type;
    } types[] = {
        { ".wav", "audio/wav" },   { ".flac", "audio/flac" },
        { ".mp3", "audio/mpeg" },  { ".mpeg", "audio/mpeg" },
        { ".mpga", "audio/mpeg" }, { ".m4a", "audio/mp4" },
        { ".mp4", "audio/mp4" },   { ".ogg", "audio/ogg" },
        { ".webm", "audio/webm" }, { ".jsonl", "application/jsonl" },
    };
    const char *dot = strrchr(file_name, '.');

    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
        if (!strcasecmp(dot, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

void multipart_file(struct buf *out, const char *field, const char *file_name)
{
    begin(out, field);
    buf_str(out, "; filename=\"");
    for (const char *p = file_name; *p; p++)
        buf_char(out, *p == '"' || *p == '\r' || *p == '\n' ? '_' : *p);
    buf_printf(out, "\"" LINE "Content-Type: %s" LINE LINE, type_of(file_name));
}

void multipart_open(struct buf *out, const char *field)
{
    begin(out, field);
    buf_str(out, LINE LINE);
}

void multipart_end(struct buf *out)
{
    buf_str(out, LINE "--" MULTIPART_BOUNDARY "--" LINE);
}

bool multipart_clashes(struct str bytes)
{
    static const char end[] = LINE "--" MULTIPART_BOUNDARY;

    return bytes.n && memmem(bytes.p, bytes.n, end, sizeof(end) - 1);
}
