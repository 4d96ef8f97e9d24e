#include "api/endpoint.h"

#include "api/error.h"
#include "api/fields.h"
#include "api/usage.h"
#include "base/json.h"

/*
 * POST /embeddings: texts in, a vector for each out, in one piece. The texts are those of
 * the workload's messages, one each; or, with request.inputs, all of them together cut into
 * so many. The vectors themselves are counted and not kept.
 */

/* --- the request --------------------------------------------------------------------- */

static void put_content(struct json *j, struct buf *raw)
{
    struct str text, key;

    if (json_kind(j) == JSON_IS_STRING) {
        if (json_text(j, &text))
            buf_add(raw, text.p, text.n);
        return;
    }
    if (!json_open_array(j))
        return;
    while (json_item(j)) {
        if (!json_open_object(j))
            continue;
        while (json_key(j, &key))
            if (str_is(key, "text") && json_text(j, &text))
                buf_add(raw, text.p, text.n);
            else if (!str_is(key, "text"))
                json_skip(j);
    }
}

/* The text of the message that comes next, as it stands between the quotes. */
static void put_message(struct json *j, struct buf *raw)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "content"))
            put_content(j, raw);
        else
            json_skip(j);
}

static void put_text(struct buf *out, struct str raw, bool first)
{
    buf_str(out, first ? "\"" : ",\"");
    buf_add(out, raw.p, raw.n);
    buf_char(out, '"');
}

/* At spaces, which no escape holds; fewer pieces where there are not as many words. */
static void put_pieces(struct buf *out, struct str raw, uint64_t pieces)
{
    size_t begin = 0;

    for (uint64_t i = 1; i <= pieces && begin < raw.n; i++) {
        size_t end =
            i == pieces ? raw.n : (size_t)((double)raw.n * (double)i / (double)pieces);

        if (end <= begin)
            end = begin + 1;
        while (end < raw.n && raw.p[end] != ' ')
            end++;
        put_text(out, (struct str){ raw.p + begin, end - begin }, !begin);
        begin = end + 1;
    }
}

static void embeddings_prompt(const struct request_spec *spec, struct str messages,
                              struct buf *out)
{
    struct json j;
    struct buf raw;
    bool first = true;

    buf_init(&raw, 0);
    buf_char(out, '[');
    json_init(&j, messages.p, messages.n);
    json_open_array(&j);
    while (json_item(&j)) {
        if (raw.len && spec->inputs)
            buf_char(&raw, ' ');
        put_message(&j, &raw);
        if (spec->inputs)
            continue;
        put_text(out, (struct str){ raw.p ? raw.p : "", raw.len }, first);
        buf_clear(&raw);
        first = false;
    }
    if (spec->inputs)
        put_pieces(out, (struct str){ raw.p ? raw.p : "", raw.len }, spec->inputs);
    buf_char(out, ']');
    buf_free(&raw);
}

static const struct owned owned[] = {
    { .key = "model", .instead = "request.model or the matrix sets it" },
    { .key = "input", .instead = "the workload makes it" },
    { .key = "stream", .instead = "embeddings are not streamed" },
    { .key = NULL },
};

static int embeddings_prepare(const struct request_spec *spec, struct buf *head,
                              struct buf *tail, struct err *err)
{
    if (spec->stream)
        return err_set(err, ERR_USAGE,
                       "embeddings are not streamed; expected request.stream: false");
    if (fields_begin(head, spec->model, "input", err))
        return -1;
    if (spec->body && fields_add(tail, spec->body, owned, err))
        return -1;
    return buf_char(tail, '}');
}

/* --- the answer ---------------------------------------------------------------------- */

/* A list of numbers, or with encoding_format base64 their 32-bit floats. */
static int64_t dimensions(struct json *j)
{
    struct str raw;
    int64_t n = 0;

    if (json_kind(j) == JSON_IS_STRING)
        return json_text(j, &raw) ? (int64_t)(raw.n / 4 * 3 / sizeof(float)) : 0;
    if (!json_open_array(j))
        return 0;
    for (; json_item(j); n++)
        json_skip(j);
    return n;
}

static void read_vector(struct answer *a, struct json *j)
{
    struct str key;
    int64_t n = 0;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "embedding"))
            n = dimensions(j);
        else
            json_skip(j);
    a->embedding.vectors += n > 0;
    if (n > 0)
        a->embedding.dimensions = n;
}

static void read_data(struct answer *a, struct json *j)
{
    if (!json_open_array(j))
        return;
    a->embedding.vectors = 0;
    while (json_item(j))
        read_vector(a, j);
}

static void read_answer(struct answer *a, struct json *j, struct str *error)
{
    struct str key;

    json_open_object(j);
    while (json_key(j, &key))
        if (str_is(key, "data"))
            read_data(a, j);
        else if (str_is(key, "usage"))
            usage_read(a, j);
        else if (str_is(key, "error") && json_kind(j) != JSON_IS_NULL)
            json_raw(j, error);
        else
            json_skip(j);
}

static void embeddings_body(struct answer *a, struct str body, ns_t at)
{
    struct str json = str_trim(body), error = { NULL, 0 };
    struct json j;

    (void)at;
    json_init(&j, json.p, json.n);
    if (json_kind(&j) == JSON_IS_OBJECT)
        read_answer(a, &j, &error);
    if (error.p)
        error_value(a, error);
    if (!json_done(&j) || (!error.p && a->embedding.vectors < 0)) {
        a->damaged = true;
        if (!a->error.len)
            buf_str(&a->error, "the body is not a list of embeddings");
    }
    a->text = a->embedding.vectors > 0;
    a->done = a->embedding.vectors >= 0;
}

/* None is asked for; a server that streams all the same does not answer. */
static void embeddings_event(struct answer *a, const struct sse_event *ev, ns_t at)
{
    (void)ev;
    (void)at;
    a->damaged = true;
}

static bool embeddings_complete(const struct answer *a)
{
    return a->done;
}

const struct endpoint endpoint_embeddings = {
    .name = "embeddings",
    .path = "/embeddings",
    .help = "a vector for each text, not streamed",
    .tokenless = true,
    .prompt = embeddings_prompt,
    .prepare = embeddings_prepare,
    .event = embeddings_event,
    .body = embeddings_body,
    .complete = embeddings_complete,
};
