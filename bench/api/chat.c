#include "api/endpoint.h"

#include "api/error.h"
#include "api/fields.h"
#include "api/usage.h"
#include "base/json.h"

/*
 * POST /chat/completions as OpenAI, Groq and many others have it. Answers are read by
 * tables: of each object the members that somebody asks for, all others are skipped.
 */

/* A frame or body while it is read. */
struct reading {
    struct answer *a;
    struct json j;
    ns_t at;
    const char *part; /* the member of a choice that holds output: "delta" or "message" */
    struct str error; /* raw; p is NULL where there is none, n is 0: the whole text */
    bool choice;      /* there is one at least */
    struct think think;
    ns_t shown; /* since when there is visible text */
    bool output;
    bool call;
    bool thought;
};

struct member {
    struct str key;
    void (*read)(struct reading *r);
};

#define MEMBER(key, read)                                                                  \
    {                                                                                      \
        { key, sizeof(key) - 1 }, read                                                     \
    }
#define NO_MORE                                                                            \
    {                                                                                      \
        { NULL, 0 }, NULL                                                                  \
    }

static const struct member *find(const struct member *m, struct str key)
{
    while (m->read && (m->key.n != key.n || memcmp(m->key.p, key.p, key.n)))
        m++;
    return m->read ? m : NULL;
}

static void read_object(struct reading *r, const struct member *members)
{
    struct str key;

    if (!json_open_object(&r->j))
        return;
    while (json_key(&r->j, &key)) {
        const struct member *m = find(members, key);

        if (m)
            m->read(r);
        else
            json_skip(&r->j);
    }
}

static void read_text(struct reading *r, struct buf *text)
{
    struct str raw;

    if (json_text(&r->j, &raw) && raw.n)
        answer_text(r->a, text, raw);
}

static void thought(struct reading *r)
{
    struct str raw;

    if (json_kind(&r->j) != JSON_IS_STRING)
        r->thought |= json_raw(&r->j, &raw) && raw.n > 2 && *raw.p == '[';
    else if (json_text(&r->j, &raw) && raw.n)
        r->thought = true;
}

static void text(struct reading *r)
{
    struct str raw;

    ns_t since;

    if (!json_text(&r->j, &raw) || !raw.n)
        return;
    r->output = true;
    if (r->a->said.wanted)
        said_text(&r->a->said, raw);
    since = think_shows(&r->think, raw, r->at);
    if (r->shown == NS_ABSENT)
        r->shown = since;
}

/* Some servers send a list of parts in place of a string. */
static void content(struct reading *r)
{
    static const struct member part[] = {
        MEMBER("text", text),
        MEMBER("thinking", thought),
        NO_MORE,
    };

    if (json_kind(&r->j) != JSON_IS_ARRAY) {
        text(r);
        return;
    }
    json_open_array(&r->j);
    while (json_item(&r->j))
        read_object(r, part);
}

static void calls(struct reading *r)
{
    if (!json_open_array(&r->j))
        return;
    while (json_item(&r->j)) {
        r->call = true;
        if (r->a->said.wanted)
            said_read_call(&r->a->said, &r->j);
        else
            json_skip(&r->j);
    }
}

/* Tools that the server runs itself: output, but no call for us to answer. */
static void executed(struct reading *r)
{
    if (!json_open_array(&r->j))
        return;
    while (json_item(&r->j)) {
        r->output = true;
        json_skip(&r->j);
    }
}

static void old_call(struct reading *r)
{
    r->call |= json_kind(&r->j) == JSON_IS_OBJECT;
    json_skip(&r->j);
}

static void finish(struct reading *r)
{
    read_text(r, &r->a->finish);
}

static void choice(struct reading *r)
{
    static const struct member output[] = {
        MEMBER("content", content),           MEMBER("reasoning", thought),
        MEMBER("reasoning_content", thought), MEMBER("tool_calls", calls),
        MEMBER("executed_tools", executed),   MEMBER("refusal", text),
        MEMBER("function_call", old_call),    NO_MORE,
    };
    struct str key;

    r->choice = true;
    if (!json_open_object(&r->j))
        return;
    while (json_key(&r->j, &key))
        if (str_is(key, r->part))
            read_object(r, output);
        else if (str_is(key, "finish_reason"))
            finish(r);
        else
            json_skip(&r->j);
}

static void choices(struct reading *r)
{
    if (!json_open_array(&r->j))
        return;
    while (json_item(&r->j))
        choice(r);
}

static void usage(struct reading *r)
{
    usage_read(r->a, &r->j);
}

static void error(struct reading *r)
{
    if (json_kind(&r->j) == JSON_IS_NULL)
        json_skip(&r->j);
    else
        json_raw(&r->j, &r->error);
}

static void request_id(struct reading *r)
{
    if (r->a->request_id.len)
        json_skip(&r->j);
    else
        read_text(r, &r->a->request_id);
}

static void x_groq(struct reading *r)
{
    static const struct member members[] = {
        MEMBER("id", request_id),
        MEMBER("usage", usage),
        MEMBER("error", error),
        NO_MORE,
    };

    read_object(r, members);
}

static void tier(struct reading *r)
{
    read_text(r, &r->a->tier);
}

/* "object": "error" is how older vLLM marks an error that has no member of that name. */
static void object(struct reading *r)
{
    struct str raw;

    if (json_text(&r->j, &raw) && str_is(raw, "error"))
        r->error = (struct str){ "", 0 };
}

/* Reads one JSON text; false where it is none, or no object. */
static bool read_all(struct reading *r, struct str json)
{
    static const struct member members[] = {
        MEMBER("choices", choices),
        MEMBER("usage", usage),
        MEMBER("x_groq", x_groq),
        MEMBER("service_tier", tier),
        MEMBER("error", error),
        MEMBER("object", object),
        NO_MORE,
    };

    json_init(&r->j, json.p, json.n);
    if (json_kind(&r->j) != JSON_IS_OBJECT)
        return false;
    read_object(r, members);
    return json_done(&r->j);
}

static void damaged(struct answer *a, const char *what, struct str bytes)
{
    a->damaged = true;
    if (a->error.len)
        return;
    buf_str(&a->error, what);
    if (bytes.n && *bytes.p == '<') {
        buf_str(&a->error, ": ");
        error_excerpt(bytes, &a->error, a->secret);
    }
}

static struct reading begin(struct answer *a, const char *part, ns_t at)
{
    return (struct reading){
        .a = a,
        .at = at,
        .part = part,
        .think = a->think,
        .shown = NS_ABSENT,
    };
}

/* What was read is good: book it. */
static void book(struct reading *r, struct str json)
{
    struct answer *a = r->a;

    if (r->error.p)
        error_value(a, r->error.n ? r->error : json);
    a->think = r->think;
    a->text |= r->think.text;
    a->reasoned |= r->thought || r->think.reasoned;
    a->tool_call |= r->call;
}

static void shown(struct answer *a, ns_t since)
{
    if (a->answer == NS_ABSENT)
        a->answer = since;
}

static void no_more_text(struct answer *a)
{
    shown(a, think_end(&a->think));
    a->text |= a->think.text;
}

static void chat_event(struct answer *a, const struct sse_event *ev, ns_t at)
{
    struct reading r = begin(a, "delta", at);
    struct str data = str_trim((struct str){ ev->data, ev->data_len });

    if (a->done || !data.n)
        return;
    if (str_is(data, "[DONE]")) {
        a->done = true;
        no_more_text(a);
        return;
    }
    if (str_is((struct str){ ev->type, ev->type_len }, "error")) {
        read_all(&r, data);
        error_value(a, r.error.n ? r.error : data);
        return;
    }
    if (!read_all(&r, data)) {
        damaged(a, "a frame is not a JSON object", data);
        return;
    }
    book(&r, data);
    if (a->role == NS_ABSENT && !r.error.p)
        a->role = at;
    shown(a, r.shown);
    if (r.output || r.thought || r.call)
        answer_frame(a, at, r.shown != NS_ABSENT);
    if (a->finish.len)
        no_more_text(a);
}

/* A body has no moments. */
static void chat_body(struct answer *a, struct str body, ns_t at)
{
    struct reading r = begin(a, "message", at);
    struct str json = str_trim(body);

    if (!read_all(&r, json)) {
        damaged(a, "the body is not a JSON object", json);
        return;
    }
    if (!r.error.p && !r.choice)
        damaged(a, "the body is not a chat completion", json);
    book(&r, json);
    no_more_text(a);
    a->answer = NS_ABSENT;
    a->done = r.choice;
}

static bool chat_complete(const struct answer *a)
{
    return a->done || a->finish.len;
}

/* The members that are ours to write. */
static const struct owned owned[] = {
    { "model", "request.model or the matrix sets it" },
    { "messages", "the workload makes them" },
    { "stream", "request.stream sets it" },
    { "stream_options", "request.include_usage sets it" },
    { NULL, NULL },
};

static int chat_prepare(const struct request_spec *spec, struct buf *head, struct buf *tail,
                        struct err *err)
{
    struct jsonw w;

    if (spec->model && !*spec->model)
        return err_set(err, ERR_USAGE, "request.model is empty");
    jsonw_init(&w, head, 0);
    jsonw_object(&w);
    if (spec->model) {
        jsonw_key(&w, "model");
        jsonw_string(&w, spec->model);
    }
    jsonw_key(&w, "messages");
    buf_str(tail, spec->stream ? ",\"stream\":true" : ",\"stream\":false");
    if (spec->stream && spec->include_usage)
        buf_str(tail, ",\"stream_options\":{\"include_usage\":true}");
    if (spec->body && fields_add(tail, spec->body, owned, err))
        return -1;
    return buf_char(tail, '}');
}

static void put_string(struct buf *out, const char *key, const struct buf *raw)
{
    buf_printf(out, "\"%s\":\"", key);
    if (raw->len)
        buf_add(out, raw->p, raw->len);
    buf_char(out, '"');
}

static void put_calls(const struct said *said, struct buf *prompt)
{
    buf_str(prompt, ",\"tool_calls\":[");
    for (size_t i = 0; i < said->n_calls; i++) {
        const struct said_call *c = &said->calls[i];

        buf_str(prompt, i ? ",{" : "{");
        put_string(prompt, "id", &c->id);
        buf_str(prompt, ",\"type\":\"function\",\"function\":{");
        put_string(prompt, "name", &c->name);
        buf_char(prompt, ',');
        put_string(prompt, "arguments", &c->arguments);
        buf_str(prompt, "}}");
    }
    buf_char(prompt, ']');
}

static void chat_follow(const struct said *said, struct buf *prompt)
{
    buf_str(prompt, ",{\"role\":\"assistant\",");
    if (said->text.len || !said->n_calls)
        put_string(prompt, "content", &said->text);
    else
        buf_str(prompt, "\"content\":null");
    if (said->n_calls)
        put_calls(said, prompt);
    buf_char(prompt, '}');
}

static void chat_tool_result(const struct said_call *call, const char *result,
                             struct buf *prompt)
{
    struct jsonw w;

    buf_str(prompt, ",{\"role\":\"tool\",");
    put_string(prompt, "tool_call_id", &call->id);
    buf_str(prompt, ",\"content\":");
    jsonw_init(&w, prompt, 0);
    jsonw_string(&w, result);
    buf_char(prompt, '}');
}

const struct endpoint endpoint_chat = {
    .name = "chat",
    .path = "/chat/completions",
    .help = "chat completions, streamed or not",
    .prepare = chat_prepare,
    .event = chat_event,
    .body = chat_body,
    .complete = chat_complete,
    .most = "max_completion_tokens",
    .follow = chat_follow,
    .tool_result = chat_tool_result,
};
