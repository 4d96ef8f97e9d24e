#include <string.h>

#include "sim/dialect.h"
#include "sim/reply.h"
#include "sim/script.h"
#include "sim/toolrun.h"
#include "sim/transcript.h"

enum { ENDLESS_PIECE = 16 * 1024 };

/* Is [DONE] the end? Chat completions have it, responses only where that is wanted. */
static bool says_done(const struct script *s)
{
    return !script_has(s, ODD_NO_DONE) &&
           (s->x->answer != ANSWER_RESPONSE || s->setting->response_done);
}

static bool is_last(const struct script *s)
{
    bool usage = s->x->include_usage && s->x->answer == ANSWER_CHAT;

    return s->stage == STAGE_DONE ||
           (s->stage == STAGE_FINISH && !says_done(s) && !usage) ||
           (s->stage == STAGE_USAGE && !says_done(s));
}

static void put_event(struct script *s, const char *name, struct str data)
{
    frame_event(&s->scratch->body, script_fault_of(s), s->events++, name, data, is_last(s));
}

void script_event(struct script *s, const char *name)
{
    put_event(s, name, (struct str){ s->scratch->json.p, s->scratch->json.len });
    buf_clear(&s->scratch->json);
}

static void put_json(struct script *s)
{
    script_event(s, NULL);
}

/* What stands before `delta` is the same in all chunks but for the second they tell. */
static void refresh_prefix(struct script *s, ns_t now)
{
    int64_t second = now > s->x->received ? (now - s->x->received) / NS_PER_S : 0;

    if (second == s->prefix_s && !script_has(s, ODD_CREATED | ODD_FINGERPRINT))
        return;
    s->prefix_s = second;
    buf_clear(&s->prefix);
    reply_prefix(&s->prefix, s->x, s->events, s->x->created + second);
}

static void put_raw_delta(struct script *s, const char *delta)
{
    reply_raw_delta(&s->scratch->json, s->x, &s->prefix, delta);
    put_json(s);
}

static void put_choices(struct script *s, const char *choices)
{
    reply_no_choices(&s->scratch->json, s->x, choices);
    put_json(s);
}

/* Chunks that say nothing, in front of one that does. */
static void put_nothings(struct script *s)
{
    if (script_has(s, ODD_EMPTY_DELTAS)) {
        put_raw_delta(s, "{}");
        put_raw_delta(s, "{\"content\":\"\"}");
        put_raw_delta(s, "{\"content\":null}");
    }
    if (script_has(s, ODD_EMPTY_CHOICES))
        put_choices(s, "[]");
    if (script_has(s, ODD_NO_CHOICES))
        put_choices(s, NULL);
}

/* One frame, however many pieces a write has. */
static void put_sound(struct script *s, struct buf *kinds)
{
    for (uint32_t i = 0; i < s->volley.n; i++)
        for (uint32_t k = 0; k < s->volley.tokens[i]; k++)
            sound_put(&s->scratch->body, &s->x->sound, s->said[s->channel]++);
    buf_char(kinds, FRAME_SOUND);
    s->outputs++;
}

static void put_output(struct script *s, struct buf *kinds)
{
    const struct draft *d = &s->x->draft;
    bool thought = s->channel == CHANNEL_REASONING; /* in <think> tags as well */
    struct buf *text = &s->scratch->text;

    for (uint32_t i = 0; i < s->volley.n; i++) {
        buf_clear(text);
        for (uint32_t k = 0; k < s->volley.tokens[i]; k++)
            draft_piece(d, s->channel, s->said[s->channel]++, text);
        put_nothings(s);
        reply_delta(&s->scratch->json, s->x, &s->prefix, s->channel, text->p, text->len);
        put_json(s);
        buf_char(kinds, thought ? FRAME_REASONING : FRAME_CONTENT);
        s->outputs++;
    }
}

/* A tool of the server's own begins, or ends with its output. */
static void put_server_tool(struct script *s, struct buf *kinds)
{
    buf_clear(&s->scratch->text);
    toolrun_delta(&s->scratch->text, s->x, s->tool_events++);
    put_raw_delta(s, s->scratch->text.p);
    buf_char(kinds, FRAME_TOOL);
    s->outputs++;
}

/* A call in one chunk, or the next of the fragments that other servers send. */
static void put_tool(struct script *s, struct buf *kinds)
{
    size_t n = script_call_piece(s);

    if (!s->call_begun)
        reply_tool(&s->scratch->json, s->x, &s->prefix, s->call, n);
    else
        reply_tool_arguments(&s->scratch->json, s->x, &s->prefix, s->call, s->call_at, n);
    put_json(s);
    buf_char(kinds, FRAME_TOOL);
    script_call_goes_on(s, n);
}

static void put_role(struct script *s, struct buf *kinds)
{
    reply_role(&s->scratch->json, s->x, &s->prefix);
    put_json(s);
    buf_char(kinds, FRAME_ROLE);
}

static void put_finish(struct script *s, struct buf *kinds)
{
    put_nothings(s);
    reply_finish(&s->scratch->json, s->x, &s->prefix);
    put_json(s);
    buf_char(kinds, FRAME_FINISH);
}

enum refusal script_refusal(const struct script *s)
{
    enum refusal r = script_fault_of(s)->event;

    return r ? r : REFUSAL_JSON_FAILED;
}

static void put_chat_error(struct script *s)
{
    struct buf *json = &s->scratch->json;

    if (script_has(s, ODD_XGROQ_ERROR))
        reply_x_groq_error(json, s->x);
    else if (script_has(s, ODD_STRING_ERROR))
        buf_str(json, "{\"error\":\"upstream went away\"}");
    else
        refusal_event(json, script_refusal(s), s->x->model_asked,
                      !script_fault_of(s)->no_status);
    script_event(s, script_has(s, ODD_BARE_ERROR | ODD_XGROQ_ERROR) ? NULL : "error");
}

static void put_chat(struct script *s)
{
    reply_whole(&s->scratch->body, s->x);
}

static const struct dialect dialect_chat = {
    .role = put_role,
    .output = put_output,
    .tool = put_tool,
    .finish = put_finish,
    .error = put_chat_error,
    .whole = put_chat,
};

/* A stream, but for the fault that makes it none. */
static void put_no_sound(struct script *s)
{
    buf_str(&s->scratch->body, "{}");
}

/* Its frames are pieces of sound, and there is nothing around them. */
static const struct dialect dialect_speech = { .output = put_sound, .whole = put_no_sound };

static const struct dialect *dialect_of(const struct script *s)
{
    switch (s->x->answer) {
    case ANSWER_RESPONSE:
        return &dialect_response;
    case ANSWER_SPEECH:
        return &dialect_speech;
    default:
        return &dialect_chat;
    }
}

static void put_whole(struct script *s)
{
    const struct exchange *x = s->x;
    const char *about = x->about.p ? x->about.p : "";

    switch (x->answer) {
    case ANSWER_REFUSAL:
        refusal_body(&s->scratch->body, x->refusal, about, x->about_type);
        break;
    case ANSWER_CHAT:
    case ANSWER_RESPONSE:
    case ANSWER_SPEECH:
        dialect_of(s)->whole(s);
        break;
    case ANSWER_MADE:
        buf_add(&s->scratch->body, x->made.p, x->made.len);
        break;
    case ANSWER_TRANSCRIPT:
        transcript_put(&s->scratch->body, x);
        break;
    case ANSWER_MODELS:
        reply_models(&s->scratch->body, s->setting->catalogue);
        break;
    case ANSWER_MODEL:
        reply_model(&s->scratch->body, x->model);
        buf_char(&s->scratch->body, '\n');
        break;
    case ANSWER_ROOT:
        buf_str(&s->scratch->body, "ok\n");
        break;
    }
    if (x->bodiless)
        buf_clear(&s->scratch->body);
    s->stage = STAGE_OVER;
}

static void put_head(struct script *s, ns_t now, struct buf *out)
{
    reply_head(out, s->x, (now + s->setting->real_minus_mono) / NS_PER_S);
    s->stage = STAGE_ROLE;
}

static void put_done(struct script *s, struct buf *kinds)
{
    s->stage = STAGE_OVER;
    if (s->x->answer == ANSWER_SPEECH)
        return;
    if (says_done(s)) {
        put_event(s, NULL, str_of("[DONE]"));
        buf_char(kinds, FRAME_DONE);
    }
    if (script_has(s, ODD_TRAILING))
        buf_str(&s->scratch->body, "data: {\"trailing\":true}\n\nnot even a field\n\n");
}

/* The stage's part of the body; the stage moves on. */
static void put_stage(struct script *s, ns_t now, struct buf *kinds)
{
    const struct dialect *d = dialect_of(s);

    if (d == &dialect_chat)
        refresh_prefix(s, now);
    switch (s->stage) {
    case STAGE_ROLE:
        d->role(s, kinds);
        s->stage++;
        break;
    case STAGE_SERVER_TOOLS:
        put_server_tool(s, kinds);
        break;
    case STAGE_OUTPUT:
        d->output(s, kinds);
        break;
    case STAGE_TOOL:
        d->tool(s, kinds);
        break;
    case STAGE_FINISH:
        d->finish(s, kinds);
        s->stage++;
        break;
    case STAGE_USAGE:
        reply_usage(&s->scratch->json, s->x, s->x->created + s->prefix_s);
        put_json(s);
        buf_char(kinds, FRAME_USAGE);
        s->stage++;
        break;
    case STAGE_DONE:
        put_done(s, kinds);
        break;
    case STAGE_HEAD:
    case STAGE_OVER:
        break;
    }
}

/* s->scratch->body to out, as the transfer coding wants it; with the end of the body when
 * over. */
static void put_body(struct script *s, struct buf *out)
{
    const struct fault *f = script_fault_of(s);
    size_t size = f->chunks ? (size_t)s->x->fault.arg : 0;
    bool over = s->stage == STAGE_OVER;

    if (f->odd & ODD_GZIP) {
        struct buf plain = s->scratch->body;

        buf_init(&s->scratch->body, 0);
        frame_gzip_put(&s->gzip, &s->scratch->body, plain.p, plain.len);
        if (over)
            frame_gzip_end(&s->gzip, &s->scratch->body);
        buf_free(&plain);
    }
    if (f->odd & (ODD_UNTIL_CLOSE | ODD_LENGTH)) {
        buf_add(out, s->scratch->body.p, s->scratch->body.len);
    } else {
        frame_chunks(out, s->scratch->body.p, s->scratch->body.len, size);
        if (over && !s->x->bodiless && !(f->odd & ODD_NO_LAST_CHUNK))
            buf_str(out, "0\r\n\r\n");
    }
    buf_clear(&s->scratch->body);
}

static enum then after(const struct script *s)
{
    if (s->stage != STAGE_OVER)
        return THEN_MORE;
    if (script_has(s, ODD_UNTIL_CLOSE | ODD_LENGTH | ODD_NO_LAST_CHUNK) ||
        !s->x->keep_alive)
        return THEN_CLOSE;
    return THEN_DONE;
}

static enum then write_endless(struct script *s, struct buf *out)
{
    char filler[ENDLESS_PIECE];

    memset(filler, 'a', sizeof(filler));
    if (s->stage == STAGE_HEAD) {
        if (!s->events++) {
            reply_head(out, s->x, 0);
            out->len -= 2;
            buf_str(out, "x-endless: ");
        }
        buf_add(out, filler, sizeof(filler));
        return THEN_MORE;
    }
    if (!s->events++)
        buf_str(&s->scratch->body, "data: {\"");
    buf_add(&s->scratch->body, filler, sizeof(filler));
    put_body(s, out);
    return THEN_MORE;
}

/* The incident instead of what would have come. */
static enum then write_incident(struct script *s, ns_t now, struct buf *out,
                                struct buf *kinds)
{
    switch (script_fault_of(s)->incident) {
    case INCIDENT_RESET:
        if (s->stage != STAGE_HEAD) { /* within a chunk: half of it */
            size_t from = out->len;

            put_stage(s, now, kinds);
            put_body(s, out);
            out->len = from + (out->len - from) / 2;
            buf_clear(kinds);
        }
        return THEN_RESET;
    case INCIDENT_CLOSE:
        if (script_fault_of(s)->place == PLACE_HEADERS) {
            reply_head(out, s->x, (now + s->setting->real_minus_mono) / NS_PER_S);
            out->len /= 2;
        }
        return THEN_CLOSE;
    case INCIDENT_ERROR:
        if (!dialect_of(s)->error)
            return THEN_CLOSE;
        dialect_of(s)->error(s);
        s->stage = STAGE_OVER;
        put_body(s, out);
        return after(s);
    case INCIDENT_GARBAGE:
        buf_add(out, "\x16\x03\x01\0\xa5\xff\xfe not HTTP at all\r\n\r\n\0\x01\x02", 31);
        return THEN_CLOSE;
    case INCIDENT_STATUS:
        buf_str(out, "HTTP/1.1 2xx Fine\r\ncontent-type: text/event-stream\r\n\r\n");
        return THEN_CLOSE;
    case INCIDENT_CHUNK:
        buf_str(out, "xyz\r\ndata: {}\n\n\r\n");
        return THEN_CLOSE;
    case INCIDENT_ENDLESS:
        return write_endless(s, out);
    case INCIDENT_NONE:
    case INCIDENT_STALL:
        break;
    }
    return THEN_MORE;
}

/* An answer in one piece; where a stream would break off, half of it. */
static enum then write_whole(struct script *s, struct buf *out)
{
    enum incident incident = script_fault_of(s)->incident;

    put_whole(s);
    put_body(s, out);
    if (incident != INCIDENT_RESET && incident != INCIDENT_CLOSE)
        return after(s);
    out->len -= out->len / 3;
    return incident == INCIDENT_RESET ? THEN_RESET : THEN_CLOSE;
}

static enum then write_stage(struct script *s, ns_t now, struct buf *out, struct buf *kinds)
{
    if (script_incident_is_here(s))
        return write_incident(s, now, out, kinds);
    if (s->stage == STAGE_HEAD) {
        put_head(s, now, out);
        return script_is_stream(s) ? THEN_MORE : write_whole(s, out);
    }
    put_stage(s, now, kinds);
    put_body(s, out);
    return after(s);
}

/* One byte of what is held back. */
static enum then write_drop(struct script *s, ns_t now, struct buf *out)
{
    ns_t gap = s->x->fault.arg * NS_PER_US;

    buf_add(out, s->held.p + s->held_at++, 1);
    s->due = (now > s->due ? now : s->due) + gap;
    if (s->held_at < s->held.len)
        return THEN_MORE;
    buf_clear(&s->held);
    s->held_at = 0;
    if (s->held_then == THEN_MORE)
        script_plan(s);
    return s->held_then;
}

static bool drips(const struct script *s, bool head)
{
    return head ? script_fault_of(s)->drip_head : script_fault_of(s)->drip;
}

enum then script_write(struct script *s, ns_t now, struct buf *out, struct buf *kinds)
{
    bool drop_by_drop = drips(s, s->stage == STAGE_HEAD);
    enum then then;

    if (s->held.len)
        return write_drop(s, now, out);
    then = write_stage(s, now, drop_by_drop ? &s->held : out, kinds);
    if (drop_by_drop) {
        s->held_then = then;
        return write_drop(s, now, out);
    }
    if (then == THEN_MORE)
        script_plan(s);
    return then;
}
