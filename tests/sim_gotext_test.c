#include "sim/gotext.h"

#include "test.h"

TEST(sim_durations_are_written_as_go_writes_them)
{
    static const struct {
        ns_t ns;
        const char *text;
    } cases[] = {
        { 7660000000, "7.66s" },
        { 179560000000, "2m59.56s" },
        { 120000000, "120ms" },
        { 3723000000000, "1h2m3s" },
        { 172799999, "172.799999ms" },
        { 86400000000, "1m26.4s" },
        { 5692896000000, "1h34m52.896s" },
        { 86399000000000, "23h59m59s" },
        { 13569999999, "13.569999999s" },
        { 0, "0s" },
        { 60000000000, "1m0s" },
        { 3600000000000, "1h0m0s" },
        { 850000, "850\xC2\xB5s" },
        { 1500000, "1.5ms" },
        { 1, "1ns" },
        { 999, "999ns" },
        { 1001, "1.001\xC2\xB5s" },
        { 999999999, "999.999999ms" },
        { 1000000000, "1s" },
        { -1500000000, "-1.5s" },
        { 360000000000000, "100h0m0s" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b;

        buf_init(&b, 0);
        gotext_duration(&b, cases[i].ns);
        assert_string_equal(b.p, cases[i].text);
        buf_free(&b);
    }
}

TEST(sim_seconds_are_written_as_go_writes_floats)
{
    static const struct {
        ns_t ns;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 21100000, "0.0211" },
        { 1776467372, "1.776467372" },
        { 1000000000, "1" },
        { 1000, "0.000001" },
        { 999, "9.99e-07" },
        { 123, "1.23e-07" },
        { 100, "1e-07" },
        { 12, "1.2e-08" },
        { 5, "5e-09" },
        { 101333333, "0.101333333" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b;

        buf_init(&b, 0);
        gotext_seconds(&b, cases[i].ns);
        assert_string_equal(b.p, cases[i].text);
        buf_free(&b);
    }
}

TEST(sim_json_strings_are_escaped_as_go_escapes_them)
{
    static const struct {
        const char *in;
        size_t n;
        const char *out;
    } cases[] = {
        { "plain", 5, "\"plain\"" },
        { "<b>&", 4, "\"\\u003cb\\u003e\\u0026\"" },
        { "\"\\/", 3, "\"\\\"\\\\/\"" },
        { "\n\r\t\b\f", 5, "\"\\n\\r\\t\\b\\f\"" },
        { "a\0b\x1f\x7f", 5, "\"a\\u0000b\\u001f\x7f\"" },
        { "caf\xC3\xA9 \xE4\xB8\x96 \xF0\x9F\x9A\x80", 14,
          "\"caf\xC3\xA9 \xE4\xB8\x96 \xF0\x9F\x9A\x80\"" },
        { "\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA", 9, "\"\\u2028\\u2029\xE2\x80\xAA\"" },
        { "\xFF\xC3", 2, "\"\\ufffd\\ufffd\"" },
        { "\xC0\x80", 2, "\"\\ufffd\\ufffd\"" },
        { "\xED\xA0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },
        { "\xF4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
        { "", 0, "\"\"" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b;

        buf_init(&b, 0);
        gotext_string(&b, cases[i].in, cases[i].n);
        assert_string_equal(b.p, cases[i].out);
        buf_free(&b);
    }
}
