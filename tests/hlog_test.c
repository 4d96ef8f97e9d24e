#include "test.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/hlog.h"
#include "files.h"

/* What a log said, as text: one line for each row and each damaged row. */
struct heard {
    struct buf text;
    size_t rows;
    size_t damaged;
};

static void hear_row(void *ctx, const struct hlog_row *row)
{
    struct heard *h = ctx;

    h->rows++;
    buf_printf(&h->text, "%zu %s%.*s %lld+%lld n=%lld max=%lld\n", row->line,
               row->tag.p ? "tag:" : "-", (int)row->tag.n, row->tag.p ? row->tag.p : "",
               (long long)row->start, (long long)row->length, (long long)row->hist->total,
               (long long)hist_max(row->hist));
}

static void hear_damaged(void *ctx, size_t line, const struct err *why)
{
    struct heard *h = ctx;

    h->damaged++;
    buf_printf(&h->text, "%zu: %s\n", line, why->msg);
}

/* Reads text, cut into two at `cut`; the caller frees what comes back. */
static char *heard(const char *text, size_t n, size_t cut)
{
    struct heard h = { 0 };
    struct hlog_sink sink = { hear_row, hear_damaged, &h };
    struct hlog_reader r;

    buf_init(&h.text, 0);
    hlog_reader_init(&r, &sink);
    hlog_reader_feed(&r, text, cut);
    hlog_reader_feed(&r, text + cut, n - cut);
    hlog_reader_end(&r);
    hlog_reader_free(&r);
    return buf_take(&h.text);
}

/* Rows of a file against those of expected.json. */
struct check {
    const char *name;
    const json_t *rows;
    size_t at;
    size_t damaged;
};

static int64_t integer(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

/* Java adds seconds as doubles and cuts, so it is a millisecond early now and then. */
static bool is_moment(ns_t got, int64_t ms)
{
    return got == ms * NS_PER_MS || got == (ms + 1) * NS_PER_MS;
}

static void check_row(void *ctx, const struct hlog_row *row)
{
    struct check *c = ctx;
    const json_t *want = json_array_get(c->rows, c->at++);
    const char *tag = json_string_value(json_object_get(want, "tag"));
    double mean = json_number_value(json_object_get(want, "mean"));
    const struct hist *h = row->hist;

    assert_non_null(want);
    assert_int_equal(!tag, !row->tag.p);
    if (tag)
        assert_true(str_is(row->tag, tag));
    assert_true(is_moment(row->start, integer(want, "start_ms")));
    assert_true(is_moment(row->start + row->length, integer(want, "end_ms")));
    assert_true(h->lowest == integer(want, "lowest"));
    assert_true(h->highest == integer(want, "highest"));
    assert_true(h->digits == integer(want, "digits"));
    assert_true(h->total == integer(want, "count"));
    assert_true(hist_min(h) == integer(want, "min"));
    assert_true(hist_max(h) == integer(want, "max"));
    assert_true(fabs(hist_mean(h) - mean) <= 1e-12 * mean);
    assert_true(hist_percentile(h, 50) == integer(want, "p50"));
    assert_true(hist_percentile(h, 99) == integer(want, "p99"));
}

static void check_damaged(void *ctx, size_t line, const struct err *why)
{
    struct check *c = ctx;

    c->damaged++;
    if (!strstr(why->msg, "V1"))
        fail_msg("%s:%zu: %s", c->name, line, why->msg);
}

TEST(hlog_reads_what_java_and_c_and_third_parties_write)
{
    static const struct {
        const char *name;
        size_t rows, v1;
    } files[] = {
        { "tagged.hlog", 21, 0 },
        { "absolute_us.hlog", 6, 0 },
        { "c_v12.hlog", 9, 0 },
        { "mixed.hlog", 6, 0 },
        { "jHiccup-2.0.7S.logV3.hlog", 62, 0 },
        { "jHiccup-2.0.6.logV1.hlog", 0, 88 },
    };
    json_t *expected = json_load_file(test_path("golden/hdr/hlog/expected.json"), 0, NULL);

    assert_non_null(expected);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct check c = { .name = files[i].name };
        struct hlog_sink sink = { check_row, check_damaged, &c };
        struct err err;
        char path[128];

        c.rows = json_object_get(json_object_get(expected, files[i].name), "rows");
        snprintf(path, sizeof(path), "golden/hdr/hlog/%s", files[i].name);
        assert_int_equal(hlog_read_file(test_path(path), &sink, &err), 0);
        assert_int_equal(c.at, files[i].rows);
        assert_int_equal(c.damaged, files[i].v1);
        if (!files[i].v1)
            assert_int_equal(json_array_size(c.rows), c.at);
    }
    json_decref(expected);
}

TEST(hlog_reads_the_same_however_the_bytes_are_cut)
{
    size_t n;
    char *text = test_file("golden/hdr/hlog/mixed.hlog", &n);
    char *whole = heard(text, n, 0);

    for (size_t cut = 1; cut <= n; cut++) {
        char *two = heard(text, n, cut);

        assert_string_equal(two, whole);
        free(two);
    }
    free(whole);
    free(text);
}

static void assert_heard(const char *log, const char *want)
{
    char *got = heard(log, strlen(log), 0);

    assert_string_equal(got, want);
    free(got);
}

static char *a_row(const char *before)
{
    struct hist h;
    struct err err;
    struct buf out;

    hist_init(&h, 1, 100, 1, &err);
    hist_record(&h, 7, 3);
    buf_init(&out, 0);
    buf_printf(&out, "%s", before);
    hist_encode_base64(&h, &out);
    buf_char(&out, '\n');
    hist_free(&h);
    return buf_take(&out);
}

TEST(hlog_stamps_count_from_the_base_that_holds_for_their_row)
{
    static const struct {
        const char *head, *want;
    } rows[] = {
        { "2.5,1,0,", "1 - 2500000000+1000000000 n=3 max=7\n" },
        { "#[StartTime: 1000000000.5 (seconds since epoch), Sun]\n2,1,0,",
          "2 - 1000000002500000000+1000000000 n=3 max=7\n" },
        /* Absolute, as it is less than a year before the start. */
        { "#[StartTime: 1000000000 (seconds since epoch)]\n968464000,1,0,",
          "2 - 968464000000000000+1000000000 n=3 max=7\n" },
        { "#[StartTime: 1000000000 (seconds since epoch)]\n968463999,1,0,",
          "2 - 1968463999000000000+1000000000 n=3 max=7\n" },
        { "#[StartTime: 1000000000 (s)]\n#[BaseTime: 5.25 (s)]\n1000000001,1,0,",
          "3 - 1000000006250000000+1000000000 n=3 max=7\n" },
        { "#[BaseTime: 5 (s)]\n#[StartTime: 1000000000 (s)]\n#[BaseTime: 7 (s)]\n1,0.5,0,",
          "4 - 8000000000+500000000 n=3 max=7\n" },
        /* Not comments that say something: no space, lower case, no number. */
        { "#[StartTime:1000000000 (s)]\n#[Basetime: 7 (s)]\n#[StartTime: soon]\n1,1,0,",
          "4 - 1000000000+1000000000 n=3 max=7\n" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *log = a_row(rows[i].head);

        assert_heard(log, rows[i].want);
        free(log);
    }
}

TEST(hlog_takes_a_new_start_time_in_the_middle_of_an_appended_log)
{
    char *first = a_row("#[StartTime: 1000000000 (s)]\n1,1,0,");
    char *second = a_row("#[StartTime: 1100000000 (s)]\n1,1,0,");
    struct buf log;

    buf_init(&log, 0);
    buf_printf(&log, "%s%s", first, second);
    assert_heard(log.p, "2 - 1000000001000000000+1000000000 n=3 max=7\n"
                        "4 - 1100000001000000000+1000000000 n=3 max=7\n");
    buf_free(&log);
    free(first);
    free(second);
}

TEST(hlog_skips_damaged_rows_and_tells_their_lines)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        { "1,1,0", "a row is" },
        { "1,1,0,x,y", "a row is" },
        { "Tag=a,1,1,0", "a row is" },
        { "Tag=a", "a row is" },
        { ",,,", "number of seconds" },
        { "-1,1,0,HISTF", "number of seconds" },
        { "1e3,1,0,HISTF", "number of seconds" },
        { "1,.,0,HISTF", "number of seconds" },
        { "99999999999,1,0,HISTF", "number of seconds" },
        { "1,1,0,HISTF", "base64" },
        { "1,1,0,HIST*AAA", "base64" },
        { "1,1,0,HISTFAAA", "cut off" },
        { "1,1,0,AAAAAAAA", "cookie" },
        { "1,1,0,", "cookie" },
        { "StartTimestamp,Interval_Length,a,b", "number of seconds" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *good = a_row("Tag=x, 1.000 ,1.000,0.000,");
        struct buf log;
        char *got;

        buf_init(&log, 0);
        buf_printf(&log, "# first\n%s\r\n%s", rows[i].line, good);
        got = heard(log.p, log.len, 0);
        if (strncmp(got, "2: ", 3) != 0 || !strstr(got, rows[i].says))
            fail_msg("\"%s\" gave \"%s\"", rows[i].line, got);
        assert_non_null(strstr(got, "\n3 tag:x 1000000000+1000000000 n=3 max=7\n"));
        free(got);
        buf_free(&log);
        free(good);
    }
}

TEST(hlog_takes_a_last_line_without_its_end)
{
    char *log = a_row("1,1,0,");

    log[strlen(log) - 1] = '\0';
    assert_heard(log, "1 - 1000000000+1000000000 n=3 max=7\n");
    assert_heard("", "");
    assert_heard("\n\r\n  \n#", "");
    free(log);
}

TEST(hlog_skips_lines_without_an_end_in_bounded_memory)
{
    static const struct {
        char first;
        const char *want;
    } rows[] = { { '#', "2 - 1000000000+1000000000 n=3 max=7\n" },
                 { 'x', "1: longer than 1048576 bytes\n"
                        "2 - 1000000000+1000000000 n=3 max=7\n" } };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct heard h = { 0 };
        struct hlog_sink sink = { hear_row, hear_damaged, &h };
        struct hlog_reader r;
        char part[65536];
        char *row = a_row("\n1,1,0,");

        buf_init(&h.text, 0);
        memset(part, 'x', sizeof(part));
        hlog_reader_init(&r, &sink);
        hlog_reader_feed(&r, &rows[i].first, 1);
        for (int k = 0; k < 100; k++)
            hlog_reader_feed(&r, part, sizeof(part));
        assert_true(r.text.cap <= 2 * HLOG_MAX_LINE);
        hlog_reader_feed(&r, row, strlen(row));
        hlog_reader_end(&r);
        assert_string_equal(h.text.p, rows[i].want);
        hlog_reader_free(&r);
        buf_free(&h.text);
        free(row);
    }
}

TEST(hlog_says_which_file_is_not_there)
{
    struct hlog_sink sink = { hear_row, hear_damaged, NULL };
    struct err err;

    assert_int_equal(hlog_read_file("/nowhere/x.hlog", &sink, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.msg, "/nowhere/x.hlog"));
}

/* Copies a log row by row through the writer. */
struct copy {
    struct buf out;
    ns_t base;
};

static void copy_row(void *ctx, const struct hlog_row *row)
{
    struct copy *c = ctx;

    hlog_put_row(&c->out, row->tag, row->start - c->base, row->length, HLOG_NS_TO_MS,
                 row->hist);
}

TEST(hlog_writes_the_lines_that_java_writes)
{
    struct copy c = { .base = 1700000000123 * NS_PER_MS };
    struct hlog_sink sink = { copy_row, NULL, &c };
    struct check check = { .name = "a copy of tagged.hlog" };
    struct hlog_sink checking = { check_row, check_damaged, &check };
    json_t *expected = json_load_file(test_path("golden/hdr/hlog/expected.json"), 0, NULL);
    char *want = test_file("golden/hdr/hlog/tagged.hlog", NULL);
    char *want_rest = want, *got_rest, *w, *g;
    struct hlog_reader r;
    struct err err;

    buf_init(&c.out, 0);
    hlog_put_header(&c.out, "Golden log: LLM request latencies, values in nanoseconds",
                    c.base, c.base);
    assert_int_equal(hlog_read_file(test_path("golden/hdr/hlog/tagged.hlog"), &sink, &err),
                     0);

    /* Read back, it is what the original is. */
    check.rows = json_object_get(json_object_get(expected, "tagged.hlog"), "rows");
    hlog_reader_init(&r, &checking);
    hlog_reader_feed(&r, c.out.p, c.out.len);
    hlog_reader_free(&r);
    assert_int_equal(check.at, 21);
    json_decref(expected);

    /* And the lines are the same up to the compressed histogram. */
    got_rest = c.out.p;
    while ((w = test_line(&want_rest))) {
        char *base64 = strstr(w, "HISTF");

        g = test_line(&got_rest);
        assert_non_null(g);
        if (base64) {
            assert_non_null(strstr(g, "HISTF"));
            *strstr(g, "HISTF") = '\0';
            *base64 = '\0';
        }
        assert_string_equal(g, w);
    }
    assert_null(test_line(&got_rest));
    free(want);
    buf_free(&c.out);
}

TEST(hlog_header_keeps_to_lines_that_every_reader_takes)
{
    char comment[400];
    struct buf out;
    char *rest, *line;
    int lines = 0;

    memset(comment, 'a', sizeof(comment));
    memcpy(comment + 122, "\xc3\xa9", 2); /* one character across the limit */
    comment[200] = '\n';
    comment[201] = '\n';
    comment[sizeof(comment) - 1] = '\0';
    buf_init(&out, 0);
    hlog_put_header(&out, comment, 0, NS_ABSENT);
    assert_null(strstr(out.p, "BaseTime"));
    rest = out.p;
    while ((line = test_line(&rest))) {
        assert_true(strlen(line) < 127);
        if (lines++ < 2)
            assert_true(line[0] == '#' && line[strlen(line) - 1] == ']');
    }
    assert_int_equal(lines, 5);
    assert_null(strstr(out.p, "\xc3"));
    buf_free(&out);
}

TEST(hlog_tags_hold_nothing_that_ends_a_field)
{
    static const struct {
        const char *tag, *want;
    } rows[] = {
        { "", "1.500,0.250,0.000,HISTF" },
        { "openai/gpt-oss-20b:0.steady=ttft",
          "Tag=openai/gpt-oss-20b:0.steady=ttft,1.500,0.250,0.000,HISTF" },
        { "a,b c\nd\xc3\xa9", "Tag=a_b_c_d__,1.500,0.250,0.000,HISTF" },
    };
    struct hist h;

    hist_init_standard(&h);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out;

        buf_init(&out, 0);
        hlog_put_row(&out, str_of(rows[i].tag), 1500 * NS_PER_MS, 250 * NS_PER_MS,
                     HLOG_NS_TO_MS, &h);
        assert_memory_equal(out.p, rows[i].want, strlen(rows[i].want));
        assert_ptr_equal(strchr(out.p, '\n'), out.p + out.len - 1);
        buf_free(&out);
    }
    hist_free(&h);
}
