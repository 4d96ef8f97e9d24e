#include "data/replay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

/* A trace in a file of its own. */
struct fixture {
    char path[32];
    struct arena arena;
    const struct replay *cache;
    const struct replay *r;
    struct err err;
};

static void read_text(struct fixture *f, const char *text)
{
    int fd;

    *f = (struct fixture){ .path = "/tmp/replay-XXXXXX" };
    fd = mkstemp(f->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    f->r = replay_get(&f->cache, &f->arena, f->path, &f->err);
}

static void drop(struct fixture *f)
{
    unlink(f->path);
    arena_free(&f->arena);
}

TEST(traces_of_public_shapes_are_read_by_their_columns)
{
    static const struct {
        const char *shape;
        const char *text;
    } cases[] = {
        { "mooncake", "{\"timestamp\": 1000, \"input_length\": 700, \"output_length\": 52, "
                      "\"hash_ids\": [46, 47]}\n"
                      "{\"timestamp\": 1250, \"input_length\": 90, \"output_length\": 1, "
                      "\"hash_ids\": [46]}\n" },
        { "azure", "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                   "2023-11-16 18:17:03.9799600,700,52\n"
                   "2023-11-16 18:17:04.2299600,90,1\n" },
        { "azure", "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
                   "2024-05-10 23:59:59.75+00:00,700,52\r\n\r\n"
                   "2024-05-11T00:00:00Z,90,1" },
        { "burstgpt",
          "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
          "5,ChatGPT,700,52,752,Conversation log\n"
          "5.25,\"GPT-4, new\",90,1,91,API log\n" },
        { "plain", "\xEF\xBB\xBFoutput_tokens,seconds,input_tokens\n"
                   "1,0.25,90.0\n52,0,700\n" },
        { "plain", "{\"seconds\":7,\"input_tokens\":700,\"output_tokens\":52,\"x\":[{}]}\n"
                   "{\"input_tokens\":90,\"output_tokens\":1,\"seconds\":\"7.25\"}\n" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;

        read_text(&f, cases[i].text);
        if (!f.r)
            fail_msg("%zu: %s", i, f.err.msg);
        assert_string_equal(f.r->shape->name, cases[i].shape);
        assert_int_equal(f.r->n_rows, 2);
        assert_int_equal(f.r->rows[0].at, 0);
        assert_int_equal(f.r->rows[0].input, 700);
        assert_int_equal(f.r->rows[0].output, 52);
        assert_int_equal(f.r->rows[1].at, 250 * NS_PER_MS);
        assert_int_equal(f.r->rows[1].input, 90);
        assert_int_equal(f.r->rows[1].output, 1);
        if (!i) {
            assert_int_equal(f.r->rows[0].n_blocks, 2);
            assert_int_equal(f.r->blocks[f.r->rows[1].block], 46);
        }
        drop(&f);
    }
}

#define PLAIN "seconds,input_tokens,output_tokens\n"

TEST(what_is_wrong_in_a_trace_is_told_with_its_place)
{
    static const struct {
        const char *text;
        const char *want; /* behind the path */
    } cases[] = {
        { "", ": no rows; expected a trace of requests" },
        { PLAIN, ": no rows; expected a trace of requests" },
        { "a,b\n1,2\n", ":1:1: no trace by its columns; expected timestamp, input_length, "
                        "output_length; TIMESTAMP, " },
        { "{\"a\":1}\n", ":1:1: no trace by its columns; expected timestamp, " },
        { PLAIN "1,2,3\n1,x,3\n",
          ":3:3: input_tokens: \"x\" is no count of tokens; expected "
          "a whole number" },
        { PLAIN "1,2\n", ":2:4: no field 3; expected output_tokens there" },
        { PLAIN "-1,2,3\n", ":2:1: seconds: \"-1\" is no time; expected a number as "
                            "27482.5" },
        { PLAIN "1,2,3.5\n",
          ":2:5: output_tokens: \"3.5\" is no count of tokens; expected a "
          "whole number" },
        { PLAIN "1,2,99999999\n",
          ":2:5: output_tokens: 99999999 tokens are too many; expected at most 10000000" },
        { PLAIN "99999999999999999999,2,3\n",
          ":2:1: seconds: \"99999999999999999999\" is no "
          "time; expected a number as 27482.5" },
        { "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:17:03,1,1\n",
          ":2:1: TIMESTAMP: \"2023-13-16 18:17:03\" is no date and time; expected one as "
          "2023-11-16 18:17:03.97" },
        { "TIMESTAMP,ContextTokens,GeneratedTokens\n3-11-16T18:17:04Z,1,1\n",
          ":2:1: TIMESTAMP: \"3-11-16T18:17:04Z\" is no date and time; expected one as "
          "2023-11-16 18:17:03.97" },
        { "{\"timestamp\":1,\"input_length\":2,\"output_length\":3}\n"
          "{\"timestamp\":1,\"input_length\":2}\n",
          ":2:1: no output_length; expected it in every row" },
        { "{\"timestamp\":1,\"input_length\":2,\"output_length\":3}\n[]\n",
          ":2:1: no JSON object" },
        { "{\"timestamp\":1,\"input_length\":2,\"output_length\":3}\n"
          "{\"timestamp\":1,\"input_length\":null,\"output_length\":3}\n",
          ":2:16: input_length: \"null\" is no count of tokens; expected a whole number" },
        { "{\"timestamp\":1,\"input_length\":2,\"output_length\":3,\"hash_ids\":[\"a\"]}\n",
          ":1:51: hash_ids holds what is no whole number" },
        { "{\"timestamp\":1,\"input_length\":2,\"output_length\":3}\n"
          "{\"timestamp\":1,\"input_length\":2,\"output_length\":3} x\n",
          ":2:51: no JSON from here" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;

        read_text(&f, cases[i].text);
        assert_null(f.r);
        assert_int_equal(strncmp(f.err.msg, f.path, strlen(f.path)), 0);
        if (strncmp(f.err.msg + strlen(f.path), cases[i].want, strlen(cases[i].want)))
            fail_msg("%s\nwant %s", f.err.msg, cases[i].want);
        drop(&f);
    }
}

TEST(rows_are_put_in_the_order_of_time_and_none_asks_for_nothing)
{
    struct fixture f;

    read_text(&f, PLAIN "9,1,1\n7,0,0\n8,3,3\n7,2,2\n");
    assert_int_equal(f.r->n_rows, 4);
    for (size_t i = 1; i < 4; i++)
        assert_true(f.r->rows[i].at >= f.r->rows[i - 1].at);
    assert_int_equal(f.r->rows[0].at, 0);
    assert_int_equal(f.r->rows[0].input, 1);
    assert_int_equal(f.r->rows[0].output, 1);
    assert_int_equal(f.r->rows[3].at, 2 * NS_PER_S);
    drop(&f);
}

TEST(a_trace_is_read_once)
{
    struct fixture f;

    read_text(&f, PLAIN "1,1,1\n");
    assert_ptr_equal(replay_get(&f.cache, &f.arena, f.path, &f.err), f.r);
    assert_null(replay_get(&f.cache, &f.arena, "/nowhere/trace.csv", &f.err));
    assert_string_equal(f.err.msg, "/nowhere/trace.csv: No such file or directory");
    drop(&f);
}

TEST(speed_duration_and_count_say_how_much_of_a_trace_is_replayed)
{
    struct fixture f;
    struct replay_facts x;

    read_text(&f, PLAIN "10,100,1\n11,200,2\n14,300,3\n15,400,4\n");
    assert_int_equal(replay_due(f.r, 2, 2), 2 * NS_PER_S);
    x = replay_facts(f.r, 1, NS_ABSENT, 0);
    assert_int_equal(x.rows, 4);
    assert_true(fabs(x.rate - 3.0 / 5) < 1e-9);
    assert_true(fabs(x.input - 250) < 1e-9 && fabs(x.output - 2.5) < 1e-9);
    assert_true(fabs(x.cv - sqrt(4.0 / 3) / (5.0 / 3)) < 1e-9);
    x = replay_facts(f.r, 2, NS_ABSENT, 0);
    assert_true(fabs(x.rate - 6.0 / 5) < 1e-9);
    assert_int_equal(replay_facts(f.r, 1, 4 * NS_PER_S, 0).rows, 3);
    assert_int_equal(replay_facts(f.r, 2, 500 * NS_PER_MS, 0).rows, 2);
    assert_int_equal(replay_facts(f.r, 1, NS_ABSENT, 2).rows, 2);
    x = replay_facts(f.r, 1, NS_ABSENT, 1);
    assert_int_equal(x.rows, 1);
    assert_true(x.rate >= 1 && x.cv <= 0);
    drop(&f);
}
