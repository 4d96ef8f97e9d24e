#include "base/base64.h"
#include <stdio.h>
#include <stdlib.h>

#include "sim/sound.h"
#include "sim_play.h"
#include "test.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define FIELD(name, value)                                                                 \
    "--XX\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define MODEL FIELD("model", "whisper-large-v3")

/* A WAV file of so many milliseconds, 8 kHz, 16 bit. */
static void put_wav(struct buf *out, unsigned ms)
{
    struct sound s = {
        .format = SOUND_WAV, .told = SOUND_TOLD, .rate = 8000, .length = ms * MS, .piece = S
    };

    for (uint32_t i = 0; i < sound_pieces(&s); i++)
        sound_put(out, &s, i);
}

/* A form of these fields and a file (name NULL: none), sent at sim->now. */
static void hear_at(struct sim *sim, struct played *p, const char *path,
                    const char *headers, const char *fields, const char *name,
                    struct str file)
{
    struct buf body, request;

    buf_init(&body, 0);
    buf_init(&request, 0);
    buf_str(&body, fields);
    if (name) {
        buf_printf(&body,
                   "--XX\r\nContent-Disposition: form-data; name=\"file\"; "
                   "filename=\"%s\"\r\n\r\n",
                   name);
        buf_add(&body, file.p, file.n);
        buf_str(&body, "\r\n");
    }
    buf_str(&body, "--XX--\r\n");
    buf_printf(&request,
               "POST /openai/v1/audio/%s HTTP/1.1\r\nhost: x\r\ncontent-length: %zu\r\n"
               "content-type: multipart/form-data; boundary=XX\r\n%s\r\n",
               path, body.len, headers);
    buf_add(&request, body.p, body.len);
    sim_bytes(sim, p, request.p, request.len);
    buf_free(&body);
    buf_free(&request);
}

static void hear(struct sim *sim, struct played *p, const char *fields, unsigned ms)
{
    struct buf wav;

    buf_init(&wav, 0);
    put_wav(&wav, ms);
    hear_at(sim, p, "transcriptions", "", fields, "clip.wav",
            (struct str){ wav.p, wav.len });
    buf_free(&wav);
}

static void speak(struct sim *sim, struct played *p, const char *headers, const char *body)
{
    char text[2048];

    snprintf(text, sizeof(text),
             "POST /openai/v1/audio/speech HTTP/1.1\r\nhost: x\r\ncontent-length: %zu\r\n%s"
             "\r\n%s",
             strlen(body), headers, body);
    sim_bytes(sim, p, text, strlen(text));
}

TEST(sim_sound_lasts_as_long_as_its_file_says)
{
    static const unsigned lengths[] = { 10, 999, 1000, 2400, 61007 };

    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct buf b;
        ns_t length;

        buf_init(&b, 0);
        put_wav(&b, lengths[i]);
        assert_int_equal(b.len, 44 + lengths[i] * 16);
        assert_int_equal(sound_length((struct str){ b.p, b.len }, &length), 0);
        assert_int_equal(length, lengths[i] * MS);
        buf_free(&b);
    }
}

TEST(sim_files_of_other_formats_are_told_by_their_beginning)
{
    static const char flac[] = "fLaC\x80\0\0\x22\x10\0\x10\0\0\0\x0e\0\0\x10"
                               "\x03\xe8\0\xf0\0\0\x3e\x80................";
    static const struct {
        const char *p;
        size_t n;
        int rc;
        ns_t length;
    } cases[] = {
        { flac, sizeof(flac) - 1, 0, S }, /* 16 kHz, 16,000 samples */
        { "ID3\x04............", 16, 0, MS },
        { "\xff\xfb..............", 16, 0, MS },
        { "....ftypM4A ....", 16, 0, MS },
        { "OggS............", 16, 0, MS },
        { "%PDF-1.7........", 16, -1, 0 },
        { "RIFF....WAVE", 12, -1, 0 },
        { "RIFF....WAVEdata\x04\0\0\0....", 24, -1, 0 },
        { "fLaC", 4, -1, 0 },
        { "", 0, -1, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ns_t length;

        assert_int_equal(sound_length((struct str){ cases[i].p, cases[i].n }, &length),
                         cases[i].rc);
        if (!cases[i].rc)
            assert_int_equal(length, cases[i].length);
    }
}

TEST(sim_transcripts_come_in_the_format_that_is_asked_for)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--plan free");
    hear(&sim, &p, MODEL, 2400);
    assert_int_equal(p.status, 200);
    assert_string_equal(played_header(&p, "content-type"), "application/json");
    assert_true(strlen(json_string_value(json_object_get(p.json, "text"))) > 3);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(p.json, "x_groq"), "id")),
        played_header(&p, "x-request-id"));
    assert_null(json_object_get(p.json, "duration"));
    assert_string_equal(played_header(&p, "x-ratelimit-limit-audio-seconds"), "7200");
    assert_string_equal(played_header(&p, "x-ratelimit-remaining-audio-seconds"), "7197");
    assert_string_equal(played_header(&p, "x-ratelimit-limit-tokens"), "");
    played_free(&p);

    hear(&sim, &p, MODEL FIELD("response_format", "verbose_json"), 2400);
    assert_true(json_number_value(json_object_get(p.json, "duration")) == 2.4);
    assert_int_equal(json_array_size(json_object_get(p.json, "segments")), 1);
    assert_null(json_object_get(p.json, "words"));
    played_free(&p);

    hear(&sim, &p,
         MODEL FIELD("response_format", "verbose_json")
             FIELD("timestamp_granularities[]", "word"),
         12000);
    assert_true(json_is_null(json_object_get(p.json, "segments")));
    assert_true(json_array_size(json_object_get(p.json, "words")) > 10);
    played_free(&p);

    hear(&sim, &p, MODEL FIELD("response_format", "text"), 2400);
    assert_string_equal(played_header(&p, "content-type"), "text/plain; charset=UTF-8");
    assert_true(p.body.len > 3 && p.body.p[0] != '{');
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_hears_faster_than_it_is_spoken_by_the_factor_of_the_catalogue)
{
    static const struct {
        const char *fields;
        double times; /* of 30 s / 189 */
    } cases[] = {
        { MODEL FIELD("language", "en"), 1 },
        { MODEL, 1.1 },
        { MODEL FIELD("language", "en") FIELD("response_format", "verbose_json")
              FIELD("timestamp_granularities[]", "word"),
          1.2 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--queue-median 0 --prefill-base 0 --tps-sigma 0");
        hear(&sim, &p, cases[i].fields, 30000);
        assert_true(llabs(p.x->timing.decode - (ns_t)(cases[i].times * 30 / 189 * S)) < MS);
        assert_int_equal(sim.now - p.x->received >= p.x->timing.decode, 1);
        played_free(&p);
        sim_close(&sim);
    }
}

TEST(sim_refuses_audio_in_the_words_of_the_api)
{
    static const struct {
        const char *path;
        const char *fields;
        const char *name;
        const char *file; /* NULL: a good one */
        int status;
        const char *code;
        const char *says;
    } cases[] = {
        { "transcriptions", "", "a.wav", NULL, 400, "", "'model'" },
        { "transcriptions", FIELD("model", "nope"), "a.wav", NULL, 404, "model_not_found",
          "nope" },
        { "transcriptions", FIELD("model", "llama-3.1-8b-instant"), "a.wav", NULL, 400, "",
          "does not support this endpoint" },
        { "transcriptions", MODEL, NULL, NULL, 400, "", "one of `file` or `url`" },
        { "transcriptions", MODEL, "a.txt", NULL, 400, "unsupported_audio_format",
          "file must be one of the following types" },
        { "transcriptions", MODEL, "a.wav", "", 400, "empty_audio_file", "file is empty" },
        { "transcriptions", MODEL, "a.wav", "no sound at all", 400, "invalid_media_file",
          "could not process file - is it a valid media file?" },
        { "transcriptions", MODEL FIELD("response_format", "srt"), "a.wav", NULL, 400, "",
          "response_format" },
        { "transcriptions", MODEL FIELD("temperature", "1.5"), "a.wav", NULL, 400, "",
          "temperature" },
        { "transcriptions", MODEL FIELD("timestamp_granularities[]", "word"), "a.wav", NULL,
          400, "", "verbose_json" },
        { "translations", MODEL FIELD("language", "de"), "a.wav", NULL, 400, "",
          "language" },
        { "translations", MODEL FIELD("language", "en"), "a.wav", NULL, 200, "", "" },
    };
    struct buf wav;

    buf_init(&wav, 0);
    put_wav(&wav, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--plan free");
        hear_at(&sim, &p, cases[i].path, "", cases[i].fields, cases[i].name,
                cases[i].file ? str_of(cases[i].file) : (struct str){ wav.p, wav.len });
        if (p.status != cases[i].status ||
            strcmp(played_error(&p, "code"), cases[i].code) != 0 ||
            !strstr(played_error(&p, "message"), cases[i].says))
            fail_msg("case %zu: %d %.*s", i, p.status, (int)p.body.len, p.body.p);
        played_free(&p);
        sim_close(&sim);
    }
    buf_free(&wav);
}

TEST(sim_audio_may_be_named_by_its_url_or_stand_in_it)
{
    static const char verbose[] = FIELD("response_format", "verbose_json");
    struct buf wav = { 0 }, data = { 0 }, bare = { 0 };
    static const struct {
        const char *fields;
        const char *name; /* of a file beside it */
        int status;
        double length;
        const char *says;
    } cases[] = {
        { FIELD("url", "https://example.org/clip.flac"), NULL, 200, 4, "" },
        { NULL /* data:, below */, NULL, 200, 2.5, "" },
        { NULL /* bare base64 */, NULL, 200, 2.5, "" },
        { FIELD("url", "ftp://example.org/clip.wav"), NULL, 400, 0, "media file" },
        { FIELD("url", "data:audio/wav;base64,AAAA"), NULL, 400, 0, "media file" },
        { FIELD("url", "https://example.org/clip.flac"), "a.wav", 400, 0, "only one of" },
        { FIELD("url", ""), NULL, 400, 0, "one of `file` or `url`" },
    };
    struct buf text = { 0 };

    put_wav(&wav, 2500);
    base64_encode(wav.p, wav.len, &text);
    buf_printf(&data, FIELD("url", "data:audio/wav;base64,%s"), text.p);
    for (char *c = text.p; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    text.p[strcspn(text.p, "=")] = '\0';
    buf_printf(&bare, FIELD("url", "%s"), text.p);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf fields = { 0 };
        struct sim sim;
        struct played p;

        sim_open(&sim, "--plan free --url-audio 4s --image-fetch 300ms");
        buf_printf(&fields, MODEL "%s%s", verbose,
                   i == 1   ? data.p
                   : i == 2 ? bare.p
                            : cases[i].fields);
        hear_at(&sim, &p, "transcriptions", "", fields.p, cases[i].name,
                (struct str){ wav.p, wav.len });
        if (p.status != cases[i].status ||
            !strstr(played_error(&p, "message"), cases[i].says))
            fail_msg("case %zu: %d %.*s", i, p.status, (int)p.body.len, p.body.p);
        if (p.status == 200) {
            assert_true(json_number_value(json_object_get(p.json, "duration")) ==
                        cases[i].length);
            assert_int_equal(p.x->fetch, i ? 0 : 300 * MS);
        }
        played_free(&p);
        sim_close(&sim);
        buf_free(&fields);
    }
    buf_free(&wav);
    buf_free(&data);
    buf_free(&bare);
    buf_free(&text);
}

TEST(sim_counts_prompts_of_whisper_to_896)
{
    struct buf fields;
    struct sim sim;
    struct played p;

    buf_init(&fields, 0);
    buf_printf(&fields, MODEL FIELD("prompt", "%0897d"), 1);
    sim_open(&sim, "--plan free");
    hear(&sim, &p, fields.p, 1000);
    assert_string_equal(played_error(&p, "code"), "invalid_prompt");
    assert_string_equal(
        played_error(&p, "message"),
        "prompt length must be 896 characters or fewer, but provided prompt "
        "contains 897 characters");
    played_free(&p);
    sim_close(&sim);
    buf_free(&fields);
}

TEST(sim_refuses_beyond_the_seconds_of_an_hour)
{
    struct sim sim;
    struct played p;

    sim_open(&sim, "--limit ash=100");
    hear(&sim, &p, MODEL, 60000);
    assert_int_equal(p.status, 200);
    played_free(&p);
    hear(&sim, &p, MODEL, 60000);
    assert_int_equal(p.status, 429);
    assert_string_equal(played_error(&p, "type"), "seconds");
    assert_non_null(strstr(played_error(&p, "message"),
                           "on seconds of audio per hour (ASPH): Limit 100, Used"));
    assert_true(atoi(played_header(&p, "retry-after")) > 600);
    played_free(&p);
    hear(&sim, &p, MODEL, 101000);
    assert_int_equal(p.status, 413);
    played_free(&p);
    sim_close(&sim);
}

#define SAY                                                                                \
    "\"model\":\"canopylabs/orpheus-v1-english\",\"voice\":\"hannah\","                    \
    "\"input\":\"The train to Utrecht leaves from platform four.\""

TEST(sim_speech_lasts_as_its_text_and_comes_as_it_is_made)
{
    struct sim sim;
    struct played p;
    ns_t length, first;

    sim_open(&sim, "--speaking 2 --tps-sigma 0");
    speak(&sim, &p, "x-sim-fault: wav-length\r\n",
          "{" SAY ",\"response_format\":\"wav\",\"sample_rate\":16000}");
    assert_int_equal(p.status, 200);
    assert_string_equal(played_header(&p, "content-type"), "audio/wav");
    assert_true(p.whole);
    assert_int_equal(sound_length((struct str){ p.body.p, p.body.len }, &length), 0);
    assert_int_equal(length / MS, 47 * 1000 / 15);
    assert_true(p.n_frames > 20);
    first = p.frames[0].planned;
    assert_true(llabs(p.frames[p.n_frames - 1].planned - first - length / 2) < 100 * MS);
    played_free(&p);
    sim_close(&sim);
}

TEST(sim_speech_is_refused_where_the_reference_says_so)
{
    static const struct {
        const char *body;
        int status;
        const char *says;
    } cases[] = {
        { "{", 400, "" },
        { "[]", 400, "not an object" },
        { "{\"model\":\"canopylabs/orpheus-v1-english\",\"voice\":\"v\"}", 400, "'input'" },
        { "{\"model\":\"canopylabs/orpheus-v1-english\",\"input\":\"a\"}", 400, "'voice'" },
        { "{\"input\":\"a\",\"voice\":\"v\"}", 400, "'model'" },
        { "{" SAY ",\"response_format\":\"aac\"}", 400, "response_format" },
        { "{" SAY ",\"sample_rate\":12345}", 400, "sample_rate" },
        { "{" SAY ",\"speed\":9}", 400, "speed" },
        { "{\"model\":\"whisper-large-v3\",\"voice\":\"v\",\"input\":\"a\"}", 400,
          "does not support this endpoint" },
        { "{" SAY "}", 200, "" },
        { "{" SAY ",\"response_format\":\"flac\",\"speed\":2}", 200, "" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim sim;
        struct played p;

        sim_open(&sim, "--plan developer");
        speak(&sim, &p, "", cases[i].body);
        if (p.status != cases[i].status ||
            !strstr(played_error(&p, "message"), cases[i].says))
            fail_msg("case %zu: %d %.*s", i, p.status, (int)p.body.len, p.body.p);
        played_free(&p);
        sim_close(&sim);
    }
}
