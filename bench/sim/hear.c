#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "sim/admit.h"
#include "sim/form.h"

/* POST /audio/transcriptions and /audio/translations: a form with a file in it, or a URL.
 */

enum { PROMPT_MAX = 896, USUAL_FACTOR = 190, FREE_BYTES = 25000000, WORDS_PER_10_S = 25 };
static const ns_t shortest = 10 * NS_PER_MS;

/* What the form asks for; all text points into the body. */
struct hearing {
    struct transcript_spec spec;
    bool granular; /* timestamp_granularities[] is there */
    bool segments;
    bool has_file;
    struct str url; /* in its place; n is 0: there is none */
    struct str file_name;
    struct str file;
    ns_t length;
};

static int refuse(struct exchange *x, enum refusal r, const char *about)
{
    world_refuse(x, r, about);
    return -1;
}

static int want_model(struct exchange *x, struct hearing *h, struct str v)
{
    (void)h;
    if (v.n >= sizeof(x->model_asked))
        return refuse(x, REFUSAL_TYPE, "model");
    memcpy(x->model_asked, v.p, v.n);
    x->model_asked[v.n] = '\0';
    return 0;
}

static int want_form(struct exchange *x, struct hearing *h, struct str v)
{
    if (str_is(v, "json"))
        h->spec.form = TRANSCRIPT_JSON;
    else if (str_is(v, "verbose_json"))
        h->spec.form = TRANSCRIPT_VERBOSE;
    else if (str_is(v, "text"))
        h->spec.form = TRANSCRIPT_TEXT;
    else
        return refuse(x, REFUSAL_AUDIO_FORM, "response_format");
    return 0;
}

static int want_language(struct exchange *x, struct hearing *h, struct str v)
{
    if (v.n < 2 || v.n >= sizeof(h->spec.language) ||
        (h->spec.translates && !str_is(v, "en")))
        return refuse(x, REFUSAL_TYPE, "language");
    memcpy(h->spec.language, v.p, v.n);
    return 0;
}

static int want_prompt(struct exchange *x, struct hearing *h, struct str v)
{
    char n[24];

    (void)h;
    if (v.n <= PROMPT_MAX)
        return 0;
    snprintf(n, sizeof(n), "%zu", v.n);
    return refuse(x, REFUSAL_AUDIO_PROMPT, n);
}

static int want_temperature(struct exchange *x, struct hearing *h, struct str v)
{
    char text[24] = "";
    char *end;
    double t;

    (void)h;
    memcpy(text, v.p, v.n < sizeof(text) - 1 ? v.n : sizeof(text) - 1);
    t = strtod(text, &end);
    return !v.n || *end || t < 0 || t > 1 ? refuse(x, REFUSAL_TYPE, "temperature") : 0;
}

static int want_granularity(struct exchange *x, struct hearing *h, struct str v)
{
    h->granular = true;
    if (str_is(v, "word"))
        h->spec.words = true;
    else if (str_is(v, "segment"))
        h->segments = true;
    else
        return refuse(x, REFUSAL_TYPE, "timestamp_granularities");
    return 0;
}

static const struct {
    const char *name;
    int (*want)(struct exchange *x, struct hearing *h, struct str v);
} fields[] = {
    { "model", want_model },
    { "response_format", want_form },
    { "language", want_language },
    { "prompt", want_prompt },
    { "temperature", want_temperature },
    { "timestamp_granularities[]", want_granularity },
};

/* What is not listed is ignored, as the API does. */
static int take_part(struct exchange *x, struct hearing *h, const struct form_part *part)
{
    if (str_is(part->name, "file")) {
        h->has_file = true;
        h->file = part->value;
        h->file_name = part->file.p ? part->file : (struct str){ "", 0 };
        return 0;
    }
    if (str_is(part->name, "url"))
        h->url = part->value;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (str_is(part->name, fields[i].name))
            return fields[i].want(x, h, part->value);
    return 0;
}

static int read_form(struct exchange *x, struct hearing *h, const struct http *http)
{
    struct str type = http_header(http, "content-type");
    struct form form;
    struct form_part part;

    if (form_open(&form, type.p ? type : (struct str){ "", 0 },
                  (struct str){ http->body.p, http->body.len }))
        return refuse(x, REFUSAL_NO_FORM, "");
    while (form_next(&form, &part))
        if (take_part(x, h, &part))
            return -1;
    return form.bad ? refuse(x, REFUSAL_NO_FORM, "") : 0;
}

/* In the alphabet of files and URLs, with padding or without. */
static int decode_url(struct str text, struct buf *out)
{
    struct buf plain = { 0 };
    int rc;

    for (size_t i = 0; i < text.n; i++)
        buf_char(&plain, text.p[i] == '-' ? '+' : text.p[i] == '_' ? '/' : text.p[i]);
    while (plain.len % 4)
        buf_char(&plain, '=');
    rc = base64_decode(plain.len ? plain.p : "", plain.len, out);
    buf_free(&plain);
    return rc;
}

static bool is_fetched(struct str url)
{
    return str_starts(url, "http://") || str_starts(url, "https://");
}

/*
 * What is only named is fetched, which takes its time, and lasts as the setting says; else
 * it is in the URL itself: data:...;base64,... or bare base64.
 */
static int check_url(const struct world *w, struct exchange *x, struct hearing *h)
{
    static const char mark[] = ";base64,";
    struct buf sound = { 0 };
    struct str inside = h->url;
    const char *at = memmem(inside.p, inside.n, mark, sizeof(mark) - 1);
    int rc = -1;

    if (is_fetched(h->url)) {
        h->length = w->set->url_audio;
        x->fetch = (ns_t)(w->set->image_fetch / w->set->speed * NS_PER_S);
        return 0;
    }
    if (at) {
        inside.n -= (size_t)(at + sizeof(mark) - 1 - inside.p);
        inside.p = at + sizeof(mark) - 1;
    }
    if (!decode_url(inside, &sound) && sound.len)
        rc = sound_length((struct str){ sound.p, sound.len }, &h->length);
    buf_free(&sound);
    return rc || h->length < shortest ? refuse(x, REFUSAL_MEDIA, "") : 0;
}

static int check_file(const struct world *w, struct exchange *x, struct hearing *h)
{
    if (h->has_file == (h->url.n > 0))
        return refuse(x, h->has_file ? REFUSAL_TWO_AUDIOS : REFUSAL_NO_AUDIO, "");
    if (h->url.n)
        return check_url(w, x, h);
    if (!sound_is_named(h->file_name))
        return refuse(x, REFUSAL_AUDIO_NAME, "");
    if (!h->file.n)
        return refuse(x, REFUSAL_EMPTY_AUDIO, "");
    if (!strcmp(w->set->plan, "free") && h->file.n > FREE_BYTES)
        return refuse(x, REFUSAL_BODY_SIZE, "");
    if (sound_length(h->file, &h->length) || h->length < shortest)
        return refuse(x, REFUSAL_MEDIA, "");
    return 0;
}

static int check(const struct world *w, struct exchange *x, struct hearing *h)
{
    if (!*x->model_asked)
        return refuse(x, REFUSAL_MISSING, "model");
    if (h->granular && h->spec.form != TRANSCRIPT_VERBOSE)
        return refuse(x, REFUSAL_GRANULARITY, "");
    h->spec.no_segments = h->granular && !h->segments;
    return check_file(w, x, h);
}

/* The smaller models only write down what they hear. */
static int look(struct world *w, struct exchange *x, void *ask)
{
    const struct hearing *h = ask;
    const char *id = x->model->id;

    (void)w;
    if (!x->model->kind || strcmp(x->model->kind, "transcription") != 0 ||
        (h->spec.translates && (strstr(id, "turbo") || strstr(id, "distil"))))
        return refuse(x, REFUSAL_OTHER_KIND, id);
    return 0;
}

/* Times of words, and finding out the language, cost a little more. */
static double effort(const struct hearing *h)
{
    return (h->spec.words ? 1.2 : 1) * (*h->spec.language ? 1 : 1.1);
}

static void serve(struct world *w, struct exchange *x, void *ask)
{
    const struct hearing *h = ask;
    double factor = w->set->hearing > 0          ? w->set->hearing
                    : x->model->speed_factor > 0 ? x->model->speed_factor
                                                 : USUAL_FACTOR;
    double ms = (double)h->length / NS_PER_MS * effort(h);
    struct str sound = h->url.n ? h->url : h->file;

    x->answer = ANSWER_TRANSCRIPT;
    x->audio = h->length;
    x->transcript = h->spec;
    x->draft.seed = fnv1a64(sound.p, sound.n < 4096 ? sound.n : 4096);
    x->draft.tokens[CHANNEL_CONTENT] =
        1 + (uint32_t)(h->length / (10 * NS_PER_S) * WORDS_PER_10_S) +
        (uint32_t)(h->length % (10 * NS_PER_S) / (400 * NS_PER_MS));
    admit_work(w, x, factor * 1000, (uint32_t)fmin(ms, 4e9));
}

static void admit(struct world *w, struct exchange *x, const struct http *http,
                  bool translates)
{
    struct hearing h = { .spec.translates = translates };
    struct admission a = { .ask = &h, .look = look, .serve = serve };

    if (read_form(x, &h, http) || check(w, x, &h))
        return;
    a.need.audio_s = (h.length + NS_PER_S - 1) / NS_PER_S;
    admit_request(w, x, http, &a);
}

void admit_transcription(struct world *w, struct exchange *x, const struct http *http)
{
    admit(w, x, http, false);
}

void admit_translation(struct world *w, struct exchange *x, const struct http *http)
{
    admit(w, x, http, true);
}
