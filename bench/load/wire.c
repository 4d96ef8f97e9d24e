#include "load/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/version.h"
#include "load/wire_private.h"

int wire_library_init(struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_ALL))
        return err_set(err, ERR_IO, "libcurl could not be initialised");
    return 0;
}

void wire_library_free(void)
{
    curl_global_cleanup();
}

const char *wire_library_version(void)
{
    return curl_version();
}

ns_t wire_now(const struct wire *w)
{
    return clock_now(w->config.clock) - w->config.t0;
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

/* Bytes that come now were not looked for. */
static void unstamped(struct wire *w)
{
    w->stamp = w->looked = wire_now(w);
    w->waiting = w->taken = 0;
    w->reading = READING_NONE;
    doubt_unstamped(&w->doubt, w->stamp);
    doubt_mixed(&w->doubt, w->kept);
}

static void unlink_busy(struct transfer *t)
{
    if (t->prev)
        t->prev->next = t->next;
    else
        t->wire->busy = t->next;
    if (t->next)
        t->next->prev = t->prev;
    t->next = t->prev = NULL;
    t->wire->n_busy--;
}

static void preconnect_done(struct wire *w)
{
    if (!--w->preconnects && w->preconnected)
        w->preconnected(w->preconnect_ctx);
}

void wire_end(struct transfer *t, CURLcode result, enum transfer_end how)
{
    struct wire *w = t->wire;

    w->kind->leave(t);
    loop_timer_cancel(t->deadline);
    unlink_busy(t);
    if (t->preconnect) {
        preconnect_done(w);
    } else {
        transfer_finish(t, result, how);
        t->done(t->ctx, t);
    }
    t->next = w->idle;
    w->idle = t;
}

static void leave(struct transfer *t)
{
    curl_multi_remove_handle(t->wire->multi, t->easy);
}

static void reap(struct wire *w)
{
    struct CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(w->multi, &left))) {
        struct transfer *t = NULL;
        CURLcode result = msg->data.result;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
        wire_end(t, result, result == CURLE_OK ? TRANSFER_DONE : TRANSFER_BROKEN);
    }
}

/*
 * Out of TLS or HTTP/2, libcurl may take more than it hands over, for other streams too,
 * and then wants to be called again at once.
 */
static void keep_in_mind(struct wire *w, ns_t since)
{
    bool at_once = w->wait_ms >= 0 && w->wait_ms <= 1;

    if (!w->opaque || !at_once)
        w->kept = NS_ABSENT;
    else if (w->kept == NS_ABSENT || since < w->kept)
        w->kept = since;
}

static void drive(struct wire *w, curl_socket_t fd, int what)
{
    ns_t since = w->doubt.since;
    int running;

    curl_multi_socket_action(w->multi, fd, what, &running);
    reap(w);
    doubt_read_over(&w->doubt);
    keep_in_mind(w, since);
}

static void reap_due(void *ctx)
{
    struct wire *w = ctx;

    unstamped(w);
    reap(w);
}

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
    drive(w, fd, what);
    emptied = left_nothing(w, fd, &stamp);
    slot_of(w, fd)->emptied = emptied ? stamp.read : NS_ABSENT;
    slot_of(w, fd)->left = emptied ? NS_ABSENT : since;
    tell_read(w, &stamp, since);
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
    unstamped(w);
    drive(w, fd, what);
}

static void belongs_to(CURL *easy, int fd)
{
    struct transfer *t = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    if (t)
        t->fd = fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof(a);

    if (getsockname(fd, (struct sockaddr *)&a, &n))
        return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
                                         : ((struct sockaddr_in *)(void *)&a)->sin_port);
}

void wire_joined(struct transfer *t, int port)
{
    struct wire *w = t->wire;

    if (t->fd >= 0 || w->config.cell->connection.http != 2)
        return;
    for (size_t fd = 0; fd < w->n_sockets && t->fd < 0; fd++) {
        struct socket_slot *slot = &w->sockets[fd];

        if (slot->io && !slot->port)
            slot->port = port_of((int)fd);
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

/* Not where connections are shared anyway, or the address itself has a scope. */
void wire_lane(struct transfer *t)
{
    struct wire *w = t->wire;

    if (w->laned)
        curl_easy_setopt(t->easy, CURLOPT_ADDRESS_SCOPE, 1L + w->n_transfers++ / LANE);
}

static int on_timer(CURLM *multi, long wait_ms, void *ctx)
{
    struct wire *w = ctx;

    (void)multi;
    w->wait_ms = wait_ms;
    if (wait_ms < 0)
        loop_timer_cancel(w->timer);
    else
        loop_timer_at(w->timer, clock_now(w->config.clock) + wait_ms * NS_PER_MS);
    return 0;
}

static void timer_due(void *ctx)
{
    struct wire *w = ctx;

    unstamped(w);
    drive(w, CURL_SOCKET_TIMEOUT, 0);
}

static char *join(const char *a, const char *b)
{
    size_t n = strlen(a);
    char *s = mem_alloc(n + strlen(b) + 1);

    while (n && a[n - 1] == '/')
        n--;
    memcpy(s, a, n);
    strcpy(s + n, b);
    return s;
}

/* scheme://host:port/ of a URL. */
static char *origin_of(const char *url)
{
    const char *host = strstr(url, "://");
    size_t n = host ? (size_t)(host - url) + 3 : 0;
    char *s;

    n += strcspn(url + n, "/?#");
    s = mem_alloc(n + 2);
    memcpy(s, url, n);
    s[n] = '/';
    return s;
}

static void add_header(struct wire *w, const char *line)
{
    struct curl_slist *grown = curl_slist_append(w->headers, line);

    if (!grown)
        abort();
    w->headers = grown;
}

static void add_content_type(struct wire *w)
{
    const char *type = w->config.endpoint->content_type;
    char *line = join("Content-Type: ", type ? type : "application/json");

    add_header(w, line);
    free(line);
}

static const char *accepted(const struct wire *w)
{
    const struct endpoint *e = w->config.endpoint;

    if (e->no_events)
        return "Accept: */*";
    return endpoint_streams(e, &w->config.cell->request)
               ? "Accept: text/event-stream, application/json"
               : "Accept: application/json";
}

static void make_headers(struct wire *w)
{
    const struct target *target = &w->config.cell->target;

    add_content_type(w);
    add_header(w, accepted(w));
    add_header(w, "Accept-Encoding: identity");
    add_header(w, "User-Agent: tokdyno/" TOKDYNO_VERSION);
    add_header(w, "Expect:");
    for (size_t i = 0; i < target->n_headers; i++)
        add_header(w, target->headers[i]);
    if (w->config.key) {
        char *line = join("Authorization: Bearer ", w->config.key);

        add_header(w, line);
        explicit_bzero(line, strlen(line));
        free(line);
    }
}

static void configure(struct wire *w)
{
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)w->config.connections);
    curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
}

static int open_http(struct wire *w, struct err *err)
{
    const struct wire_config *config = &w->config;

    stamper_init(&w->stamper, config->clock);
    w->reading = READING_NONE;
    w->kept = NS_ABSENT;
    w->wait_ms = -1;
    w->multi = curl_multi_init();
    if (!w->multi)
        return err_set(err, ERR_IO, "libcurl gives no multi handle");
    w->timer = loop_timer_new(config->loop, timer_due, w);
    w->reap = loop_timer_new(config->loop, reap_due, w);
    w->opaque =
        !strncmp(config->base_url, "https:", 6) || config->cell->connection.http == 2;
    w->tls = !strncmp(config->base_url, "https:", 6);
    w->laned = config->cell->connection.http != 2 && !strchr(config->base_url, '%');
    w->url = join(config->base_url, config->endpoint->path);
    w->origin = origin_of(config->base_url);
    make_headers(w);
    if (w->tls)
        wire_load_authorities(w->multi, &config->cell->connection);
    configure(w);
    return 0;
}

static void close_http(struct wire *w)
{
    curl_multi_cleanup(w->multi);
    for (size_t fd = 0; fd < w->n_sockets; fd++)
        if (w->sockets[fd].io)
            loop_io_free(w->sockets[fd].io);
    loop_timer_free(w->timer);
    loop_timer_free(w->reap);
    for (struct curl_slist *h = w->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(w->headers);
    free(w->sockets);
    free(w->url);
    free(w->origin);
}

static const struct wire_kind *kind_of(const char *base_url)
{
    return target_is_null(base_url) ? &wire_null : &wire_http;
}

struct wire *wire_open(const struct wire_config *config, struct err *err)
{
    struct wire *w = mem_alloc(sizeof(*w));

    w->config = *config;
    w->kind = kind_of(config->base_url);
    doubt_init(&w->doubt, config->loop, config->clock, config->t0, &w->n_busy);
    if (!w->kind->open(w, err))
        return w;
    doubt_free(&w->doubt);
    free(w);
    return NULL;
}

void wire_close(struct wire *w)
{
    while (w->busy) {
        struct transfer *t = w->busy;

        w->kind->leave(t);
        unlink_busy(t);
        transfer_free(t);
    }
    while (w->idle) {
        struct transfer *t = w->idle;

        w->idle = t->next;
        transfer_free(t);
    }
    w->kind->close(w);
    doubt_free(&w->doubt);
    free(w);
}

static struct transfer *take_transfer(struct wire *w)
{
    struct transfer *t = w->idle;

    if (t)
        w->idle = t->next;
    else
        t = transfer_new(w);
    t->prev = NULL;
    t->next = w->busy;
    if (w->busy)
        w->busy->prev = t;
    w->busy = t;
    w->n_busy++;
    return t;
}

/*
 * The request leaves before this returns where a connection is free. One that fails at once
 * is told in the next turn, so that `done` never comes before wire_send has returned.
 */
static void launch(struct transfer *t)
{
    struct wire *w = t->wire;
    int running;
    ns_t since;

    unstamped(w);
    t->start = w->stamp;
    curl_multi_add_handle(w->multi, t->easy);
    transfer_watch(t);
    doubt_watch(&w->doubt);
    since = w->doubt.since;
    curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    doubt_read_over(&w->doubt);
    keep_in_mind(w, since);
    doubt_left(&t->doubts, t->start, wire_now(w));
    if ((unsigned)running < w->n_busy)
        loop_timer_at(w->reap, 0);
}

const struct wire_kind wire_http = {
    open_http,       close_http, transfer_equip, transfer_strip,
    transfer_set_up, launch,     leave,          transfer_tell_connection,
};

struct transfer *wire_send(struct wire *w, uint64_t req, uint32_t try_no, struct str body,
                           transfer_fn *done, void *ctx)
{
    struct transfer *t = take_transfer(w);

    transfer_prepare(t, req, try_no, body);
    t->done = done;
    t->ctx = ctx;
    w->kind->launch(t);
    return t;
}

void transfer_cut(struct transfer *t)
{
    t->wire->stamp = wire_now(t->wire);
    wire_end(t, CURLE_OK, TRANSFER_CUT);
}

void wire_preconnect(struct wire *w, unsigned n, loop_fn *done, void *ctx)
{
    w->preconnects = n + 1;
    w->preconnected = done;
    w->preconnect_ctx = ctx;
    for (unsigned i = 0; i < n; i++) {
        struct transfer *t = take_transfer(w);

        transfer_prepare_probe(t);
        w->kind->launch(t);
    }
    preconnect_done(w);
}
