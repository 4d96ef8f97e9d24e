#ifndef EXPORTERS_SCRAPE_H
#define EXPORTERS_SCRAPE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * A page over HTTP, in a thread of its own that runs where nobody else wants the core:
 * GET /metrics is answered with what page() writes at that moment, GET / with where that
 * is. page is called in that thread; the caller locks what it reads. However many clients
 * there are and whatever they do, no more than SCRAPE_CONNECTIONS descriptors are taken and
 * page is not called more often than every SCRAPE_GAP_MS: who comes in between gets the
 * page before.
 *
 *     struct scrape *s = scrape_open(&config, &err);
 *     ...
 *     scrape_close(s, &told);
 */
struct scrape;

enum { SCRAPE_CONNECTIONS = 16, SCRAPE_GAP_MS = 50 };

struct scrape_config {
    const char *where; /* "[HOST]:PORT"; without a host: 127.0.0.1; port 0: any that is free
                        */
    /* accept: that header, "" where there was none. Returns the type of what it wrote. */
    const char *(*page)(void *ctx, const char *accept, struct buf *out);
    void *ctx;
};

/* NULL with *err filled where the address cannot be had: ERR_USAGE. */
struct scrape *scrape_open(const struct scrape_config *config, struct err *err);

/* "http://127.0.0.1:9464/metrics"; as long as it is open. */
const char *scrape_url(const struct scrape *s);

/* One line (with LF) of how often it was scraped is added to *told. NULL: does nothing. */
void scrape_close(struct scrape *s, struct buf *told);

#endif
