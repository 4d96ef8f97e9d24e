#include "api/endpoint.h"

#include <stdlib.h>

#include "api/error.h"
#include "files.h"
#include "test.h"

/* 1 kHz of one byte: a byte is a millisecond. */
#define HEAD(length)                                                                       \
    "RIFF\xff\xff\xff\xffWAVEfmt "                                                         \
    "\x10\0\0\0\x01\0\x01\0\xe8\x03\0\0\xe8\x03\0\0\x01\0\x08\0"                           \
    "data" length
enum { HEAD_SIZE = 44 };

TEST(speech_is_asked_for_as_the_reference_says)
{
    static const struct {
        struct request_spec spec;
        const char *text;
        const char *file;
    } cases[] = {
        { { .model = "canopylabs/orpheus-v1-english",
            .stream = true,
            .include_usage = true,
            .body = "{\"voice\":\"hannah\",\"response_format\":\"wav\",\"sample_rate\":"
                    "24000}" },
          "\"Say \\\"hi\\\".\"",
          "wire/speech/request.json" },
        { { .model = "playai-tts", .body = "{\"voice\":\"Fritz-PlayAI\"}" },
          "\"Hi.\"",
          "wire/speech/request-format.json" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { 0 };
        struct buf got, tail;
        char *want = test_file(cases[i].file, NULL);

        buf_init(&got, 0);
        buf_init(&tail, 0);
        assert_int_equal(endpoint_speech.prepare(&cases[i].spec, &got, &tail, &err), 0);
        buf_str(&got, cases[i].text);
        buf_add(&got, tail.p, tail.len);
        buf_char(&got, '\n');
        assert_string_equal(got.p, want);
        buf_free(&got);
        buf_free(&tail);
        free(want);
    }
}

static struct answer begun(void)
{
    struct answer a;

    answer_init(&a);
    a.status = 200;
    return a;
}

static void feed(struct answer *a, const char *p, size_t n, ns_t at)
{
    endpoint_speech.bytes(a, (struct str){ p, n }, at);
}

static enum outcome outcome_of(const struct answer *a, enum transfer_end end)
{
    return error_classify(a, end, endpoint_speech.complete(a));
}

TEST(the_first_sound_comes_behind_the_head_of_the_file)
{
    static const char wav[] = HEAD("\x06\0\0\0") "123456";

    for (size_t cut = 1; cut < sizeof(wav) - 1; cut++) {
        struct answer a = begun();
        size_t n = sizeof(wav) - 1;

        feed(&a, wav, cut, 10);
        feed(&a, wav + cut, n - cut, 20);
        assert_int_equal(a.role, 10);
        assert_int_equal(a.first, cut > HEAD_SIZE ? 10 : 20);
        assert_int_equal(a.answer, NS_ABSENT);
        assert_int_equal(a.last, 20);
        assert_int_equal(a.frames, cut > HEAD_SIZE ? 2 : 1);
        assert_int_equal(wav_length(&a.wav), 6 * NS_PER_MS);
        assert_int_equal(outcome_of(&a, TRANSFER_DONE), OUTCOME_OK);
        answer_free(&a);
    }
}

TEST(speech_that_ends_early_is_partial_however_it_ends)
{
    static const struct {
        const char *head;
        size_t sound;
        enum transfer_end end;
        enum outcome want;
    } cases[] = {
        { HEAD("\x0a\0\0\0"), 10, TRANSFER_DONE, OUTCOME_OK },
        { HEAD("\x0a\0\0\0"), 9, TRANSFER_DONE, OUTCOME_PARTIAL },
        { HEAD("\xff\xff\xff\xff"), 9, TRANSFER_DONE, OUTCOME_OK },
        { HEAD("\xff\xff\xff\xff"), 9, TRANSFER_BROKEN, OUTCOME_PARTIAL },
        { HEAD("\xff\xff\xff\xff"), 0, TRANSFER_BROKEN, OUTCOME_TRANSPORT },
        { HEAD("\xff\xff\xff\xff"), 0, TRANSFER_DONE, OUTCOME_EMPTY },
        { HEAD("\xff\xff\xff\xff"), 9, TRANSFER_IDLE_TIMEOUT, OUTCOME_TIMEOUT_IDLE },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a = begun();

        feed(&a, cases[i].head, HEAD_SIZE, 1);
        feed(&a, "0123456789", cases[i].sound, 2);
        assert_int_equal(outcome_of(&a, cases[i].end), cases[i].want);
        answer_free(&a);
    }
}

/* Each row: the bytes (milliseconds of sound) of a frame and when it came, ms. */
TEST(a_player_stands_still_where_sound_comes_slower_than_it_is_played)
{
    static const struct {
        struct {
            size_t n;
            int64_t at_ms;
        } frames[4];
        int64_t starved_ms;
    } cases[] = {
        { { { 10, 5 }, { 10, 10 }, { 10, 15 }, { 10, 20 } }, 0 },
        { { { 10, 5 }, { 10, 15 }, { 10, 25 }, { 10, 35 } }, 0 },
        { { { 10, 5 }, { 10, 18 }, { 10, 28 }, { 10, 38 } }, 3 },
        { { { 10, 5 }, { 10, 18 }, { 10, 30 }, { 10, 31 } }, 5 },
        { { { 10, 5 } }, 0 },
    };
    static const char sound[16] = { 0 };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a = begun();

        feed(&a, HEAD("\xff\xff\xff\xff"), HEAD_SIZE, NS_PER_MS);
        for (size_t k = 0; k < 4 && cases[i].frames[k].n; k++)
            feed(&a, sound, cases[i].frames[k].n, cases[i].frames[k].at_ms * NS_PER_MS);
        assert_int_equal(a.starved, cases[i].starved_ms * NS_PER_MS);
        answer_free(&a);
    }
}

TEST(sound_of_another_format_has_frames_but_no_length)
{
    struct answer a = begun();

    feed(&a, "ID3\x04 0123456789", 15, 7);
    feed(&a, "0123456789", 10, 9);
    assert_int_equal(a.frames, 2);
    assert_int_equal(a.first, 7);
    assert_int_equal(wav_length(&a.wav), NS_ABSENT);
    assert_int_equal(a.starved, NS_ABSENT);
    assert_int_equal(outcome_of(&a, TRANSFER_DONE), OUTCOME_OK);
    answer_free(&a);
}

TEST(an_answer_that_is_no_sound_is_told)
{
    static const struct {
        const char *body;
        enum outcome want;
    } cases[] = {
        { "", OUTCOME_EMPTY },
        { "{\"error\":{\"message\":\"no such voice\",\"type\":\"invalid_request_error\"}}",
          OUTCOME_BAD_REQUEST },
        { "{\"audio\":\"...\"}", OUTCOME_PROTOCOL },
        { "<html><title>Just a moment</title></html>", OUTCOME_PROTOCOL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a = begun();

        endpoint_speech.body(&a, str_of(cases[i].body), 5);
        assert_int_equal(outcome_of(&a, TRANSFER_DONE), cases[i].want);
        answer_free(&a);
    }
}
