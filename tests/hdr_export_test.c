#include <stdlib.h>

#include "base/mem.h"
#include "data/hlog.h"
#include "exported.h"
#include "test.h"

enum { MAX_TAGS = 400 };

/* The rows of a log, added up by tag. */
struct sums {
    char *tags[MAX_TAGS];
    struct hist hists[MAX_TAGS];
    size_t n;
    size_t rows;
};

static void take_row(void *ctx, const struct hlog_row *row)
{
    struct sums *s = ctx;
    struct err err;
    size_t i;

    for (i = 0; i < s->n; i++)
        if (str_is(row->tag, s->tags[i]))
            break;
    if (i == s->n) {
        assert_true(s->n < MAX_TAGS);
        s->tags[s->n++] = mem_strndup(row->tag.p, row->tag.n);
        hist_init_standard(&s->hists[i]);
    }
    assert_int_equal(hist_add(&s->hists[i], row->hist, &err), 0);
    s->rows++;
}

static void damaged(void *ctx, size_t line, const struct err *why)
{
    (void)ctx;
    fail_msg("line %zu: %s", line, why->msg);
}

static void add_up(struct sums *s, const char *settings)
{
    struct hlog_sink sink = { take_row, damaged, s };
    struct hlog_reader reader;
    struct buf b = { 0 };

    exported(&b, "hlog", settings, "golden/report/matrix.jsonl");
    hlog_reader_init(&reader, &sink);
    hlog_reader_feed(&reader, b.p, b.len);
    hlog_reader_end(&reader);
    hlog_reader_free(&reader);
    buf_free(&b);
}

static void sums_free(struct sums *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->tags[i]);
        hist_free(&s->hists[i]);
    }
}

TEST(rows_of_an_exported_log_add_up_to_the_same_whatever_their_length)
{
    static struct sums whole, parts;

    add_up(&whole, "interval=1h");
    add_up(&parts, "interval=100ms");
    assert_true(whole.n > 20);
    assert_int_equal(whole.n, parts.n);
    assert_true(parts.rows > 3 * whole.rows);
    for (size_t i = 0; i < whole.n; i++) {
        size_t k = 0;

        while (k < parts.n && strcmp(whole.tags[i], parts.tags[k]) != 0)
            k++;
        assert_true(k < parts.n);
        if (!hist_equal(&whole.hists[i], &parts.hists[k]))
            fail_msg("%s differs", whole.tags[i]);
    }
    sums_free(&whole);
    sums_free(&parts);
}

static void expect_refused(const char *text, struct err *err)
{
    struct arena arena = { 0 };
    struct export_spec spec;
    struct run run = { .n_cells = 2 };
    struct export_config config = { .run = &run };
    struct export_out out = { 0 };
    void *x;

    assert_int_equal(export_spec_read(&spec, text, &arena, err), 0);
    config.settings = spec.settings;
    config.n_settings = spec.n_settings;
    x = spec.kind->open(&config, &out, err);
    assert_null(x);
    arena_free(&arena);
}

TEST(settings_that_cannot_be_are_refused_with_what_is_expected)
{
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        { "hlog,interval=1ms", "from 10ms on" },
        { "hlog,interval=soon", "expected a duration" },
        { "hgrm,metric=tttf", "did you mean \"ttft\"" },
        { "hgrm,cell=2", "expected a number below 2" },
        { "hgrm,cell=-1", "expected a number below 2" },
        { "perfetto,frames=many", "expected a count" },
        { "perfetto,frames=-1", "expected a count" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err;

        expect_refused(cases[i].text, &err);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, cases[i].part))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, err.msg,
                     cases[i].part);
    }
}
