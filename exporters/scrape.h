#ifndef EXPORTERS_SCRAPE_H
#define EXPORTERS_SCRAPE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * A page over HTTP, in a thread of its own: GET /metrics is answered with what page()
 * writes at that moment. page is called in that thread; the caller locks what it reads.
 */
struct scrape;

struct scrape_config {
    const char *where; /* "[HOST]:PORT"; without a host: 127.0.0.1 */
    const char *mime;
    void (*page)(void *ctx, struct buf *out);
    void *ctx;
};

struct scrape *scrape_open(const struct scrape_config *config, struct err *err);
void scrape_close(struct scrape *s);

#endif
