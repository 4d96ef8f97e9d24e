#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json_reference.h"
#include "test.h"

/* Each holds something that the others do not; the tests cut and damage all of them. */
static const char *const documents[] = {
    "{}",
    "[]",
    " [ 1 , -2 ,\t3.25 , 1e3 , -1.5E-2 , 0 , -0 , 0.0 ]\r\n",
    "{\"a\":{\"b\":[{\"c\":null},[],{}]},\"d\":[[[\"e\"]]],\"\":true,\"f\\\"\":false}",
    "\"esc \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041 \\u00e4 \\u20ac \\ud83d\\ude00\"",
    "{\"id\":\"c-1\",\"choices\":[{\"delta\":{\"content\":\"\xC3\xA4 \\u003c\"},\"n\":1}]}",
    "123456789012345678",
    "[true,false,null]",
    "\"a string longer than the eight bytes that are looked at together\"",
};

/* Walks text that lies in a block of its own, so that a read beyond it is caught. */
static bool walk(const char *p, size_t n, struct buf *out)
{
    char *own = mem_alloc(n);
    bool taken;

    memcpy(own, p, n);
    buf_clear(out);
    taken = json_walk(own, n, out);
    free(own);
    return taken;
}

/* Ours and jansson agree on it; what jansson says nothing about only has to end. */
static void compare(const char *p, size_t n)
{
    struct buf got, want;
    enum verdict verdict;
    bool taken;

    buf_init(&got, 0);
    buf_init(&want, 0);
    verdict = json_reference(p, n, &want);
    taken = walk(p, n, &got);
    if (verdict == REFERENCE_REFUSES)
        assert_false(taken);
    if (verdict == REFERENCE_TAKES) {
        assert_true(taken);
        assert_string_equal(got.p, want.p);
    }
    buf_free(&got);
    buf_free(&want);
}

TEST(json_scans_what_jansson_scans)
{
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct buf out;

        buf_init(&out, 0);
        assert_true(walk(documents[i], strlen(documents[i]), &out));
        compare(documents[i], strlen(documents[i]));
        buf_free(&out);
    }
}

TEST(json_cut_anywhere_is_refused)
{
    for (size_t i = 0; i < COUNT(documents); i++) {
        size_t whole = strlen(documents[i]);
        struct buf out;

        while (documents[i][whole - 1] <= ' ')
            whole--;
        buf_init(&out, 0);
        for (size_t n = 0; n < whole; n++) {
            bool shorter_number = documents[i][0] >= '0' && documents[i][0] <= '9' && n;

            assert_int_equal(walk(documents[i], n, &out), shorter_number);
            compare(documents[i], n);
        }
        buf_free(&out);
    }
}

TEST(json_damaged_anywhere_is_judged_as_jansson_does)
{
    static const char damage[] = "\"\\{}[]:,0-.eu \x01\x7F\xC3\xFF";

    for (size_t i = 0; i < COUNT(documents); i++) {
        char *copy = mem_strdup(documents[i]);
        size_t n = strlen(copy);

        for (size_t at = 0; at < n; at++)
            for (size_t d = 0; d < sizeof(damage) - 1; d++) {
                copy[at] = damage[d];
                compare(copy, n);
                copy[at] = documents[i][at];
            }
        free(copy);
    }
}

TEST(json_with_a_byte_too_many_or_too_few_is_judged_as_jansson_does)
{
    static const char more[] = "\"\\{}[]:,0- ";

    for (size_t i = 0; i < COUNT(documents); i++) {
        size_t n = strlen(documents[i]);
        char *copy = mem_alloc(n + 2);

        for (size_t at = 0; at < n; at++) {
            memcpy(copy, documents[i], at);
            memcpy(copy + at, documents[i] + at + 1, n - at);
            compare(copy, n - 1);
            for (size_t d = 0; d < sizeof(more) - 1; d++) {
                copy[at] = more[d];
                memcpy(copy + at + 1, documents[i] + at, n - at + 1);
                compare(copy, n + 1);
            }
        }
        free(copy);
    }
}

TEST(json_refuses_what_only_looks_like_it)
{
    static const char *const cases[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "tru",
        "01",
        "-01",
        "1.",
        ".5",
        "-",
        "+1",
        "1e",
        "1e+",
        "1.e3",
        "0x10",
        "1 2",
        "NaN",
        "Infinity",
        "-Infinity",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{]",
        "[",
        "[[]",
        "]",
        "}",
        "{\"a\":1]",
        "'a'",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"a\tb\"",
        "\"a\nb\"",
        "\"abc",
        "\"abc\\",
        "\"abc\\\"",
        "\"\\u",
        "[1]]",
        "{} {}",
        "[1],",
        "//\n1",
        "\xEF\xBB\xBF 1",
        "\"a\"b",
        "\"\\U0041\"",
        "nullx",
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;

        buf_init(&out, 0);
        assert_false(walk(cases[i], strlen(cases[i]), &out));
        buf_free(&out);
    }
}

TEST(json_takes_a_nul_for_damage)
{
    struct buf out;

    buf_init(&out, 0);
    assert_false(walk("1\0", 2, &out));
    assert_false(walk("\"a\0\"", 4, &out));
    assert_false(walk("\"\\\0\"", 4, &out));
    assert_false(walk("[1,\0 2]", 7, &out));
    buf_free(&out);
}

/* n brackets that open, and as many that close. */
static bool nested(size_t n, bool object)
{
    struct buf text, out;
    bool taken;

    buf_init(&text, 0);
    buf_init(&out, 0);
    for (size_t i = 0; i < n; i++)
        buf_str(&text, object ? "{\"a\":" : "[");
    if (object)
        buf_str(&text, "1");
    for (size_t i = 0; i < n; i++)
        buf_char(&text, object ? '}' : ']');
    taken = walk(text.p, text.len, &out);
    buf_free(&text);
    buf_free(&out);
    return taken;
}

TEST(json_takes_64_levels_and_no_more)
{
    assert_true(nested(64, false));
    assert_true(nested(64, true));
    assert_false(nested(65, false));
    assert_false(nested(65, true));
    assert_false(nested(100000, false));
    assert_false(nested(100000, true));
}

static struct json over(const char *text)
{
    struct json j;

    json_init(&j, text, strlen(text));
    return j;
}

TEST(json_reads_whole_numbers)
{
    static const struct {
        const char *text;
        int64_t v;
    } cases[] = {
        { "0", 0 },
        { "-0", 0 },
        { "41", 41 },
        { "-41", -41 },
        { "41.0", 41 },
        { "41.9", 41 },
        { "-41.9", -41 },
        { "4.1e1", 41 },
        { "410E-1", 41 },
        { "1e3", 1000 },
        { "9223372036854775807", INT64_MAX },
        { "9223372036854775808", INT64_MAX },
        { "99999999999999999999999", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "-9223372036854775809", INT64_MIN },
        { "-99999999999999999999999", INT64_MIN },
        { "1e18", 1000000000000000000 },
        { "1e19", INT64_MAX },
        { "-1e400", INT64_MIN },
        { "1e-400", 0 },
        { "9007199254740993", 9007199254740993 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json j = over(cases[i].text);
        int64_t v = -7;

        assert_true(json_int(&j, &v));
        assert_int_equal(v, cases[i].v);
        assert_true(json_done(&j));
    }
}

TEST(json_reads_seconds_to_the_nanosecond)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        { "0", 0 },
        { "0.0", 0 },
        { "0.017298032", 17298032 },
        { "0.085599569", 85599569 },
        { "1.776467372", 1776467372 },
        { "0.0211", 21100000 },
        { "3", 3000000000 },
        { "2.11e-2", 21100000 },
        { "2.11E-02", 21100000 },
        { "1e-9", 1 },
        { "0.0000000019", 1 },
        { "0.1234567899", 123456789 },
        { "999999999.999999999", 999999999999999999 },
        { "99999999999", INT64_MAX },
        { "1e400", INT64_MAX },
        { "-0.5", -500000000 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json j = over(cases[i].text);
        int64_t ns = -7;

        assert_true(json_ns(&j, &ns));
        assert_int_equal(ns, cases[i].ns);
        assert_true(json_done(&j));
    }
}

TEST(json_reads_doubles_as_strtod_does)
{
    static const char *const cases[] = { "0",
                                         "-0.0",
                                         "1.5",
                                         "0.1",
                                         "1e308",
                                         "5e-324",
                                         "1e400",
                                         "123456789012345678",
                                         "-2.5E+3",
                                         "1e-400",
                                         "3.14159265358979323846" };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json j = over(cases[i]);
        double v = 0, want = strtod(cases[i], NULL);

        assert_true(json_double(&j, &v));
        assert_memory_equal(&v, &want, sizeof(v));
        assert_true(json_done(&j));
    }
}

TEST(json_reads_numbers_of_any_length)
{
    struct buf text;
    struct json j;
    int64_t v;
    double d;

    buf_init(&text, 0);
    for (int i = 0; i < 2000; i++)
        buf_char(&text, '9');
    j = over(text.p);
    assert_true(json_int(&j, &v));
    assert_int_equal(v, INT64_MAX);
    j = over(text.p);
    assert_true(json_double(&j, &d));
    assert_true(isinf(d));
    buf_clear(&text);
    buf_str(&text, "0.");
    for (int i = 0; i < 2000; i++)
        buf_char(&text, '3');
    j = over(text.p);
    assert_true(json_double(&j, &d));
    assert_true(d > 0.333333333333333 && d < 0.333333333333334);
    buf_clear(&text);
    buf_str(&text, "1");
    for (int i = 0; i < 600; i++)
        buf_char(&text, '0');
    buf_str(&text, "e-600");
    j = over(text.p);
    assert_true(json_double(&j, &d));
    assert_true(d > 0.999 && d < 1.001);
    j = over(text.p);
    assert_true(json_int(&j, &v));
    assert_int_equal(v, 1);
    buf_free(&text);
}

/* Every getter on every type: false and untouched but where it fits, and always past it. */
TEST(json_getter_of_another_type_skips_the_value)
{
    static const struct {
        const char *text;
        enum json_kind type;
    } values[] = {
        { "null", JSON_IS_NULL },
        { "true", JSON_IS_BOOL },
        { "17", JSON_IS_NUMBER },
        { "\"s\"", JSON_IS_STRING },
        { "[1,{\"a\":[]}]", JSON_IS_ARRAY },
        { "{\"a\":{\"b\":1}}", JSON_IS_OBJECT },
    };

    for (size_t i = 0; i < COUNT(values); i++)
        for (int getter = 0; getter < 6; getter++) {
            enum json_kind type = values[i].type;
            struct json j;
            struct str s;
            int64_t n = -7;
            double d;
            bool b;
            char text[64];

            snprintf(text, sizeof(text), "[%s , 9]", values[i].text);
            j = over(text);
            assert_true(json_open_array(&j) && json_item(&j));
            assert_int_equal(json_kind(&j), type);
            switch (getter) {
            case 0:
                assert_int_equal(json_text(&j, &s), type == JSON_IS_STRING);
                break;
            case 1:
                assert_int_equal(json_int(&j, &n), type == JSON_IS_NUMBER);
                break;
            case 2:
                assert_int_equal(json_double(&j, &d), type == JSON_IS_NUMBER);
                break;
            case 3:
                assert_int_equal(json_ns(&j, &n), type == JSON_IS_NUMBER);
                break;
            case 4:
                assert_int_equal(json_bool(&j, &b), type == JSON_IS_BOOL);
                break;
            case 5:
                assert_true(json_raw(&j, &s));
                assert_int_equal(s.n, strlen(values[i].text));
                assert_memory_equal(s.p, values[i].text, s.n);
                break;
            }
            if ((getter == 1 || getter == 3) && type != JSON_IS_NUMBER)
                assert_int_equal(n, -7);
            assert_true(json_item(&j));
            assert_true(json_int(&j, &n));
            assert_int_equal(n, 9);
            assert_false(json_item(&j));
            assert_true(json_done(&j));
        }
}

TEST(json_bracket_of_another_type_is_skipped)
{
    struct json j = over("[{\"a\":1},[2],3,\"x\"]");
    int64_t v;

    assert_true(json_open_array(&j));
    assert_true(json_item(&j));
    assert_false(json_open_array(&j));
    assert_true(json_item(&j));
    assert_false(json_open_object(&j));
    assert_true(json_item(&j));
    assert_false(json_open_object(&j));
    assert_true(json_item(&j));
    assert_false(json_open_array(&j));
    assert_false(json_item(&j));
    assert_true(json_done(&j));
    assert_false(json_int(&j, &v));
}

TEST(json_that_is_damaged_gives_nothing_more)
{
    struct json j = over("{\"a\":x,\"b\":1}");
    struct str s;
    int64_t v;

    assert_true(json_open_object(&j));
    assert_true(json_key(&j, &s));
    assert_false(json_int(&j, &v));
    assert_false(json_key(&j, &s));
    assert_false(json_item(&j));
    assert_false(json_open_object(&j));
    assert_false(json_open_array(&j));
    assert_false(json_text(&j, &s));
    assert_false(json_raw(&j, &s));
    assert_int_equal(json_kind(&j), JSON_IS_BAD);
    json_skip(&j);
    assert_false(json_done(&j));
}

TEST(json_is_not_done_in_the_middle)
{
    struct json j = over("[1]");
    int64_t v;

    assert_false(json_done(&j));
    assert_true(json_open_array(&j));
    assert_false(json_done(&j));
    assert_true(json_item(&j) && json_int(&j, &v));
    assert_false(json_done(&j));
    assert_false(json_item(&j));
    assert_true(json_done(&j));
}

TEST(json_unescapes_to_utf8)
{
    static const struct {
        const char *raw;
        const char *text;
        size_t n;
    } cases[] = {
        { "", "", 0 },
        { "plain", "plain", 5 },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8 },
        { "\\u0041\\u007f", "A\x7F", 2 },
        { "\\u0080\\u00e4\\u07FF", "\xC2\x80\xC3\xA4\xDF\xBF", 6 },
        { "\\u0800\\u20AC\\uffff", "\xE0\xA0\x80\xE2\x82\xAC\xEF\xBF\xBF", 9 },
        { "\\ud83d\\ude00", "\xF0\x9F\x98\x80", 4 },
        { "\\uD800\\uDC00\\uDBFF\\uDFFF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8 },
        { "\\ud800", "\xEF\xBF\xBD", 3 },
        { "\\udc00x", "\xEF\xBF\xBDx", 4 },
        { "\\ud800\\u0041",
          "\xEF\xBF\xBD"
          "A",
          4 },
        { "\\ud800\\ud83d\\ude00", "\xEF\xBF\xBD\xF0\x9F\x98\x80", 7 },
        { "\\ud800\\n", "\xEF\xBF\xBD\n", 4 },
        { "\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD", 6 },
        { "a\\u0000b", "a\0b", 3 },
        { "\xC3\xA4\xFF", "\xC3\xA4\xFF", 3 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t n = strlen(cases[i].raw);
        char *own = mem_alloc(n);
        struct buf out;

        memcpy(own, cases[i].raw, n);
        buf_init(&out, 0);
        buf_str(&out, "");
        assert_int_equal(json_unescape((struct str){ own, n }, &out), 0);
        assert_int_equal(out.len, cases[i].n);
        assert_memory_equal(out.p, cases[i].text, out.len);
        buf_free(&out);
        free(own);
    }
}

/* Slices that were cut within an escape: no harm, and no read beyond them. */
TEST(json_unescapes_a_torn_escape_without_harm)
{
    static const char raw[] = "\\ud83d\\ude00\\u00e4\\n";

    for (size_t n = 0; n < sizeof(raw); n++) {
        char *own = mem_alloc(n);
        struct buf out;

        memcpy(own, raw, n);
        buf_init(&out, 0);
        json_unescape((struct str){ own, n }, &out);
        buf_free(&out);
        free(own);
    }
}

TEST(json_unescape_stops_at_the_ceiling)
{
    struct buf out;

    buf_init(&out, 4);
    assert_int_equal(json_unescape(str_of("abcd"), &out), 0);
    buf_clear(&out);
    assert_int_equal(json_unescape(str_of("abcde"), &out), -1);
    buf_clear(&out);
    assert_int_equal(json_unescape(str_of("abc\\u00e4"), &out), -1);
    assert_true(out.len <= 4);
    buf_free(&out);
}

TEST(jsonw_writes_what_it_is_told)
{
    struct buf out;
    struct jsonw w;

    buf_init(&out, 0);
    jsonw_init(&w, &out, 0);
    jsonw_object(&w);
    jsonw_key(&w, "n");
    jsonw_int(&w, -3);
    jsonw_key(&w, "list");
    jsonw_array(&w);
    jsonw_uint(&w, UINT64_MAX);
    jsonw_double(&w, 0.5);
    jsonw_bool(&w, true);
    jsonw_bool(&w, false);
    jsonw_null(&w);
    jsonw_string(&w, "s");
    jsonw_array(&w);
    jsonw_end(&w);
    jsonw_object(&w);
    jsonw_end(&w);
    jsonw_raw(&w, str_of("{\"raw\":1}"));
    jsonw_text(&w, (struct str){ NULL, 0 });
    jsonw_end(&w);
    jsonw_key(&w, "k\"\n");
    jsonw_string(&w, "");
    jsonw_end(&w);
    assert_string_equal(out.p,
                        "{\"n\":-3,\"list\":[18446744073709551615,0.5,true,false,null,"
                        "\"s\",[],{},{\"raw\":1},\"\"],\"k\\\"\\n\":\"\"}");
    buf_free(&out);
}

TEST(jsonw_indents)
{
    struct buf out;
    struct jsonw w;

    buf_init(&out, 0);
    jsonw_init(&w, &out, 2);
    jsonw_object(&w);
    jsonw_key(&w, "a");
    jsonw_array(&w);
    jsonw_int(&w, 1);
    jsonw_int(&w, 2);
    jsonw_end(&w);
    jsonw_key(&w, "b");
    jsonw_object(&w);
    jsonw_end(&w);
    jsonw_end(&w);
    assert_string_equal(out.p, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
    buf_free(&out);
}

static void write_text(struct buf *out, const char *p, size_t n)
{
    struct jsonw w;

    buf_clear(out);
    jsonw_init(&w, out, 0);
    jsonw_text(&w, (struct str){ p, n });
}

TEST(jsonw_writes_every_character_so_that_it_reads_back)
{
    struct buf out, back, want;

    buf_init(&out, 0);
    buf_init(&back, 0);
    buf_init(&want, 0);
    for (unsigned c = 0; c < 0x110000; c += c < 0x900 ? 1 : 37) {
        char u[5] = { 0 }, raw[16];
        struct buf text;
        struct json j;
        struct str s;

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        buf_init(&text, 0);
        if (c < 0x10000)
            snprintf(raw, sizeof(raw), "\\u%04x", c);
        else
            snprintf(raw, sizeof(raw), "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                     0xDC00 + ((c - 0x10000) & 0x3FF));
        json_unescape(str_of(raw), &text);
        memcpy(u, text.p, text.len);
        write_text(&out, u, text.len);
        json_init(&j, out.p, out.len);
        assert_true(json_text(&j, &s) && json_done(&j));
        buf_clear(&back);
        json_unescape(s, &back);
        assert_int_equal(back.len, text.len);
        assert_memory_equal(back.p, text.p, text.len);
        buf_clear(&want);
        assert_int_equal(json_reference(out.p, out.len, &want), REFERENCE_TAKES);
        buf_free(&text);
    }
    buf_free(&out);
    buf_free(&back);
    buf_free(&want);
}

TEST(jsonw_replaces_bytes_that_are_not_utf8)
{
#define BAD "\xEF\xBF\xBD"
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        { "a\x80z", "\"a" BAD "z\"" },
        { "\xC3", "\"" BAD "\"" },
        { "\xC3(", "\"" BAD "(\"" },
        { "\xC0\xAF", "\"" BAD BAD "\"" },
        { "\xE0\x80\xAF", "\"" BAD BAD BAD "\"" },
        { "\xED\xA0\x80", "\"" BAD BAD BAD "\"" },
        { "\xF4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"" },
        { "\xF5\x80", "\"" BAD BAD "\"" },
        { "\xFF\xC3\xA4", "\"" BAD "\xC3\xA4\"" },
        { "\xE2\x82", "\"" BAD BAD "\"" },
        { "\xE2\x82\xAC", "\"\xE2\x82\xAC\"" },
        { "\x01\x1F\x7F\b", "\"\\u0001\\u001f\\u007f\\u0008\"" },
        { "a\xC2\x80\xC2\x9F\xC2\xA0", "\"a\\u0080\\u009f\xC2\xA0\"" },
    };
    struct buf out, unused;

    buf_init(&out, 0);
    buf_init(&unused, 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t n = strlen(cases[i].text);
        char *own = mem_alloc(n);

        memcpy(own, cases[i].text, n);
        write_text(&out, own, n);
        assert_string_equal(out.p, cases[i].json);
        assert_int_equal(json_reference(out.p, out.len, &unused), REFERENCE_TAKES);
        free(own);
    }
    buf_free(&out);
    buf_free(&unused);
#undef BAD
}

TEST(jsonw_writes_doubles_as_short_as_they_read_back)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1, "1" },
        { -2.5, "-2.5" },
        { 0.1, "0.1" },
        { 100, "100" },
        { 1.0 / 3, "0.3333333333333333" },
        { 1e300, "1e+300" },
        { 5e-324, "5e-324" },
        { 123456789, "123456789" },
        { 0.30000000000000004, "0.30000000000000004" },
        { 1000, "1000" },
        { -120.5, "-120.5" },
        { 999999999999999, "999999999999999" },
        { 1e15, "1e+15" },
        { 1e-7, "1e-07" },
        { 999.9999999999999, "999.9999999999999" },
        { (double)NAN, "null" },
        { (double)INFINITY, "null" },
        { -(double)INFINITY, "null" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        struct jsonw w;
        struct json j;
        double back;

        buf_init(&out, 0);
        jsonw_init(&w, &out, 0);
        jsonw_double(&w, cases[i].v);
        assert_string_equal(out.p, cases[i].text);
        json_init(&j, out.p, out.len);
        if (isfinite(cases[i].v)) {
            assert_true(json_double(&j, &back));
            assert_memory_equal(&back, &cases[i].v, sizeof(back));
        }
        buf_free(&out);
    }
}
