#include "sim/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHUNK_LINES_MAX = 64 * 1024, BODY_KEPT = 64 * 1024 };

void http_init(struct http *h)
{
    *h = (struct http){ .state = HTTP_LINES };
    buf_init(&h->head, HTTP_HEAD_MAX);
    buf_init(&h->body, HTTP_BODY_MAX);
}

void http_free(struct http *h)
{
    buf_free(&h->head);
    buf_free(&h->body);
}

void http_reset(struct http *h)
{
    struct buf head = h->head;
    struct buf body = h->body;

    buf_clear(&head);
    if (body.cap > BODY_KEPT)
        buf_free(&body);
    buf_clear(&body);
    *h = (struct http){ .state = HTTP_LINES, .head = head, .body = body };
}

bool http_is_idle(const struct http *h)
{
    return h->state == HTTP_LINES && !h->head.len;
}

struct str http_method(const struct http *h)
{
    return (struct str){ h->head.p, h->method_len };
}

struct str http_target(const struct http *h)
{
    return (struct str){ h->head.p + h->target_at, h->target_len };
}

static struct str trim(const char *p, size_t n)
{
    while (n && (*p == ' ' || *p == '\t'))
        p++, n--;
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r'))
        n--;
    return (struct str){ p, n };
}

struct str http_header(const struct http *h, const char *name)
{
    size_t len = strlen(name);
    const char *p = h->head.p + h->headers_at;
    const char *end = h->head.p + h->head.len;

    for (const char *lf; p < end && (lf = memchr(p, '\n', (size_t)(end - p))); p = lf + 1)
        if ((size_t)(lf - p) > len && p[len] == ':' && !strncasecmp(p, name, len))
            return trim(p + len + 1, (size_t)(lf - p) - len - 1);
    return (struct str){ NULL, 0 };
}

/* Does a comma-separated header hold this word, in any case? */
static bool has_word(struct str list, const char *word)
{
    size_t len = strlen(word);

    while (list.n) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        struct str item = trim(list.p, n);

        if (item.n == len && !strncasecmp(item.p, word, len))
            return true;
        list.p += n + (comma ? 1 : 0);
        list.n -= n + (comma ? 1 : 0);
    }
    return false;
}

static void refuse(struct http *h, int status)
{
    h->refused = status;
    h->keep_alive = false;
    h->state = HTTP_COMPLETE;
}

/* METHOD SP target SP HTTP/1.x */
static void request_line(struct http *h, size_t at, size_t n)
{
    const char *p = h->head.p + at;
    const char *sp = memchr(p, ' ', n);
    const char *last = memrchr(p, ' ', n);

    h->headers_at = h->head.len;
    if (!sp || last == sp || sp == p || n - (size_t)(last + 1 - p) != 8 ||
        memcmp(last + 1, "HTTP/", 5)) {
        refuse(h, 400);
        return;
    }
    if (memcmp(last + 6, "1.", 2)) {
        refuse(h, 505);
        return;
    }
    h->method_len = (size_t)(sp - p);
    h->target_at = (size_t)(sp + 1 - h->head.p);
    h->target_len = (size_t)(last - sp - 1);
    h->keep_alive = last[8] != '0';
    h->has_line = true;
    if (!h->target_len || memchr(sp + 1, ' ', h->target_len))
        refuse(h, 400);
}

static int content_length(struct str s, uint64_t *len)
{
    *len = 0;
    if (!s.n || s.n > 18)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        *len = *len * 10 + (uint64_t)(s.p[i] - '0');
    }
    return 0;
}

static bool header_lines_are_good(const struct http *h)
{
    const char *p = h->head.p + h->headers_at;
    const char *end = h->head.p + h->line_at;

    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *colon = memchr(p, ':', (size_t)(lf - p));

        if (!colon || colon == p || colon[-1] == ' ' || colon[-1] == '\t')
            return false;
        p = lf + 1;
    }
    return true;
}

static bool takes_a_file(const struct http *h)
{
    static const char end[] = "/files";
    struct str t = http_target(h);

    return t.n >= sizeof(end) - 1 &&
           !memcmp(t.p + t.n - (sizeof(end) - 1), end, sizeof(end) - 1);
}

/* All headers are there: how does the body come? */
static void headers_end(struct http *h)
{
    struct str te = http_header(h, "transfer-encoding");
    struct str cl = http_header(h, "content-length");
    struct str connection = http_header(h, "connection");
    struct str expect = http_header(h, "expect");

    if (has_word(connection, "close"))
        h->keep_alive = false;
    else if (has_word(connection, "keep-alive"))
        h->keep_alive = true;
    h->wants_continue = has_word(expect, "100-continue");
    h->body.max = takes_a_file(h) ? HTTP_FILE_MAX : HTTP_BODY_MAX;
    if (!header_lines_are_good(h) || (te.p && cl.p) ||
        (cl.p && content_length(cl, &h->left)))
        refuse(h, 400);
    else if (expect.p && !h->wants_continue)
        refuse(h, 417);
    else if (te.p && !has_word(te, "chunked"))
        refuse(h, 501);
    else if (h->left > h->body.max)
        refuse(h, 413);
    else if (te.p)
        h->state = HTTP_CHUNK_SIZE;
    else
        h->state = h->left ? HTTP_BODY : HTTP_COMPLETE;
    if (h->state == HTTP_COMPLETE)
        h->wants_continue = false;
}

/* The line from line_at on has ended with the \n that is the last byte of head. */
static void head_line(struct http *h)
{
    size_t at = h->line_at;
    size_t n = h->head.len - at - 1;

    if (n && h->head.p[at + n - 1] == '\r')
        n--;
    if (!h->has_line && !n) { /* RFC 9112 2.2: empty lines before a request */
        h->trailed += h->head.len;
        buf_clear(&h->head);
        if (h->trailed > 16)
            refuse(h, 400);
        return;
    }
    if (!h->has_line)
        request_line(h, at, n);
    else if (!n)
        headers_end(h);
    h->line_at = h->head.len;
}

static size_t feed_lines(struct http *h, const char *p, size_t n)
{
    const char *lf = memchr(p, '\n', n);
    size_t eat = lf ? (size_t)(lf - p) + 1 : n;

    if (buf_add(&h->head, p, eat))
        refuse(h, 431);
    else if (lf)
        head_line(h);
    return eat;
}

static size_t feed_body(struct http *h, const char *p, size_t n, enum http_state then)
{
    size_t eat = h->left < n ? (size_t)h->left : n;

    h->wants_continue = false;
    if (buf_add(&h->body, p, eat)) {
        refuse(h, 413);
        return eat;
    }
    h->left -= eat;
    if (!h->left)
        h->state = then;
    return eat;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The line is gathered behind the headers in head, then dropped: head stays as it was. */
static void chunk_line(struct http *h)
{
    const char *p = h->head.p + h->line_at;
    size_t n = h->head.len - h->line_at - 1;
    size_t digits = 0;
    uint64_t size = 0;

    if (n && p[n - 1] == '\r')
        n--;
    while (digits < n && hex(p[digits]) >= 0 && digits < 15)
        size = size * 16 + (uint64_t)hex(p[digits++]);
    if (h->state == HTTP_TRAILERS) {
        if (!n)
            h->state = HTTP_COMPLETE;
    } else if (h->state == HTTP_CHUNK_END) {
        h->state = HTTP_CHUNK_SIZE;
        if (n)
            refuse(h, 400);
    } else if (!digits || (digits < n && p[digits] != ';' && p[digits] != ' ')) {
        refuse(h, 400);
    } else {
        h->left = size;
        h->state = size ? HTTP_CHUNK_DATA : HTTP_TRAILERS;
    }
    h->head.len = h->line_at;
}

static size_t feed_chunk_line(struct http *h, const char *p, size_t n)
{
    const char *lf = memchr(p, '\n', n);
    size_t eat = lf ? (size_t)(lf - p) + 1 : n;

    h->wants_continue = false;
    h->trailed += eat;
    if (h->trailed > CHUNK_LINES_MAX + h->body.len || buf_add(&h->head, p, eat))
        refuse(h, 431);
    else if (lf)
        chunk_line(h);
    return eat;
}

size_t http_feed(struct http *h, const char *p, size_t n)
{
    size_t at = 0;

    while (at < n && h->state != HTTP_COMPLETE) {
        const char *from = p + at;
        size_t more = n - at;

        switch (h->state) {
        case HTTP_LINES:
            at += feed_lines(h, from, more);
            break;
        case HTTP_BODY:
            at += feed_body(h, from, more, HTTP_COMPLETE);
            break;
        case HTTP_CHUNK_DATA:
            at += feed_body(h, from, more, HTTP_CHUNK_END);
            break;
        case HTTP_CHUNK_SIZE:
        case HTTP_CHUNK_END:
        case HTTP_TRAILERS:
            at += feed_chunk_line(h, from, more);
            break;
        case HTTP_COMPLETE:
            break;
        }
    }
    return at;
}
