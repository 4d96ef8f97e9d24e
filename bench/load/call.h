#ifndef LOAD_CALL_H
#define LOAD_CALL_H

#include <stdbool.h>

#include "api/answer.h"
#include "api/error.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "data/scenario.h"

/*
 * One request after the other, outside of a load: asked, waited for, told. Connections are
 * kept from one to the next. For what is measured in numbers there is load/wire.h.
 *
 *     struct caller *c = caller_open(&cell, base_url, key, &err);
 *     const struct call *call = caller_ask(c, &(struct call_request){ .path = "/models" });
 *     if (call->answered && call->answer.status == 200) ... call->body ...
 *     caller_close(c);
 *
 * Headers, trust, proxy and timeouts are the cell's.
 */
struct call_request {
    const char *path;         /* behind the base URL; NULL: the root of its host */
    const char *content_type; /* NULL: application/json */
    const char *body;         /* NULL: GET, else POST */
    const char *method;       /* NULL: as the body says; else this, as "DELETE" */
    const char *id;           /* the header x-tokdyno-id; NULL: not sent */

    /*
     * In place of a body one of so many bytes, which is read as it is sent: up to n of them
     * to p, how many comes back; rewind: from the start once more. read NULL: none.
     */
    uint64_t size;
    size_t (*read)(void *ctx, char *p, size_t n);
    void (*rewind)(void *ctx);

    /* Where the body of a status 2xx goes, piece by piece, instead of call.body. */
    void (*sink)(void *ctx, struct str piece);
    void *ctx;
};

struct call {
    bool answered;  /* with a status, whatever it is */
    bool timed_out; /* where not: nothing came in time */
    enum transfer_end end;
    char why[256];        /* where not: why */
    struct answer answer; /* what headers and an error body say */
    struct buf body;
    bool whole;        /* the body came to its end, and under the ceiling */
    uint64_t bytes_up; /* of the bodies */
    uint64_t bytes_down;

    ns_t asked;         /* CLOCK_REALTIME just before it left */
    ns_t told;          /* the same when the header `date` came */
    int64_t date_s;     /* of that header, Unix seconds; -1: none, or not one */
    ns_t dns, tcp, tls; /* spans; NS_ABSENT on a reused connection */
    ns_t first;         /* from the sending to the first byte */
    ns_t total;         /* from the asking, connection and all, to the last */
    int http_version;   /* 10, 11, 20; 0: not known */
    char address[64];   /* "127.0.0.1:8080" */
    char secured[96];   /* "TLSv1.3 / TLS_AES_256_GCM_SHA384"; "" without TLS */
    char server[64];    /* header `server`; "" */
};

struct caller;

/* Everything given must outlive it. key: NULL for none. NULL where libcurl has no handle.
 */
struct caller *caller_open(const struct cell *cell, const char *base_url, const char *key,
                           struct err *err);
void caller_close(struct caller *c);

/* Asked now and then while a call is under way: true cuts it. */
void caller_stops(struct caller *c, bool (*stops)(void *ctx), void *ctx);

/* What comes back is the caller's, and valid until the next. Never fails otherwise. */
struct call *caller_ask(struct caller *c, const struct call_request *request);

#endif
