#include "api/endpoint.h"
#include "api/error.h"
#include "api/fields.h"
#include "api/members.h"
#include "api/reading.h"

/*
 * POST /audio/speech: text goes up, audio comes back, as it is made. Bytes of sound that
 * were read together are a frame of output; the head of a WAV file is none.
 */

/*
 * Who plays from the first sound on has played for so long already; what came before this
 * frame must have lasted at least as long.
 */
static void play(struct answer *a, ns_t at, ns_t before)
{
    ns_t played = a->first == NS_ABSENT ? 0 : at - a->first;

    if (before == NS_ABSENT)
        return;
    if (a->starved < 0 || played - before > a->starved)
        a->starved = played > before ? played - before : 0;
}

static void speech_bytes(struct answer *a, struct str piece, ns_t at)
{
    ns_t before = a->wav.got ? wav_length(&a->wav) : 0;
    size_t sound = wav_feed(&a->wav, piece.p, piece.n);

    if (a->role == NS_ABSENT)
        a->role = at;
    if (!sound)
        return;
    if (a->wav.state == WAV_SOUND)
        play(a, at, before);
    a->text = true; /* output, which is what counts */
    answer_frame(a, at, false);
}

/* Not audio: an error that came with a good status, or what nobody promised. */
static void speech_body(struct answer *a, struct str body, ns_t at)
{
    static const struct member members[] = { MEMBER("error", reading_error), NO_MORE };
    struct reading r = reading_begin(a, at);
    struct str json = str_trim(body);
    struct json j;

    if (!json.n)
        return;
    json_init(&j, json.p, json.n);
    members_read(&j, members, &r);
    if (json_done(&j) && r.error.p)
        error_value(a, r.error.n ? r.error : json);
    else
        reading_damaged(a, "the body is not audio", json);
}

/* Nothing at all is an answer, if an empty one; a WAV file must have what it promised. */
static bool speech_complete(const struct answer *a)
{
    return (!a->frames && a->role == NS_ABSENT) || wav_whole(&a->wav);
}

static const struct owned owned[] = {
    { .key = "model", .instead = "request.model or the matrix sets it" },
    { .key = "input",
      .instead = "workload.text, workload.characters or workload.input_tokens makes it" },
    { .key = NULL },
};

static bool has_format(const char *body)
{
    struct str key;
    struct json j;
    bool has = false;

    json_init(&j, body, strlen(body));
    if (json_open_object(&j))
        while (json_key(&j, &key)) {
            has |= str_is(key, "response_format");
            json_skip(&j);
        }
    return has;
}

/* What the format is where nobody says one differs from server to server. */
static int speech_prepare(const struct request_spec *spec, struct buf *head,
                          struct buf *tail, struct err *err)
{
    struct jsonw w;

    if (!spec->model || !*spec->model)
        return err_set(err, ERR_USAGE, "request.model is missing; speech needs one");
    jsonw_init(&w, head, 0);
    jsonw_object(&w);
    jsonw_key(&w, "model");
    jsonw_string(&w, spec->model);
    jsonw_key(&w, "input");
    if (spec->body && fields_add(tail, spec->body, owned, err))
        return -1;
    if (!spec->body || !has_format(spec->body))
        buf_str(tail, ",\"response_format\":\"wav\"");
    return buf_char(tail, '}');
}

const struct endpoint endpoint_speech = {
    .name = "speech",
    .path = "/audio/speech",
    .help = "text to speech: audio comes back while it is made",
    .operation = "speech",
    .takes = PROMPT_TEXT,
    .no_events = true,
    .tokenless = true,
    .prepare = speech_prepare,
    .bytes = speech_bytes,
    .body = speech_body,
    .complete = speech_complete,
};
