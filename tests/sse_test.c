#include "api/sse.h"

#include <stdlib.h>

#include "base/mem.h"
#include "test.h"

static void collect(void *ctx, const struct sse_event *ev)
{
    struct buf *out = ctx;

    buf_add(out, ev->type, ev->type_len);
    buf_char(out, '[');
    buf_add(out, ev->data, ev->data_len);
    buf_char(out, ']');
}

/* Bytes that lie in a block of their own, so that a read beyond them is caught. */
static void feed(struct sse *s, const char *p, size_t n)
{
    char *own = mem_alloc(n);
    struct err err;

    memcpy(own, p, n);
    assert_int_equal(sse_feed(s, own, n, &err), 0);
    free(own);
}

/* As two reads cut at `cut`, or with cut = SIZE_MAX as one read for each byte. */
static void expect_cut(const char *in, size_t n, size_t cut, const char *want)
{
    struct sse s;
    struct buf got;

    buf_init(&got, 0);
    buf_str(&got, "");
    sse_init(&s, 64, collect, &got);
    if (cut <= n) {
        feed(&s, in, cut);
        feed(&s, in + cut, n - cut);
    } else {
        for (size_t i = 0; i < n; i++)
            feed(&s, in + i, 1);
    }
    sse_end(&s);
    assert_int_equal(got.len, strlen(want));
    assert_string_equal(got.p, want);
    sse_free(&s);
    buf_free(&got);
}

static void expect(const char *in, size_t n, const char *want)
{
    for (size_t cut = 0; cut <= n; cut++)
        expect_cut(in, n, cut, want);
    expect_cut(in, n, SIZE_MAX, want);
}

TEST(sse_decodes_in_every_cut)
{
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        { "", "" },
        { "\n\n", "" },
        { "data: a\n\n", "[a]" },
        { "data:a\n\n", "[a]" },
        { "data:  a \n\n", "[ a ]" },
        { "data: a\r\n\r\n", "[a]" },
        { "data: a\r\r", "[a]" },
        { "data:a\r\n\r\ndata: b\r\rdata: c\n\n", "[a][b][c]" },
        { "data: a\r\n\ndata: b\n\r\n", "[a][b]" },
        { "data: a\r\rdata: b\n\r", "[a][b]" },
        { "data: a\n\r\ndata: b\r\n\r", "[a][b]" },
        { "data: a\ndata: b\n\n", "[a\nb]" },
        { "data: a\r\ndata: b\rdata: c\r\n\r\n", "[a\nb\nc]" },
        { "data: a\ndata:\ndata\ndata: b\n\n", "[a\n\n\nb]" },
        { "data\n\n", "[]" },
        { "data:\n\n", "[]" },
        { "data: \n\n", "[]" },
        { "data\ndata\n\n", "[\n]" },
        { "event: delta\ndata: x\n\ndata: y\n\n", "delta[x][y]" },
        { "data: x\nevent:delta\n\n", "delta[x]" },
        { "event: a\nevent: b\ndata: x\n\n", "b[x]" },
        { "event: a\nevent\ndata: x\n\n", "[x]" },
        { "event: ping\n\ndata: a\n\n", "[a]" },
        { ": keep-alive\n\n", "" },
        { ":\n:\n\ndata: a\n: in between\ndata: b\n\n:x", "[a\nb]" },
        { "id: 7\nretry: 100\nfoo: bar\nfoo\ndata: a\n\n", "[a]" },
        { " data: a\n\n", "" },
        { "Data: a\n\ndata : b\n\ndatab: c\n\n", "" },
        { "data: a: b\n\n", "[a: b]" },
        { "\xEF\xBB\xBF"
          "data: a\n\n",
          "[a]" },
        { "\xEF\xBB\xBF\xEF\xBB\xBF"
          "data: a\n\ndata: b\n\n",
          "[b]" },
        { "\xEF\xBB"
          "data: a\n\ndata: b\n\n",
          "[b]" },
        { "data: \xEF\xBB\xBF\n\n", "[\xEF\xBB\xBF]" },
        { "\xEF\xBB", "" },
        { "data: \xC3\xA4\xF0\x9F\x98\x80\n\n", "[\xC3\xA4\xF0\x9F\x98\x80]" },
        { "data: a\n\ndata: no blank line behind\n", "[a][no blank line behind]" },
        { "data: no line end", "[no line end]" },
        { "data: a\ndata: b", "[a\nb]" },
        { "data: a\n\nevent: x", "[a]" },
        { "data: {\"a\":1}\n\ndata: [DONE]\n\n", "[{\"a\":1}][[DONE]]" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        expect(cases[i].in, strlen(cases[i].in), cases[i].want);
}

TEST(sse_ignores_an_id_with_a_nul)
{
    static const char in[] = "id: a\0b\ndata: x\n\n";

    expect(in, sizeof(in) - 1, "[x]");
}

TEST(sse_hands_over_data_with_a_nul)
{
    static const char in[] = "data: a\0b\n\n";

    for (size_t cut = 0; cut < sizeof(in); cut++) {
        struct sse s;
        struct buf got;

        buf_init(&got, 0);
        sse_init(&s, 64, collect, &got);
        feed(&s, in, cut);
        feed(&s, in + cut, sizeof(in) - 1 - cut);
        assert_int_equal(got.len, 5);
        assert_memory_equal(got.p, "[a\0b]", 5);
        sse_free(&s);
        buf_free(&got);
    }
}

static void borrowed(void *ctx, const struct sse_event *ev)
{
    const char **data = ctx;

    *data = ev->data;
}

TEST(sse_does_not_copy_an_event_that_lies_whole_in_one_read)
{
    static const char in[] = "data: a\n\ndata: bcd\r\n\r\n";
    const char *data = NULL;
    struct sse s;
    struct err err;

    sse_init(&s, 64, borrowed, &data);
    assert_int_equal(sse_feed(&s, in, sizeof(in) - 1, &err), 0);
    assert_ptr_equal(data, in + 15);
    sse_free(&s);
}

/* The same in every cut: 0 where all of it is taken, -1 where it is refused. */
static void expect_limit(const char *in, int want)
{
    size_t n = strlen(in);

    for (size_t cut = 0; cut <= n; cut++) {
        struct sse s;
        struct err err;
        struct buf got;
        int rc;

        buf_init(&got, 0);
        sse_init(&s, 8, collect, &got);
        rc = sse_feed(&s, in, cut, &err);
        if (!rc)
            rc = sse_feed(&s, in + cut, n - cut, &err);
        assert_int_equal(rc, want);
        if (rc) {
            assert_int_equal(err.code, ERR_LIMIT);
            assert_string_equal(err.msg, "event longer than 8 bytes");
            buf_clear(&got);
            sse_end(&s);
            assert_int_equal(sse_feed(&s, "data: a\n\n", 9, &err), -1);
            assert_int_equal(got.len, 0);
        }
        sse_free(&s);
        buf_free(&got);
    }
}

TEST(sse_refuses_what_is_too_long_in_every_cut)
{
    static const struct {
        const char *in;
        int want;
    } cases[] = {
        { "data: 12345678\n\n", 0 },
        { "data: 123456789\n\n", -1 },
        { "data:12345678\n\n", 0 },
        { "data:123456789\n\n", -1 },
        { "data: 1234\ndata: 567\n\n", 0 },
        { "data: 1234\ndata: 5678\n\n", -1 },
        { "data: 1\ndata: 2\ndata: 3\ndata: 4\ndata: 5\n", -1 },
        { "data:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\n", 0 },
        { "data:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\n", -1 },
        { ": a comment of 14\n", -1 },
        { ": comment of 14", -1 },
        { ": comment of14", 0 },
        { "an endless line without any end", -1 },
        { "event: 1234567\ndata: 1\n\n", 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        expect_limit(cases[i].in, cases[i].want);
}

TEST(sse_starts_afresh_after_a_reset)
{
    struct sse s;
    struct err err;
    struct buf got;

    buf_init(&got, 0);
    sse_init(&s, 64, collect, &got);
    feed(&s, "event: x\ndata: a\ndata: b\ndata: c\r", 33);
    sse_reset(&s);
    feed(&s,
         "\xEF\xBB\xBF"
         "data: d\n\ndat",
         15);
    assert_string_equal(got.p, "[d]");
    sse_reset(&s);
    assert_int_equal(sse_feed(&s,
                              "data: 1234567890123456789012345678901234567890123456789012"
                              "345678901234567890\n",
                              77, &err),
                     -1);
    sse_reset(&s);
    buf_clear(&got);
    feed(&s, "data: e\n\n", 9);
    assert_string_equal(got.p, "[e]");
    sse_free(&s);
    buf_free(&got);
}
