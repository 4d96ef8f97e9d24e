#include "api/endpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/error.h"
#include "api/headers.h"
#include "files.h"
#include "test.h"

/* Requests and answers in tests/wire/transcription are written from the reference. */

static char *example(const char *name, size_t *n)
{
    char path[128];

    snprintf(path, sizeof(path), "wire/transcription/%s", name);
    return test_file(path, n);
}

TEST(transcriptions_are_asked_for_by_a_form_with_a_file)
{
    static const struct {
        const struct endpoint *ep;
        struct request_spec spec;
        const char *audio;
        const char *file;
    } cases[] = {
        { &endpoint_transcription,
          { .model = "whisper-large-v3",
            .upload_name = "clip.wav",
            .body =
                "{\"response_format\":\"verbose_json\",\"language\":\"en\","
                "\"temperature\":0,\"timestamp_granularities\":[\"segment\",\"word\"]}" },
          "RIFF",
          "request.form" },
        { &endpoint_translation,
          { .model = "whisper-large-v3",
            .upload_name = "Stra\xC3\x9F"
                           "e.flac",
            .body = "{\"response_format\":\"text\"}" },
          "fLaC",
          "request-translation.form" },
        { &endpoint_transcription,
          { .model = "whisper-large-v3-turbo",
            .audio_by_url = true,
            .body = "{\"response_format\":\"json\"}" },
          "https://example.org/a/clip.flac?v=1",
          "request-url.form" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { 0 };
        struct buf got, tail;
        size_t n;
        char *want = example(cases[i].file, &n);

        buf_init(&got, 0);
        buf_init(&tail, 0);
        assert_int_equal(cases[i].ep->prepare(&cases[i].spec, &got, &tail, &err), 0);
        buf_str(&got, cases[i].audio);
        buf_add(&got, tail.p, tail.len);
        assert_int_equal(got.len, n);
        assert_memory_equal(got.p, want, n);
        buf_free(&got);
        buf_free(&tail);
        free(want);
    }
    assert_string_equal(endpoint_transcription.content_type,
                        "multipart/form-data; boundary=----tokdyno-7f3c9b52e1a84d06");
}

TEST(transcriptions_refuse_what_is_ours_to_say)
{
    static const struct {
        struct request_spec spec;
        const char *says;
    } cases[] = {
        { { .body = "{}" }, "request.model is missing; a form names one" },
        { { .model = "m", .body = "{\"file\":\"a\"}" },
          "request.body must not hold \"file\": workload.audio makes it" },
        { { .model = "m", .body = "{\"url\":\"a\"}" },
          "request.body must not hold \"url\": workload.audio.url sets it" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { 0 };
        struct buf head, tail;

        buf_init(&head, 0);
        buf_init(&tail, 0);
        assert_int_equal(endpoint_transcription.prepare(&cases[i].spec, &head, &tail, &err),
                         -1);
        assert_string_equal(err.msg, cases[i].says);
        buf_free(&head);
        buf_free(&tail);
    }
}

struct answered {
    const char *file;
    const char *type;
    int status;
    const char *outcome;
    ns_t heard;
    const char *id;
    const char *code;
    const char *limit_kind;
    ns_t retry_in;
};

static void expect(const struct answered *c, struct answer *a)
{
    const struct endpoint *ep = &endpoint_transcription;
    enum outcome o = error_classify(a, TRANSFER_DONE, a->status < 400 && ep->complete(a));

    if (strcmp(outcomes[o].name, c->outcome) != 0)
        fail_msg("%s: %s %s", c->file, outcomes[o].name, answer_string(&a->error));
    assert_int_equal(a->heard, c->heard);
    assert_string_equal(answer_string(&a->request_id), c->id ? c->id : "");
    assert_string_equal(answer_string(&a->error_code), c->code ? c->code : "");
    assert_string_equal(answer_string(&a->limit_kind), c->limit_kind ? c->limit_kind : "");
    assert_int_equal(a->retry_in, c->retry_in ? c->retry_in : NS_ABSENT);
    assert_int_equal(a->frames, 0);
    assert_int_equal(a->first, NS_ABSENT);
}

#define JSON "content-type: application/json"
#define ID "req_01k7a2b3c4d5e6f7g8h9j0k1m2"

TEST(transcripts_are_read_in_each_format_the_reference_has)
{
    static const struct answered cases[] = {
        { "body.json", JSON, 200, "ok", NS_ABSENT, ID, NULL, NULL, 0 },
        { "body-verbose.json", JSON, 200, "ok", 2400 * NS_PER_MS, ID, NULL, NULL, 0 },
        { "body-words.json", JSON, 200, "ok", 2400 * NS_PER_MS, ID, NULL, NULL, 0 },
        { "body-silence.json", JSON, 200, "empty", NS_ABSENT, ID, NULL, NULL, 0 },
        { "body.txt", "content-type: text/plain; charset=UTF-8", 200, "ok", NS_ABSENT, NULL,
          NULL, NULL, 0 },
        { "body.txt", JSON, 200, "protocol", NS_ABSENT, NULL, NULL, NULL, 0 },
        { "body.txt", "content-type: text/html", 200, "protocol", NS_ABSENT, NULL, NULL,
          NULL, 0 },
        { "error-media.json", JSON, 400, "bad_request", NS_ABSENT, NULL,
          "invalid_media_file", NULL, 0 },
        { "error-empty.json", JSON, 400, "bad_request", NS_ABSENT, NULL, "empty_audio_file",
          NULL, 0 },
        { "error-rate.json", JSON, 429, "rate_limited", NS_ABSENT, NULL,
          "rate_limit_exceeded", "ASPH", 546 * NS_PER_S },
        { "error-large.json", JSON, 413, "too_large", NS_ABSENT, NULL,
          "rate_limit_exceeded", "ASPH", 0 },
        /* an error that came with a good status is none the less one */
        { "error-media.json", JSON, 200, "bad_request", NS_ABSENT, NULL,
          "invalid_media_file", NULL, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;
        size_t n;
        char *text = example(cases[i].file, &n);

        answer_init(&a);
        a.status = cases[i].status;
        headers_line(&a, str_of(cases[i].type));
        if (a.status < 400)
            endpoint_transcription.body(&a, (struct str){ text, n }, 5);
        else
            error_body(&a, (struct str){ text, n });
        expect(&cases[i], &a);
        answer_free(&a);
        free(text);
    }
}

TEST(limits_of_audio_are_read_from_the_headers)
{
    static const char *const lines[] = {
        "x-ratelimit-limit-audio-seconds: 7200",
        "x-ratelimit-remaining-audio-seconds: 7190",
        "x-ratelimit-reset-audio-seconds: 5s",
    };
    struct answer a;

    answer_init(&a);
    for (size_t i = 0; i < COUNT(lines); i++)
        headers_line(&a, str_of(lines[i]));
    assert_int_equal(a.limits[LIMIT_AUDIO_SECONDS].limit, 7200);
    assert_int_equal(a.limits[LIMIT_AUDIO_SECONDS].remaining, 7190);
    assert_int_equal(a.limits[LIMIT_AUDIO_SECONDS].reset, 5 * NS_PER_S);
    answer_free(&a);
}
