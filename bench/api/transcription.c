#include "api/endpoint.h"
#include "api/error.h"
#include "api/members.h"
#include "api/multipart.h"
#include "api/reading.h"

/*
 * POST /audio/transcriptions and /audio/translations: a form goes up, with a file in it or
 * the URL of one, and text comes back, bare or in JSON. Their bodies carry neither usage
 * nor times of the server.
 */
struct transcript {
    struct reading r;
    bool any; /* the member "text" is there */
};

/* Models that hear nothing say so by an empty text, or by white space. */
static void text(struct json *j, void *ctx)
{
    struct transcript *t = ctx;
    struct str raw;

    if (!json_text(j, &raw))
        return;
    t->any = true;
    t->r.output = str_trim(raw).n > 0;
}

static void duration(struct json *j, void *ctx)
{
    const struct transcript *t = ctx;
    int64_t ns;

    if (json_ns(j, &ns) && ns >= 0)
        t->r.a->heard = ns;
}

static void request_id(struct json *j, void *ctx)
{
    struct transcript *t = ctx;

    if (t->r.a->request_id.len)
        json_skip(j);
    else
        reading_into(j, t->r.a, &t->r.a->request_id);
}

static void x_groq(struct json *j, void *ctx)
{
    static const struct member members[] = { MEMBER("id", request_id), NO_MORE };

    members_read(j, members, ctx);
}

static bool read_all(struct transcript *t, struct str json)
{
    static const struct member members[] = {
        MEMBER("text", text),
        MEMBER("duration", duration),
        MEMBER("x_groq", x_groq),
        MEMBER("error", reading_error),
        NO_MORE,
    };
    struct json j;

    json_init(&j, json.p, json.n);
    if (json_kind(&j) != JSON_IS_OBJECT)
        return false;
    members_read(&j, members, t);
    return json_done(&j);
}

static void transcription_body(struct answer *a, struct str body, ns_t at)
{
    struct transcript t = { .r = reading_begin(a, at) };
    struct str trimmed = str_trim(body);

    if (a->type == ANSWER_TEXT && !a->encoded) {
        a->text = trimmed.n > 0;
        a->done = true;
        return;
    }
    if (!read_all(&t, trimmed)) {
        reading_damaged(a, "the body is not a JSON object", trimmed);
        return;
    }
    if (t.r.error.p)
        error_value(a, t.r.error.n ? t.r.error : trimmed);
    else if (!t.any)
        reading_damaged(a, "the body holds no text", trimmed);
    a->text = t.r.output;
    a->done = t.any;
}

static bool transcription_complete(const struct answer *a)
{
    return a->done;
}

static const struct owned owned[] = {
    { .key = "model", .instead = "request.model or the matrix sets it" },
    { .key = "file", .instead = "workload.audio makes it" },
    { .key = "url", .instead = "workload.audio.url sets it" },
    { .key = NULL },
};

static int transcription_prepare(const struct request_spec *spec, struct buf *head,
                                 struct buf *tail, struct err *err)
{
    if (!spec->model || !*spec->model)
        return err_set(err, ERR_USAGE, "request.model is missing; a form names one");
    multipart_field(head, "model", str_of(spec->model));
    if (spec->body && multipart_fields(head, spec->body, owned, err))
        return -1;
    if (spec->audio_by_url)
        multipart_open(head, "url");
    else
        multipart_file(head, "file", spec->upload_name ? spec->upload_name : "clip.wav");
    multipart_end(tail);
    return 0;
}

#define SPEECH_TO_TEXT                                                                     \
    .content_type = MULTIPART_TYPE, .takes = PROMPT_AUDIO, .no_events = true,              \
    .tokenless = true, .prepare = transcription_prepare, .body = transcription_body,       \
    .complete = transcription_complete

const struct endpoint endpoint_transcription = {
    .name = "transcription",
    .path = "/audio/transcriptions",
    .help = "speech to text: audio goes up as a file, or is named by its URL",
    .operation = "transcription",
    SPEECH_TO_TEXT,
};

const struct endpoint endpoint_translation = {
    .name = "translation",
    .path = "/audio/translations",
    .help = "speech in any language to English text",
    .operation = "translation",
    SPEECH_TO_TEXT,
};
