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
    size_t at_call;   /* the tool call that is being read */
    struct str name;
    struct str arguments;
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

static void call_index(struct json *j, void *ctx)
{
    enum { MOST_CALLS = 1024 }; /* what counts them believes no index beyond */
    int64_t i;

    if (json_int(j, &i) && i >= 0 && i < MOST_CALLS)
        ((struct chat *)ctx)->at_call = (size_t)i;
}

static void call_name(struct json *j, void *ctx)
{
    json_text(j, &((struct chat *)ctx)->name);
}

static void call_arguments(struct json *j, void *ctx)
{
    json_text(j, &((struct chat *)ctx)->arguments);
}

static void call_function(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("name", call_name),
        MEMBER("arguments", call_arguments),
        NO_MORE,
    };

    members_read(j, members, ctx);
}

static void take_call(struct chat *c)
{
    struct output *o = c->r.a->output;

    c->r.call = true;
    if ((int64_t)c->at_call >= c->r.calls)
        c->r.calls = (int64_t)c->at_call + 1;
    if (!o)
        return;
    output_call_name(o, c->at_call, c->name);
    output_call_arguments(o, c->at_call, c->arguments);
}

/*
 * Whole calls, or pieces of them that say which one by its index, often behind the rest.
 * In an answer of one piece they say none and stand in order.
 */
static void call(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("index", call_index),
        MEMBER("function", call_function),
        NO_MORE,
    };
    struct chat *c = ctx;

    c->name = c->arguments = (struct str){ "", 0 };
    members_read(j, members, c);
    take_call(c);
    c->at_call++;
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
    c->at_call = 0;
    c->name = c->arguments = (struct str){ "", 0 };
    call_function(j, c);
    take_call(c);
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

const struct endpoint endpoint_chat = {
    .name = "chat",
    .path = "/chat/completions",
    .help = "chat completions, streamed or not",
    .prepare = chat_prepare,
    .event = chat_event,
    .body = chat_body,
    .complete = chat_complete,
};
