#ifndef EXPORTERS_POSTER_H
#define EXPORTERS_POSTER_H

#include "exporters/exporter.h"
#include "exporters/post.h"

/*
 * Posts bytes, one request after the other over connections that it keeps, with handles
 * that nothing else uses. For one thread; poster_wake is for any.
 *
 *     struct poster *p = poster_open(&config);
 *     struct post_answer a = poster_send(p, EXPORT_TRACES, bytes, deadline);
 */
struct poster;

struct poster_config {
    const struct export_endpoint *to; /* one a signal; url NULL: nothing goes there */
    /* When a request has to be over that may last until `deadline`; asked again and again,
     * and at once behind poster_wake. Of the monotonic clock. */
    ns_t (*limit)(void *ctx, ns_t deadline);
    void *ctx;
};

/* The endpoints are borrowed until the close. */
struct poster *poster_open(const struct poster_config *config);
void poster_close(struct poster *p);

struct post_answer poster_send(struct poster *p, enum export_signal signal,
                               struct str bytes, ns_t deadline);
void poster_wake(struct poster *p);

/* Of the latest answer, valid until the next send: the beginning of its body, and what
 * libcurl says of what went wrong. */
struct str poster_body(const struct poster *p);
const char *poster_why(const struct poster *p);

enum { POSTER_MOST = 4 << 20 }; /* bytes of an answer that are taken */

#endif
