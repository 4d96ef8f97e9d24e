#include "sim/response.h"

#include "sim/reply_parts.h"

static const char *const item_types[] = {
    [RESPONSE_REASONING] = "reasoning",
    [RESPONSE_MESSAGE] = "message",
    [RESPONSE_CALL] = "function_call",
};

enum response_item response_item_of(const struct exchange *x, enum channel c)
{
    if (c == CHANNEL_REASONING)
        return RESPONSE_REASONING;
    return draft_is_tool(&x->draft) ? RESPONSE_CALL : RESPONSE_MESSAGE;
}

static bool has_reasoning(const struct exchange *x)
{
    return x->draft.tokens[CHANNEL_REASONING] && x->draft.thoughts != THOUGHTS_HIDDEN;
}

static bool is_cut(const struct exchange *x)
{
    return !strcmp(x->draft.finish, "length");
}

static const char *ulid(const struct exchange *x)
{
    return x->request_id + 4;
}

/* The API gives its reasoning items ids that begin like those of responses. */
static void put_id(struct buf *out, const struct exchange *x, enum response_item i)
{
    switch (i) {
    case RESPONSE_REASONING:
        buf_printf(out, "\"resp_%sr\"", ulid(x));
        break;
    case RESPONSE_MESSAGE:
        buf_printf(out, "\"msg_%s\"", ulid(x));
        break;
    case RESPONSE_CALL:
        put_text(out, x->draft.tool_id);
        break;
    }
}

static void put_string(struct buf *out, const struct exchange *x, enum channel c)
{
    struct buf text;

    buf_init(&text, 0);
    put_channel(&text, x, c);
    gotext_string(out, text.p ? text.p : "", text.len);
    buf_free(&text);
}

static enum channel channel_of(enum response_item i)
{
    return i == RESPONSE_REASONING ? CHANNEL_REASONING : CHANNEL_CONTENT;
}

void response_put_part(struct buf *out, const struct exchange *x, enum response_item i,
                       bool whole)
{
    bool reasoning = i == RESPONSE_REASONING;

    buf_printf(out,
               "{\"type\":\"%s\",\"text\":", reasoning ? "reasoning_text" : "output_text");
    if (whole)
        put_string(out, x, channel_of(i));
    else
        buf_str(out, "\"\"");
    buf_str(out, reasoning ? "}" : ",\"annotations\":[],\"logprobs\":null}");
}

static void put_call(struct buf *out, const struct exchange *x, bool whole)
{
    const struct draft *d = &x->draft;

    buf_str(out, ",\"call_id\":");
    put_text(out, d->tool_id);
    buf_str(out, ",\"name\":");
    put_text(out, d->tool);
    buf_str(out, ",\"arguments\":");
    put_text(out, whole ? d->tool_arguments : "");
}

static void put_content(struct buf *out, const struct exchange *x, enum response_item i,
                        bool whole)
{
    buf_str(out, i == RESPONSE_REASONING ? ",\"summary\":[]" : ",\"role\":\"assistant\"");
    buf_str(out, ",\"content\":[");
    if (whole)
        response_put_part(out, x, i, true);
    buf_char(out, ']');
}

void response_put_item(struct buf *out, const struct exchange *x, enum response_item i,
                       bool whole)
{
    buf_char(out, '{');
    put_unknown(out, x);
    buf_printf(out, "\"type\":\"%s\",\"id\":", item_types[i]);
    put_id(out, x, i);
    if (i != RESPONSE_REASONING)
        buf_printf(out, ",\"status\":\"%s\"",
                   !whole      ? "in_progress"
                   : is_cut(x) ? "incomplete"
                               : "completed");
    if (i == RESPONSE_CALL)
        put_call(out, x, whole);
    else
        put_content(out, x, i, whole);
    buf_char(out, '}');
}

/* Has no times, unlike that of chat completions. */
static void put_usage(struct buf *out, const struct exchange *x)
{
    int64_t completion = draft_total(&x->draft);

    buf_char(out, '{');
    put_unknown(out, x);
    buf_str(out, "\"input_tokens\":");
    put_count(out, x, x->prompt_tokens);
    if (x->cached_tokens >= 0) {
        buf_str(out, ",\"input_tokens_details\":{\"cached_tokens\":");
        put_count(out, x, x->cached_tokens);
        buf_char(out, '}');
    }
    buf_str(out, ",\"output_tokens\":");
    put_count(out, x, completion);
    if (x->model->reasoning) {
        buf_str(out, ",\"output_tokens_details\":{\"reasoning_tokens\":");
        put_count(out, x, x->draft.tokens[CHANNEL_REASONING]);
        buf_char(out, '}');
    }
    buf_str(out, ",\"total_tokens\":");
    put_count(out, x, x->prompt_tokens + completion);
    buf_char(out, '}');
}

static void put_output(struct buf *out, const struct exchange *x)
{
    buf_str(out, ",\"output\":[");
    if (has_reasoning(x))
        response_put_item(out, x, RESPONSE_REASONING, true);
    if (has_reasoning(x) && x->draft.tokens[CHANNEL_CONTENT])
        buf_char(out, ',');
    if (x->draft.tokens[CHANNEL_CONTENT])
        response_put_item(out, x, response_item_of(x, CHANNEL_CONTENT), true);
    buf_char(out, ']');
}

static const char *status_name(const struct exchange *x, enum response_status status)
{
    switch (status) {
    case RESPONSE_IN_PROGRESS:
        return "in_progress";
    case RESPONSE_ENDED:
        return is_cut(x) ? "incomplete" : "completed";
    case RESPONSE_FAILED:
        break;
    }
    return "failed";
}

void response_put(struct buf *out, const struct exchange *x, enum response_status status)
{
    bool ended = status == RESPONSE_ENDED;

    buf_char(out, '{');
    put_unknown(out, x);
    buf_printf(out, "\"id\":\"resp_%s\",\"object\":\"response\",\"status\":\"%s\"", ulid(x),
               status_name(x, status));
    buf_str(out, ",\"created_at\":");
    put_count(out, x, x->created);
    buf_str(out, ",\"model\":");
    put_text(out, x->model_asked);
    if (ended)
        put_output(out, x);
    else
        buf_str(out, ",\"output\":[]");
    buf_str(out, ",\"usage\":");
    if (ended && x->fault.fault->usage != USAGE_NONE)
        put_usage(out, x);
    else
        buf_str(out, "null");
    buf_str(out, status == RESPONSE_FAILED
                     ? ",\"error\":{\"code\":\"server_error\",\"message\":"
                       "\"the model stopped early\"}"
                     : ",\"error\":null");
    buf_str(out, ended && is_cut(x)
                     ? ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"
                     : ",\"incomplete_details\":null");
    /* What is on_demand elsewhere is default here. */
    buf_printf(out, ",\"service_tier\":\"%s\",\"store\":false}",
               x->tier == TIER_ON_DEMAND ? "default" : tier_names[x->tier]);
}

/* --- events -------------------------------------------------------------------------- */

const char *response_event_name(const struct exchange *x, enum response_event e,
                                enum response_item i)
{
    static const char *const deltas[] = {
        [RESPONSE_REASONING] = "response.reasoning_text.delta",
        [RESPONSE_MESSAGE] = "response.output_text.delta",
        [RESPONSE_CALL] = "response.function_call_arguments.delta",
    };
    static const char *const dones[] = {
        [RESPONSE_REASONING] = "response.reasoning_text.done",
        [RESPONSE_MESSAGE] = "response.output_text.done",
        [RESPONSE_CALL] = "response.function_call_arguments.done",
    };

    switch (e) {
    case RESPONSE_EVENT_CREATED:
        return "response.created";
    case RESPONSE_EVENT_IN_PROGRESS:
        return "response.in_progress";
    case RESPONSE_EVENT_ITEM_ADDED:
        return "response.output_item.added";
    case RESPONSE_EVENT_PART_ADDED:
        return "response.content_part.added";
    case RESPONSE_EVENT_DELTA:
        return deltas[i];
    case RESPONSE_EVENT_TEXT_DONE:
        return dones[i];
    case RESPONSE_EVENT_PART_DONE:
        return "response.content_part.done";
    case RESPONSE_EVENT_ITEM_DONE:
        return "response.output_item.done";
    case RESPONSE_EVENT_ENDED:
        return is_cut(x) ? "response.incomplete" : "response.completed";
    case RESPONSE_EVENT_FAILED:
        return "response.failed";
    case RESPONSE_EVENT_UNHEARD_OF:
        break;
    }
    return "response.unheard_of";
}

/* Which item it is of, and which of its parts. */
static void put_place(struct buf *out, const struct exchange *x, enum response_item i)
{
    buf_str(out, ",\"item_id\":");
    put_id(out, x, i);
    buf_str(out, ",\"output_index\":");
    put_count(out, x, i != RESPONSE_REASONING && has_reasoning(x));
    if (i == RESPONSE_CALL)
        return;
    buf_str(out, ",\"content_index\":");
    put_count(out, x, 0);
}

static void put_item(struct buf *out, const struct exchange *x, enum response_item i,
                     bool whole)
{
    buf_str(out, ",\"output_index\":");
    put_count(out, x, i != RESPONSE_REASONING && has_reasoning(x));
    buf_str(out, ",\"item\":");
    response_put_item(out, x, i, whole);
}

static void put_part(struct buf *out, const struct exchange *x, enum response_item i,
                     bool whole)
{
    put_place(out, x, i);
    buf_str(out, ",\"part\":");
    response_put_part(out, x, i, whole);
}

static void put_delta(struct buf *out, const struct exchange *x, enum response_item i,
                      struct str text)
{
    put_place(out, x, i);
    buf_str(out, ",\"delta\":\"");
    gotext_escape(out, text.p, text.n);
    if (i != RESPONSE_CALL)
        put_odd_text(out, x);
    buf_char(out, '"');
    if (i == RESPONSE_MESSAGE)
        buf_str(out, ",\"logprobs\":[]");
    put_padding(out, x);
}

static void put_done(struct buf *out, const struct exchange *x, enum response_item i)
{
    put_place(out, x, i);
    if (i == RESPONSE_CALL) {
        buf_str(out, ",\"arguments\":");
        put_text(out, x->draft.tool_arguments);
        return;
    }
    buf_str(out, ",\"text\":");
    put_string(out, x, channel_of(i));
    if (i == RESPONSE_MESSAGE)
        buf_str(out, ",\"logprobs\":[]");
}

static void put_response(struct buf *out, const struct exchange *x,
                         enum response_status status)
{
    buf_str(out, ",\"response\":");
    response_put(out, x, status);
}

static void put_members(struct buf *out, const struct exchange *x, enum response_event e,
                        enum response_item i, struct str text)
{
    switch (e) {
    case RESPONSE_EVENT_CREATED:
    case RESPONSE_EVENT_IN_PROGRESS:
        put_response(out, x, RESPONSE_IN_PROGRESS);
        break;
    case RESPONSE_EVENT_ITEM_ADDED:
    case RESPONSE_EVENT_ITEM_DONE:
        put_item(out, x, i, e == RESPONSE_EVENT_ITEM_DONE);
        break;
    case RESPONSE_EVENT_PART_ADDED:
    case RESPONSE_EVENT_PART_DONE:
        put_part(out, x, i, e == RESPONSE_EVENT_PART_DONE);
        break;
    case RESPONSE_EVENT_DELTA:
        put_delta(out, x, i, text);
        break;
    case RESPONSE_EVENT_TEXT_DONE:
        put_done(out, x, i);
        break;
    case RESPONSE_EVENT_ENDED:
        put_response(out, x, RESPONSE_ENDED);
        break;
    case RESPONSE_EVENT_FAILED:
        put_response(out, x, RESPONSE_FAILED);
        break;
    case RESPONSE_EVENT_UNHEARD_OF:
        buf_str(out, ",\"delta\":\"x\",\"response\":[]");
        break;
    }
}

static void put_head(struct buf *out, const struct exchange *x, const char *type,
                     uint64_t n)
{
    buf_char(out, '{');
    put_unknown(out, x);
    buf_printf(out, "\"type\":\"%s\",\"sequence_number\":", type);
    put_count(out, x, (int64_t)n);
}

void response_event(struct buf *out, const struct exchange *x, enum response_event e,
                    enum response_item i, uint64_t n, struct str text)
{
    put_head(out, x, response_event_name(x, e, i), n);
    put_members(out, x, e, i, text);
    buf_char(out, '}');
}

void response_error(struct buf *out, const struct exchange *x, uint64_t n, enum refusal r)
{
    const struct refusal_row *row = &refusals[r];
    struct buf message;

    buf_init(&message, 0);
    refusal_message(&message, r, x->model_asked);
    put_head(out, x, "error", n);
    buf_str(out, ",\"code\":");
    put_text(out, row->code ? row->code : row->type);
    buf_str(out, ",\"message\":");
    gotext_string(out, message.p ? message.p : "", message.len);
    buf_free(&message);
    buf_str(out, ",\"param\":null}");
}
