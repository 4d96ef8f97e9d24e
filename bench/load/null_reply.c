#include "load/null_reply.h"

#include <inttypes.h>

/* As long and with the same members as those of the API. */
#define CHUNK                                                                              \
    "data: {\"id\":\"chatcmpl-00000000-0000-0000-0000-000000000000\","                     \
    "\"object\":\"chat.completion.chunk\",\"created\":1770000000,\"model\":\"null\","      \
    "\"system_fingerprint\":\"fp_null\",\"choices\":["
#define CHOICE "{\"index\":0,\"logprobs\":null,"

static const char role[] = CHUNK CHOICE
    "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
static const char frame[] =
    CHUNK CHOICE "\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n";
static const char finish[] = CHUNK CHOICE "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
static const char done[] = "data: [DONE]\n\n";

static const char *const stream_head[] = { "HTTP/1.1 200 OK",
                                           "content-type: text/event-stream", "", NULL };
static const char *const body_head[] = { "HTTP/1.1 200 OK",
                                         "content-type: application/json", "", NULL };

/* What the prompt counts is not known here, and what is not known is not told. */
static void put_usage(struct buf *out, uint64_t frames)
{
    buf_printf(out, "\"usage\":{\"completion_tokens\":%" PRIu64 "}", frames);
}

static void make_stream(struct null_reply *r, bool usage)
{
    r->head = stream_head;
    r->role = str_of(role);
    r->frame = str_of(frame);
    r->tail[0] = str_of(finish);
    r->tail[1] = str_of(done);
    r->n_pieces = 1 + r->frames + 2;
    if (!usage)
        return;
    buf_str(&r->text, CHUNK "],");
    put_usage(&r->text, r->frames);
    buf_str(&r->text, "}\n\n");
    r->tail[2] = r->tail[1];
    r->tail[1] = (struct str){ r->text.p, r->text.len };
    r->n_pieces++;
}

static void make_body(struct null_reply *r)
{
    r->head = body_head;
    buf_str(&r->text,
            "{\"id\":\"chatcmpl-null\",\"object\":\"chat.completion\",\"model\":\"null\","
            "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
    for (uint64_t i = 0; i < r->frames; i++)
        buf_str(&r->text, " word");
    buf_str(&r->text, "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],");
    put_usage(&r->text, r->frames);
    buf_char(&r->text, '}');
    r->role = (struct str){ r->text.p, r->text.len };
    r->n_pieces = 1;
}

int null_reply_make(struct null_reply *r, const char *endpoint,
                    const struct request_spec *spec, uint64_t frames, struct err *err)
{
    *r = (struct null_reply){ .frames = frames };
    if (strcmp(endpoint, "chat") != 0)
        return err_set(err, ERR_USAGE,
                       "target null: has no answer for the endpoint %s; it has for chat",
                       endpoint);
    if (spec->stream)
        make_stream(r, spec->include_usage);
    else
        make_body(r);
    return 0;
}

void null_reply_free(struct null_reply *r)
{
    buf_free(&r->text);
}

struct str null_reply_piece(const struct null_reply *r, uint64_t i)
{
    if (!i)
        return r->role;
    return i <= r->frames ? r->frame : r->tail[i - 1 - r->frames];
}
