#include "load/call.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "api/error.h"
#include "api/headers.h"
#include "base/mem.h"
#include "base/tame.h"
#include "base/version.h"
#include "load/wire_private.h"

enum { MOST_BODY = 8 << 20 };

struct caller {
    const struct cell *cell;
    const char *base_url;
    const char *key;
    CURL *easy;
    struct curl_slist *headers;
    char why[CURL_ERROR_SIZE];
    const struct call_request *request; /* under way */
    bool (*stops)(void *ctx);
    void *ctx;
    bool asked;       /* the request has gone to a connection */
    curl_off_t moved; /* bytes up and down so far */
    ns_t moved_at;
    struct call call;
};

/* --- what comes back ----------------------------------------------------------------- */

static ns_t real_now(void)
{
    return clock_system.real(clock_system.ctx);
}

static bool is_header(struct str line, const char *name, struct str *value)
{
    size_t n = strlen(name);

    if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n))
        return false;
    *value = str_trim((struct str){ line.p + n + 1, line.n - n - 1 });
    return true;
}

static void read_date(struct call *c, struct str value)
{
    char text[64];

    snprintf(text, sizeof(text), "%.*s", (int)(value.n < 60 ? value.n : 60), value.p);
    c->date_s = curl_getdate(text, NULL);
}

/* A line of a head; "HTTP/1.1 200" begins one, and what an earlier one said is void. */
static void read_line(struct caller *c, struct str line)
{
    struct call *call = &c->call;
    struct str value;

    if (str_starts(line, "HTTP/")) {
        answer_reset(&call->answer);
        call->answer.status = headers_status(line);
        call->date_s = -1;
        call->server[0] = '\0';
        return;
    }
    if (is_header(line, "date", &value)) {
        call->told = real_now();
        read_date(call, value);
    } else if (is_header(line, "server", &value)) {
        snprintf(call->server, sizeof(call->server), "%.*s",
                 (int)(value.n < 60 ? value.n : 60), value.p);
        tame(call->server, strlen(call->server), false);
    } else {
        headers_line(&call->answer, line);
    }
}

static size_t on_header(char *p, size_t unit, size_t n, void *ctx)
{
    size_t len = unit * n;

    read_line(ctx, str_trim((struct str){ p, len }));
    return len;
}

static size_t on_body(char *p, size_t unit, size_t n, void *ctx)
{
    struct caller *c = ctx;
    const struct call_request *r = c->request;

    if (r->sink && c->call.answer.status / 100 == 2) {
        r->sink(r->ctx, (struct str){ p, unit * n });
        return unit * n;
    }
    return buf_add(&c->call.body, p, unit * n) ? 0 : unit * n;
}

static size_t on_read(char *p, size_t unit, size_t n, void *ctx)
{
    const struct call_request *r = ((struct caller *)ctx)->request;

    return r->read(r->ctx, p, unit * n);
}

/* libcurl sends it again on another connection. */
static int on_seek(void *ctx, curl_off_t to, int from)
{
    const struct call_request *r = ((struct caller *)ctx)->request;

    if (to || from != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    r->rewind(r->ctx);
    return CURL_SEEKFUNC_OK;
}

/*
 * On a kept connection that the server has closed meanwhile libcurl would ask again by
 * itself: a call that nobody would see, and what a POST makes would be there twice.
 */
static int on_ready(void *ctx, char *peer, char *own, int peer_port, int own_port)
{
    struct caller *c = ctx;

    (void)peer, (void)own, (void)peer_port, (void)own_port;
    if (c->asked) {
        c->call.end = TRANSFER_BROKEN;
        snprintf(c->why, sizeof(c->why), "the server closed the connection");
        return CURL_PREREQFUNC_ABORT;
    }
    c->asked = true;
    return CURL_PREREQFUNC_OK;
}

/* Often while bytes move, else about once a second: silence, and who wants it to stop. */
static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    struct caller *c = ctx;
    const struct timeouts *limit = &c->cell->timeout;
    ns_t now = clock_now(&clock_system);
    bool answering = c->call.answer.status > 0;

    (void)down_all, (void)up_all;
    if (down + up != c->moved) {
        c->moved = down + up;
        c->moved_at = now;
    }
    if (c->stops && c->stops(c->ctx))
        c->call.end = TRANSFER_CUT;
    else if (now - c->moved_at > (answering ? limit->idle : limit->first))
        c->call.end = answering ? TRANSFER_IDLE_TIMEOUT : TRANSFER_FIRST_TIMEOUT;
    else
        return 0;
    return 1;
}

/* libcurl tells the version of TLS in what it says to people, and nowhere else. */
static int on_words(CURL *easy, curl_infotype kind, char *p, size_t n, void *ctx)
{
    static const char begin[] = "SSL connection using ";
    struct caller *c = ctx;
    struct str line = str_trim((struct str){ p, n });

    (void)easy;
    if (kind != CURLINFO_TEXT || !str_starts(line, begin))
        return 0;
    snprintf(c->call.secured, sizeof(c->call.secured), "%.*s",
             (int)(line.n - sizeof(begin) + 1 < 90 ? line.n - sizeof(begin) + 1 : 90),
             line.p + sizeof(begin) - 1);
    tame(c->call.secured, strlen(c->call.secured), false);
    return 0;
}

/* --- the request --------------------------------------------------------------------- */

static void add_header(struct caller *c, const char *line)
{
    struct curl_slist *longer = curl_slist_append(c->headers, line);

    if (!longer)
        mem_exhausted();
    c->headers = longer;
}

/* Overwritten first: one of them holds the key. */
static void drop_headers(struct caller *c)
{
    for (struct curl_slist *h = c->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(c->headers);
    c->headers = NULL;
}

static void make_headers(struct caller *c, const struct call_request *r)
{
    const struct target *t = &c->cell->target;
    struct buf line;

    drop_headers(c);
    buf_init(&line, 0);
    add_header(c, "Accept: application/json, text/event-stream");
    add_header(c, "Accept-Encoding: identity");
    add_header(c, "User-Agent: tokdyno/" TOKDYNO_VERSION);
    add_header(c, "Expect:");
    if (r->body || r->read) {
        buf_printf(&line, "Content-Type: %s",
                   r->content_type ? r->content_type : "application/json");
        add_header(c, line.p);
    }
    if (r->id) {
        buf_clear(&line);
        buf_printf(&line, "x-tokdyno-id: %s", r->id);
        add_header(c, line.p);
    }
    for (size_t i = 0; i < t->n_headers && r->path; i++)
        add_header(c, t->headers[i]);
    if (c->key && r->path) {
        buf_clear(&line);
        buf_printf(&line, "Authorization: Bearer %s", c->key);
        add_header(c, line.p);
        explicit_bzero(line.p, line.len);
    }
    buf_free(&line);
}

/* The base URL and the path behind it; without a path the root of the host. */
static void make_url(const struct caller *c, const struct call_request *r, struct buf *url)
{
    const char *host = strstr(c->base_url, "://");
    size_t n = strlen(c->base_url);

    if (!r->path && host)
        n = (size_t)(host - c->base_url) + 3 + strcspn(host + 3, "/");
    while (n && c->base_url[n - 1] == '/')
        n--;
    buf_add(url, c->base_url, n);
    buf_str(url, r->path ? r->path : "/");
}

static void set_body(struct caller *c, const struct call_request *r)
{
    CURL *easy = c->easy;

    if (!r->body && !r->read) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body); /* NULL: the reading function */
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     r->body ? (curl_off_t)strlen(r->body) : (curl_off_t)r->size);
}

static void prepare(struct caller *c, const struct call_request *r)
{
    struct call *call = &c->call;
    struct buf url;

    answer_reset(&call->answer);
    buf_clear(&call->body);
    call->answered = call->whole = false;
    call->why[0] = c->why[0] = call->address[0] = call->server[0] = '\0';
    call->date_s = -1;
    call->dns = call->tcp = call->tls = call->first = call->total = NS_ABSENT;
    call->http_version = 0;
    make_headers(c, r);
    buf_init(&url, 0);
    make_url(c, r, &url);
    curl_easy_setopt(c->easy, CURLOPT_URL, url.p);
    buf_free(&url);
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, r->method);
    set_body(c, r);
    c->request = r;
    c->asked = false;
    c->moved = 0;
    c->moved_at = clock_now(&clock_system);
    call->end = TRANSFER_DONE;
}

static ns_t moment(CURL *easy, CURLINFO what)
{
    curl_off_t us = 0;

    curl_easy_getinfo(easy, what, &us);
    return us * NS_PER_US;
}

static void tell_address(struct caller *c)
{
    char *ip = NULL;
    long port = 0;

    curl_easy_getinfo(c->easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(c->easy, CURLINFO_PRIMARY_PORT, &port);
    if (ip && *ip)
        snprintf(c->call.address, sizeof(c->call.address),
                 strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
}

static void tell_spans(struct caller *c)
{
    struct call *call = &c->call;
    long opened = 0, version = 0;
    ns_t sent = moment(c->easy, CURLINFO_PRETRANSFER_TIME_T);
    ns_t dns = moment(c->easy, CURLINFO_NAMELOOKUP_TIME_T);
    ns_t tcp = moment(c->easy, CURLINFO_CONNECT_TIME_T);
    ns_t tls = moment(c->easy, CURLINFO_APPCONNECT_TIME_T);

    curl_easy_getinfo(c->easy, CURLINFO_NUM_CONNECTS, &opened);
    curl_easy_getinfo(c->easy, CURLINFO_HTTP_VERSION, &version);
    if (opened && tcp >= dns) {
        call->dns = dns;
        call->tcp = tcp - dns;
        call->tls = tls > tcp ? tls - tcp : NS_ABSENT;
    }
    call->first = moment(c->easy, CURLINFO_STARTTRANSFER_TIME_T) - sent;
    call->total = moment(c->easy, CURLINFO_TOTAL_TIME_T);
    call->asked += sent;
    call->http_version = version == CURL_HTTP_VERSION_1_0   ? 10
                         : version == CURL_HTTP_VERSION_1_1 ? 11
                         : version == CURL_HTTP_VERSION_2   ? 20
                                                            : 0;
}

/* Where libcurl's result says more than what we cut ourselves. */
static enum transfer_end end_of(const struct caller *c, CURLcode code)
{
    if (code == CURLE_OK || code == CURLE_ABORTED_BY_CALLBACK)
        return c->call.end;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return c->call.address[0] ? TRANSFER_TOTAL_TIMEOUT : TRANSFER_CONNECT_TIMEOUT;
    return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ||
                   code == CURLE_BAD_CONTENT_ENCODING || code == CURLE_WRITE_ERROR
               ? TRANSFER_GARBAGE
               : TRANSFER_BROKEN;
}

static uint64_t bytes(CURL *easy, CURLINFO what)
{
    curl_off_t n = 0;

    curl_easy_getinfo(easy, what, &n);
    return n > 0 ? (uint64_t)n : 0;
}

struct call *caller_ask(struct caller *c, const struct call_request *r)
{
    struct call *call = &c->call;
    long status = 0;
    CURLcode code;
    struct buf why;

    prepare(c, r);
    call->asked = real_now();
    code = curl_easy_perform(c->easy);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    tell_address(c);
    tell_spans(c);
    call->answer.status = (int)status;
    call->answered = status > 0;
    call->whole = code == CURLE_OK;
    call->end = end_of(c, code);
    call->timed_out = code == CURLE_OPERATION_TIMEDOUT;
    call->bytes_up = bytes(c->easy, CURLINFO_SIZE_UPLOAD_T);
    call->bytes_down = bytes(c->easy, CURLINFO_SIZE_DOWNLOAD_T);
    if (status >= 400)
        error_body(&call->answer,
                   (struct str){ call->body.p ? call->body.p : "", call->body.len });
    if (code != CURLE_OK) {
        buf_init(&why, sizeof(call->why) - 1);
        answer_text(&call->answer, &why,
                    str_of(c->why[0] ? c->why : curl_easy_strerror(code)));
        snprintf(call->why, sizeof(call->why), "%s", answer_string(&why));
        buf_free(&why);
    }
    return call;
}

static void configure(struct caller *c)
{
    const struct timeouts *limit = &c->cell->timeout;
    CURL *easy = c->easy;
    bool tls = !strncmp(c->base_url, "https:", 6);

    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->why);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, c);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, c);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, c);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, c);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, (long)tls);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_words);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, c);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(limit->connect / NS_PER_MS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(limit->total / NS_PER_MS));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     c->cell->target.proxy ? c->cell->target.proxy : "");
    wire_trust(easy, &c->cell->connection);
}

struct caller *caller_open(const struct cell *cell, const char *base_url, const char *key,
                           struct err *err)
{
    struct caller *c = mem_alloc(sizeof(*c));

    *c = (struct caller){ .cell = cell, .base_url = base_url, .key = key };
    c->easy = curl_easy_init();
    if (!c->easy) {
        free(c);
        err_set(err, ERR_IO, "libcurl gives no handle");
        return NULL;
    }
    answer_init(&c->call.answer);
    if (key)
        c->call.answer.secret = str_of(key);
    buf_init(&c->call.body, MOST_BODY);
    configure(c);
    return c;
}

void caller_stops(struct caller *c, bool (*stops)(void *ctx), void *ctx)
{
    c->stops = stops;
    c->ctx = ctx;
}

void caller_close(struct caller *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    drop_headers(c);
    answer_free(&c->call.answer);
    buf_free(&c->call.body);
    free(c);
}
