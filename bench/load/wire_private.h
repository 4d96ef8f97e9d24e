#ifndef LOAD_WIRE_PRIVATE_H
#define LOAD_WIRE_PRIVATE_H

#include <curl/curl.h>

#include "data/trace_id.h"
#include "load/wire.h"

/* What wire.c (sockets, timers, the multi handle), transfer.c (one attempt) and
 * transfer_record.c (what is told of it) share. */
enum {
    MAX_EVENT = 4 << 20,
    MAX_BODY = 32 << 20,
    USUAL_HELD = 64 << 10, /* memory that a transfer keeps from one answer to the next */
    MAX_HELD = 128 << 20,  /* beyond that, of all transfers together */
    MAX_ERROR_BODY = 64 << 10,
    MAX_HEADERS = 256 << 10,
    READ_SIZE = STAMP_MOST,
    LANE = 32 /* transfers that share their connections, see wire_lane */
};

struct socket_slot {
    struct loop_io *io; /* NULL: not watched */
    bool keeps;   /* a connection that may be used again; libcurl says when it closes */
    bool idle;    /* no request is under way on it */
    ns_t emptied; /* of the clock: a read left nothing behind; NS_ABSENT: not known */
};

struct wire {
    struct wire_config config;
    CURLM *multi;
    struct loop_timer *timer;
    struct loop_timer *reap; /* for transfers that ended while they were being launched */
    struct socket_slot *sockets; /* by descriptor */
    size_t n_sockets;
    ns_t stamp; /* of the bytes that libcurl is reading now */
    struct stamper stamper;
    ns_t overslept;  /* the last turn that found bytes which had waited long for it */
    unsigned events; /* decoded in the read under way */
    size_t waiting;  /* bytes that waited when the stamp was taken */
    size_t taken;    /* of the socket by the read under way, as far as that can be told */
    size_t held;     /* memory of events and bodies under way */
    bool tls;
    bool laned;
    bool opaque;      /* what the socket brings cannot be counted: TLS or HTTP/2 */
    int reading;      /* the socket of the read under way */
    uint64_t arrived; /* on it, before we looked */
    char *url;
    char *origin;
    struct curl_slist *headers; /* the same for every request */
    struct transfer *idle;      /* handles to use again */
    unsigned n_transfers;       /* ever made */
    struct transfer *busy;      /* all that are under way */
    unsigned n_busy;
    unsigned preconnects;
    loop_fn *preconnected;
    void *preconnect_ctx;
};

struct transfer {
    struct wire *wire;
    struct transfer *next;
    struct transfer *prev;
    CURL *easy;
    struct curl_slist id_header; /* in front of the wire's headers */
    char id[64];
    struct curl_slist trace_header; /* likewise, behind id_header */
    char trace[16 + TRACEPARENT_SIZE];
    char why[CURL_ERROR_SIZE];
    struct loop_timer *deadline;
    struct answer answer;
    struct sse sse;
    struct buf body;
    bool preconnect;
    bool streaming; /* the body goes to sse */
    bool sniffed;
    bool too_large;
    int no_socket; /* errno: why none could be made */
    size_t header_bytes;
    size_t held;
    uint64_t body_bytes;
    struct str sending;
    ns_t start;
    ns_t connected;
    ns_t sent;
    ns_t head;
    ns_t active; /* last bytes */
    ns_t end;
    CURLcode result;
    enum transfer_end how;
    enum outcome outcome;
    transfer_fn *done;
    void *ctx;
};

ns_t wire_now(const struct wire *w); /* since the start of the run */

/*
 * The read under way has handed over so many bytes. Where that is more than waited when it
 * was stamped, they came in between: the stamp moves on to now, so that nothing is ever
 * said to have come before it was there.
 */
void wire_took(struct wire *w, size_t bytes);

struct transfer *transfer_new(struct wire *w);
void transfer_free(struct transfer *t);
void transfer_prepare(struct transfer *t, uint64_t req, uint32_t try_no, struct str body);
void transfer_prepare_probe(struct transfer *t);
void transfer_finish(struct transfer *t, CURLcode result, enum transfer_end how);
void transfer_watch(struct transfer *t); /* arm the timer for the nearest deadline */

/* Stamps for its sockets, and a watch on them between requests. */
void wire_watch_sockets(struct transfer *t);

/*
 * libcurl looks for a free connection among all it has to that host, one after the other:
 * with a thousand streams that costs each request more than all else. So transfers are put
 * into lanes of 32, and it only looks among those of the lane; a transfer that becomes free
 * leaves its connection to it. What keeps the lanes apart is the scope of IPv6 addresses,
 * which is part of the name under which connections are kept; on_open_socket takes it out
 * again.
 */
void wire_lane(struct transfer *t);

/* Take it off the multi handle, finish it and call done. */
void wire_end(struct transfer *t, CURLcode result, enum transfer_end how);

/* Whom a connection trusts. */
void wire_trust(CURL *easy, const struct connection *conn);

/* Parse the authorities now, not with the first connection; before any transfer. */
void wire_load_authorities(CURLM *multi, const struct connection *conn);

#endif
