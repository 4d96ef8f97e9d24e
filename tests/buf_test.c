#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

TEST(buf_grows_as_it_is_filled_and_ends_in_nul)
{
    struct buf b;

    buf_init(&b, 0);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(buf_char(&b, (char)('a' + i % 26)), 0);
        assert_int_equal(b.len, i + 1);
        assert_int_equal(b.p[b.len], '\0');
        assert_true(b.cap > b.len);
    }
    for (int i = 0; i < 10000; i++)
        assert_int_equal(b.p[i], 'a' + i % 26);
    buf_free(&b);
    assert_null(b.p);
    assert_int_equal(b.len, 0);
}

TEST(buf_is_a_string_after_the_first_addition_even_of_nothing)
{
    struct buf b;

    buf_init(&b, 0);
    assert_int_equal(buf_add(&b, NULL, 0), 0);
    assert_string_equal(b.p, "");
    buf_free(&b);
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_string_equal(b.p, "");
    buf_free(&b);
}

TEST(buf_writes_every_integer)
{
    static const struct {
        int64_t v;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { 7, "7" },
        { -1, "-1" },
        { 1234567890123, "1234567890123" },
        { INT64_MAX, "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf b;

        buf_init(&b, 0);
        assert_int_equal(buf_int(&b, rows[i].v), 0);
        assert_string_equal(b.p, rows[i].text);
        buf_free(&b);
    }
}

static void expect_int(int64_t v)
{
    char text[32];
    struct buf b;

    snprintf(text, sizeof(text), "%lld", (long long)v);
    buf_init(&b, 0);
    assert_int_equal(buf_int(&b, v), 0);
    assert_string_equal(b.p, text);
    buf_free(&b);
}

TEST(buf_writes_integers_of_every_length_as_printf_does)
{
    for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10)
        for (int64_t digit = 1; digit <= 9; digit++)
            for (int64_t by = -1; by <= 1; by++) {
                expect_int(digit * power + by);
                expect_int(-digit * power - by);
            }
}

TEST(buf_formats_behind_what_is_there)
{
    struct buf b;

    buf_init(&b, 0);
    buf_str(&b, "n=");
    assert_int_equal(buf_printf(&b, "%d %200s|", 42, "x"), 0);
    assert_memory_equal(b.p, "n=42 ", 5);
    assert_int_equal(b.len, 5 + 201);
    assert_string_equal(b.p + b.len - 2, "x|");
    buf_free(&b);
}

TEST(buf_adds_nothing_where_its_ceiling_would_be_passed)
{
    struct buf b;

    buf_init(&b, 8);
    assert_int_equal(buf_str(&b, "12345"), 0);
    assert_int_equal(buf_str(&b, "6789"), -1);
    assert_int_equal(buf_printf(&b, "%d", 6789), -1);
    assert_null(buf_room(&b, 4));
    assert_null(buf_room(&b, SIZE_MAX));
    assert_string_equal(b.p, "12345");
    assert_int_equal(buf_str(&b, "678"), 0);
    assert_int_equal(buf_char(&b, '9'), -1);
    assert_string_equal(b.p, "12345678");
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.p, "");
    assert_int_equal(buf_str(&b, "12345678"), 0);
    buf_free(&b);
    assert_int_equal(b.max, 8);
}

TEST(buf_gives_room_for_bytes_that_another_writes)
{
    struct buf b;
    char *room;

    buf_init(&b, 0);
    buf_str(&b, "ab");
    room = buf_room(&b, 1000);
    assert_ptr_equal(room, b.p + 2);
    assert_true(b.cap > 1002);
    memset(room, 'x', 1000);
    assert_int_equal(b.len, 2);
    b.len += 1000;
    assert_int_equal(buf_char(&b, '!'), 0);
    assert_int_equal(b.p[1001], 'x');
    assert_string_equal(b.p + 1002, "!");
    buf_free(&b);
}

TEST(buf_hands_its_bytes_over_and_starts_anew)
{
    struct buf b;
    char *text;

    buf_init(&b, 100);
    text = buf_take(&b);
    assert_string_equal(text, "");
    free(text);
    buf_str(&b, "mine");
    text = buf_take(&b);
    assert_string_equal(text, "mine");
    assert_null(b.p);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 100);
    free(text);
}

TEST(buf_drops_from_its_front)
{
    struct buf b;

    buf_init(&b, 0);
    buf_str(&b, "hello world");
    buf_consume(&b, 0);
    assert_string_equal(b.p, "hello world");
    buf_consume(&b, 6);
    assert_string_equal(b.p, "world");
    assert_int_equal(b.len, 5);
    buf_consume(&b, 99);
    assert_string_equal(b.p, "");
    assert_int_equal(b.len, 0);
    buf_free(&b);
    buf_consume(&b, 3);
    assert_int_equal(b.len, 0);
}
