#include "exporters/poster.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/version.h"

enum { KEPT = 64 << 10 }; /* of an answer */

struct poster {
    struct poster_config config;
    CURLM *multi;                 /* has the connections of all handles */
    CURL *easy[N_EXPORT_SIGNALS]; /* NULL: that signal goes nowhere */
    struct curl_slist *headers[N_EXPORT_SIGNALS];
    struct buf body; /* of the latest answer, as the rest */
    size_t body_bytes;
    ns_t retry_after;
    char why[CURL_ERROR_SIZE];
};

/* --- one request -------------------------------------------------------------------- */

static size_t on_header(char *p, size_t unit, size_t n, void *ctx)
{
    static const char name[] = "retry-after:";
    struct poster *h = ctx;
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
    struct poster *h = ctx;
    size_t len = unit * n;
    size_t room = KEPT - h->body.len;

    h->body_bytes += len;
    if (h->body_bytes > POSTER_MOST)
        return 0;
    buf_add(&h->body, p, len < room ? len : room);
    return len;
}

static void prepare(struct poster *h, CURL *easy, struct str bytes)
{
    buf_clear(&h->body);
    h->body_bytes = 0;
    h->retry_after = NS_ABSENT;
    h->why[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes.p);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes.n);
}

/* Drives the handle to its end or to the limit, which may move while it waits. */
static CURLcode perform(struct poster *h, CURL *easy, ns_t deadline)
{
    CURLcode result = CURLE_OPERATION_TIMEDOUT;
    int running = 1, left;

    curl_multi_add_handle(h->multi, easy);
    while (running) {
        ns_t most = h->config.limit(h->config.ctx, deadline) - clock_now(&clock_system);
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

static enum post_result result_of(const struct poster *h, CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return POST_ANSWERED;
    case CURLE_WRITE_ERROR:
        return h->body_bytes > POSTER_MOST ? POST_TOO_LARGE : POST_NO_ANSWER;
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

struct post_answer poster_send(struct poster *h, enum export_signal signal,
                               struct str bytes, ns_t deadline)
{
    CURL *easy = h->easy[signal];
    long status = 0;
    CURLcode code;

    prepare(h, easy, bytes);
    code = perform(h, easy, deadline);
    if (code != CURLE_OK && !h->why[0])
        snprintf(h->why, sizeof(h->why), "%s", curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return (struct post_answer){ result_of(h, code), (int)status, h->retry_after };
}

void poster_wake(struct poster *h)
{
    curl_multi_wakeup(h->multi);
}

struct str poster_body(const struct poster *h)
{
    return (struct str){ h->body.p ? h->body.p : "", h->body.len };
}

const char *poster_why(const struct poster *h)
{
    return h->why;
}

/* --- handles ------------------------------------------------------------------------ */

static struct curl_slist *header(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);

    if (!longer)
        mem_exhausted();
    return longer;
}

static void make_headers(struct poster *h, enum export_signal signal)
{
    const struct export_endpoint *e = &h->config.to[signal];
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

static void make_handle(struct poster *h, enum export_signal signal)
{
    const struct export_endpoint *to = &h->config.to[signal];
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

struct poster *poster_open(const struct poster_config *config)
{
    struct poster *h = mem_alloc(sizeof(*h));

    h->config = *config;
    buf_init(&h->body, KEPT);
    h->multi = curl_multi_init();
    if (!h->multi)
        mem_exhausted();
    for (int i = 0; i < N_EXPORT_SIGNALS; i++)
        if (config->to[i].url)
            make_handle(h, (enum export_signal)i);
    return h;
}

void poster_close(struct poster *h)
{
    for (int i = 0; i < N_EXPORT_SIGNALS; i++) {
        if (h->easy[i])
            curl_easy_cleanup(h->easy[i]);
        curl_slist_free_all(h->headers[i]);
    }
    curl_multi_cleanup(h->multi);
    buf_free(&h->body);
    free(h);
}
