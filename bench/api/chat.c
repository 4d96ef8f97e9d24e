#include "api/endpoint.h"

#include "api/compound.h"
#include "api/error.h"
#include "api/fields.h"
#include "api/members.h"
#include "api/reading.h"

/* POST /chat/completions as OpenAI, Groq and many others have it. */

struct chat {
    struct reading r;
    const char *part; /* the member of a choice that holds output: "delta" or "message" */
    bool choice;      /* there is one at least */
    int64_t at_call;  /* the tool call that comes next */
};

/* Some servers send a list of parts in place of a string. */
static void part(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("text", reading_text),
        MEMBER("thinking", reading_thought),
        NO_MORE,
    };

    members_read(j, members, ctx);
}

static void content(struct json *j, void *ctx)
{
    if (json_kind(j) == JSON_IS_ARRAY)
        members_each(j, part, ctx);
    else
        reading_text(j, ctx);
}

/* Whole calls, or pieces of them; where they say none, their index is their place. */
static void take_call(struct chat *c, int64_t index)
{
    enum { MOST_CALLS = 1024 }; /* no index beyond is believed */

    if (index >= 0 && index < MOST_CALLS)
        c->at_call = index;
    c->r.call = true;
    if (c->at_call >= c->r.calls)
        c->r.calls = c->at_call + 1;
    c->at_call++;
}

static void call(struct json *j, void *ctx)
{
    struct chat *c = ctx;

    take_call(c, said_read_call(&c->r.a->said, j));
}

static void calls(struct json *j, void *ctx)
{
    ((struct chat *)ctx)->at_call = 0;
    members_each(j, call, ctx);
}

/* Before there were several: one function, without an index. */
static void old_call(struct json *j, void *ctx)
{
    struct chat *c = ctx;

    if (json_kind(j) != JSON_IS_OBJECT) {
        json_skip(j);
        return;
    }
    said_read_function(&c->r.a->said, j);
    take_call(c, 0);
}

/* Only in a stream do tools of the server tell when they began and ended. */
static void executed(struct json *j, void *ctx)
{
    struct chat *c = ctx;

    c->r.output |= compound_tools(c->r.a, j, *c->part == 'd' ? c->r.at : NS_ABSENT);
}

static void breakdown(struct json *j, void *ctx)
{
    compound_breakdown(((struct reading *)ctx)->a, j);
}

static void choice(struct json *j, void *ctx)
{
    static const struct member output[] = {
        MEMBER("content", content),
        MEMBER("reasoning", reading_thought),
        MEMBER("reasoning_content", reading_thought),
        MEMBER("tool_calls", calls),
        MEMBER("executed_tools", executed),
        MEMBER("refusal", reading_text),
        MEMBER("function_call", old_call),
        NO_MORE,
    };
    struct chat *c = ctx;
    struct str key;

    c->choice = true;
    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, c->part))
            members_read(j, output, c);
        else if (str_is(key, "finish_reason"))
            reading_finish(j, c);
        else
            json_skip(j);
}

static void choices(struct json *j, void *ctx)
{
    members_each(j, choice, ctx);
}

static void request_id(struct json *j, void *ctx)
{
    struct answer *a = ((struct reading *)ctx)->a;

    if (a->request_id.len)
        json_skip(j);
    else
        reading_into(j, a, &a->request_id);
}

static void x_groq(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("id", request_id),
        MEMBER("usage", reading_usage),
        MEMBER("usage_breakdown", breakdown),
        MEMBER("error", reading_error),
        NO_MORE,
    };

    members_read(j, members, ctx);
}

/* "object": "error" is how older vLLM marks an error that has no member of that name. */
static void object(struct json *j, void *ctx)
{
    struct reading *r = ctx;
    struct str raw;

    if (json_text(j, &raw) && str_is(raw, "error"))
        r->error = (struct str){ "", 0 };
}

/* Reads one JSON text; false where it is none, or no object. */
static bool read_all(struct chat *c, struct str json)
{
    static const struct member members[] = {
        MEMBER("choices", choices),
        MEMBER("usage", reading_usage),
        MEMBER("x_groq", x_groq),
        MEMBER("usage_breakdown", breakdown),
        MEMBER("service_tier", reading_tier),
        MEMBER("error", reading_error),
        MEMBER("object", object),
        NO_MORE,
    };
    struct json j;

    json_init(&j, json.p, json.n);
    if (json_kind(&j) != JSON_IS_OBJECT)
        return false;
    members_read(&j, members, c);
    return json_done(&j);
}

static void chat_event(struct answer *a, const struct sse_event *ev, ns_t at)
{
    struct chat c = { .r = reading_begin(a, at), .part = "delta" };
    struct str data = str_trim((struct str){ ev->data, ev->data_len });

    if (a->done || !data.n)
        return;
    if (str_is(data, "[DONE]")) {
        a->done = true;
        reading_no_more_text(a);
        return;
    }
    if (str_is((struct str){ ev->type, ev->type_len }, "error")) {
        read_all(&c, data);
        error_value(a, c.r.error.n ? c.r.error : data);
        return;
    }
    if (!read_all(&c, data)) {
        reading_damaged(a, "a frame is not a JSON object", data);
        return;
    }
    reading_frame(&c.r, data);
    if (a->finish.len)
        reading_no_more_text(a);
}

static void chat_body(struct answer *a, struct str body, ns_t at)
{
    struct chat c = { .r = reading_begin(a, at), .part = "message" };
    struct str json = str_trim(body);

    if (!read_all(&c, json)) {
        reading_damaged(a, "the body is not a JSON object", json);
        return;
    }
    if (!c.r.error.p && !c.choice)
        reading_damaged(a, "the body is not a chat completion", json);
    reading_body(&c.r, json);
    a->done = c.choice;
}

static bool chat_complete(const struct answer *a)
{
    return a->done || a->finish.len;
}

/* The members that are ours to write. */
static const struct owned owned[] = {
    { .key = "model", .instead = "request.model or the matrix sets it" },
    { .key = "messages", .instead = "the workload makes them" },
    { .key = "stream", .instead = "request.stream sets it" },
    { .key = "stream_options", .instead = "request.include_usage sets it" },
    { .key = NULL },
};

static int chat_prepare(const struct request_spec *spec, struct buf *head, struct buf *tail,
                        struct err *err)
{
    if (fields_begin(head, spec->model, "messages", err))
        return -1;
    buf_str(tail, spec->stream ? ",\"stream\":true" : ",\"stream\":false");
    if (spec->stream && spec->include_usage)
        buf_str(tail, ",\"stream_options\":{\"include_usage\":true}");
    if (spec->body && fields_add(tail, spec->body, owned, err))
        return -1;
    return buf_char(tail, '}');
}

static void put_calls(const struct said *said, struct buf *prompt)
{
    buf_str(prompt, ",\"tool_calls\":[");
    for (size_t i = 0; i < said->n_calls; i++) {
        const struct said_call *c = &said->calls[i];

        buf_str(prompt, i ? ",{" : "{");
        said_put(prompt, "id", &c->id);
        buf_str(prompt, ",\"type\":\"function\",\"function\":{");
        said_put(prompt, "name", &c->name);
        buf_char(prompt, ',');
        said_put(prompt, "arguments", &c->arguments);
        buf_str(prompt, "}}");
    }
    buf_char(prompt, ']');
}

static void chat_follow(const struct said *said, struct buf *prompt)
{
    buf_str(prompt, ",{\"role\":\"assistant\",");
    if (said->text.len || !said->n_calls)
        said_put(prompt, "content", &said->text);
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
    said_put(prompt, "tool_call_id", &call->id);
    buf_str(prompt, ",\"content\":");
    jsonw_init(&w, prompt, 0);
    jsonw_string(&w, result);
    buf_char(prompt, '}');
}

const struct endpoint endpoint_chat = {
    .name = "chat",
    .path = "/chat/completions",
    .help = "chat completions, streamed or not",
    .pictures = true,
    .prepare = chat_prepare,
    .event = chat_event,
    .body = chat_body,
    .complete = chat_complete,
    .most = "max_completion_tokens",
    .follow = chat_follow,
    .tool_result = chat_tool_result,
};
