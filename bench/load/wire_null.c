#include <stdlib.h>

#include "base/mem.h"
#include "load/null_reply.h"
#include "load/wire_private.h"

/*
 * The wire that has no network behind it: target `null:`. Its answers are canned and go
 * the way of all others, from the worker's own loop, a read a frame. So a request costs
 * what plan, pacing, prompt, decoding, record and journal cost, and nothing else.
 */

/* An answer on its way. */
struct coming {
    struct loop_timer *timer;
    uint64_t next; /* piece */
};

static const struct canned_answer *spec_of(const struct wire *w)
{
    return &w->config.cell->target.canned;
}

static int open_null(struct wire *w, struct err *err)
{
    struct null_reply *reply = mem_alloc(sizeof(*reply));
    uint64_t frames = spec_of(w)->frames ? spec_of(w)->frames : CANNED_FRAMES;

    w->own = reply;
    w->reading = NO_SOCKET;
    if (!null_reply_make(reply, w->config.endpoint->name, &w->config.cell->request, frames,
                         err))
        return 0;
    free(reply);
    return -1;
}

static void close_null(struct wire *w)
{
    null_reply_free(w->own);
    free(w->own);
}

/* When a piece is to come, since the request left: the role together with the first frame,
 * what stands behind the frames together with the last. */
static ns_t comes_after(const struct wire *w, uint64_t piece)
{
    const struct canned_answer *a = spec_of(w);
    const struct null_reply *reply = w->own;
    uint64_t frame = piece ? piece - 1 : 0, last = reply->frames - 1;

    return a->first + (ns_t)(frame < last ? frame : last) * a->gap;
}

static void take_head(struct transfer *t)
{
    const struct null_reply *reply = t->wire->own;

    for (const char *const *line = reply->head; *line; line++)
        transfer_take_head(t, *line, strlen(*line));
}

/*
 * Frames that have times of their own are wrong by as much as we come late. The others come
 * when we look.
 */
static void take_piece(struct transfer *t, uint64_t piece)
{
    struct wire *w = t->wire;
    struct str bytes = null_reply_piece(w->own, piece);
    bool timed = spec_of(w)->first || spec_of(w)->gap;
    struct wire_read read = { .kind = STAMP_READ, .lag = NS_ABSENT };

    w->stamp = w->looked = wire_now(w);
    read.at = w->stamp;
    read.since = timed ? t->start + comes_after(w, piece) : w->stamp;
    doubt_since(&w->doubt, NS_ABSENT, false, read.since);
    w->waiting = SIZE_MAX; /* nothing can have come since */
    w->events = 0;
    if (!piece)
        take_head(t);
    transfer_take_body(t, bytes.p, bytes.n);
    doubt_read_over(&w->doubt);
    read.events = w->events;
    read.in_doubt = timed ? w->events : 0;
    read.error = w->stamp - read.since;
    if (w->config.on_read)
        w->config.on_read(w->config.ctx, &read);
}

static void wait_for_next(struct transfer *t)
{
    const struct wire *w = t->wire;
    struct coming *c = t->own;

    loop_timer_at(c->timer, w->config.t0 + t->start + comes_after(w, c->next));
}

static void come(void *ctx)
{
    struct transfer *t = ctx;
    struct coming *c = t->own;
    const struct null_reply *reply = t->wire->own;
    ns_t since = wire_now(t->wire) - t->start;

    while (c->next < reply->n_pieces && comes_after(t->wire, c->next) <= since)
        take_piece(t, c->next++);
    if (c->next < reply->n_pieces)
        wait_for_next(t);
    else
        wire_end(t, CURLE_OK, TRANSFER_DONE);
}

static void equip(struct transfer *t)
{
    struct coming *c = mem_alloc(sizeof(*c));

    c->timer = loop_timer_new(t->wire->config.loop, come, t);
    t->own = c;
}

static void strip(struct transfer *t)
{
    struct coming *c = t->own;

    loop_timer_free(c->timer);
    free(c);
}

static void prepare(struct transfer *t)
{
    ((struct coming *)t->own)->next = 0;
}

static void launch(struct transfer *t)
{
    t->start = t->connected = t->sent = wire_now(t->wire);
    transfer_watch(t);
    wait_for_next(t);
}

static void leave(struct transfer *t)
{
    loop_timer_cancel(((struct coming *)t->own)->timer);
}

/* A connection that was always there. */
static void tell(const struct transfer *t, struct record *r)
{
    r->reused = true;
    r->at[MOMENT_CONNECTED] = t->start;
}

const struct wire_kind wire_null = {
    open_null, close_null, equip, strip, prepare, launch, leave, tell,
};
