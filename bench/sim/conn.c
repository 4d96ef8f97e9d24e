#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "sim/server.h"

enum { AHEAD_MAX = 64 * 1024, FLOOD_WRITES = 16 };

#define LINGER NS_PER_S

/*
 * One connection. Its item in the agenda is the next write, or the moment to give it up.
 * What every write asks for comes first.
 */
struct conn {
    struct agenda_item due; /* first, so that an item is a connection */
    struct server *server;
    struct exchange *x; /* NULL: none under way */
    int fd;
    bool late;      /* the client did not read, so frames are late by its fault */
    bool closing;   /* all is said: reads are thrown away */
    bool told;      /* 100 Continue was sent */
    enum then then; /* once out is empty */
    struct buf out; /* what the socket did not take */
    struct script script;

    struct conn *next;
    struct conn **link; /* what points to us */
    struct loop_io *io;
    struct http http;
    ns_t arrival;     /* of the request that is being read */
    struct buf ahead; /* bytes behind the request that is being answered */
    uint64_t served;
};

static void set_due(struct conn *c, ns_t at)
{
    if (at == SCRIPT_NEVER)
        agenda_drop(&c->server->agenda, &c->due);
    else
        server_agenda(c->server, &c->due, at);
}

static void watch(struct conn *c)
{
    bool full = c->ahead.len >= AHEAD_MAX;

    loop_io_events(c->io, (full ? 0 : LOOP_READ) | (c->out.len ? LOOP_WRITE : 0));
}

/* When the script wants on; while the socket takes nothing, the end of our patience. */
static void schedule(struct conn *c, ns_t now)
{
    set_due(c, c->out.len || !c->x ? now + c->server->set->idle : script_due(&c->script));
}

/* The exchange is over, well or not. */
static void end_exchange(struct conn *c, ns_t now, bool aborted)
{
    struct server *s = c->server;
    struct exchange *x = c->x;
    int64_t generated = draft_total(&x->draft);

    if (aborted)
        generated = c->script.said[CHANNEL_REASONING] + c->script.said[CHANNEL_CONTENT];
    x->aborted = aborted;
    x->end = now;
    world_settle(&s->world, x, generated, now);
    truth_notes(&s->truth, &s->world.shop.notes);
    script_free(&c->script);
    truth_take(&s->truth, x);
    c->x = NULL;
    if (!--s->n_active)
        truth_flush(&s->truth);
}

static void destroy(struct conn *c)
{
    struct server *s = c->server;

    if (c->x)
        end_exchange(c, server_now(), true);
    agenda_drop(&s->agenda, &c->due);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    loop_io_free(c->io);
    close(c->fd);
    http_free(&c->http);
    buf_free(&c->ahead);
    buf_free(&c->out);
    free(c);
    server_closed(s);
}

void conn_cut(struct conn *c)
{
    destroy(c);
}

static void reset(struct conn *c)
{
    struct linger now = { 1, 0 };

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    destroy(c);
}

/* Tell the peer that nothing more comes, and wait for it to leave: closing at once would
 * reset the connection and could take from it what it has not yet read. */
static void close_gently(struct conn *c, ns_t now)
{
    shutdown(c->fd, SHUT_WR);
    c->closing = true;
    buf_clear(&c->ahead);
    watch(c);
    set_due(c, now + LINGER);
}

/* 0, or -1 where the connection is gone (and still has to be destroyed). */
static int push(struct conn *c, const char *p, size_t n)
{
    ssize_t sent = 0;

    if (!c->out.len) {
        sent = send(c->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
        sent = sent < 0 ? 0 : sent;
    }
    if ((size_t)sent < n) {
        buf_add(&c->out, p + sent, n - (size_t)sent);
        watch(c);
    }
    return 0;
}

static int push_pieces(struct conn *c, const struct buf *out, size_t piece)
{
    for (size_t at = 0; at < out->len;) {
        size_t n = piece && piece < out->len - at ? piece : out->len - at;

        if (push(c, out->p + at, n))
            return -1;
        at += n;
    }
    return 0;
}

static void take(struct conn *c, const char *p, size_t n, ns_t now);

/* The connection is free for the next request, of which some may be there. */
static void next_request(struct conn *c, ns_t now)
{
    struct buf ahead = c->ahead;

    c->served++;
    http_reset(&c->http);
    c->arrival = NS_ABSENT;
    c->told = false;
    schedule(c, now);
    buf_init(&c->ahead, 0);
    if (ahead.len)
        take(c, ahead.p, ahead.len, now);
    buf_free(&ahead);
    watch(c);
}

/* What the script wants done once its bytes are in the socket. */
static void obey(struct conn *c, enum then then, ns_t now)
{
    if (then == THEN_MORE)
        return;
    if (c->x)
        end_exchange(c, now, false);
    if (then == THEN_RESET)
        reset(c);
    else if (c->out.len && then == THEN_CLOSE) {
        c->then = then;
        schedule(c, now);
    } else if (then == THEN_CLOSE)
        close_gently(c, now);
    else
        next_request(c, now);
}

static void note_frames(struct conn *c, ns_t planned, ns_t sent)
{
    const struct server *s = c->server;
    bool paced = !c->late && !s->set->flood;

    for (size_t i = 0; i < s->kinds.len; i++)
        truth_frame(&c->server->truth, c->x, s->set->flood ? sent : planned, sent,
                    (enum frame_kind)s->kinds.p[i], paced);
}

/* One write of the script. */
static enum then write_next(struct conn *c, ns_t now)
{
    struct server *s = c->server;
    ns_t planned = script_due(&c->script);
    enum then then;
    ns_t stamp;

    buf_clear(&s->out);
    buf_clear(&s->kinds);
    then = script_write(&c->script, now, &s->out, &s->kinds);
    stamp = server_now();
    if (c->x->head == NS_ABSENT && s->out.len)
        c->x->head = stamp;
    note_frames(c, planned, stamp);
    if (push_pieces(c, &s->out, script_piece(&c->script))) {
        destroy(c);
        return THEN_DONE;
    }
    obey(c, then, stamp);
    return then;
}

static void play(struct conn *c, ns_t now)
{
    int writes = c->server->set->flood ? FLOOD_WRITES : 1;

    while (writes--)
        if (write_next(c, now) != THEN_MORE)
            return;
        else if (c->out.len || script_due(&c->script) > now)
            break;
    if (script_due(&c->script) > now)
        c->late = false;
    if (c->out.len)
        c->late = true;
    schedule(c, now);
}

void conn_due(struct agenda_item *item, ns_t now)
{
    struct conn *c = (struct conn *)item;

    if (c->x && !c->out.len)
        play(c, now);
    else
        destroy(c);
}

static void begin_exchange(struct conn *c, ns_t now)
{
    struct server *s = c->server;
    uint64_t most = s->set->requests_per_connection;

    if (c->arrival == NS_ABSENT)
        c->arrival = now;
    c->x = world_admit(&s->world, &c->http, !c->served, c->arrival, now);
    if (most && c->served + 1 >= most)
        c->x->keep_alive = false;
    s->n_active++;
    c->late = false;
    script_init(&c->script, c->x, &s->world.script, &s->scratch);
    schedule(c, now);
}

static void take(struct conn *c, const char *p, size_t n, ns_t now)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t eaten = http_feed(&c->http, p, n);

    if (c->arrival == NS_ABSENT && c->http.has_line)
        c->arrival = now;
    if (c->http.wants_continue && !c->told) {
        c->told = true;
        push(c, go_on, sizeof(go_on) - 1);
    }
    if (c->http.state != HTTP_COMPLETE)
        return;
    buf_add(&c->ahead, p + eaten, n - eaten);
    begin_exchange(c, now);
}

static void readable(struct conn *c)
{
    struct server *s = c->server;
    ssize_t n = recv(c->fd, s->in, SERVER_READ, 0);
    ns_t now = server_now();

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        destroy(c);
        return;
    }
    if (c->closing)
        return;
    if (c->x || c->then != THEN_MORE) {
        buf_add(&c->ahead, s->in, (size_t)n);
        watch(c);
        return;
    }
    set_due(c, now + s->set->idle);
    take(c, s->in, (size_t)n, now);
}

/* Hand over what waited; then the script goes on where it stood. */
static void writable(struct conn *c)
{
    ns_t now = server_now();
    ssize_t n = send(c->fd, c->out.p, c->out.len, MSG_NOSIGNAL);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        destroy(c);
        return;
    }
    buf_consume(&c->out, (size_t)n);
    schedule(c, now);
    if (c->out.len)
        return;
    buf_free(&c->out);
    watch(c);
    if (c->then != THEN_MORE)
        close_gently(c, now);
    else
        schedule(c, now);
}

static void ready(void *ctx, int fd, int events)
{
    struct conn *c = ctx;
    struct server *s = c->server;

    (void)fd;
    if (events & LOOP_WRITE && c->out.len)
        writable(c); /* c may be gone; what there is to read shows in the next turn */
    else if (events & LOOP_READ)
        readable(c);
    server_play(s);
}

void conn_open(struct server *s, int fd)
{
    struct conn *c = mem_alloc(sizeof(*c));

    c->server = s;
    c->fd = fd;
    c->arrival = NS_ABSENT;
    http_init(&c->http);
    buf_init(&c->ahead, 0);
    buf_init(&c->out, 0);
    c->io = loop_io_new(s->loop, fd, LOOP_READ, ready, c);
    c->next = s->conns;
    c->link = &s->conns;
    if (c->next)
        c->next->link = &c->next;
    s->conns = c;
    s->n_conns++;
    set_due(c, server_now() + s->set->idle);
}
