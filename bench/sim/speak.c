#include <string.h>

#include "sim/admit.h"
#include "sim/ask.h"

/* POST /audio/speech: a text in JSON, and sound comes back. */

enum { USUAL_RATE = 48000, MOST_CHARACTERS = 10000, CHARACTERS_PER_S = 15 };
#define PIECE (20 * NS_PER_MS)

struct speaking {
    int64_t characters;
    struct sound sound;
    double speed;
};

static int refuse(struct exchange *x, enum refusal r, const char *about)
{
    world_refuse(x, r, about);
    return -1;
}

static int64_t characters_of(const char *utf8)
{
    int64_t n = 0;

    for (; *utf8; utf8++)
        n += ((unsigned char)*utf8 & 0xC0) != 0x80;
    return n;
}

static int want_text(struct exchange *x, const json_t *root, const char *key)
{
    const json_t *v = json_object_get(root, key);

    if (!v || json_is_null(v))
        return refuse(x, REFUSAL_MISSING, key);
    return json_is_string(v) && json_string_length(v) ? 0 : refuse(x, REFUSAL_TYPE, key);
}

static int want_format(struct exchange *x, struct speaking *s, const json_t *v)
{
    int i = ask_word(v, sound_names, N_SOUND_FORMATS);

    s->sound.format = SOUND_MP3;
    if (!v)
        return 0;
    if (i < 0)
        return refuse(x, REFUSAL_AUDIO_FORM, "response_format");
    s->sound.format = (enum sound_format)i;
    return 0;
}

static int want_rate(struct exchange *x, struct speaking *s, const json_t *v)
{
    static const uint32_t rates[] = { 8000, 16000, 22050, 24000, 32000, 44100, 48000 };

    s->sound.rate = USUAL_RATE;
    for (size_t i = 0; v && i < sizeof(rates) / sizeof(rates[0]); i++)
        if (json_is_integer(v) && json_integer_value(v) == rates[i]) {
            s->sound.rate = rates[i];
            return 0;
        }
    return v ? refuse(x, REFUSAL_TYPE, "sample_rate") : 0;
}

static int want_speed(struct exchange *x, struct speaking *s, const json_t *v)
{
    s->speed = v ? json_number_value(v) : 1;
    return s->speed < 0.5 || s->speed > 5 ? refuse(x, REFUSAL_TYPE, "speed") : 0;
}

static int read_ask(struct exchange *x, struct speaking *s, const json_t *root)
{
    const char *model;

    if (want_text(x, root, "model") || want_text(x, root, "input") ||
        want_text(x, root, "voice") ||
        want_format(x, s, json_object_get(root, "response_format")) ||
        want_rate(x, s, json_object_get(root, "sample_rate")) ||
        want_speed(x, s, json_object_get(root, "speed")))
        return -1;
    model = json_string_value(json_object_get(root, "model"));
    if (strlen(model) >= sizeof(x->model_asked))
        return refuse(x, REFUSAL_TYPE, "model");
    memcpy(x->model_asked, model, strlen(model) + 1);
    s->characters = characters_of(json_string_value(json_object_get(root, "input")));
    return s->characters > MOST_CHARACTERS ? refuse(x, REFUSAL_TYPE, "input") : 0;
}

static int look(struct world *w, struct exchange *x, void *ask)
{
    (void)w, (void)ask;
    if (x->model->kind && !strcmp(x->model->kind, "speech"))
        return 0;
    return refuse(x, REFUSAL_OTHER_KIND, x->model->id);
}

/* Pieces are to speech what tokens are to text: so many of them a second. */
static void serve(struct world *w, struct exchange *x, void *ask)
{
    struct speaking *s = ask;
    double seconds = (double)s->characters / CHARACTERS_PER_S / s->speed;
    double per_s = w->set->speaking * NS_PER_S / PIECE;

    s->sound.length = (ns_t)(seconds * NS_PER_S);
    s->sound.piece = PIECE;
    s->sound.seed = x->key;
    s->sound.told = x->fault.fault->told;
    x->answer = ANSWER_SPEECH;
    x->sound = s->sound;
    x->audio = s->sound.length;
    x->characters = s->characters;
    x->draft.tokens[CHANNEL_CONTENT] = sound_pieces(&x->sound);
    admit_work(w, x, per_s, x->draft.tokens[CHANNEL_CONTENT]);
}

/* What a model of speech reads is counted as if it were text. */
void admit_speech(struct world *w, struct exchange *x, const struct http *http)
{
    struct speaking s = { 0 };
    struct admission a = { .ask = &s, .look = look, .serve = serve };
    json_error_t e;
    json_t *root = json_loadb(http->body.len ? http->body.p : "", http->body.len, 0, &e);

    if (!json_is_object(root)) {
        world_refuse(x, REFUSAL_BAD_JSON, root ? "request body is not an object" : e.text);
    } else if (!read_ask(x, &s, root)) {
        a.need.tokens = (s.characters + 3) / 4;
        admit_request(w, x, http, &a);
    }
    json_decref(root);
}
