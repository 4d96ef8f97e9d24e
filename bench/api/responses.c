#include "api/endpoint.h"

#include "api/error.h"
#include "api/fields.h"
#include "api/members.h"
#include "api/reading.h"

/*
 * POST /responses: an answer is a list of items, streamed as typed events. What an event
 * means stands in its "type", which may come behind the rest: so its members are found
 * first and then taken as the type says.
 */
struct responses {
    struct reading r;
    struct str type;
    struct str delta;
    struct str text;
    struct str item;     /* raw */
    struct str response; /* raw */

    /* of a response object */
    struct str status;
    struct str reason; /* why it is incomplete */
    bool output;       /* it has a list of items */
    bool known;        /* its items came one by one before: the list says nothing new */
};

/* --- items --------------------------------------------------------------------------- */

struct part {
    struct str type;
    struct str text;
};

static void part_type(struct json *j, void *ctx)
{
    json_text(j, &((struct part *)ctx)->type);
}

static void part_text(struct json *j, void *ctx)
{
    json_text(j, &((struct part *)ctx)->text);
}

static void part(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("type", part_type),
        MEMBER("text", part_text),
        MEMBER("refusal", part_text),
        NO_MORE,
    };
    struct reading *r = ctx;
    struct part p = { { NULL, 0 }, { NULL, 0 } };

    members_read(j, members, &p);
    if (!p.text.n)
        return;
    if (str_is(p.type, "reasoning_text") || str_is(p.type, "summary_text"))
        r->thought = true;
    else
        reading_take_text(r, p.text);
}

static void parts(struct json *j, void *ctx)
{
    members_each(j, part, ctx);
}

/* Calls are for us to answer; tools that end in _call the server has run itself. */
static void item_type(struct json *j, void *ctx)
{
    static const char *const ours[] = { "function_call", "custom_tool_call",
                                        "local_shell_call", "computer_call" };
    static const char end[] = "_call";
    struct reading *r = ctx;
    struct str type;

    if (!json_text(j, &type))
        return;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (str_is(type, ours[i])) {
            r->call = true;
            r->calls++;
            return;
        }
    r->output |= type.n >= sizeof(end) &&
                 !memcmp(type.p + type.n - (sizeof(end) - 1), end, sizeof(end) - 1);
}

static void item(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("type", item_type),
        MEMBER("content", parts),
        MEMBER("summary", parts),
        NO_MORE,
    };

    members_read(j, members, ctx);
}

/* A call that is whole. */
static void keep_call(struct said *said, struct str raw)
{
    struct str key, type = { "", 0 }, id = type, name = type, arguments = type;
    struct json j;

    json_init(&j, raw.p, raw.n);
    if (!said->wanted || !json_open_object(&j))
        return;
    while (json_key(&j, &key))
        if (str_is(key, "type"))
            json_text(&j, &type);
        else if (str_is(key, "call_id"))
            json_text(&j, &id);
        else if (str_is(key, "name"))
            json_text(&j, &name);
        else if (str_is(key, "arguments"))
            json_text(&j, &arguments);
        else
            json_skip(&j);
    if (str_is(type, "function_call"))
        said_call(said, id, name, arguments);
}

static void whole_item(struct json *j, void *ctx)
{
    struct reading *r = ctx;
    struct str raw;
    struct json own;

    if (!json_raw(j, &raw))
        return;
    keep_call(&r->a->said, raw);
    json_init(&own, raw.p, raw.n);
    item(&own, r);
}

/* --- a response object --------------------------------------------------------------- */

static void status(struct json *j, void *ctx)
{
    json_text(j, &((struct responses *)ctx)->status);
}

static void reason(struct json *j, void *ctx)
{
    json_text(j, &((struct responses *)ctx)->reason);
}

static void details(struct json *j, void *ctx)
{
    static const struct member members[] = {
        MEMBER("reason", reason),
        NO_MORE,
    };

    members_read(j, members, ctx);
}

static void output(struct json *j, void *ctx)
{
    struct responses *e = ctx;

    e->output |= json_kind(j) == JSON_IS_ARRAY;
    if (e->known) {
        json_skip(j);
        return;
    }
    said_reset(&e->r.a->said); /* whole calls may have come without a frame */
    members_each(j, whole_item, e);
}

/* Reads one JSON text; false where it is none, or no object. */
static bool read_response(struct responses *e, struct str json)
{
    static const struct member members[] = {
        MEMBER("status", status),
        MEMBER("output", output),
        MEMBER("usage", reading_usage),
        MEMBER("incomplete_details", details),
        MEMBER("error", reading_error),
        MEMBER("service_tier", reading_tier),
        NO_MORE,
    };
    struct json j;

    json_init(&j, json.p, json.n);
    if (json_kind(&j) != JSON_IS_OBJECT)
        return false;
    members_read(&j, members, e);
    return json_done(&j);
}

static bool is_final(struct str s)
{
    return str_is(s, "completed") || str_is(s, "incomplete") || str_is(s, "failed");
}

/* "completed", or why it is not. A tool that had to be called and was not is an error. */
static void take_ending(struct responses *e, struct str whole)
{
    static const char not_called[] = "tool_required_not_called";
    struct answer *a = e->r.a;
    struct str finish = e->reason.n ? e->reason : e->status;

    if (finish.n)
        answer_text(a, &a->finish, finish);
    if (!e->r.error.p && (str_is(e->status, "failed") || str_is(e->reason, not_called)))
        e->r.error = whole;
    if (str_is(e->reason, not_called))
        answer_text(a, &a->error_code, e->reason);
}

/* --- events -------------------------------------------------------------------------- */

static void take_text(struct responses *e)
{
    if (e->delta.n)
        reading_take_text(&e->r, e->delta);
}

static void take_thought(struct responses *e)
{
    e->r.thought |= e->delta.n > 0;
}

/* A call has been counted when its item was added. */
static void take_call(struct responses *e)
{
    e->r.call |= e->delta.n > 0;
    e->r.calls += e->r.call && !e->r.calls;
}

static void take_tool(struct responses *e)
{
    e->r.output |= e->delta.n > 0;
}

/* A server may leave the deltas out. */
static void take_whole_text(struct responses *e)
{
    if (!e->r.a->frames && e->text.n)
        reading_take_text(&e->r, e->text);
}

static void take_item(struct responses *e)
{
    struct json j;

    json_init(&j, e->item.p, e->item.n);
    item(&j, &e->r);
}

/* All that is measured has been told by its pieces. */
static void take_whole_item(struct responses *e)
{
    keep_call(&e->r.a->said, e->item);
}

static void take_response(struct responses *e)
{
    e->known = e->r.a->frames > 0;
    if (!read_response(e, e->response))
        reading_damaged(e->r.a, "an event holds no response", (struct str){ "", 0 });
    take_ending(e, e->response);
    e->r.a->done = true;
}

/* The error may be a member, or the event itself. */
static void take_error(struct responses *e)
{
    if (!e->r.error.p)
        e->r.error = (struct str){ "", 0 };
}

/* Those that hold output or end an answer, the frequent ones first; others tell nothing
 * that is measured. */
static const struct {
    const char *type;
    void (*take)(struct responses *e);
} takers[] = {
    { "response.output_text.delta", take_text },
    { "response.reasoning_text.delta", take_thought },
    { "response.reasoning_summary_text.delta", take_thought },
    { "response.function_call_arguments.delta", take_call },
    { "response.custom_tool_call_input.delta", take_call },
    { "response.mcp_call_arguments.delta", take_tool },
    { "response.code_interpreter_call_code.delta", take_tool },
    { "response.refusal.delta", take_text },
    { "response.output_text.done", take_whole_text },
    { "response.output_item.added", take_item },
    { "response.output_item.done", take_whole_item },
    { "response.completed", take_response },
    { "response.incomplete", take_response },
    { "response.failed", take_response },
    { "error", take_error },
};

static void type(struct json *j, void *ctx)
{
    json_text(j, &((struct responses *)ctx)->type);
}

static void delta(struct json *j, void *ctx)
{
    json_text(j, &((struct responses *)ctx)->delta);
}

static void text(struct json *j, void *ctx)
{
    json_text(j, &((struct responses *)ctx)->text);
}

static void raw_item(struct json *j, void *ctx)
{
    json_raw(j, &((struct responses *)ctx)->item);
}

static void raw_response(struct json *j, void *ctx)
{
    json_raw(j, &((struct responses *)ctx)->response);
}

static bool read_event(struct responses *e, struct str data)
{
    static const struct member members[] = {
        MEMBER("type", type),
        MEMBER("delta", delta),
        MEMBER("text", text),
        MEMBER("item", raw_item),
        MEMBER("response", raw_response),
        MEMBER("error", reading_error),
        NO_MORE,
    };
    struct json j;

    json_init(&j, data.p, data.n);
    if (json_kind(&j) != JSON_IS_OBJECT)
        return false;
    members_read(&j, members, e);
    return json_done(&j);
}

static void responses_event(struct answer *a, const struct sse_event *ev, ns_t at)
{
    struct responses e = { .r = reading_begin(a, at),
                           .item = { "", 0 },
                           .response = { "", 0 } };
    struct str data = str_trim((struct str){ ev->data, ev->data_len });

    e.r.calls = a->calls;
    /* [DONE] is no event of this API, but some servers end every stream with it. */
    if (a->done || !data.n || str_is(data, "[DONE]"))
        return;
    if (!read_event(&e, data)) {
        reading_damaged(a, "an event is not a JSON object", data);
        return;
    }
    if (!e.type.n)
        e.type = (struct str){ ev->type, ev->type_len };
    for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
        if (str_is(e.type, takers[i].type)) {
            takers[i].take(&e);
            break;
        }
    reading_frame(&e.r, data);
    if (a->done)
        reading_no_more_text(a);
}

static void responses_body(struct answer *a, struct str body, ns_t at)
{
    struct responses e = { .r = reading_begin(a, at) };
    struct str json = str_trim(body);

    if (!read_response(&e, json)) {
        reading_damaged(a, "the body is not a JSON object", json);
        return;
    }
    if (!e.r.error.p && !e.output)
        reading_damaged(a, "the body is not a response", json);
    take_ending(&e, json);
    reading_body(&e.r, json);
    a->done = e.status.n ? is_final(e.status) : e.output;
}

static bool responses_complete(const struct answer *a)
{
    return a->done;
}

/*
 * The members that are ours to write, and the names that chat completions have for two of
 * this endpoint, so that one body may be sent to both.
 */
static const struct owned owned[] = {
    { .key = "model", .instead = "request.model or the matrix sets it" },
    { .key = "input", .instead = "the workload makes it" },
    { .key = "messages", .instead = "the workload makes the input" },
    { .key = "stream", .instead = "request.stream sets it" },
    { .key = "stream_options", .instead = "a response always tells its usage" },
    { .key = "max_completion_tokens", .before = "\"max_output_tokens\":", .behind = "" },
    { .key = "max_tokens", .before = "\"max_output_tokens\":", .behind = "" },
    { .key = "reasoning_effort", .before = "\"reasoning\":{\"effort\":", .behind = "}" },
    { .key = NULL },
};

static int responses_prepare(const struct request_spec *spec, struct buf *head,
                             struct buf *tail, struct err *err)
{
    if (fields_begin(head, spec->model, "input", err))
        return -1;
    buf_str(tail, spec->stream ? ",\"stream\":true" : ",\"stream\":false");
    if (spec->body && fields_add(tail, spec->body, owned, err))
        return -1;
    return buf_char(tail, '}');
}

/* --- sessions ------------------------------------------------------------------------- */

static void responses_follow(const struct said *said, struct buf *prompt)
{
    if (said->text.len || !said->n_calls) {
        buf_str(prompt, ",{\"role\":\"assistant\",");
        said_put(prompt, "content", &said->text);
        buf_char(prompt, '}');
    }
    for (size_t i = 0; i < said->n_calls; i++) {
        buf_str(prompt, ",{\"type\":\"function_call\",");
        said_put(prompt, "call_id", &said->calls[i].id);
        buf_char(prompt, ',');
        said_put(prompt, "name", &said->calls[i].name);
        buf_char(prompt, ',');
        said_put(prompt, "arguments", &said->calls[i].arguments);
        buf_char(prompt, '}');
    }
}

static void responses_tool_result(const struct said_call *call, const char *result,
                                  struct buf *prompt)
{
    struct jsonw w;

    buf_str(prompt, ",{\"type\":\"function_call_output\",");
    said_put(prompt, "call_id", &call->id);
    buf_str(prompt, ",\"output\":");
    jsonw_init(&w, prompt, 0);
    jsonw_string(&w, result);
    buf_char(prompt, '}');
}

const struct endpoint endpoint_responses = {
    .name = "responses",
    .path = "/responses",
    .help = "the Responses API, streamed as typed events or not",
    .prepare = responses_prepare,
    .event = responses_event,
    .body = responses_body,
    .complete = responses_complete,
    .most = "max_output_tokens",
    .follow = responses_follow,
    .tool_result = responses_tool_result,
};
