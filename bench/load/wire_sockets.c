#include "load/wire_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fds.h"
#include "base/mem.h"

/* Sockets: when each is read, what stamp its bytes get, and how late that may be. */

static struct socket_slot *slot_of(struct wire *w, int fd)
{
    size_t need = (size_t)fd + 1;

    if (need > w->n_sockets) {
        size_t n = w->n_sockets ? w->n_sockets : 64;

        while (n < need)
            n *= 2;
        w->sockets = mem_resize(w->sockets, n, sizeof(*w->sockets));
        memset(w->sockets + w->n_sockets, 0, (n - w->n_sockets) * sizeof(*w->sockets));
        w->n_sockets = n;
    }
    return &w->sockets[fd];
}

/* Within TLS or HTTP/2 there are bytes that nobody tells us of: tickets, window updates. */
static bool has_come_since(const struct wire *w)
{
    if (!w->opaque || !w->waiting)
        return w->taken > w->waiting;
    return w->waiting == READ_SIZE || stamp_arrived(w->reading) != w->arrived;
}

/* Of another socket than the one we looked at. */
static void took_elsewhere(struct transfer *t)
{
    struct wire *w = t->wire;
    ns_t since = w->doubt.since;

    w->stamp = wire_now(w);
    doubt_more(&w->doubt);
    doubt_unstamped(&w->doubt, w->stamp);
    doubt_mixed(&w->doubt, since);
    if (t->fd >= 0)
        doubt_mixed(&w->doubt, w->sockets[t->fd].left);
}

void wire_took(struct transfer *t, size_t bytes)
{
    struct wire *w = t->wire;

    if (t->fd != w->reading) {
        took_elsewhere(t);
        return;
    }
    w->taken += bytes;
    if (has_come_since(w))
        w->looked = wire_now(w);
    w->stamp = w->looked;
}

void wire_unstamped(struct wire *w)
{
    w->stamp = w->looked = wire_now(w);
    w->waiting = w->taken = 0;
    w->reading = READING_NONE;
    doubt_unstamped(&w->doubt, w->stamp);
    doubt_mixed(&w->doubt, w->kept);
}

/*
 * While nothing it read was older than `since`: out of TLS or HTTP/2 it may have taken more
 * than it handed over, for other streams too. What it holds back it wants to hand over at
 * once, in the next turn.
 */
static void keep_in_mind(struct wire *w, ns_t since)
{
    bool at_once = w->wait_ms >= 0 && w->wait_ms <= 1;

    if (!w->opaque || !at_once)
        w->kept = NS_ABSENT;
    else if (w->kept == NS_ABSENT || since < w->kept)
        w->kept = since;
}

int wire_call(struct wire *w, curl_socket_t fd, int what, bool reap)
{
    ns_t since = w->doubt.since;
    int running;

    curl_multi_socket_action(w->multi, fd, what, &running);
    if (reap)
        wire_reap(w);
    doubt_read_over(&w->doubt);
    keep_in_mind(w, since);
    return running;
}

static bool wants_kernel(const struct wire *w)
{
    return w->config.cell->connection.stamps == CONNECTION_STAMPS_KERNEL;
}

/*
 * A stamp of the kernel is that of the newest bytes, and so right for the last frame, where
 * that is what comes last.
 */
static void tell_read(struct wire *w, const struct stamp *stamp, ns_t since)
{
    bool kernel = stamp->kind == STAMP_KERNEL;
    bool exact = kernel && !w->opaque;
    ns_t at = stamp->at - w->config.t0;
    struct wire_read read = {
        .kind = stamp->kind,
        .lag = kernel ? stamp->read - stamp->at : NS_ABSENT,
        .events = w->events,
        .in_doubt = exact && w->events ? w->events - 1 : w->events,
    };

    if (!w->config.on_read || (wants_kernel(w) && !stamp->waiting && !w->events))
        return; /* the other side has closed */
    read.error = at > since ? at - since : 0;
    read.since = since;
    read.at = stamp->read - w->config.t0;
    w->config.on_read(w->config.ctx, &read);
}

/*
 * Segments that wait for one before them keep the stamps of their own arrival, and one of
 * those is what a look finds: older than the segment that set them free. Such a stamp is
 * old, so only then is the connection asked whether there was any disorder on it.
 */
static void replace_if_disordered(struct socket_slot *slot, int fd, struct stamp *stamp)
{
    enum { YOUNG = 200 * NS_PER_US };
    uint32_t disordered;

    if (stamp->kind != STAMP_KERNEL || stamp->read - stamp->at < YOUNG)
        return;
    disordered = stamp_disordered(fd);
    if (disordered == slot->disordered)
        return;
    stamp->kind = STAMP_REPLACED;
    stamp->at = stamp->read;
    if (stamp->waiting < READ_SIZE)
        slot->disordered = disordered;
}

static struct stamp stamp_socket(struct wire *w, int fd, ns_t emptied)
{
    if (!wants_kernel(w))
        return stamp_now(&w->stamper);
    return stamp_read(&w->stamper, fd, READ_SIZE, emptied, loop_turn_began(w->config.loop));
}

/*
 * Of what is plain, libcurl takes all that a look has seen. Of TLS it takes one record, and
 * how much that was is known by what is there now.
 */
static bool left_nothing(const struct wire *w, int fd, const struct stamp *stamp)
{
    if (w->opaque)
        return !stamp_pending(fd);
    return wants_kernel(w) ? stamp->waiting < READ_SIZE : w->taken < READ_SIZE;
}

/* What an earlier read left, the loop has been told of and nobody has read. */
static void begin_doubt(struct wire *w, const struct socket_slot *slot, bool kernel)
{
    if (slot->left == NS_ABSENT)
        doubt_stamped(&w->doubt, w->stamp, kernel, slot->emptied);
    else
        doubt_since(&w->doubt, w->stamp, kernel, slot->left);
    if (w->opaque)
        doubt_mixed(&w->doubt, w->kept);
}

static void read_socket(struct wire *w, int fd, int what)
{
    struct stamp stamp;
    bool emptied;
    ns_t since;

    w->reading = fd;
    w->arrived = w->opaque ? stamp_arrived(fd) : 0;
    stamp = stamp_socket(w, fd, slot_of(w, fd)->emptied);
    replace_if_disordered(slot_of(w, fd), fd, &stamp);
    w->stamp = w->looked = stamp.at - w->config.t0;
    w->waiting = stamp.waiting;
    w->taken = 0;
    w->events = 0;
    begin_doubt(w, slot_of(w, fd), stamp.kind == STAMP_KERNEL);
    since = w->doubt.since; /* what is launched in between counts anew */
    wire_call(w, fd, what, true);
    emptied = left_nothing(w, fd, &stamp);
    slot_of(w, fd)->emptied = emptied ? stamp.read : NS_ABSENT;
    slot_of(w, fd)->left = emptied ? NS_ABSENT : since;
    tell_read(w, &stamp, since);
}

/*
 * What libcurl held back of the last read came no later than the newest of that: its stamp
 * holds on, until more has come.
 */
static bool go_on(struct wire *w)
{
    if (w->kept == NS_ABSENT || w->reading < 0 || !w->waiting)
        return false;
    w->stamp = w->looked;
    doubt_since(&w->doubt, w->stamp, false, w->kept);
    return true;
}

void wire_timers(void *wire)
{
    struct wire *w = wire;
    bool stamped = go_on(w);
    struct wire_read read = { .kind = stamped ? STAMP_KERNEL : STAMP_READ,
                              .lag = NS_ABSENT };

    if (!stamped)
        wire_unstamped(w);
    w->events = 0;
    read.since = w->doubt.since;
    read.at = wire_now(w);
    wire_call(w, CURL_SOCKET_TIMEOUT, 0, true);
    read.events = read.in_doubt = w->events;
    read.error = w->stamp > read.since ? w->stamp - read.since : 0;
    if (w->config.on_read && read.events)
        w->config.on_read(w->config.ctx, &read);
}

static void unwatch(struct socket_slot *slot)
{
    if (slot->io)
        loop_io_free(slot->io);
    slot->io = NULL;
}

/*
 * A connection that speaks when nothing was asked would give its words to the next request,
 * as a very fast answer. It is made a dead one, which libcurl does not use again.
 */
static void spoke_unasked(struct wire *w, int fd)
{
    enum { MOST_READS = 16 };
    char waste[READ_SIZE];

    unwatch(slot_of(w, fd));
    shutdown(fd, SHUT_RDWR);
    for (int i = 0; i < MOST_READS && recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0; i++)
        ;
}

static void socket_ready(void *ctx, int fd, int events)
{
    struct wire *w = ctx;
    int what = events & LOOP_WRITE ? CURL_CSELECT_OUT : 0;

    if (slot_of(w, fd)->idle) {
        spoke_unasked(w, fd);
        return;
    }
    if (events & LOOP_READ) {
        read_socket(w, fd, what | CURL_CSELECT_IN);
        return;
    }
    wire_unstamped(w);
    wire_call(w, fd, what, true);
}

static void belongs_to(CURL *easy, int fd)
{
    struct transfer *t = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    if (t)
        t->fd = fd;
}

void wire_joined(struct transfer *t, int port)
{
    struct wire *w = t->wire;

    if (t->fd >= 0 || w->config.cell->connection.http != 2)
        return;
    for (size_t fd = 0; fd < w->n_sockets && t->fd < 0; fd++) {
        struct socket_slot *slot = &w->sockets[fd];

        if (slot->io && !slot->port)
            slot->port = fds_port((int)fd);
        if (slot->io && slot->port == port)
            t->fd = (int)fd;
    }
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct wire *w = ctx;
    struct socket_slot *slot = slot_of(w, fd);
    int events =
        (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

    (void)socket_ctx;
    if (what == CURL_POLL_REMOVE) {
        slot->idle = slot->keeps && slot->io;
        if (slot->idle)
            loop_io_events(slot->io, LOOP_READ);
        else
            unwatch(slot);
        return 0;
    }
    belongs_to(easy, fd);
    slot->idle = false;
    if (slot->io) {
        loop_io_events(slot->io, events);
        return 0;
    }
    slot->io = loop_io_new(w->config.loop, fd, events, socket_ready, w);
    slot->emptied = slot->left = NS_ABSENT;
    slot->port = 0;
    return 0;
}

/* libcurl would not say why it got no socket. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose,
                                    struct curl_sockaddr *a)
{
    struct transfer *t = ctx;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

    (void)purpose;
    if (t->wire->laned && a->family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)&a->addr)->sin6_scope_id = 0;
    if (fd < 0)
        t->no_socket = errno;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/*
 * A socket takes megabytes that it has not sent yet, and a request would be "sent" long
 * before it is. So it takes little more than it can send at once: what a body is written
 * into is the network.
 */
static void write_as_it_is_sent(int fd)
{
    int most_unsent = 16 << 10;

    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof(most_unsent));
}

/* Only what is plain is watched between requests: TLS has words of its own to say then. */
static int on_new_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct wire *w = ctx;

    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKOPT_OK;
    if (wants_kernel(w))
        stamp_enable(fd);
    write_as_it_is_sent(fd);
    slot_of(w, fd)->disordered = 0;
    slot_of(w, fd)->keeps = !w->tls && w->config.cell->connection.http != 2;
    return CURL_SOCKOPT_OK;
}

static int on_close_socket(void *ctx, curl_socket_t fd)
{
    struct socket_slot *slot = slot_of(ctx, fd);

    unwatch(slot);
    slot->keeps = slot->idle = false;
    return close(fd);
}

void wire_watch_sockets(struct transfer *t)
{
    struct wire *w = t->wire;
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, w);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, w);
}

void wire_own_sockets(struct wire *w)
{
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
}
