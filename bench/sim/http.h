#ifndef SIM_HTTP_H
#define SIM_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * One HTTP/1.1 request (RFC 9112), read as its bytes arrive. Knows no socket.
 *
 *     struct http h;
 *     http_init(&h);
 *     n = http_feed(&h, p, len);        // eats what belongs to this request, no more
 *     if (h.refused) ...                // a status: the request is bad, close afterwards
 *     if (h.state == HTTP_COMPLETE) ... // h.method, h.target, h.body
 *     http_reset(&h);                   // for the next request on the connection
 *     http_free(&h);
 *
 * The request line, headers and body stay valid until http_reset.
 */
enum http_state {
    HTTP_LINES,      /* request line and headers */
    HTTP_BODY,       /* a body whose length was told */
    HTTP_CHUNK_SIZE, /* a chunked body */
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_END, /* the line end behind a chunk */
    HTTP_TRAILERS,
    HTTP_COMPLETE
};

/* Only files may be larger than a body usually is. */
enum {
    HTTP_HEAD_MAX = 64 * 1024,
    HTTP_BODY_MAX = 32 * 1024 * 1024,
    HTTP_FILE_MAX = 208 * 1024 * 1024
};

struct http {
    enum http_state state;
    int refused; /* 0, or the status to answer with: 400, 413, 417, 431, 501, 505 */

    /* Offsets into head, because it moves while it grows; see http_method and so on. */
    size_t method_len;
    size_t target_at;
    size_t target_len;
    bool has_line; /* the request line is there */
    bool keep_alive;
    bool wants_continue; /* Expect: 100-continue, and the body has yet to come */

    struct buf head; /* lines, each ended by \n */
    struct buf body;
    size_t line_at; /* where the line that is arriving begins */
    size_t headers_at;
    uint64_t left;  /* of the body or chunk */
    size_t trailed; /* bytes of empty, chunk and trailer lines, which are bounded too */
};

void http_init(struct http *h);
void http_free(struct http *h);
void http_reset(struct http *h);

/* How many of the n bytes were eaten; fewer than n where the request ended before. */
size_t http_feed(struct http *h, const char *p, size_t n);

struct str http_method(const struct http *h);
struct str http_target(const struct http *h);

/* Value of the first header of that name, without white space around it; {NULL, 0} if none.
 */
struct str http_header(const struct http *h, const char *name);

/* Nothing of a request has arrived. */
bool http_is_idle(const struct http *h);

#endif
