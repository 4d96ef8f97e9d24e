#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "api/mask.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/version.h"
#include "exporters/dest_private.h"
#include "exporters/gzip.h"
#include "exporters/post.h"

/*
 * A thread of its own, which runs where nobody else wants the core, posts one chunk after
 * the other over one connection. What is put waits in a queue that holds so many bytes and
 * no more. Nothing here knows of the load's handles.
 */
enum { MAX_ANSWER = 4 << 20, KEPT_ANSWER = 64 << 10 };

/* The longest wait between two attempts that the server has not asked for. */
#define LONGEST_WAIT (5 * NS_PER_S)

struct waiting {
    struct waiting *next;
    enum export_signal signal;
    uint64_t items;
    size_t n;
    char bytes[];
};

struct http {
    struct arena arena; /* of the endpoints */
    struct export_endpoint to[N_EXPORT_SIGNALS];
    struct curl_slist *headers[N_EXPORT_SIGNALS];
    size_t most;                  /* bytes that may wait */
    bool patient;                 /* put waits for room, as long as things go well */
    CURLM *multi;                 /* has the connections of all handles */
    CURL *easy[N_EXPORT_SIGNALS]; /* NULL: that signal goes nowhere */
    struct rng rng;
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows, and of the destination's counts */
    pthread_cond_t changed;
    struct waiting *first;
    struct waiting **last;
    size_t bytes; /* in the queue and on the way */
    bool stuck;   /* the latest chunk did not get through */
    bool closing; /* nothing more comes; end when the queue is empty, or at `until` */
    ns_t until;   /* of the monotonic clock */

    /* Of the thread alone: the answer under way. */
    struct buf body;
    size_t body_bytes;
    ns_t retry_after;
    char why[CURL_ERROR_SIZE];
};

static ns_t now(void)
{
    return clock_now(&clock_system);
}

/* --- one attempt -----------------------------------------------------------------------
 */

static size_t on_header(char *p, size_t unit, size_t n, void *ctx)
{
    static const char name[] = "retry-after:";
    struct http *h = ctx;
    size_t len = unit * n, skip = sizeof(name) - 1;

    if (len > 5 && !memcmp(p, "HTTP/", 5))
        h->retry_after = NS_ABSENT;
    if (len > skip && !strncasecmp(p, name, skip))
        h->retry_after = post_retry_after((struct str){ p + skip, len - skip },
                                          clock_system.real(clock_system.ctx));
    return len;
}

/* Of an answer the beginning is enough; too much of it is no answer. */
static size_t on_body(char *p, size_t unit, size_t n, void *ctx)
{
    struct http *h = ctx;
    size_t len = unit * n;
    size_t room = KEPT_ANSWER - h->body.len;

    h->body_bytes += len;
    if (h->body_bytes > MAX_ANSWER)
        return 0;
    buf_add(&h->body, p, len < room ? len : room);
    return len;
}

static void prepare(struct http *h, CURL *easy, struct str bytes)
{
    buf_clear(&h->body);
    h->body_bytes = 0;
    h->retry_after = NS_ABSENT;
    h->why[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes.p);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes.n);
}

/* When it has to be over: the chunk's deadline, or the end of all patience. */
static ns_t limit_of(struct http *h, const struct post *p)
{
    ns_t at = p->deadline;

    pthread_mutex_lock(&h->lock);
    if (h->closing && h->until < at)
        at = h->until;
    pthread_mutex_unlock(&h->lock);
    return at;
}

/* Drives the handle to its end or to the limit, which may move while it waits. */
static CURLcode perform(struct http *h, CURL *easy, const struct post *p)
{
    CURLcode result = CURLE_OPERATION_TIMEDOUT;
    int running = 1, left;

    curl_multi_add_handle(h->multi, easy);
    while (running) {
        ns_t most = limit_of(h, p) - now();
        CURLMsg *msg;

        curl_multi_perform(h->multi, &running);
        while ((msg = curl_multi_info_read(h->multi, &left)))
            result = msg->data.result;
        if (!running || most <= 0)
            break;
        most = most / NS_PER_MS + 1;
        curl_multi_poll(h->multi, NULL, 0, most < 1000 ? (int)most : 1000, NULL);
    }
    curl_multi_remove_handle(h->multi, easy);
    return result;
}

static enum post_result result_of(const struct http *h, CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return POST_ANSWERED;
    case CURLE_WRITE_ERROR:
        return h->body_bytes > MAX_ANSWER ? POST_TOO_LARGE : POST_NO_ANSWER;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return POST_NO_TRUST;
    case CURLE_OPERATION_TIMEDOUT:
        return POST_TIMED_OUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
        return POST_NO_CONNECTION;
    default:
        return POST_NO_ANSWER;
    }
}

static struct post_answer attempt(struct http *h, CURL *easy, struct str bytes,
                                  const struct post *p)
{
    long status = 0;
    CURLcode code;

    prepare(h, easy, bytes);
    code = perform(h, easy, p);
    if (code != CURLE_OK && !h->why[0])
        snprintf(h->why, sizeof(h->why), "%s", curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return (struct post_answer){ result_of(h, code), (int)status, h->retry_after };
}

/* --- one chunk -------------------------------------------------------------------------
 */

/* Sleeps, but not beyond the end of all patience. False: that has come. */
static bool sleep_for(struct http *h, ns_t wait)
{
    ns_t until = now() + wait;
    bool time;

    pthread_mutex_lock(&h->lock);
    while (now() < until && !(h->closing && until > h->until)) {
        struct timespec ts = { until / NS_PER_S, until % NS_PER_S };

        pthread_cond_timedwait(&h->changed, &h->lock, &ts);
    }
    time = now() >= until;
    pthread_mutex_unlock(&h->lock);
    return time;
}

static void tell_failure(struct dest *d, const struct http *h, const struct post_answer *a,
                         const struct export_reply *reply)
{
    if (a->result == POST_TOO_LARGE)
        dest_trouble(d, "the answer is larger than %d MiB", MAX_ANSWER >> 20);
    else if (a->result == POST_TIMED_OUT)
        dest_trouble(d, "no answer in time");
    else if (a->result != POST_ANSWERED)
        dest_trouble(d, "%s", h->why);
    else if (a->status >= 300 && a->status < 400)
        dest_trouble(d, "HTTP %d, and redirections are not followed: set its new address",
                     a->status);
    else
        dest_trouble(d, "HTTP %d%s%s", a->status, *reply->message ? ": " : "",
                     reply->message);
}

/* Text of a server: on one line, without what looks like a secret. */
static void clean(struct export_reply *r)
{
    struct buf b;

    buf_init(&b, sizeof(r->message) - 1);
    mask_text(&b, str_of(r->message), (struct str){ "", 0 });
    snprintf(r->message, sizeof(r->message), "%s", b.len ? b.p : "");
    buf_free(&b);
}

static void settle(struct dest *d, const struct waiting *w, const struct post_answer *a,
                   enum post_verdict verdict)
{
    struct http *h = d->state;
    struct dest_count *c = &d->counts[w->signal];
    struct export_reply reply = { 0 };

    if (d->spec->kind->reply && a->result == POST_ANSWERED)
        d->spec->kind->reply((struct str){ h->body.p ? h->body.p : "", h->body.len },
                             verdict == POST_TAKEN, &reply);
    clean(&reply);
    if (reply.rejected > w->items)
        reply.rejected = w->items;
    pthread_mutex_lock(&h->lock);
    h->stuck = verdict != POST_TAKEN;
    if (verdict == POST_TAKEN) {
        c->sent += w->items - reply.rejected;
        c->rejected += reply.rejected;
        if (*reply.message && !*d->warning)
            snprintf(d->warning, sizeof(d->warning), "%s", reply.message);
    } else {
        c->dropped += w->items;
        tell_failure(d, h, a, &reply);
    }
    pthread_mutex_unlock(&h->lock);
}

static void send_chunk(struct dest *d, const struct waiting *w)
{
    struct http *h = d->state;
    const struct export_endpoint *to = &h->to[w->signal];
    struct str bytes = { w->bytes, w->n };
    struct buf packed;
    struct post post;
    struct post_answer a;
    enum post_verdict verdict;
    ns_t wait = 0;

    buf_init(&packed, 0);
    if (to->gzip) {
        gzip(bytes, &packed);
        bytes = (struct str){ packed.p, packed.len };
    }
    post_begin(&post, now(), to->timeout, LONGEST_WAIT);
    do {
        a = attempt(h, h->easy[w->signal], bytes, &post);
        verdict = post_again(&post, &a, now(), &h->rng, &wait);
    } while (verdict == POST_LATER && sleep_for(h, wait));
    settle(d, w, &a, verdict);
    buf_free(&packed);
}

/* --- the queue -------------------------------------------------------------------------
 */

/* The next chunk; NULL where there is none and none comes, or the time is up. */
static struct waiting *next_chunk(struct http *h)
{
    struct waiting *w;

    pthread_mutex_lock(&h->lock);
    while (!h->first && !h->closing)
        pthread_cond_wait(&h->changed, &h->lock);
    w = h->closing && now() >= h->until ? NULL : h->first;
    if (w) {
        h->first = w->next;
        if (!h->first)
            h->last = &h->first;
    }
    pthread_mutex_unlock(&h->lock);
    return w;
}

static void done_with(struct http *h, struct waiting *w)
{
    pthread_mutex_lock(&h->lock);
    h->bytes -= w->n;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    free(w);
}

static void *thread_main(void *dest)
{
    struct dest *d = dest;
    struct waiting *w;

    thread_background();
    while ((w = next_chunk(d->state))) {
        send_chunk(d, w);
        done_with(d->state, w);
    }
    return NULL;
}

/* Is there room? With the lock; waits for it where that harms nobody and may help. */
static bool has_room(struct http *h, size_t n)
{
    while (h->patient && n <= h->most && h->bytes + n > h->most && !h->stuck)
        pthread_cond_wait(&h->changed, &h->lock);
    return n <= h->most && h->bytes + n <= h->most;
}

static void http_put(struct dest *d, const struct export_chunk *chunk)
{
    struct http *h = d->state;
    struct waiting *w;

    if (!h->easy[chunk->signal])
        return;
    pthread_mutex_lock(&h->lock);
    if (has_room(h, chunk->bytes.n)) {
        w = mem_alloc(sizeof(*w) + chunk->bytes.n);
        w->signal = chunk->signal;
        w->items = chunk->items;
        w->n = chunk->bytes.n;
        memcpy(w->bytes, chunk->bytes.p, w->n);
        *h->last = w;
        h->last = &w->next;
        h->bytes += w->n;
        pthread_cond_broadcast(&h->changed);
    } else {
        d->counts[chunk->signal].dropped += chunk->items;
        dest_trouble(d, "the queue of %zu bytes was full", h->most);
    }
    pthread_mutex_unlock(&h->lock);
}

/* --- opening and closing ---------------------------------------------------------------
 */

static int find_endpoints(struct dest *d, const struct dest_config *config, struct err *err)
{
    struct http *h = d->state;
    const struct exporter *kind = d->spec->kind;
    int from = kind->signals ? EXPORT_TRACES : EXPORT_FILE;
    int to = kind->signals ? EXPORT_LOGS : EXPORT_FILE;

    for (int i = from; i <= to; i++) {
        struct export_endpoint *e = &h->to[i];

        *e = (struct export_endpoint){ .url = d->spec->where,
                                       .content_type = kind->mime,
                                       .timeout = 10 * NS_PER_S };
        if (kind->endpoint && kind->endpoint(config->export, d->spec->where,
                                             (enum export_signal)i, &h->arena, e, err))
            return -1;
    }
    return 0;
}

static struct curl_slist *header(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);

    if (!longer)
        mem_exhausted();
    return longer;
}

static void make_headers(struct http *h, enum export_signal signal)
{
    const struct export_endpoint *e = &h->to[signal];
    struct curl_slist *list = NULL;
    char line[200];

    snprintf(line, sizeof(line), "Content-Type: %s", e->content_type);
    list = header(list, line);
    list = header(list, "Expect:");
    if (e->gzip)
        list = header(list, "Content-Encoding: gzip");
    for (size_t i = 0; i < e->n_headers; i++)
        list = header(list, e->headers[i]);
    h->headers[signal] = list;
}

/* Scheme, host and port: what else is in a URL may be secret. */
static void name_place(struct dest *d, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t n = strcspn(host, "/?#");

    for (size_t i = n; i-- > 0;)
        if (host[i] == '@') {
            snprintf(d->where, sizeof(d->where), "%.*s%.*s", (int)(host - url), url,
                     (int)(n - i - 1), host + i + 1);
            return;
        }
    snprintf(d->where, sizeof(d->where), "%.*s", (int)(host - url + (ptrdiff_t)n), url);
}

static void make_handle(struct http *h, enum export_signal signal)
{
    const struct export_endpoint *to = &h->to[signal];
    CURL *easy = curl_easy_init();

    if (!easy)
        mem_exhausted();
    make_headers(h, signal);
    curl_easy_setopt(easy, CURLOPT_URL, to->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h->headers[signal]);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->why);
    curl_easy_setopt(easy, CURLOPT_USERAGENT,
                     "tokdyno/" TOKDYNO_VERSION " OTel-OTLP-Exporter-C/" TOKDYNO_VERSION);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    /* NULL would take the system's authorities away. */
    if (to->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, to->ca);
    if (to->certificate)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, to->certificate);
    if (to->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, to->key);
    h->easy[signal] = easy;
}

static void make_handles(struct http *h)
{
    h->multi = curl_multi_init();
    if (!h->multi)
        mem_exhausted();
    for (int i = 0; i < N_EXPORT_SIGNALS; i++)
        if (h->to[i].url)
            make_handle(h, (enum export_signal)i);
}

static void init_lock(struct http *h)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->changed, &attr);
    pthread_condattr_destroy(&attr);
}

static void free_all(struct dest *d)
{
    struct http *h = d->state;

    for (int i = 0; i < N_EXPORT_SIGNALS; i++) {
        if (h->easy[i])
            curl_easy_cleanup(h->easy[i]);
        curl_slist_free_all(h->headers[i]);
    }
    if (h->multi)
        curl_multi_cleanup(h->multi);
    buf_free(&h->body);
    arena_free(&h->arena);
    free(h);
}

static int start(struct dest *d)
{
    struct http *h = d->state;
    sigset_t all, was;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &was);
    rc = pthread_create(&h->thread, NULL, thread_main, d);
    pthread_sigmask(SIG_SETMASK, &was, NULL);
    return rc;
}

static int http_open(struct dest *d, const struct dest_config *config, struct err *err)
{
    struct http *h = mem_alloc(sizeof(*h));

    d->state = h;
    h->last = &h->first;
    h->most = config->queue_bytes ? config->queue_bytes : DEST_QUEUE;
    h->patient = config->patient;
    h->rng = rng_stream(config->export->run->seed, "export", 0);
    buf_init(&h->body, KEPT_ANSWER);
    if (find_endpoints(d, config, err)) {
        free_all(d);
        return -1;
    }
    name_place(d, h->to[d->spec->kind->signals ? EXPORT_TRACES : EXPORT_FILE].url);
    make_handles(h);
    init_lock(h);
    if (start(d)) {
        free_all(d);
        return err_set(err, ERR_IO, "--export %s: no thread could be started",
                       d->spec->kind->name);
    }
    return 0;
}

static void drop_rest(struct dest *d)
{
    struct http *h = d->state;

    while (h->first) {
        struct waiting *w = h->first;

        h->first = w->next;
        d->counts[w->signal].dropped += w->items;
        dest_trouble(d, "the server took too long");
        free(w);
    }
}

static void http_close(struct dest *d, ns_t most)
{
    struct http *h = d->state;

    pthread_mutex_lock(&h->lock);
    h->closing = true;
    h->until = now() + most;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    curl_multi_wakeup(h->multi);
    pthread_join(h->thread, NULL);
    drop_rest(d);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
    free_all(d);
}

const struct dest_kind dest_http = { http_open, http_put, http_close };
