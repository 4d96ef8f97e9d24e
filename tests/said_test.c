#include "api/said.h"

#include "test.h"

static void call(struct said *s, const char *text)
{
    struct json j;

    json_init(&j, text, strlen(text));
    said_read_call(s, &j);
    assert_true(json_done(&j));
}

static void is(const struct buf *b, const char *want)
{
    assert_string_equal(b->p ? b->p : "", want);
}

TEST(pieces_of_calls_are_put_together_by_their_index)
{
    static const char *const pieces[] = {
        ("{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"f\","
         "\"arguments\":\"\"}}"),
        "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}",
        "{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\":\"}}",
        "{\"index\":0,\"function\":{\"arguments\":\"1}\"}}",
    };
    struct said s;

    said_init(&s);
    s.wanted = true;
    for (size_t i = 0; i < COUNT(pieces); i++)
        call(&s, pieces[i]);
    assert_int_equal(s.n_calls, 2);
    is(&s.calls[0].id, "a");
    is(&s.calls[0].name, "f");
    is(&s.calls[0].arguments, "{\\\"x\\\":1}");
    is(&s.calls[1].id, "b");
    is(&s.calls[1].arguments, "{}");
    assert_false(s.lost);
    said_reset(&s);
    assert_int_equal(s.n_calls, 0);
    said_free(&s);
}

TEST(calls_without_an_index_are_calls_of_their_own)
{
    struct said s;

    said_init(&s);
    s.wanted = true;
    call(&s, "{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}");
    call(&s, "{\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}");
    call(&s, "[1,2]");
    call(&s, "7");
    assert_int_equal(s.n_calls, 2);
    said_free(&s);
}

TEST(text_is_kept_only_where_it_is_wanted_and_up_to_a_ceiling)
{
    static char mib[1 << 20];
    struct said s;

    memset(mib, 'x', sizeof(mib));
    said_init(&s);
    said_text(&s, str_of("never"));
    assert_int_equal(s.text.len, 0);
    s.wanted = true;
    said_text(&s, str_of("one "));
    said_text(&s, str_of("\\ud83d"));
    said_text(&s, str_of("\\ude00"));
    is(&s.text, "one \\ud83d\\ude00");
    for (int i = 0; i < 5; i++)
        said_text(&s, (struct str){ mib, sizeof(mib) });
    assert_true(s.lost);
    assert_true(s.text.len <= SAID_MAX_BYTES);
    said_reset(&s);
    assert_false(s.lost);
    assert_true(s.wanted);
    said_free(&s);
}

TEST(more_calls_than_are_kept_are_lost)
{
    struct said s;

    said_init(&s);
    s.wanted = true;
    for (int i = 0; i < SAID_MAX_CALLS; i++)
        call(&s, "{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}");
    assert_false(s.lost);
    call(&s, "{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}");
    assert_true(s.lost);
    assert_int_equal(s.n_calls, SAID_MAX_CALLS);
    said_free(&s);
}
