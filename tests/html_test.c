#include "reports/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "reports/markdown.h"
#include "test.h"

/* A journal, as `report` reads it. */
struct reading {
    struct run run;
    struct recorder *rec;
    struct gather *gather;
};

static void begin(void *ctx)
{
    struct reading *rd = ctx;

    rd->rec = recorder_open(&rd->run);
    rd->gather = gather_open(&rd->run);
}

static void take_record(void *ctx, const struct record *r)
{
    struct reading *rd = ctx;

    recorder_sink(rd->rec).record(rd->rec, r);
    gather_sink(rd->gather).record(rd->gather, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct reading *rd = ctx;

    recorder_sink(rd->rec).phase(rd->rec, e);
    gather_sink(rd->gather).phase(rd->gather, e);
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct reading *rd = ctx;

    recorder_sink(rd->rec).health(rd->rec, h);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct reading *rd = ctx;

    recorder_sink(rd->rec).end(rd->rec, e);
}

/* The page of journals without pictures, or their Markdown. as: what they are called, where
 * not NULL, whatever their health was. */
static void make_as(struct buf *out, const char *const *journals, size_t n, bool page,
                    const enum validity *as)
{
    struct reading rd[4] = { 0 };
    struct summary s[4];
    struct book_run runs[4];
    struct book book = { .runs = runs, .n_runs = n };
    struct err err;

    for (size_t i = 0; i < n; i++) {
        struct journal_sink sink = { take_record, take_phase, take_health,
                                     NULL,        take_end,   &rd[i] };
        struct journal_notes notes = { 0 };

        if (journal_read(test_path(journals[i]), &rd[i].run, begin, &sink, &notes, &err))
            fail_msg("%s", err.msg);
        summary_make(&s[i], &rd[i].run, rd[i].rec);
        if (as)
            s[i].health.validity = *as;
        runs[i] = (struct book_run){ i ? "second" : "first", &rd[i].run, rd[i].rec, &s[i],
                                     rd[i].gather };
    }
    book_open(&book);
    if (page)
        assert_false(report_html(out, &book, &err));
    else
        report_markdown(out, &book);
    book_close(&book);
    for (size_t i = 0; i < n; i++) {
        summary_free(&s[i]);
        gather_close(rd[i].gather);
        recorder_close(rd[i].rec);
        run_free(&rd[i].run);
    }
}

static void make(struct buf *out, const char *const *journals, size_t n, bool page)
{
    make_as(out, journals, n, page, NULL);
}

/* With TOKDYNO_GOLDEN=write the files are made anew, for a person to look at. */
static void expect_golden(const char *name, const char *got)
{
    const char *mode = getenv("TOKDYNO_GOLDEN");
    char *want;

    if (mode && !strcmp(mode, "write")) {
        FILE *f = fopen(test_path(name), "w");

        assert_non_null(f);
        fputs(got, f);
        fclose(f);
    }
    want = test_file(name, NULL);
    if (strcmp(got, want) != 0)
        fail_msg("%s differs; TOKDYNO_GOLDEN=write makes it anew. Got:\n%s", name, got);
    free(want);
}

static const struct {
    const char *journals[2];
    const char *page;
    const char *markdown;
} cases[] = {
    { { "golden/report/single.jsonl" },
      "golden/report/single.html",
      "golden/report/single.md" },
    { { "golden/report/matrix.jsonl" },
      "golden/report/matrix.html",
      "golden/report/matrix.md" },
    { { "golden/report/torn.jsonl" }, "golden/report/torn.html", NULL },
    { { "golden/report/single.jsonl", "golden/report/torn.jsonl" },
      "golden/report/both.html",
      "golden/report/both.md" },
};

/* Without style and script, which stand in files of their own. */
TEST(pages_are_as_they_were_looked_at)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = { 0 };
        char *body, *end;

        make(&out, cases[i].journals, cases[i].journals[1] ? 2 : 1, true);
        body = strstr(out.p, "<body>");
        end = strstr(out.p, "<script>");
        assert_non_null(body);
        assert_non_null(end);
        *end = '\0';
        expect_golden(cases[i].page, body);
        buf_free(&out);
    }
}

TEST(markdown_is_as_it_was_looked_at)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out = { 0 };

        if (!cases[i].markdown)
            continue;
        make(&out, cases[i].journals, cases[i].journals[1] ? 2 : 1, false);
        expect_golden(cases[i].markdown, out.p);
        buf_free(&out);
    }
}

TEST(a_page_is_the_same_each_time_and_fetches_nothing)
{
    static const char *const never[] = { "http://", "https://", "<link",
                                         "<img",    "<iframe",  "@import",
                                         "url(",    " onclick", " style=" };
    struct buf a = { 0 }, b = { 0 };

    make(&a, cases[1].journals, 1, true);
    make(&b, cases[1].journals, 1, true);
    assert_string_equal(a.p, b.p);
    for (size_t i = 0; i < COUNT(never); i++)
        if (strstr(a.p, never[i]))
            fail_msg("the page has %s", never[i]);
    buf_free(&a);
    buf_free(&b);
}

TEST(objectives_of_a_run_that_is_not_valid_are_marked_so)
{
    static const enum validity limited[] = { VALIDITY_CLIENT_LIMITED,
                                             VALIDITY_SIM_LIMITED };

    for (size_t i = 0; i < COUNT(limited); i++) {
        struct buf page = { 0 }, text = { 0 };

        make_as(&page, cases[1].journals, 1, true, &limited[i]);
        make_as(&text, cases[1].journals, 1, false, &limited[i]);
        assert_non_null(strstr(page.p, "<span class=\"badge doubt\">objectives by figures "
                                       "that are not valid: fail, 1 of 10 met</span>"));
        assert_non_null(strstr(text.p, "objectives by figures that are not valid: fail"));
        buf_free(&page);
        buf_free(&text);
    }
}

TEST(text_of_others_is_no_markdown)
{
    static const struct {
        const char *text;
        const char *want;
    } texts[] = {
        { "a|b", "a\\|b" },
        { "<b>&", "&lt;b\\>&amp;" },
        { "[x](http://y)", "\\[x\\]\\(http://y\\)" },
        { "two\nlines", "two lines" },
        { "@team #1", "\\@team \\#1" },
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct buf out = { 0 };

        markdown_text(&out, texts[i].text);
        assert_string_equal(out.p, texts[i].want);
        buf_free(&out);
    }
}
