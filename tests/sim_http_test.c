#include "sim/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

struct want {
    const char *in;
    int refused;
    const char *method;
    const char *target;
    const char *body;
    bool keep_alive;
    size_t left; /* bytes behind the request that must not be eaten */
};

static const struct want requests[] = {
    { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, "GET", "/", "", true, 0 },
    { "\r\nGET / HTTP/1.1\r\n\r\n", 0, "GET", "/", "", true, 0 },
    { "GET /a?b=c HTTP/1.0\r\n\r\n", 0, "GET", "/a?b=c", "", false, 0 },
    { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, "GET", "/", "", true, 0 },
    { "GET / HTTP/1.1\r\nconnection: x, CLOSE\r\n\r\n", 0, "GET", "/", "", false, 0 },
    { "POST /x HTTP/1.1\nContent-Length: 5\n\nhelloGET", 0, "POST", "/x", "hello", true,
      3 },
    { "POST /x HTTP/1.1\r\ncontent-length:  5 \r\n\r\nhello", 0, "POST", "/x", "hello",
      true, 0 },
    { "POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\nrest", 0, "POST", "/x", "", true, 4 },
    { "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: a\r\n\r\nGET",
      0, "POST", "/x", "hello world", true, 3 },
    { "POST /x HTTP/1.1\r\nTransfer-Encoding: gzip, "
      "Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
      0, "POST", "/x", "0123456789", true, 0 },
    { "POST /x HTTP/1.1\nTransfer-Encoding: chunked\n\n1\na\n0\n\n", 0, "POST", "/x", "a",
      true, 0 },

    { "nonsense\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET /\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/2.0\r\n", 505, NULL, NULL, NULL, false, 0 },
    { "GET /a b HTTP/1.1\r\n", 400, NULL, NULL, NULL, false, 0 },
    { " GET / HTTP/1.1\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\na : b\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, NULL, NULL,
      NULL, false, 0 },
    { "GET / HTTP/1.1\r\nContent-Length: 33554433\r\n\r\n", 413, NULL, NULL, NULL, false,
      0 },
    { "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
      NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, NULL, NULL, NULL, false,
      0 },
    { "GET / HTTP/1.1\r\nExpect: a miracle\r\n\r\n", 417, NULL, NULL, NULL, false, 0 },
    { "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, NULL, NULL, NULL,
      false, 0 },
    { "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400, NULL, NULL, NULL,
      false, 0 },
    { "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400, NULL, NULL,
      NULL, false, 0 },
};

static void expect_text(struct str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p ? got.p : "", want, got.n);
}

static void check(const struct want *w, const struct http *h, size_t eaten)
{
    assert_int_equal(h->state, HTTP_COMPLETE);
    assert_int_equal(h->refused, w->refused);
    assert_int_equal(h->keep_alive, w->keep_alive);
    if (w->refused)
        return;
    expect_text(http_method(h), w->method);
    expect_text(http_target(h), w->target);
    expect_text((struct str){ h->body.p, h->body.len }, w->body);
    assert_int_equal(strlen(w->in) - eaten, w->left);
}

TEST(sim_http_reads_requests_in_every_cut)
{
    for (size_t i = 0; i < COUNT(requests); i++) {
        const struct want *w = &requests[i];
        size_t n = strlen(w->in);

        for (size_t cut = 0; cut <= n; cut++) {
            struct http h;
            size_t eaten;

            http_init(&h);
            eaten = http_feed(&h, w->in, cut);
            if (eaten == cut)
                eaten += http_feed(&h, w->in + cut, n - cut);
            check(w, &h, eaten);
            http_free(&h);
        }
    }
}

TEST(sim_http_reads_requests_byte_by_byte_and_again_after_a_reset)
{
    struct http h;

    http_init(&h);
    for (size_t i = 0; i < COUNT(requests); i++) {
        const struct want *w = &requests[i];
        size_t eaten = 0;

        while (w->in[eaten] && h.state != HTTP_COMPLETE)
            assert_int_equal(http_feed(&h, w->in + eaten++, 1), 1);
        check(w, &h, eaten);
        http_reset(&h);
        assert_true(http_is_idle(&h));
    }
    http_free(&h);
}

TEST(sim_http_finds_headers_in_any_case)
{
    static const char in[] = "GET / HTTP/1.1\r\nX-Sim-Fault:\t stall:5 \r\nX-Sim: b\r\n"
                             "x-sim: c\r\nempty:\r\n\r\n";
    struct http h;

    http_init(&h);
    http_feed(&h, in, sizeof(in) - 1);
    expect_text(http_header(&h, "x-sim-fault"), "stall:5");
    expect_text(http_header(&h, "X-SIM"), "b");
    expect_text(http_header(&h, "empty"), "");
    assert_non_null(http_header(&h, "empty").p);
    assert_null(http_header(&h, "absent").p);
    assert_null(http_header(&h, "GET / HTTP/1.1").p);
    http_free(&h);
}

TEST(sim_http_asks_for_a_body_only_while_it_has_not_come)
{
    static const char head[] = "POST / HTTP/1.1\r\nContent-Length: 2\r\n"
                               "Expect: 100-continue\r\n\r\n";
    struct http h;

    http_init(&h);
    http_feed(&h, head, sizeof(head) - 2);
    assert_false(h.wants_continue);
    http_feed(&h, head + sizeof(head) - 2, 1);
    assert_true(h.wants_continue);
    http_feed(&h, "a", 1);
    assert_false(h.wants_continue);
    http_feed(&h, "b", 1);
    assert_int_equal(h.state, HTTP_COMPLETE);
    http_free(&h);
}

/* What a hostile client can make us keep is bounded. */
TEST(sim_http_refuses_what_has_no_end)
{
    static const struct {
        const char *begin;
        const char *again;
        int refused;
    } cases[] = {
        { "GET /", "aaaaaaaa", 431 },
        { "GET / HTTP/1.1\r\n", "a: bcdef\r\n", 431 },
        { "GET / HTTP/1.1\r\na: ", "bbbbbbbb", 431 },
        { "", "\r\n", 400 },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", "xxxxxxxx", 431 },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "a: b\r\n", 431 },
        { "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "000000000000001;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\na\r\n", 431 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http h;
        size_t n = strlen(cases[i].again);

        http_init(&h);
        http_feed(&h, cases[i].begin, strlen(cases[i].begin));
        for (int k = 0; k < 100000 && h.state != HTTP_COMPLETE; k++)
            http_feed(&h, cases[i].again, n);
        assert_int_equal(h.refused, cases[i].refused);
        assert_true(h.head.cap <= 2 * HTTP_HEAD_MAX);
        http_free(&h);
    }
}

TEST(sim_http_refuses_a_chunked_body_that_grows_too_large)
{
    enum { PIECE = 1 << 20 };
    char *data = malloc(PIECE);
    struct http h;

    assert_non_null(data);
    memset(data, 'a', PIECE);
    http_init(&h);
    http_feed(&h, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 47);
    for (int i = 0; i < 40 && h.state != HTTP_COMPLETE; i++) {
        http_feed(&h, "100000\r\n", 8);
        http_feed(&h, data, PIECE);
        http_feed(&h, "\r\n", 2);
    }
    assert_int_equal(h.refused, 413);
    http_free(&h);
    free(data);
}
