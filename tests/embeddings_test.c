#include "api/endpoint.h"

#include <jansson.h>
#include <stdlib.h>

#include "api/error.h"
#include "files.h"
#include "test.h"

static const char two[] =
    "[{\"role\":\"user\",\"content\":\"The wind was quiet.\"},"
    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"A river in the \"},"
    "{\"type\":\"text\",\"text\":\"morning, \\\"42\\\" miles long.\"}]}]";

/* The whole body, as shot.c puts it together. */
static void body_of(const struct request_spec *spec, const char *messages, struct buf *out)
{
    struct buf head, tail;
    struct err err = { 0 };

    buf_init(&head, 0);
    buf_init(&tail, 0);
    if (endpoint_embeddings.prepare(spec, &head, &tail, &err))
        fail_msg("%s", err.msg);
    buf_add(out, head.p, head.len);
    endpoint_embeddings.prompt(spec, str_of(messages), out);
    buf_add(out, tail.p, tail.len);
    buf_free(&head);
    buf_free(&tail);
}

TEST(embeddings_are_asked_for_as_the_api_wants_it)
{
    struct request_spec spec = { .model = "nomic-embed-text-v1_5",
                                 .body =
                                     "{\"encoding_format\":\"float\",\"user\":\"tests\"}" };
    char *want = test_file("wire/embeddings/request.json", NULL);
    json_t *a = json_loads(want, 0, NULL), *b;
    struct buf got = { 0 };

    body_of(&spec, two, &got);
    b = json_loads(got.p, 0, NULL);
    assert_non_null(a);
    assert_non_null(b);
    if (!json_equal(a, b))
        fail_msg("%s", got.p);
    json_decref(a);
    json_decref(b);
    buf_free(&got);
    free(want);
}

TEST(embeddings_cut_a_prompt_into_as_many_texts_as_asked_for_and_words_stay_whole)
{
    static const struct {
        uint64_t inputs;
        const char *messages;
        const char *want;
    } cases[] = {
        { 1, "[{\"role\":\"user\",\"content\":\"a b c d\"}]", "[\"a b c d\"]" },
        { 2, "[{\"role\":\"user\",\"content\":\"a b c d\"}]", "[\"a b\",\"c d\"]" },
        { 4, "[{\"role\":\"user\",\"content\":\"a b c d\"}]", "[\"a\",\"b\",\"c\",\"d\"]" },
        { 2,
          "[{\"role\":\"system\",\"content\":\"one\"},{\"role\":\"user\",\"content\":"
          "\"two\"}]",
          "[\"one\",\"two\"]" },
        { 9, "[{\"role\":\"user\",\"content\":\"x\\\\n y\"}]", "[\"x\\\\n\",\"y\"]" },
        { 3, "[{\"role\":\"user\"}]", "[]" },
        { 0, "[{\"role\":\"user\",\"content\":\"\"}]", "[\"\"]" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request_spec spec = { .inputs = cases[i].inputs };
        struct buf out = { 0 };

        endpoint_embeddings.prompt(&spec, str_of(cases[i].messages), &out);
        assert_string_equal(out.p, cases[i].want);
        buf_free(&out);
    }
}

TEST(embeddings_refuse_what_they_cannot_be_asked_for)
{
    static const struct {
        struct request_spec spec;
        const char *said;
    } cases[] = {
        { { .model = "m", .stream = true },
          "not streamed; expected request.stream: false" },
        { { .model = "" }, "request.model is empty" },
        { { .model = "m", .body = "{\"input\":\"x\"}" }, "must not hold \"input\"" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf head = { 0 }, tail = { 0 };
        struct err err = { 0 };

        assert_int_equal(endpoint_embeddings.prepare(&cases[i].spec, &head, &tail, &err),
                         -1);
        assert_non_null(strstr(err.msg, cases[i].said));
        buf_free(&head);
        buf_free(&tail);
    }
}

static enum outcome read_answer(struct answer *a, const char *body)
{
    answer_init(a);
    a->status = 200;
    endpoint_embeddings.body(a, str_of(body), 5);
    return error_classify(a, TRANSFER_DONE, endpoint_embeddings.complete(a));
}

TEST(embeddings_answers_are_counted_and_not_kept)
{
    static const struct {
        const char *file;
        int64_t vectors, dimensions, prompt;
    } cases[] = {
        { "wire/embeddings/answer.json", 2, 4, 19 },
        { "wire/embeddings/base64.json", 1, 4, 5 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *body = test_file(cases[i].file, NULL);
        struct answer a;

        assert_int_equal(read_answer(&a, body), OUTCOME_OK);
        assert_int_equal(a.embedding.vectors, cases[i].vectors);
        assert_int_equal(a.embedding.dimensions, cases[i].dimensions);
        assert_int_equal(a.tokens.prompt, cases[i].prompt);
        assert_int_equal(a.tokens.completion, -1);
        assert_int_equal(a.first, NS_ABSENT);
        answer_free(&a);
        free(body);
    }
}

TEST(embeddings_tell_an_empty_answer_from_none)
{
    static const struct {
        const char *body;
        enum outcome want;
    } cases[] = {
        { "{\"object\":\"list\",\"data\":[],\"usage\":{\"prompt_tokens\":1}}",
          OUTCOME_EMPTY },
        { "{\"data\":[{\"index\":0,\"embedding\":[]}]}", OUTCOME_EMPTY },
        { "{\"data\":[{\"index\":0}]}", OUTCOME_EMPTY },
        { "{\"object\":\"list\"}", OUTCOME_PROTOCOL },
        { "{\"data\":[{\"embedding\":[1,2", OUTCOME_PROTOCOL },
        { "[1]", OUTCOME_PROTOCOL },
        { "", OUTCOME_PROTOCOL },
        { "<html>", OUTCOME_PROTOCOL },
        { "{\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}", OUTCOME_SERVER },
        { "{\"data\":null,\"error\":null}", OUTCOME_PROTOCOL },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;
        enum outcome got = read_answer(&a, cases[i].body);

        if (got != cases[i].want)
            fail_msg("%s is %s", cases[i].body, outcomes[got].name);
        answer_free(&a);
    }
}
