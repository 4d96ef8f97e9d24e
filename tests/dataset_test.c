#include "load/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "load/prompts.h"
#include "test.h"

/* A file that holds the text; the path is static. */
static const char *file_of(const char *text, size_t n)
{
    static char path[64];
    int fd;
    FILE *f;

    snprintf(path, sizeof(path), "/tmp/dataset-test-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    f = fdopen(fd, "w");
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

static int open_text(struct dataset *d, const char *text, const char *body, struct err *err)
{
    const char *path = file_of(text, strlen(text));
    int rc = dataset_open(d, path, body, err);

    unlink(path);
    return rc;
}

#define HI "[{\"role\":\"user\",\"content\":\"hi\"}]"

TEST(dataset_rows_of_every_form_are_read)
{
    static const struct {
        const char *row;
        const char *body; /* the scenario's */
        const char *messages;
        const char *extra;
        const char *model;
        int64_t max_completion;
    } cases[] = {
        { "{\"messages\":" HI "}", "{}", HI, "", NULL, -1 },
        { " {\"id\": 7, \"messages\": [ {\"role\": \"user\", \"content\": \"hi\"} ]} \r",
          "{}", HI, "", NULL, -1 },
        { "{\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9\\n\\\"\"}],"
          "\"temperature\":1}",
          "{}", "[{\"role\":\"user\",\"content\":\"\xC3\xA9\\n\\\"\"}]", "", NULL, -1 },
        { "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
          "\"x\"}]}]}",
          "{}", "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]",
          "", NULL, -1 },
        { "{\"prompt\":\"hi\"}", "{}", HI, "", NULL, -1 },
        { "{\"custom_id\":\"q-1\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
          "\"body\":{\"model\":\"m\",\"messages\":" HI
          ",\"temperature\":0.2,\"top_p\":1,\"stream\":true,\"max_tokens\":64}}",
          "{}", HI, ",\"temperature\":0.2,\"top_p\":1,\"max_tokens\":64", "m", 64 },
        { "{\"body\":{\"messages\":" HI ",\"temperature\":0.2,\"seed\":1}}",
          "{\"temperature\":0.9}", HI, ",\"seed\":1", NULL, -1 },
        { "{\"body\":{\"messages\":" HI ",\"max_tokens\":64}}",
          "{\"max_completion_tokens\":10}", HI, "", NULL, -1 },
        { "{\"body\":{\"messages\":" HI ",\"stop\":[\"a\",null],\"stream_options\":{}}}",
          "{}", HI, ",\"stop\":[\"a\",null]", NULL, -1 },
        { "{\"body\":{\"messages\":" HI ",\"max_completion_tokens\":20,\"max_tokens\":64}}",
          "{}", HI, ",\"max_completion_tokens\":20,\"max_tokens\":64", NULL, 20 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dataset d;
        struct err err = { 0 };

        if (open_text(&d, cases[i].row, cases[i].body, &err))
            fail_msg("row %zu: %s", i, err.msg);
        assert_int_equal(d.n_rows, 1);
        assert_string_equal(d.rows[0].messages.p, cases[i].messages);
        assert_int_equal(d.rows[0].messages.n, strlen(cases[i].messages));
        assert_string_equal(d.rows[0].extra.p, cases[i].extra);
        assert_int_equal(d.rows[0].extra.n, strlen(cases[i].extra));
        assert_int_equal(d.rows[0].max_completion, cases[i].max_completion);
        if (cases[i].model)
            assert_string_equal(d.rows[0].model, cases[i].model);
        else
            assert_null(d.rows[0].model);
        dataset_close(&d);
    }
}

TEST(a_dataset_that_is_wrong_is_told_with_its_line)
{
    static const struct {
        const char *text;
        const char *line; /* "" where no line is to blame */
        const char *says;
    } cases[] = {
        { "", "", "empty" },
        { "\n \n", "", "empty" },
        { "{\"prompt\":\"a\"}\n\n{\"prompt\":\n", ":3: ", "not valid JSON" },
        { "{\"prompt\":\"a\"}\n[1]", ":2: ", "not a JSON object" },
        { "{\"promt\":\"a\"}", ":1: ", "neither" },
        { "{\"prompt\":\"\"}", ":1: ", "\"prompt\"" },
        { "{\"messages\":[]}", ":1: ", "\"messages\"" },
        { "{\"messages\":{}}", ":1: ", "\"messages\"" },
        { "{\"messages\":["
          "{\"role\":\"user\"},{\"content\":\"x\"}]}",
          ":1: ", "message 2" },
        { "{\"body\":[]}", ":1: ", "\"body\"" },
        { "{\"body\":{}}", ":1: ", "body: \"messages\"" },
        { "{\"method\":\"GET\",\"body\":{\"messages\":" HI "}}", ":1: ", "\"POST\"" },
        { "{\"url\":\"/v1/embeddings\",\"body\":{\"messages\":" HI "}}",
          ":1: ", "\"/v1/chat/completions\"" },
        { "{\"prompt\":\"a\",\"prompt\":\"b\"}", ":1: ", "not valid JSON" },
        { "{\"prompt\":\"\xFF\xFE\"}", ":1: ", "not valid JSON" },
        { "{\"prompt\":\"a\"} x", ":1: ", "not valid JSON" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dataset d;
        struct err err;

        assert_int_equal(open_text(&d, cases[i].text, "{}", &err), -1);
        if (!strstr(err.msg, cases[i].line) || !strstr(err.msg, cases[i].says) ||
            strncmp(err.msg, "/tmp/dataset-test-", 18))
            fail_msg("row %zu: %s", i, err.msg);
    }
}

TEST(a_dataset_that_cannot_be_opened_is_told)
{
    struct dataset d;
    struct err err;

    assert_int_equal(dataset_open(&d, "/nowhere/prompts.jsonl", "{}", &err), -1);
    assert_non_null(strstr(err.msg, "/nowhere/prompts.jsonl: No such file"));
    assert_int_equal(dataset_open(&d, "/tmp", "{}", &err), -1);
    assert_non_null(strstr(err.msg, "not a regular file"));
}

/* Rows lie across the reads of the file wherever they fall. */
TEST(rows_of_any_length_are_read_across_chunks)
{
    struct buf text = { 0 };
    struct dataset d;
    struct err err;
    const char *path;

    buf_str(&text, "\xEF\xBB\xBF");
    for (int i = 0; i < 400; i++) {
        buf_printf(&text, "{\"prompt\":\"%d ", i);
        for (int j = 0; j < i * 7 % 1013; j++)
            buf_char(&text, 'x');
        buf_str(&text, "\"}\n");
    }
    path = file_of(text.p, text.len);
    assert_int_equal(dataset_open(&d, path, "{}", &err), 0);
    unlink(path);
    assert_int_equal(d.n_rows, 400);
    for (int i = 0; i < 400; i++) {
        char want[64];

        snprintf(want, sizeof(want), "[{\"role\":\"user\",\"content\":\"%d ", i);
        assert_memory_equal(d.rows[i].messages.p, want, strlen(want));
        assert_int_equal(d.rows[i].messages.n, strlen(want) + (size_t)(i * 7 % 1013) + 3);
    }
    dataset_close(&d);
    buf_free(&text);
}

TEST(a_row_that_is_too_long_is_refused)
{
    struct buf text = { 0 };
    struct dataset d;
    struct err err;
    const char *path;

    buf_str(&text, "{\"prompt\":\"a\"}\n{\"prompt\":\"");
    for (int i = 0; i <= DATASET_MAX_ROW / 64; i++)
        buf_str(&text, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    buf_str(&text, "\"}\n");
    path = file_of(text.p, text.len);
    assert_int_equal(dataset_open(&d, path, "{}", &err), -1);
    unlink(path);
    assert_non_null(strstr(err.msg, ":2: row longer than 16 MiB"));
    buf_free(&text);
}

/* Each round and phase reads the file in its order from another place. */
TEST(prompts_walk_a_dataset_in_its_order)
{
    struct workload w = { 0 };
    struct buf text = { 0 };
    struct prompts *p;
    struct err err;
    const char *path;
    int first[4] = { 0 };

    for (int i = 0; i < 50; i++)
        buf_printf(&text, "{\"prompt\":\"%d\"}\n", i);
    path = file_of(text.p, text.len);
    w.dataset = path;
    p = prompts_open(&w, PROMPT_MESSAGES, "{}", 42, &err);
    assert_non_null(p);
    unlink(path);
    for (int run = 0; run < 4; run++)
        for (int k = 0; k < 120; k++) {
            struct buf messages = { 0 }, extra = { 0 };
            struct prompt_info info;
            int row;

            prompts_make(p, (uint64_t)run / 2, 1,
                         prompts_number((uint32_t)run % 2, (uint64_t)k), &messages, &extra,
                         &info);
            assert_int_equal(
                sscanf(messages.p, "[{\"role\":\"user\",\"content\":\"%d\"}]", &row), 1);
            if (!k)
                first[run] = row;
            assert_int_equal(row, (first[run] + k) % 50);
            assert_int_equal(info.planned_tokens, -1);
            assert_true(info.estimated_tokens > 0);
            buf_free(&messages);
            buf_free(&extra);
        }
    assert_int_not_equal(first[0], first[1]);
    assert_int_not_equal(first[0], first[2]);
    prompts_close(p);
    buf_free(&text);

    w.dataset = "/nowhere/x.jsonl";
    assert_null(prompts_open(&w, PROMPT_MESSAGES, "{}", 42, &err));
}
