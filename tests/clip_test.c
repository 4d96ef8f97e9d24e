#include "load/clip.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/multipart.h"
#include "api/wav.h"
#include "test.h"

static struct clip *made(ns_t length, uint64_t rate, uint64_t seed)
{
    struct err err = { 0 };
    struct clip *c = clip_open(
        &(struct clip_spec){ .length = length, .rate = rate, .seed = seed }, &err);

    if (!c)
        fail_msg("%s", err.msg);
    return c;
}

TEST(clips_are_wav_files_of_just_the_length_that_is_asked_for)
{
    static const struct {
        ns_t length;
        uint64_t rate;
        size_t bytes;
    } cases[] = {
        { NS_PER_S, 0, 44 + 32000 },
        { 10 * NS_PER_MS, 0, 44 + 320 },
        { 2500 * NS_PER_MS, 8000, 44 + 40000 },
        { 60 * NS_PER_S, 16000, 44 + 1920000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct clip *c = made(cases[i].length, cases[i].rate, 1);
        struct buf b;
        struct wav w;

        buf_init(&b, 0);
        assert_int_equal(clip_put(c, 7, &b), cases[i].length);
        assert_int_equal(b.len, cases[i].bytes);
        assert_int_equal(clip_bytes(c), cases[i].bytes);
        wav_init(&w);
        assert_int_equal(wav_feed(&w, b.p, b.len), cases[i].bytes - 44);
        assert_int_equal(wav_promised(&w), cases[i].length);
        assert_true(wav_whole(&w));
        assert_false(multipart_clashes((struct str){ b.p, b.len }));
        buf_free(&b);
        clip_close(c);
    }
}

TEST(each_clip_is_its_own_and_the_same_again)
{
    struct clip *c = made(NS_PER_S, 0, 1), *same = made(NS_PER_S, 0, 1);
    struct clip *other = made(NS_PER_S, 0, 2);
    struct buf a, b;

    buf_init(&a, 0);
    buf_init(&b, 0);
    clip_put(c, 5, &a);
    clip_put(same, 5, &b);
    assert_memory_equal(a.p, b.p, a.len);
    for (uint64_t key = 0; key < 5; key++) {
        buf_clear(&b);
        clip_put(c, key, &b);
        assert_memory_not_equal(a.p, b.p, a.len);
    }
    buf_clear(&b);
    clip_put(other, 5, &b);
    assert_memory_not_equal(a.p, b.p, a.len);
    buf_free(&a);
    buf_free(&b);
    clip_close(c);
    clip_close(same);
    clip_close(other);
}

static char *write_file(char *path, const char *bytes, size_t n)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
    return path;
}

/* A WAV file says how long it is; what the scenario says of it is for the others. */
TEST(files_go_up_as_they_are)
{
    char path[] = "/tmp/tokdyno-clip-XXXXXX", other[] = "/tmp/tokdyno-clip-XXXXXX";
    struct clip *c = made(2 * NS_PER_S, 0, 1);
    struct clip_spec spec = { .file = path, .length = 9 * NS_PER_S };
    struct err err = { 0 };
    struct buf wav, got;

    buf_init(&wav, 0);
    buf_init(&got, 0);
    clip_put(c, 1, &wav);
    clip_close(c);
    write_file(path, wav.p, wav.len);
    c = clip_open(&spec, &err);
    assert_non_null(c);
    assert_int_equal(clip_put(c, 1, &got), 2 * NS_PER_S);
    assert_int_equal(got.len, wav.len);
    assert_memory_equal(got.p, wav.p, wav.len);
    clip_close(c);
    spec.file = write_file(other, "fLaC...", 7);
    c = clip_open(&spec, &err);
    assert_int_equal(clip_length(c), 9 * NS_PER_S);
    clip_close(c);
    spec.length = NS_ABSENT;
    c = clip_open(&spec, &err);
    assert_int_equal(clip_length(c), NS_ABSENT);
    clip_close(c);
    unlink(path);
    unlink(other);
    buf_free(&wav);
    buf_free(&got);
}

TEST(files_that_cannot_go_up_are_refused)
{
    static const struct {
        const char *bytes;
        const char *says;
    } cases[] = {
        { "", " is empty" },
        { "x\r\n--" MULTIPART_BOUNDARY "\r\n", " holds the text that parts forms" },
    };
    struct clip_spec spec = { .file = "/nowhere/clip.wav" };
    struct err err = { 0 };

    assert_null(clip_open(&spec, &err));
    assert_string_equal(err.msg,
                        "cannot read /nowhere/clip.wav: No such file or directory");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[] = "/tmp/tokdyno-clip-XXXXXX";

        spec.file = write_file(path, cases[i].bytes, strlen(cases[i].bytes));
        assert_null(clip_open(&spec, &err));
        assert_string_equal(err.msg + strlen(path), cases[i].says);
        unlink(path);
    }
}

TEST(clips_beyond_all_limits_are_refused)
{
    struct err err = { 0 };
    struct clip_spec spec = { .length = 10 * 3600 * NS_PER_S, .rate = 48000 };

    assert_null(clip_open(&spec, &err));
    assert_string_equal(err.msg, "workload.audio.length: 36000 s at 48000 samples a second "
                                 "is no clip of at most 128 MiB");
}
