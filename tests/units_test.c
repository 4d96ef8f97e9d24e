#include "base/units.h"

#include <math.h>

#include "test.h"

TEST(units_read_durations)
{
    static const struct {
        const char *in;
        ns_t want; /* -1: refused */
    } cases[] = {
        { "0", 0 },
        { "1ns", 1 },
        { "500us", 500000 },
        { "1.5ms", 1500000 },
        { "30s", 30000000000 },
        { "2m", 120000000000 },
        { "2min", 120000000000 },
        { "1h30m", 5400000000000 },
        { "0.1s", 100000000 },
        { "1.000000001s", 1000000001 },
        { "0.3s", 300000000 },
        { "2562047h", 9223369200000000000 },
        { "2562048h", -1 },
        { "99999999999999999999s", -1 },
        { "30", -1 },
        { "", -1 },
        { "s", -1 },
        { ".s", -1 },
        { "-1s", -1 },
        { "1 s", -1 },
        { "1s ", -1 },
        { "1S", -1 },
        { "1h30", -1 },
        { "nan", -1 },
        { "infs", -1 },
        { "1e3s", -1 },
        { "1..2s", -1 },
        { "1d", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err;
        ns_t ns = -1;
        int rc = units_duration(str_of(cases[i].in), &ns, &err);

        assert_int_equal(rc, cases[i].want < 0 ? -1 : 0);
        assert_int_equal(ns, cases[i].want);
    }
}

TEST(units_read_rates)
{
    static const struct {
        const char *in;
        double want;
    } cases[] = {
        { "10/s", 10 },   { "300/min", 5 }, { "300/m", 5 },  { "3600/h", 1 },
        { "0.5/s", 0.5 }, { "2k/s", 2000 }, { "0/s", 0 },    { "10", -1 },
        { "10/", -1 },    { "/s", -1 },     { "-1/s", -1 },  { "10/sx", -1 },
        { "10/s/s", -1 }, { "nan/s", -1 },  { "inf/s", -1 }, { "1e3/s", -1 },
        { "10 /s", -1 },  { "10/day", -1 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err;
        double v = -1;
        int rc = units_rate(str_of(cases[i].in), &v, &err);

        assert_int_equal(rc, cases[i].want < 0 ? -1 : 0);
        assert_true(fabs(v - cases[i].want) < 1e-12);
    }
}

TEST(units_read_counts_sizes_money_and_percentages)
{
    enum { COUNTS, SIZES, MONEY, PERCENT };
    static const struct {
        int kind;
        const char *in;
        bool ok;
        uint64_t want;
    } cases[] = {
        { COUNTS, "4000", true, 4000 },
        { COUNTS, "4k", true, 4000 },
        { COUNTS, "1.5k", true, 1500 },
        { COUNTS, "8M", true, 8000000 },
        { COUNTS, "1G", true, 1000000000 },
        { COUNTS, "18446744073709551615", true, UINT64_MAX },
        { COUNTS, "18446744073709551616", false, 0 },
        { COUNTS, "1.5", false, 0 },
        { COUNTS, "4K", false, 0 },
        { COUNTS, "-4", false, 0 },
        { COUNTS, "0x10", false, 0 },
        { COUNTS, "4_000", false, 0 },
        { SIZES, "512", true, 512 },
        { SIZES, "4k", true, 4000 },
        { SIZES, "4KiB", true, 4096 },
        { SIZES, "1.5MiB", true, 1572864 },
        { SIZES, "1TB", false, 0 },
        { MONEY, "$1.50", true, 1500000000 },
        { MONEY, "0.0005", true, 500000 },
        { MONEY, "$0.000000001", true, 1 },
        { MONEY, "$", false, 0 },
        { MONEY, "1.50$", false, 0 },
        { MONEY, "-$1", false, 0 },
        { PERCENT, "0.1%", true, 1000 },
        { PERCENT, "60%", true, 600000 },
        { PERCENT, "20", false, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str in = str_of(cases[i].in);
        struct err err;
        uint64_t u = 0;
        int64_t v = 0;
        int rc = cases[i].kind == COUNTS  ? units_count(in, &u, &err)
                 : cases[i].kind == SIZES ? units_size(in, &u, &err)
                 : cases[i].kind == MONEY ? units_money(in, &v, &err)
                                          : units_percent(in, &v, &err);

        assert_int_equal(rc, cases[i].ok ? 0 : -1);
        assert_true((cases[i].kind >= MONEY ? (uint64_t)v : u) == cases[i].want);
    }
}

TEST(units_say_what_they_expected)
{
    struct err err;
    ns_t ns;
    int64_t v;

    units_duration(str_of("30"), &ns, &err);
    assert_string_equal(err.msg, "\"30\" is not a duration; expected a number with a unit, "
                                 "as 500ms, 30s, 2m or 1h30m");
    units_percent((struct str){ NULL, 0 }, &v, &err);
    assert_string_equal(
        err.msg, "\"\" is not a percentage; expected a number with %, as 0.1% or 60%");
}

TEST(units_print_three_digits_and_the_unit_that_fits)
{
    static const struct {
        ns_t ns;
        const char *want;
    } durations[] = {
        { 0, "0 ns" },
        { 999, "999 ns" },
        { 1000, "1.00 us" },
        { 182000000, "182 ms" },
        { 9995000, "10.0 ms" },
        { 99960000, "100 ms" },
        { 999600000, "1.00 s" },
        { 1240000000, "1.24 s" },
        { 60000000000, "60.0 s" },
        { 125000000000, "2m05s" },
        { 3720000000000, "1h02m" },
        { -1500000, "-1.50 ms" },
    };
    static const struct {
        int64_t nusd;
        const char *want;
    } money[] = {
        { 0, "$0.00" },
        { 12300000, "$0.0123" },
        { 1234000000, "$1.23" },
        { 12340000000, "$12.3" },
        { 1234567000000, "$1,235" },
        { 1, "$0.00000000100" },
        { -500000000, "-$0.500" },
    };
    struct buf b;

    buf_init(&b, 0);
    for (size_t i = 0; i < COUNT(durations); i++) {
        buf_clear(&b);
        units_put_duration(&b, durations[i].ns);
        assert_string_equal(b.p, durations[i].want);
    }
    for (size_t i = 0; i < COUNT(money); i++) {
        buf_clear(&b);
        units_put_money(&b, money[i].nusd);
        assert_string_equal(b.p, money[i].want);
    }
    buf_clear(&b);
    units_put_count(&b, 1234567);
    units_put_count(&b, 12);
    units_put_bytes(&b, 999);
    units_put_bytes(&b, 1234567);
    assert_string_equal(b.p, "1,234,56712999 B1.23 MB");
    buf_free(&b);
}
