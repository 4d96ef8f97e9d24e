#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/headers.h"
#include "base/mem.h"
#include "load/wire_private.h"

static bool wants_stream(const struct transfer *t)
{
    return endpoint_streams(t->wire->config.endpoint, &t->wire->config.cell->request);
}

/* Has what `first` waits for come? From then on only silence is too long. */
static bool answering(const struct transfer *t)
{
    return (wants_stream(t) ? t->answer.first : t->head) != NS_ABSENT;
}

static void take_head(struct transfer *t)
{
    t->head = t->wire->stamp;
    if (answering(t))
        transfer_watch(t);
}

/*
 * The first line of an answer is its status, and the empty one ends its head: behind that
 * of a 1xx the answer proper begins, behind any other only trailers can come.
 */
static void take_header(struct transfer *t, struct str line)
{
    struct answer *a = &t->answer;

    if (t->head != NS_ABSENT)
        return;
    if (!a->status)
        a->status = headers_status(line);
    else if (line.n && a->status >= 200)
        headers_line(a, line);
    else if (!line.n && a->status >= 200)
        take_head(t);
    else if (!line.n)
        a->status = 0;
}

size_t transfer_take_head(struct transfer *t, const char *p, size_t len)
{
    size_t bytes = len;

    t->header_bytes += bytes;
    wire_took(t, bytes);
    /* Said before we had asked: it answers from when we do. */
    if (t->wire->stamp < t->connected)
        t->wire->stamp = t->connected;
    t->active = t->wire->stamp;
    if (t->header_bytes > MAX_HEADERS)
        return 0;
    while (len && (p[len - 1] == '\n' || p[len - 1] == '\r'))
        len--;
    take_header(t, (struct str){ p, len });
    return bytes;
}

static size_t on_header(char *p, size_t unit, size_t n, void *ctx)
{
    return transfer_take_head(ctx, p, unit * n);
}

/* What was known before a piece of output was handed over. */
struct before {
    uint64_t frames;
    bool first;
    bool answer;
};

static inline struct before hand_over(struct transfer *t)
{
    const struct answer *a = &t->answer;

    t->wire->events++;
    doubt_more(&t->wire->doubt);
    return (struct before){ a->frames, a->first == NS_ABSENT, a->answer == NS_ABSENT };
}

static inline void handed_over(struct transfer *t, const struct before *was)
{
    const struct answer *a = &t->answer;

    if (a->frames > was->frames)
        doubt_frame(&t->wire->doubt, &t->doubts, t->wire->stamp, was->first,
                    was->answer && a->answer != NS_ABSENT);
}

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct transfer *t = ctx;
    struct before was = hand_over(t);

    t->wire->config.endpoint->event(&t->answer, ev, t->wire->stamp);
    handed_over(t, &was);
}

static void take_bytes(struct transfer *t, const char *p, size_t n)
{
    struct before was = hand_over(t);

    t->wire->config.endpoint->bytes(&t->answer, (struct str){ p, n }, t->wire->stamp);
    handed_over(t, &was);
}

/* Some servers stream with a wrong or no content type: then the first bytes tell. */
static bool looks_like_events(const char *p, size_t n)
{
    static const char *const starts[] = { "data:",  "event:", "id:",
                                          "retry:", ":",      "\xEF\xBB\xBF" };

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        size_t len = strlen(starts[i]);

        if (n >= len && !memcmp(p, starts[i], len))
            return true;
    }
    return false;
}

static void sniff(struct transfer *t, const char *p, size_t n)
{
    const struct answer *a = &t->answer;

    t->sniffed = true;
    if (a->status >= 400)
        return;
    if (t->wire->config.endpoint->bytes)
        t->raw = !a->encoded && (a->type == ANSWER_BYTES || a->type == ANSWER_UNKNOWN);
    else if (t->wire->config.endpoint->no_events)
        t->streaming = false;
    else if (a->type == ANSWER_SSE)
        t->streaming = true;
    else
        t->streaming = wants_stream(t) && a->type != ANSWER_JSON && looks_like_events(p, n);
}

/* Of an error the beginning is enough, and of bytes nothing. */
static int keep_body(struct transfer *t, const char *p, size_t n)
{
    size_t room;

    if (t->raw) {
        take_bytes(t, p, n);
        return 0;
    }
    if (t->body_bytes > MAX_BODY)
        return -1;
    if (t->answer.status < 400)
        return buf_add(&t->body, p, n);
    room = t->body.len < MAX_ERROR_BODY ? MAX_ERROR_BODY - t->body.len : 0;
    return buf_add(&t->body, p, n < room ? n : room);
}

/* What transfers hold beyond the usual has a ceiling for all of them together as well. */
static bool too_much(struct transfer *t)
{
    struct wire *w = t->wire;
    size_t held = sse_held(&t->sse) + t->body.cap;

    if (held <= USUAL_HELD)
        return false;
    w->held += held - t->held;
    t->held = held;
    return w->held > MAX_HELD;
}

/*
 * What a piece of body was on the wire: libcurl hands over one HTTP chunk at a time. Too
 * much makes a stamp late, too little could make one early.
 */
static size_t on_the_wire(size_t len)
{
    enum { CHUNK_ENDS = 4 };
    size_t digits = 1;

    for (size_t left = len; left > 15; left /= 16)
        digits++;
    return len + CHUNK_ENDS + digits;
}

size_t transfer_take_body(struct transfer *t, const char *p, size_t len)
{
    bool before = answering(t);
    struct err err;

    wire_took(t, on_the_wire(len));
    t->active = t->wire->stamp;
    t->body_bytes += len;
    if (t->preconnect)
        return len;
    if (!t->sniffed)
        sniff(t, p, len);
    t->too_large = t->streaming ? sse_feed(&t->sse, p, len, &err) : keep_body(t, p, len);
    t->too_large |= too_much(t);
    if (t->sse.line.len) /* a part of the next event */
        doubt_more(&t->wire->doubt);
    if (!before && answering(t))
        transfer_watch(t);
    return t->too_large ? 0 : len;
}

static size_t on_body(char *p, size_t unit, size_t n, void *ctx)
{
    return transfer_take_body(ctx, p, unit * n);
}

/*
 * Called a second time where a used connection died before a word came back and libcurl
 * would send the request again by itself: an attempt that nobody would see.
 */
static int on_ready(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *t = ctx;

    (void)remote;
    (void)local;
    (void)remote_port;
    wire_joined(t, local_port);
    if (t->connected != NS_ABSENT)
        return CURL_PREREQFUNC_ABORT;
    t->connected = wire_now(t->wire);
    doubt_noticed(&t->wire->doubt, &t->doubts, t->start, t->connected);
    transfer_watch(t);
    return CURL_PREREQFUNC_OK;
}

/* libcurl reports progress after each step, so the first report of the whole body is
 * `sent`. */
static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down,
                       curl_off_t up_total, curl_off_t up)
{
    struct transfer *t = ctx;

    (void)down_total;
    (void)down;
    (void)up_total;
    if (t->sent != NS_ABSENT || t->connected == NS_ABSENT || (size_t)up < t->sending.n)
        return 0;
    t->sent = wire_now(t->wire);
    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 1L);
    return 0;
}

/* The nearest deadline and what it means. */
static ns_t next_deadline(const struct transfer *t, enum transfer_end *how)
{
    const struct timeouts *limit = &t->wire->config.cell->timeout;
    ns_t total = t->start + limit->total;
    ns_t at;

    if (t->connected == NS_ABSENT || t->preconnect) {
        at = t->start + limit->connect;
        *how = TRANSFER_CONNECT_TIMEOUT;
    } else if (!answering(t)) {
        at = t->start + limit->first;
        *how = TRANSFER_FIRST_TIMEOUT;
    } else {
        at = t->active + limit->idle;
        *how = TRANSFER_IDLE_TIMEOUT;
    }
    if (total < at)
        *how = TRANSFER_TOTAL_TIMEOUT;
    return total < at ? total : at;
}

void transfer_watch(struct transfer *t)
{
    enum transfer_end how;

    loop_timer_at(t->deadline, t->wire->config.t0 + next_deadline(t, &how));
}

/*
 * Deadlines move on with every frame, the timer does not: it looks again when it fires.
 * Only where another kind of deadline begins, which may be nearer, it is set anew.
 */
static void deadline_due(void *ctx)
{
    struct transfer *t = ctx;
    enum transfer_end how;

    if (next_deadline(t, &how) > wire_now(t->wire)) {
        transfer_watch(t);
        return;
    }
    t->wire->stamp = wire_now(t->wire);
    wire_end(t, CURLE_OPERATION_TIMEDOUT, how);
}

static void set_version(CURL *easy, const struct wire_config *c)
{
    bool http2 = c->cell->connection.http == 2;

    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)http2);
}

static void set_connection(CURL *easy, const struct wire_config *c)
{
    const struct connection *conn = &c->cell->connection;
    long fresh = conn->policy == CONNECTION_NEW;

    set_version(easy, c);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, fresh);
    wire_trust(easy, conn);
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     c->cell->target.proxy ? c->cell->target.proxy : "");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(c->cell->timeout.connect / NS_PER_MS + 1000));
}

static void set_callbacks(struct transfer *t)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, t);
    wire_watch_sockets(t);
    wire_lane(t);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)READ_SIZE);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Or the whole loop waits for a slow resolver when one transfer ends without it. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
}

void transfer_equip(struct transfer *t)
{
    t->easy = curl_easy_init();
    if (!t->easy)
        abort();
    set_callbacks(t);
    set_connection(t->easy, &t->wire->config);
}

void transfer_strip(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
}

struct transfer *transfer_new(struct wire *w)
{
    struct transfer *t = mem_alloc(sizeof(*t));

    t->wire = w;
    t->deadline = loop_timer_new(w->config.loop, deadline_due, t);
    t->trace_header = (struct curl_slist){ t->trace, w->headers };
    t->id_header =
        (struct curl_slist){ t->id, w->config.trace ? &t->trace_header : w->headers };
    answer_init(&t->answer);
    if (w->config.key)
        t->answer.secret = str_of(w->config.key);
    t->answer.said.wanted =
        workload_has_sessions(&w->config.cell->workload) || w->config.demand;
    sse_init(&t->sse, MAX_EVENT, on_event, t);
    buf_init(&t->body, MAX_BODY);
    w->kind->equip(t);
    return t;
}

void transfer_free(struct transfer *t)
{
    t->wire->kind->strip(t);
    loop_timer_free(t->deadline);
    answer_free(&t->answer);
    sse_free(&t->sse);
    buf_free(&t->body);
    free(t);
}

static void clear(struct transfer *t)
{
    answer_reset(&t->answer);
    t->doubts = (struct doubts){ .end = NS_ABSENT };
    sse_reset(&t->sse);
    buf_clear(&t->body);
    t->why[0] = '\0';
    t->preconnect = t->streaming = t->raw = t->sniffed = t->too_large = false;
    t->no_socket = 0;
    t->header_bytes = 0;
    t->body_bytes = 0;
    t->sending = (struct str){ "", 0 };
    t->fd = NO_SOCKET;
    t->connected = t->sent = t->head = t->active = t->end = NS_ABSENT;
}

static void set_up_probe(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_URL, t->wire->origin);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
}

void transfer_set_up(struct transfer *t)
{
    struct wire *w = t->wire;

    curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
    if (t->preconnect) {
        set_up_probe(t);
        return;
    }
    curl_easy_setopt(t->easy, CURLOPT_URL, w->url);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER,
                     w->config.send_id ? &t->id_header : t->id_header.next);
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->sending.p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->sending.n);
}

void transfer_prepare(struct transfer *t, uint64_t req, uint32_t try_no, struct str body)
{
    clear(t);
    t->sending = body;
    snprintf(t->id, sizeof(t->id), "x-tokdyno-id: %" PRIu64 ".%" PRIu32, req, try_no);
    if (t->wire->config.trace) {
        memcpy(t->trace, "traceparent: ", 13);
        traceparent(t->wire->config.trace, req, try_no, t->trace + 13);
    }
    t->wire->kind->prepare(t);
}

void transfer_prepare_probe(struct transfer *t)
{
    clear(t);
    t->preconnect = true;
    t->wire->kind->prepare(t);
}

/* libcurl has no code for it. Behind output it is as bad as a connection that breaks. */
static bool broken_chunk(const struct transfer *t)
{
    return t->result == CURLE_RECV_ERROR && !t->answer.frames &&
           strstr(t->why, "chunked-encoding");
}

/* Where libcurl's result says more than "broken". */
static enum transfer_end how_it_ended(const struct transfer *t, enum transfer_end how)
{
    if (how != TRANSFER_BROKEN)
        return how;
    if (t->too_large || t->header_bytes > MAX_HEADERS || broken_chunk(t))
        return TRANSFER_GARBAGE;
    switch ((int)t->result) {
    case CURLE_OPERATION_TIMEDOUT:
        return TRANSFER_CONNECT_TIMEOUT;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
        return TRANSFER_GARBAGE;
    case CURLE_OUT_OF_MEMORY: /* what it says of a header line that is too long */
        return t->connected == NS_ABSENT ? TRANSFER_BROKEN : TRANSFER_GARBAGE;
    default:
        return TRANSFER_BROKEN;
    }
}

static void read_body(struct transfer *t)
{
    struct answer *a = &t->answer;
    struct str body = { t->body.p ? t->body.p : "", t->body.len };

    if (t->streaming) {
        /* Where the connection broke, half an event is no damage of the server's. */
        if (t->how == TRANSFER_DONE)
            sse_end(&t->sse);
        return;
    }
    if (a->status >= 400)
        error_body(a, body);
    else if (t->how == TRANSFER_DONE && !t->raw)
        t->wire->config.endpoint->body(a, body, t->wire->stamp);
}

/* errno of the system call that broke it; 0: none did. */
static long broken_by(const struct transfer *t)
{
    long number = t->no_socket;

    if (t->how != TRANSFER_BROKEN)
        return 0;
    if (!number)
        curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    return number;
}

bool transfer_out_of_ports(const struct transfer *t)
{
    return broken_by(t) == EADDRNOTAVAIL;
}

bool transfer_out_of_descriptors(const struct transfer *t)
{
    long number = broken_by(t);

    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM ||
           number == EADDRNOTAVAIL;
}

static void tell_why(struct transfer *t)
{
    struct answer *a = &t->answer;

    if (t->how == TRANSFER_DONE || t->how == TRANSFER_CUT || a->error.len)
        return;
    if (t->too_large) {
        buf_str(&a->error, "the answer is larger than tokdyno accepts");
    } else if (t->header_bytes > MAX_HEADERS) {
        buf_str(&a->error, "the response headers are larger than tokdyno accepts");
    } else if (transfer_out_of_descriptors(t)) {
        buf_str(&a->error,
                transfer_out_of_ports(t)
                    ? "this machine has no port left (see net.ipv4.ip_local_port_range)"
                    : "this machine has no socket left (see ulimit -n)");
        buf_str(&a->error_code, WIRE_NO_SOCKET);
    } else if (t->result != CURLE_OPERATION_TIMEDOUT) {
        answer_text(a, &a->error,
                    str_of(t->why[0] ? t->why : curl_easy_strerror(t->result)));
    }
    if (!a->error_code.len && t->how == TRANSFER_BROKEN)
        buf_printf(&a->error_code, "curl_%d", (int)t->result);
}

/* HTTP ended well, and yet there is no whole answer. */
static void tell_what_is_missing(struct transfer *t)
{
    struct answer *a = &t->answer;

    if (t->how != TRANSFER_DONE || a->error.len ||
        (t->outcome != OUTCOME_PROTOCOL && t->outcome != OUTCOME_PARTIAL))
        return;
    if (a->encoded)
        buf_str(&a->error, "the answer is compressed, although it must not be");
    else if (t->outcome == OUTCOME_PARTIAL)
        buf_str(&a->error, "the stream ended before the answer did");
    else
        buf_str(&a->error, "there is no answer in it");
}

/* What has grown beyond the usual is given back. */
static void shrink(struct transfer *t)
{
    if (!t->held)
        return;
    sse_free(&t->sse);
    buf_free(&t->body);
    t->wire->held -= t->held;
    t->held = 0;
}

void transfer_finish(struct transfer *t, CURLcode result, enum transfer_end how)
{
    enum { LAST_CHUNK = 5 };
    const struct endpoint *ep = t->wire->config.endpoint;

    if (how == TRANSFER_DONE)
        wire_took(t, LAST_CHUNK);
    t->end = t->wire->stamp;
    if (result == CURLE_ABORTED_BY_CALLBACK) {
        result = CURLE_GOT_NOTHING;
        t->why[0] = '\0';
    }
    t->result = result;
    t->how = how_it_ended(t, how);
    read_body(t);
    if (how == TRANSFER_DONE)
        doubt_ended(&t->wire->doubt, &t->doubts, t->end,
                    t->wire->config.cell->connection.http != 2);
    tell_why(t);
    t->outcome = error_classify(&t->answer, t->how,
                                t->how == TRANSFER_DONE && t->answer.status < 400 &&
                                    ep->complete(&t->answer));
    t->form =
        demand_judge(t->wire->config.demand, &t->answer, outcomes[t->outcome].latency);
    tell_what_is_missing(t);
    shrink(t);
}

const struct answer *transfer_answer(const struct transfer *t)
{
    return &t->answer;
}

ns_t transfer_started(const struct transfer *t)
{
    return t->start;
}
