#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/mask.h"
#include "base/mem.h"
#include "base/thread.h"
#include "exporters/dest_private.h"
#include "exporters/gzip.h"
#include "exporters/poster.h"

/*
 * A thread of its own, which runs where nobody else wants the core, posts one chunk after
 * the other over one connection. What is put waits in a queue that holds so many bytes and
 * no more. Nothing here knows of the load's handles.
 */

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
    size_t most;           /* bytes that may wait */
    bool patient;          /* put waits for room, as long as things go well */
    struct poster *poster; /* of the thread */
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
};

static ns_t now(void)
{
    return clock_now(&clock_system);
}

/* When it has to be over: the chunk's deadline, or the end of all patience. */
static ns_t limit(void *http, ns_t deadline)
{
    struct http *h = http;
    ns_t at = deadline;

    pthread_mutex_lock(&h->lock);
    if (h->closing && h->until < at)
        at = h->until;
    pthread_mutex_unlock(&h->lock);
    return at;
}

/* --- one chunk ---------------------------------------------------------------------- */

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
        dest_trouble(d, "the answer is larger than %d MiB", POSTER_MOST >> 20);
    else if (a->result == POST_TIMED_OUT)
        dest_trouble(d, "no answer in time");
    else if (a->result != POST_ANSWERED)
        dest_trouble(d, "%s", poster_why(h->poster));
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
        d->spec->kind->reply(poster_body(h->poster), verdict == POST_TAKEN, &reply);
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
        a = poster_send(h->poster, w->signal, bytes, post.deadline);
        verdict = post_again(&post, &a, now(), &h->rng, &wait);
    } while (verdict == POST_LATER && sleep_for(h, wait));
    settle(d, w, &a, verdict);
    buf_free(&packed);
}

/* --- the queue ---------------------------------------------------------------------- */

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

    if (!h->to[chunk->signal].url)
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

/* --- opening and closing ------------------------------------------------------------ */

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

    if (h->poster)
        poster_close(h->poster);
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
    if (find_endpoints(d, config, err)) {
        free_all(d);
        return -1;
    }
    name_place(d, h->to[d->spec->kind->signals ? EXPORT_TRACES : EXPORT_FILE].url);
    h->poster = poster_open(&(struct poster_config){ h->to, limit, h });
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
    poster_wake(h->poster);
    pthread_join(h->thread, NULL);
    drop_rest(d);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
    free_all(d);
}

const struct dest_kind dest_http = { http_open, http_put, http_close };
