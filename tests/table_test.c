#include "reports/table.h"

#include "reports/figure.h"
#include "test.h"

TEST(columns_are_as_wide_as_their_widest_text)
{
    struct table t;
    struct buf out = { 0 };

    table_init(&t, "lrl");
    table_cell(&t, STYLE_PLAIN, "a");
    table_cell(&t, STYLE_BOLD, "%d", 12345);
    table_row(&t);
    table_cell(&t, STYLE_PLAIN, "\xC3\xA4\xC3\xB6\xC3\xBC");
    table_cell(&t, STYLE_PLAIN, "7");
    table_cell(&t, STYLE_PLAIN, "end");
    table_put(&t, &out, 2, false);
    assert_string_equal(out.p, "  a    12345\n  \xC3\xA4\xC3\xB6\xC3\xBC      7  end\n");
    buf_clear(&out);
    table_put(&t, &out, 0, true);
    assert_non_null(strstr(out.p, "\x1b[1m12345\x1b[0m\n"));
    buf_free(&out);
    table_free(&t);
}

TEST(shares_keep_the_digits_that_tell_them_from_a_bound)
{
    static const struct {
        double ppm;
        const char *want;
    } cases[] = {
        { 0, "0 %" },          { 1e6, "100 %" },      { 50, "0.0050 %" },
        { 1000, "0.10 %" },    { 9940, "0.99 %" },    { 12345, "1.2 %" },
        { 896000, "89.6 %" },  { 995000, "99.50 %" }, { 999900, "99.99 %" },
        { 999999, "100.0 %" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        figure_share(&b, cases[i].ppm);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}

TEST(a_range_says_its_unit_once_and_may_be_open)
{
    static const struct {
        int64_t lo;
        int64_t hi;
        const char *want;
    } cases[] = {
        { 60100000, 66000000, "60.1..66.0 ms" },
        { 900000, 66000000, "900 us..66.0 ms" },
        { 60100000, -1, "60.1 ms..\xE2\x88\x9E" },
        { -1, 66000000, "..66.0 ms" },
        { 0, 0, "0..0" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        figure_range(&b, UNIT_NS, cases[i].lo, cases[i].hi);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}

TEST(an_unknown_cost_is_not_nothing)
{
    static const struct {
        struct tally tally;
        const char *want;
    } cases[] = {
        { { .priced = 0 }, "\xE2\x80\x93" },
        { { .unpriced = 3 }, "unknown" },
        { { .priced = 1, .cost_nusd = 12300000 }, "$0.0123" },
        { { .priced = 1, .cost_nusd = 12300000, .unpriced = 3 },
          "\xE2\x89\xA5 $0.0123 (3 unpriced)" },
        { { .priced = 1 }, "$0.00" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        figure_cost(&b, &cases[i].tally);
        assert_string_equal(b.p, cases[i].want);
        buf_free(&b);
    }
}
