#include "exporters/scrape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fds.h"
#include "base/mem.h"
#include "base/thread.h"

/* Of one client, before it is shown the door. */
enum {
    IDLE_S = 10,
    MAX_HEAD = 16 << 10,
    MAX_BODY = 1024,
    MAX_ACCEPT = 1024,
    SWEEP_US = 50000
};

struct scrape {
    struct scrape_config config;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener; /* of http */
    struct event *stop;
    int stop_fd;
    pthread_t thread;
    bool running;
    struct event *sweeper;
    struct bufferevent *open[SCRAPE_CONNECTIONS];
    size_t n_open;
    uint64_t scraped;
    struct buf page; /* the latest, what was accepted with it, its type, when it was made */
    char accept[MAX_ACCEPT];
    const char *type;
    ns_t made;
    char url[300];
};

/* --- connections ---------------------------------------------------------------- */

/* Done with: evhttp_free and evhttp's own closing take the callbacks off. */
static bool is_over(struct bufferevent *b)
{
    bufferevent_event_cb on_event;

    bufferevent_getcb(b, NULL, NULL, &on_event, NULL);
    return !on_event;
}

/*
 * evhttp neither counts its connections nor says when one has ended. So we hold on to each
 * as well, and let go of those that it has done with.
 */
static void sweep(struct scrape *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n_open; i++)
        if (is_over(s->open[i]))
            bufferevent_decref(s->open[i]);
        else
            s->open[kept++] = s->open[i];
    s->n_open = kept;
}

/* Also the place where somebody is let in again. */
static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
    struct scrape *s = ctx;

    (void)fd;
    (void)what;
    sweep(s);
    if (s->n_open < SCRAPE_CONNECTIONS)
        evconnlistener_enable(s->listener);
}

/* When all places are taken, who comes waits in the kernel and takes no descriptor. */
static struct bufferevent *take_connection(struct event_base *base, void *ctx)
{
    struct scrape *s = ctx;
    struct bufferevent *b = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    sweep(s);
    if (!b || s->n_open == SCRAPE_CONNECTIONS)
        return b;
    bufferevent_incref(b);
    s->open[s->n_open++] = b;
    if (s->n_open == SCRAPE_CONNECTIONS)
        evconnlistener_disable(s->listener);
    return b;
}

/* --- pages ---------------------------------------------------------------------- */

static void answer(struct evhttp_request *req, int code, const char *reason,
                   const char *type, const char *p, size_t n)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
    struct evbuffer *body = evbuffer_new();

    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    if (code == 405)
        evhttp_add_header(headers, "Allow", "GET");
    evbuffer_add(body, p, n);
    evhttp_send_reply(req, code, reason, body);
    evbuffer_free(body);
}

static void answer_text(struct evhttp_request *req, int code, const char *reason,
                        const char *text)
{
    answer(req, code, reason, "text/plain; charset=utf-8", text, strlen(text));
}

/* The page before this one is good enough where it is young and was asked for alike. */
static bool fresh(const struct scrape *s, const char *accept, ns_t now, bool *other)
{
    bool young = s->type && now - s->made < SCRAPE_GAP_MS * NS_PER_MS;

    *other = young && strcmp(s->accept, accept) != 0;
    return young && !*other;
}

static void answer_page(struct scrape *s, struct evhttp_request *req)
{
    const char *accept =
        evhttp_find_header(evhttp_request_get_input_headers(req), "Accept");
    ns_t now = clock_now(&clock_system);
    char wanted[MAX_ACCEPT];
    bool other;

    snprintf(wanted, sizeof(wanted), "%s", accept ? accept : "");
    if (!fresh(s, wanted, now, &other)) {
        if (other) {
            evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", "1");
            answer_text(req, 503, "Service Unavailable", "asked too often\n");
            return;
        }
        buf_clear(&s->page);
        s->type = s->config.page(s->config.ctx, wanted, &s->page);
        memcpy(s->accept, wanted, sizeof(wanted));
        s->made = clock_now(&clock_system);
    }
    s->scraped++;
    answer(req, 200, "OK", s->type, s->page.p, s->page.len);
}

static void on_request(struct evhttp_request *req, void *ctx)
{
    struct scrape *s = ctx;
    const char *uri = evhttp_request_get_uri(req);
    size_t n = strcspn(uri, "?#");

    if (evhttp_request_get_command(req) != EVHTTP_REQ_GET)
        answer_text(req, 405, "Method Not Allowed", "only GET\n");
    else if (n == 8 && !memcmp(uri, "/metrics", 8))
        answer_page(s, req);
    else if (n == 1 && *uri == '/')
        answer_text(req, 200, "OK", "tokdyno: the figures of this run are at /metrics\n");
    else
        answer_text(req, 404, "Not Found", "only /metrics\n");
}

/* --- the thread ----------------------------------------------------------------- */

static void on_stop(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(ctx);
}

static void *thread_main(void *ctx)
{
    struct scrape *s = ctx;

    thread_background();
    event_base_dispatch(s->base);
    return NULL;
}

/* HOST and PORT of "[HOST]:PORT"; an IPv6 address stands in brackets. */
static int split(const char *where, char host[256], uint16_t *port, struct err *err)
{
    const char *colon = strrchr(where, ':');
    size_t n = colon ? (size_t)(colon - where) : 0;
    long number = colon ? strtol(colon + 1, NULL, 10) : -1;

    if (number < 0 || number > UINT16_MAX || n >= 256)
        return err_set(err, ERR_USAGE, "%s: expected [HOST]:PORT, as in :9464", where);
    if (n >= 2 && where[0] == '[' && where[n - 1] == ']')
        snprintf(host, 256, "%.*s", (int)(n - 2), where + 1);
    else
        snprintf(host, 256, "%.*s", (int)n, where);
    if (!*host)
        snprintf(host, 256, "127.0.0.1");
    *port = (uint16_t)number;
    return 0;
}

static int listen_at(struct scrape *s, struct err *err)
{
    struct evhttp_bound_socket *bound;
    char host[256];
    uint16_t port = 0;

    if (split(s->config.where, host, &port, err))
        return -1;
    errno = 0;
    bound = evhttp_bind_socket_with_handle(s->http, host, port);
    if (!bound)
        return err_set(err, ERR_USAGE,
                       "cannot be scraped at %s: %s; another port, as in :%u, may be free",
                       s->config.where, errno ? strerror(errno) : "no such address",
                       port < 65000 ? port + 1U : 9464U);
    s->listener = evhttp_bound_socket_get_listener(bound);
    snprintf(s->url, sizeof(s->url),
             strchr(host, ':') ? "http://[%s]:%u/metrics" : "http://%s:%u/metrics", host,
             fds_port(evhttp_bound_socket_get_fd(bound)));
    return 0;
}

static int start(struct scrape *s, struct err *err)
{
    const struct timeval often = { 0, SWEEP_US };
    sigset_t all, was;
    int rc;

    s->base = event_base_new();
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!s->base || s->stop_fd < 0)
        return err_set(err, ERR_IO, "no event loop for the page to be scraped: %s",
                       strerror(errno));
    s->http = evhttp_new(s->base);
    s->stop = event_new(s->base, s->stop_fd, EV_READ, on_stop, s->base);
    s->sweeper = event_new(s->base, -1, EV_PERSIST, on_sweep, s);
    event_add(s->stop, NULL);
    event_add(s->sweeper, &often);
    evhttp_set_allowed_methods(s->http, UINT16_MAX);
    evhttp_set_max_headers_size(s->http, MAX_HEAD);
    evhttp_set_max_body_size(s->http, MAX_BODY);
    evhttp_set_timeout(s->http, IDLE_S);
    evhttp_set_gencb(s->http, on_request, s);
    evhttp_set_bevcb(s->http, take_connection, s);
    if (listen_at(s, err))
        return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &was);
    rc = pthread_create(&s->thread, NULL, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &was, NULL);
    if (rc)
        return err_set(err, ERR_IO, "no thread for the page to be scraped: %s",
                       strerror(rc));
    s->running = true;
    return 0;
}

static void halt(struct scrape *s)
{
    uint64_t one = 1;

    if (!s->running)
        return;
    if (write(s->stop_fd, &one, sizeof(one)) < 0)
        abort();
    pthread_join(s->thread, NULL);
    s->running = false;
}

static void stop(struct scrape *s)
{
    halt(s);
    if (s->http)
        evhttp_free(s->http);
    for (size_t i = 0; i < s->n_open; i++)
        bufferevent_decref(s->open[i]);
    if (s->sweeper)
        event_free(s->sweeper);
    if (s->stop)
        event_free(s->stop);
    if (s->base)
        event_base_free(s->base);
    if (s->stop_fd >= 0)
        close(s->stop_fd);
    buf_free(&s->page);
    free(s);
}

struct scrape *scrape_open(const struct scrape_config *config, struct err *err)
{
    struct scrape *s = mem_alloc(sizeof(*s));

    s->config = *config;
    s->stop_fd = -1;
    buf_init(&s->page, 0);
    if (!start(s, err))
        return s;
    stop(s);
    return NULL;
}

const char *scrape_url(const struct scrape *s)
{
    return s->url;
}

void scrape_close(struct scrape *s, struct buf *told)
{
    if (!s)
        return;
    halt(s); /* what it counts is its own until then */
    buf_printf(told, "export prometheus: %s: scraped %" PRIu64 " time%s%s\n", s->url,
               s->scraped, s->scraped == 1 ? "" : "s", s->scraped ? "" : "; nobody looked");
    stop(s);
}
