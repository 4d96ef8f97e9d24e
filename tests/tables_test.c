#include "exported.h"
#include "exporters/cells.h"
#include "test.h"

TEST(cells_are_quoted_where_they_must_and_no_formula_gets_through)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        { "", "" },
        { "plain text", "plain text" },
        { "a,b", "\"a,b\"" },
        { "say \"b\"", "\"say \"\"b\"\"\"" },
        { "two\nlines", "\"two\nlines\"" },
        { "a\rb", "\"a\rb\"" },
        { "=1+1", "'=1+1" },
        { "+1", "'+1" },
        { "-1", "'-1" },
        { "@SUM(A1)", "'@SUM(A1)" },
        { "\t=1", "'\t=1" },
        { "\r=1", "\"'\r=1\"" },
        { "=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"" },
        { "a=b", "a=b" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 }, want = { 0 };

        cells_text(&b, cases[i].text);
        cells_int(&b, -7);
        cells_end(&b);
        buf_printf(&want, "%s,-7\r\n", cases[i].want);
        assert_string_equal(b.p, want.p);
        buf_free(&b);
        buf_free(&want);
    }
}

TEST(tables_are_as_they_were_looked_at)
{
    static const struct {
        const char *kind;
        const char *golden;
    } cases[] = {
        { "attempts", "golden/export/attempts.csv" },
        { "csv", "golden/export/summary.csv" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf b = { 0 };

        exported(&b, cases[i].kind, NULL, "golden/export/run.jsonl");
        expect_golden_file(cases[i].golden, &b);
        buf_free(&b);
    }
}

TEST(json_is_what_the_run_directory_holds)
{
    struct buf b = { 0 };

    exported(&b, "json", NULL, "golden/report/single.jsonl");
    expect_golden_file("golden/report/single.json", &b);
    buf_free(&b);
}
