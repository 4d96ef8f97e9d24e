#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/endpoint.h"
#include "api/error.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/str.h"
#include "data/record.h"
#include "data/scenario.h"
#include "load/stamp.h"

/*
 * HTTP for one worker: libcurl's multi interface driven by the worker's loop; for the base
 * URL null: canned answers, without a network. Belongs to the loop's thread. A wire serves
 * one cell, so that no connection outlives a trial.
 *
 *     struct wire *w = wire_open(&config, &err);
 *     struct transfer *t = wire_send(w, req, 1, body, on_done, shot);
 *     ... loop_run ...        on_done(shot, t): transfer_fill(t, &record);
 *     wire_close(w);
 */
struct wire;
struct transfer;

/* What a read of a socket says of the instrument. */
struct wire_read {
    enum stamp_kind kind;
    ns_t lag; /* how long the bytes had waited for us; NS_ABSENT without kernel stamps */
    unsigned events;   /* frames in it */
    unsigned in_doubt; /* of them, those whose stamp may be late ... */
    ns_t error;        /* ... by so much at most */
    ns_t since;        /* of the run: nothing in it came before */
    ns_t at;           /* when we came to read */
};

struct wire_config {
    struct loop *loop;
    const struct clock *clock;
    ns_t t0; /* start of the run: moments count from here */
    const struct cell *cell;
    const struct endpoint *endpoint;
    const char *base_url;
    const char *key;      /* NULL: no Authorization. Borrowed; never printed */
    bool send_id;         /* the header x-tokdyno-id */
    const char *trace;    /* id of the run: the header traceparent; NULL: not sent */
    unsigned connections; /* kept open at most */

    /* After each read of a socket; NULL where nobody wants to know. */
    void (*on_read)(void *ctx, const struct wire_read *read);
    void *ctx;
};

/* Once, before any thread starts, and at the end. */
int wire_library_init(struct err *err);
void wire_library_free(void);
const char *wire_library_version(void);

/* config's strings, cell and endpoint must outlive the wire. NULL with *err filled. */
struct wire *wire_open(const struct wire_config *config, struct err *err);
void wire_close(struct wire *w); /* what is still under way is dropped without a call */

/* t is valid until done returns; in it, new transfers may be sent. */
typedef void transfer_fn(void *ctx, struct transfer *t);

/* Never fails: what goes wrong is in the record. body must live until done. */
struct transfer *wire_send(struct wire *w, uint64_t req, uint32_t try_no, struct str body,
                           transfer_fn *done, void *ctx);

/* End it now as cut; done is called before this returns. */
void transfer_cut(struct transfer *t);

/*
 * All that the wire knows of the attempt: moments from start on, outcome, tokens, limits,
 * text, and the audio that was sent where *r does not know it yet. The rest of *r is left
 * alone. Strings and gaps are borrowed from t.
 */
void transfer_fill(const struct transfer *t, struct record *r);

ns_t transfer_started(const struct transfer *t); /* of the run */
const struct answer *transfer_answer(const struct transfer *t);

/* Did it fail because this machine had no descriptor or port left? The error code says so.
 */
#define WIRE_NO_SOCKET "no_socket"
bool transfer_out_of_descriptors(const struct transfer *t);
bool transfer_out_of_ports(const struct transfer *t); /* of them, for want of a port */

/*
 * Open n connections by asking for the origin's root n times at once; done is called when
 * all have answered or failed, after timeout.connect at the latest.
 */
void wire_preconnect(struct wire *w, unsigned n, loop_fn *done, void *ctx);

#endif
