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

/* Of the Responses API: the same, around a message that is its only item. */
#define EVENT(type, more)                                                                  \
    "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":0" more "}\n\n"
#define RESPONSE                                                                           \
    "{\"id\":\"resp_00000000000000000000000000\",\"object\":\"response\","                 \
    "\"created_at\":1770000000,\"model\":\"null\","
#define PLACE                                                                              \
    ",\"item_id\":\"msg_00000000000000000000000000\",\"output_index\":0,"                  \
    "\"content_index\":0"

static const char created[] =
    EVENT("response.created", ",\"response\":" RESPONSE "\"status\":\"in_progress\","
                              "\"output\":[],\"usage\":null}");
static const char delta[] =
    EVENT("response.output_text.delta", PLACE ",\"delta\":\" word\",\"logprobs\":[]");

static const char *const stream_head[] = { "HTTP/1.1 200 OK",
                                           "content-type: text/event-stream", "", NULL };
static const char *const body_head[] = { "HTTP/1.1 200 OK",
                                         "content-type: application/json", "", NULL };

/* What the prompt counts is not known here, and what is not known is not told. */
static void put_usage(struct buf *out, const char *what, uint64_t frames)
{
    buf_printf(out, "\"usage\":{\"%s_tokens\":%" PRIu64 "}", what, frames);
}

static void put_words(struct buf *out, uint64_t frames)
{
    for (uint64_t i = 0; i < frames; i++)
        buf_str(out, " word");
}

/* One document, made of r->text. */
static void one_piece(struct null_reply *r)
{
    r->head = body_head;
    r->role = (struct str){ r->text.p, r->text.len };
    r->n_pieces = 1;
}

static void chat_stream(struct null_reply *r, const struct request_spec *spec)
{
    r->head = stream_head;
    r->role = str_of(role);
    r->frame = str_of(frame);
    r->tail[0] = str_of(finish);
    r->tail[1] = str_of(done);
    r->n_pieces = 1 + r->frames + 2;
    if (!spec->include_usage)
        return;
    buf_str(&r->text, CHUNK "],");
    put_usage(&r->text, "completion", r->frames);
    buf_str(&r->text, "}\n\n");
    r->tail[2] = r->tail[1];
    r->tail[1] = (struct str){ r->text.p, r->text.len };
    r->n_pieces++;
}

static void chat_body(struct null_reply *r)
{
    buf_str(&r->text,
            "{\"id\":\"chatcmpl-null\",\"object\":\"chat.completion\",\"model\":\"null\","
            "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
    put_words(&r->text, r->frames);
    buf_str(&r->text, "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],");
    put_usage(&r->text, "completion", r->frames);
    buf_char(&r->text, '}');
    one_piece(r);
}

static void put_response(struct null_reply *r)
{
    buf_str(&r->text, RESPONSE "\"status\":\"completed\",\"output\":[{\"type\":\"message\","
                               "\"role\":\"assistant\",\"content\":[{\"type\":"
                               "\"output_text\",\"text\":\"");
    put_words(&r->text, r->frames);
    buf_str(&r->text, "\"}]}],");
    put_usage(&r->text, "output", r->frames);
    buf_char(&r->text, '}');
}

static void responses_stream(struct null_reply *r, const struct request_spec *spec)
{
    (void)spec; /* the usage is always told */
    r->head = stream_head;
    r->role = str_of(created);
    r->frame = str_of(delta);
    buf_str(&r->text, "event: response.completed\ndata: {\"type\":\"response.completed\","
                      "\"sequence_number\":0,\"response\":");
    put_response(r);
    buf_str(&r->text, "}\n\n");
    r->tail[0] = (struct str){ r->text.p, r->text.len };
    r->n_pieces = 1 + r->frames + 1;
}

static void responses_body(struct null_reply *r)
{
    put_response(r);
    one_piece(r);
}

/* --- audio ---------------------------------------------------------------------------- */

enum { SOUND_RATE = 48000, SAMPLE = 2, PIECE = SOUND_RATE / 50 * SAMPLE, WAV_HEAD = 44 };

static const char *const sound_head[] = { "HTTP/1.1 200 OK", "content-type: audio/wav", "",
                                          NULL };
static const char silence[PIECE]; /* 20 ms */

static void transcript_body(struct null_reply *r)
{
    buf_str(&r->text, "{\"text\":\"");
    put_words(&r->text, r->frames);
    buf_str(&r->text, "\",\"x_groq\":{\"id\":\"req_00000000000000000000000000\"}}");
    one_piece(r);
}

static void put_le(struct buf *out, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_char(out, (char)(v >> 8 * i & 0xFF));
}

/* 16 bit, mono. */
static void put_wav_head(struct buf *out, uint64_t bytes)
{
    buf_str(out, "RIFF");
    put_le(out, WAV_HEAD - 8 + bytes, 4);
    buf_str(out, "WAVEfmt ");
    put_le(out, 16, 4);
    put_le(out, 1, 2);
    put_le(out, 1, 2);
    put_le(out, SOUND_RATE, 4);
    put_le(out, SOUND_RATE * SAMPLE, 4);
    put_le(out, SAMPLE, 2);
    put_le(out, 8 * SAMPLE, 2);
    buf_str(out, "data");
    put_le(out, bytes, 4);
}

/* A frame is 20 ms of silence. */
static void sound_stream(struct null_reply *r, const struct request_spec *spec)
{
    (void)spec; /* whatever format is asked for, this is WAV */
    put_wav_head(&r->text, r->frames * PIECE);
    r->head = sound_head;
    r->role = (struct str){ r->text.p, r->text.len };
    r->frame = (struct str){ silence, PIECE };
    r->n_pieces = 1 + r->frames;
}

/* An endpoint that has only one of the two answers so, whatever request.stream says. */
static const struct {
    const char *endpoint;
    void (*stream)(struct null_reply *r, const struct request_spec *spec);
    void (*body)(struct null_reply *r);
} answers[] = {
    { "chat", chat_stream, chat_body },
    { "responses", responses_stream, responses_body },
    { "transcription", NULL, transcript_body },
    { "translation", NULL, transcript_body },
    { "speech", sound_stream, NULL },
};

static int no_answer(const char *endpoint, struct err *err)
{
    struct buf names = { 0 };
    int rc;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        buf_printf(&names, "%s%s", i ? ", " : "", answers[i].endpoint);
    rc = err_set(err, ERR_USAGE,
                 "target null: has no answer for the endpoint %s; it has for %s", endpoint,
                 names.p);
    buf_free(&names);
    return rc;
}

int null_reply_make(struct null_reply *r, const char *endpoint,
                    const struct request_spec *spec, uint64_t frames, struct err *err)
{
    *r = (struct null_reply){ .frames = frames };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (strcmp(endpoint, answers[i].endpoint) != 0)
            continue;
        if (answers[i].stream && (spec->stream || !answers[i].body))
            answers[i].stream(r, spec);
        else
            answers[i].body(r);
        return 0;
    }
    return no_answer(endpoint, err);
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
