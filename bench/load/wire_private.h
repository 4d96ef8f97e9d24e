#ifndef LOAD_WIRE_PRIVATE_H
#define LOAD_WIRE_PRIVATE_H

#include <curl/curl.h>

#include "data/trace_id.h"
#include "load/doubt.h"
#include "load/wire.h"

/* What wire.c (timers, the multi handle), wire_sockets.c, transfer.c (one attempt) and
 * transfer_record.c (what is told of it) share. */
enum {
    MAX_EVENT = 4 << 20,
    MAX_BODY = 32 << 20,
    USUAL_HELD = 64 << 10, /* memory that a transfer keeps from one answer to the next */
    MAX_HELD = 128 << 20,  /* beyond that, of all transfers together */
    MAX_ERROR_BODY = 64 << 10,
    MAX_HEADERS = 256 << 10,
    READ_SIZE = STAMP_MOST,
    NO_SOCKET = -1,    /* of a transfer: not known, or there is none */
    READING_NONE = -2, /* nobody looked at a socket */
    LANE = 32          /* transfers that share their connections, see wire_lane */
};

/*
 * What carries a wire's requests. All else is common: the transfer, its deadlines, how an
 * answer is read and told. wire_end is called from the loop only, never by launch.
 */
struct wire_kind {
    int (*open)(struct wire *w, struct err *err);
    void (*close)(struct wire *w);     /* no transfer is left */
    void (*equip)(struct transfer *t); /* a new one, once */
    void (*strip)(struct transfer *t);
    void (*prepare)(struct transfer *t); /* it is cleared; its body and id are set */
    void (*launch)(struct transfer *t);  /* sets t->start */
    void (*leave)(struct transfer *t);   /* it ends now, whatever was still to come */
    void (*tell)(const struct transfer *t, struct record *r); /* of its connection */
};

extern const struct wire_kind wire_http; /* libcurl */
extern const struct wire_kind wire_null; /* no network: wire_null.c */

struct socket_slot {
    struct loop_io *io; /* NULL: not watched */
    bool keeps;   /* a connection that may be used again; libcurl says when it closes */
    bool idle;    /* no request is under way on it */
    int port;     /* its own, where somebody asked; else 0 */
    ns_t emptied; /* of the clock: a read left nothing behind; NS_ABSENT: not known */
    ns_t left; /* of the run: what the last read left came after that; NS_ABSENT: nothing */
    uint32_t disordered; /* segments out of order, up to the last read that emptied it */
};

struct wire {
    const struct wire_kind *kind;
    void *own; /* of a kind that needs more than is here */
    struct wire_config config;
    CURLM *multi;
    struct loop_timer *timer;
    struct loop_timer *reap; /* for transfers that ended while they were being launched */
    struct socket_slot *sockets; /* by descriptor */
    size_t n_sockets;
    ns_t stamp;  /* of the bytes that libcurl is reading now */
    ns_t looked; /* what the look before the read under way said of its socket */
    struct stamper stamper;
    struct doubt doubt; /* how late its stamps may be */
    unsigned events;    /* decoded in the read under way */
    size_t waiting;     /* bytes that waited when the stamp was taken */
    size_t taken; /* of the socket by the read under way, as far as that can be told */
    size_t held;  /* memory of events and bodies under way */
    bool tls;
    bool laned;
    bool opaque; /* what the socket brings cannot be counted: TLS or HTTP/2 */
    ns_t kept;   /* of the run: what libcurl may hold back came after; NS_ABSENT: nothing */
    long wait_ms;     /* that libcurl asked for last; below 0: none */
    int reading;      /* the socket of the read under way; else READING_NONE */
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
    void *own; /* as the wire's */
    struct transfer *next;
    struct transfer *prev;
    CURL *easy;
    int fd;                      /* of its connection, or NO_SOCKET */
    struct curl_slist id_header; /* in front of the wire's headers */
    char id[64];
    struct curl_slist trace_header; /* likewise, behind id_header */
    char trace[16 + TRACEPARENT_SIZE];
    char why[CURL_ERROR_SIZE];
    struct loop_timer *deadline;
    struct answer answer;
    enum form form;
    struct doubts doubts;
    struct sse sse;
    struct buf body;
    bool preconnect;
    bool streaming; /* the body goes to sse */
    bool raw;       /* or to the adapter, as bytes */
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
 * The read under way has handed over so many bytes of this transfer. Where that is more
 * than waited when it was stamped, they came in between; where they are of another socket,
 * on which libcurl had a timer, nobody looked: the stamp moves on to now, so that nothing
 * is ever said to have come before it was there.
 */
void wire_took(struct transfer *t, size_t bytes);

/* It goes out on the connection of that port of ours, which may be that of others. */
void wire_joined(struct transfer *t, int port);

/* libcurl's part of a transfer */
void transfer_equip(struct transfer *t);
void transfer_strip(struct transfer *t);
void transfer_set_up(struct transfer *t);
void transfer_tell_connection(const struct transfer *t, struct record *r);

/*
 * What came, at wire->stamp: a line of the head, bytes of the body. How many were taken:
 * fewer where the transfer must end.
 */
size_t transfer_take_head(struct transfer *t, const char *line, size_t n);
size_t transfer_take_body(struct transfer *t, const char *p, size_t n);

struct transfer *transfer_new(struct wire *w);
void transfer_free(struct transfer *t);
void transfer_prepare(struct transfer *t, uint64_t req, uint32_t try_no, struct str body);
void transfer_prepare_probe(struct transfer *t);
void transfer_finish(struct transfer *t, CURLcode result, enum transfer_end how);
void transfer_watch(struct transfer *t); /* arm the timer for the nearest deadline */

/* In wire_sockets.c: the sockets of the multi handle, and those that a transfer opens. */
void wire_own_sockets(struct wire *w);
void wire_watch_sockets(struct transfer *t);

/*
 * Let libcurl do what is due on a socket, or to its timers, and end what is over where that
 * is wanted. How many transfers it still has under way.
 */
int wire_call(struct wire *w, curl_socket_t fd, int what, bool reap);

/* Of the loop: let it do what its timers are set for. */
void wire_timers(void *wire);

/* Bytes that come now were not looked for. */
void wire_unstamped(struct wire *w);

/* End the transfers that are over. */
void wire_reap(struct wire *w);

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
