#include "load/images.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/mem.h"
#include "files.h"
#include "load/prompts.h"
#include "test.h"

static const struct model scout = {
    .id = "scout",
    .images_most = 2,
    .image_inline_bytes = 1000,
    .image_url_bytes = 5000,
    .image_pixels = 10,
};
static const struct model unknown = {
    .id = "unknown",
    .images_most = -1,
    .image_inline_bytes = -1,
    .image_url_bytes = -1,
    .image_pixels = -1,
};

static const char *const urls[] = { "https://example.com/a.png", "http://example.com/b" };

/* The picture of tests/wire with two pixels, and two addresses. */
static struct workload_images some(char path[512])
{
    static const char *files[1];

    snprintf(path, 512, "%s", test_path("wire/vision/pixels.png"));
    files[0] = path;
    return (struct workload_images){
        .files = files, .n_files = 1, .urls = urls, .n_urls = 2, .per_request = 2
    };
}

static json_t *content_of(const struct workload *w, uint64_t number,
                          struct prompt_info *info)
{
    struct buf messages = { 0 }, extra = { 0 };
    struct err err = { .msg = "" };
    struct prompts *p = prompts_open(w, PROMPT_MESSAGES, "{}", 7, &err);
    json_t *all, *content;

    if (!p)
        fail_msg("%s", err.msg);
    prompts_make(p, 0, 0.75, number, &messages, &extra, info);
    all = json_loadb(messages.p, messages.len, 0, NULL);
    assert_non_null(all);
    content = json_incref(
        json_object_get(json_array_get(all, json_array_size(all) - 1), "content"));
    json_decref(all);
    buf_free(&messages);
    buf_free(&extra);
    prompts_close(p);
    return content;
}

static const char *url_of(const json_t *content, size_t i)
{
    const json_t *part = json_array_get(content, i);

    assert_string_equal(json_string_value(json_object_get(part, "type")), "image_url");
    return json_string_value(json_object_get(json_object_get(part, "image_url"), "url"));
}

TEST(images_go_behind_the_text_in_turn_and_files_as_they_are)
{
    char path[512];
    struct workload w = {
        .messages = "[{\"role\":\"user\",\"content\":\"What?\"}]",
        .images = some(path),
    };
    const char *seen[6] = { NULL };
    struct prompt_info info;

    for (uint64_t k = 0; k < 3; k++) {
        json_t *content = content_of(&w, k, &info);

        assert_int_equal(json_array_size(content), 3);
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(content, 0), "text")),
            "What?");
        for (size_t i = 0; i < 2; i++)
            seen[2 * k + i] = mem_strdup(url_of(content, 1 + i));
        json_decref(content);
        assert_int_equal(info.images, 2);
        assert_in_range(info.estimated_tokens, 2 * IMAGE_TOKENS, 2 * IMAGE_TOKENS + 50);
    }
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(seen[i], seen[i + 3]);
    for (size_t i = 0; i < 3; i++)
        if (!strncmp(seen[i], "data:", 5)) {
            size_t n;
            char *file = test_file("wire/vision/pixels.png", &n);
            const char *base64 = strchr(seen[i], ',') + 1;
            struct buf back = { 0 };

            assert_true(!strncmp(seen[i], "data:image/png;base64,", 22));
            assert_int_equal(base64_decode(base64, strlen(base64), &back), 0);
            assert_int_equal(back.len, n);
            assert_memory_equal(back.p, file, n);
            buf_free(&back);
            free(file);
        } else {
            assert_true(!strcmp(seen[i], urls[0]) || !strcmp(seen[i], urls[1]));
        }
    for (size_t i = 0; i < 6; i++)
        free((void *)seen[i]);
}

TEST(images_join_every_kind_of_prompt)
{
    static const struct {
        struct workload w;
        size_t parts;
    } cases[] = {
        { { .input_tokens = { .kind = DIST_FIXED, .mean = 50 } }, 3 },
        { { .input_tokens = { .kind = DIST_FIXED, .mean = 50 },
            .prefix_tokens = 20,
            .prefix_pool = 1 },
          3 },
        { { .messages = "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                        "\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]" },
          4 },
        { { .messages = "[{\"role\":\"user\",\"content\":[]}]" }, 3 },
        { { .messages = "[{\"role\":\"user\",\"content\":null}]" }, 3 },
        { { .messages = "[{\"role\":\"user\",\"content\":\"a\\\"]}\"}]" }, 3 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct workload w = cases[i].w;
        struct prompt_info info;
        char path[512];
        json_t *content;

        w.images = some(path);
        content = content_of(&w, 0, &info);
        assert_int_equal(json_array_size(content), cases[i].parts);
        assert_int_equal(info.images, 2);
        assert_int_equal(info.words, -1); /* they teach nothing */
        json_decref(content);
        w.images.per_request = 0;
        content = content_of(&w, 0, &info);
        assert_int_equal(info.images, 0);
        json_decref(content);
    }
}

TEST(images_that_cannot_be_sent_are_refused_with_their_name)
{
    static const char *const wrong_urls[] = { "file:///etc/passwd" };
    static const char *const no_picture[] = { "/dev/null" };
    static const char *const not_there[] = { "/nowhere/a.png" };
    static const struct {
        struct workload w;
        const char *want;
    } cases[] = {
        { { .images = { .urls = wrong_urls, .n_urls = 1, .per_request = 1 } },
          "workload.images.urls: \"file:///etc/passwd\" is no address" },
        { { .images = { .files = no_picture, .n_files = 1, .per_request = 1 } },
          "workload.images.files: /dev/null: not a picture" },
        { { .images = { .files = not_there, .n_files = 1, .per_request = 1 } },
          "workload.images.files: /nowhere/a.png: No such file" },
        { { .messages = "[{\"role\":\"system\",\"content\":\"a\"}]",
            .images = { .urls = urls, .n_urls = 1, .per_request = 1 } },
          "no message of a user" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { .msg = "" };

        assert_null(prompts_open(&cases[i].w, PROMPT_MESSAGES, "{}", 1, &err));
        if (!strstr(err.msg, cases[i].want))
            fail_msg("%s; expected %s", err.msg, cases[i].want);
    }
}

TEST(images_are_counted_in_messages_that_hold_them)
{
    static const char messages[] =
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"detail\":\"low\",\"url\":\"data:1234\"}},"
        "{\"type\":\"input_image\",\"image_url\":\"https://x\"}]},"
        "{\"role\":\"user\",\"content\":\"data:image/png\"},3]";
    struct image_use use = images_within(str_of(messages));

    assert_int_equal(use.n, 2);
    assert_int_equal(use.inlined, 1);
    assert_int_equal(use.bytes, 18);
    assert_int_equal(images_within(str_of("[")).n, 0);
}

TEST(images_beyond_what_the_model_takes_are_named_before_they_are_sent)
{
    static const struct {
        struct image_use use;
        size_t bytes;
        const char *want; /* NULL: fine */
    } cases[] = {
        { { 0, 0, 0 }, 100000, NULL },
        { { 2, 2, 900 }, 1000, NULL },
        { { 2, 2, 900 }, 1001, "sent as base64" },
        { { 2, 1, 900 }, 1001, "sent as base64" },
        { { 2, 0, 90 }, 5000, NULL },
        { { 2, 0, 90 }, 5001, "by address" },
        { { 3, 0, 90 }, 100, "3 pictures in a request; scout takes 2 at most" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = { .msg = "" };
        int rc = images_check(cases[i].use, cases[i].bytes, &scout, &err);

        assert_int_equal(rc, cases[i].want ? -1 : 0);
        if (cases[i].want && !strstr(err.msg, cases[i].want))
            fail_msg("%s; expected %s", err.msg, cases[i].want);
        assert_int_equal(images_check(cases[i].use, cases[i].bytes, &unknown, &err), 0);
    }
}

TEST(images_count_the_largest_request_and_the_largest_picture)
{
    char path[512];
    struct workload_images w = some(path);
    struct model small = scout;
    struct image_use use;
    struct images im;
    struct err err = { .msg = "" };

    assert_int_equal(images_open(&im, &w, &err), 0);
    use = images_most(&im);
    assert_int_equal(use.n, 2);
    assert_int_equal(use.inlined, 1);
    assert_true(use.bytes > im.parts[0].json.n);
    assert_int_equal(images_check_each(&im, &small, &err), 0);
    small.image_pixels = 1;
    assert_int_equal(images_check_each(&im, &small, &err), -1);
    assert_non_null(strstr(err.msg, "pixels.png has"));
    images_close(&im);
}
