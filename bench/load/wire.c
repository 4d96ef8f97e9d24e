#include "load/wire.h"

#include <stdlib.h>
#include <string.h>

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

void wire_reap(struct wire *w)
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

static void reap_due(void *ctx)
{
    struct wire *w = ctx;

    wire_unstamped(w);
    wire_reap(w);
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
    wire_own_sockets(w);
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
    w->timer = loop_timer_new(config->loop, wire_timers, w);
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
    unsigned running;

    wire_unstamped(w);
    t->start = w->stamp;
    curl_multi_add_handle(w->multi, t->easy);
    transfer_watch(t);
    doubt_watch(&w->doubt);
    running = (unsigned)wire_call(w, CURL_SOCKET_TIMEOUT, 0, false);
    doubt_left(&t->doubts, t->start, wire_now(w));
    if (running < w->n_busy)
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
