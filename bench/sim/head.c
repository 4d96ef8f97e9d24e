#include <time.h>

#include "sim/gotext.h"
#include "sim/reply.h"
#include "sim/transcript.h"

static bool is_stream(const struct exchange *x)
{
    return exchange_streams(x) && !(x->fault.fault->odd & ODD_JSON);
}

static const char *content_type(const struct exchange *x)
{
    if (x->answer == ANSWER_REFUSAL)
        return refusal_content_type(x->refusal);
    if (x->answer == ANSWER_SPEECH)
        return sound_type(x->sound.format);
    if (x->answer == ANSWER_ROOT || transcript_is_text(x))
        return "text/plain; charset=UTF-8";
    return is_stream(x) ? "text/event-stream" : "application/json";
}

static void put_header(struct buf *out, const char *name, const char *value)
{
    buf_str(out, name);
    buf_str(out, ": ");
    buf_str(out, value);
    buf_str(out, "\r\n");
}

static void put_date(struct buf *out, int64_t unix_s)
{
    time_t t = (time_t)unix_s;
    struct tm tm;
    char text[40];

    gmtime_r(&t, &tm);
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    put_header(out, "date", text);
}

static void put_triple(struct buf *out, const char *what, int64_t limit, int64_t remaining,
                       ns_t reset)
{
    if (!limit)
        return;
    buf_printf(out, "x-ratelimit-limit-%s: %lld\r\n", what, (long long)limit);
    buf_printf(out, "x-ratelimit-remaining-%s: %lld\r\n", what, (long long)remaining);
    buf_printf(out, "x-ratelimit-reset-%s: ", what);
    gotext_duration(out, reset);
    buf_str(out, "\r\n");
}

static void put_limits(struct buf *out, const struct exchange *x)
{
    const struct quota_shown *s = &x->limits;

    put_triple(out, "requests", s->requests.limit, s->requests.remaining,
               s->requests.reset);
    put_triple(out, "tokens", s->tokens.limit, s->tokens.remaining, s->tokens.reset);
    put_triple(out, "audio-seconds", s->audio.limit, s->audio.remaining, s->audio.reset);
}

static void put_length(struct buf *out, const struct exchange *x)
{
    uint32_t odd = x->fault.fault->odd;

    if (odd & ODD_LENGTH)
        buf_str(out, "content-length: 1000000\r\n");
    else if (!(odd & ODD_UNTIL_CLOSE))
        buf_str(out, "transfer-encoding: chunked\r\n");
    if (!x->keep_alive)
        buf_str(out, "connection: close\r\n");
    if (odd & ODD_GZIP)
        buf_str(out, "content-encoding: gzip\r\n");
}

static void put_api(struct buf *out, const struct exchange *x)
{
    buf_str(out, is_stream(x) ? "cache-control: no-cache\r\n"
                              : "cache-control: private, max-age=0, no-store, no-cache, "
                                "must-revalidate\r\n");
    buf_str(out, "vary: Origin\r\n");
    put_header(out, "x-groq-region", x->region);
    if (x->shows_limits)
        put_limits(out, x);
    if (x->retry_after_s >= 0)
        buf_printf(out, "retry-after: %lld\r\n", (long long)x->retry_after_s);
    put_header(out, "x-request-id", x->request_id);
    buf_str(out, "via: 1.1 google\r\nalt-svc: h3=\":443\"; ma=86400\r\n"
                 "strict-transport-security: max-age=15552000\r\n");
}

/* x-request-id: X-Request-Id */
static void title_case(char *p, const char *end)
{
    bool name = true;
    bool first = true;

    for (; p < end; p++) {
        if (name && first && *p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
        first = *p == '-' || *p == '\n';
        name = *p == '\n' || (name && *p != ':');
    }
}

void reply_head(struct buf *out, const struct exchange *x, int64_t unix_s)
{
    size_t from;

    if (x->fault.fault->odd & ODD_EARLY_HINTS)
        buf_str(out, "HTTP/1.1 103 Early Hints\r\nlink: </>; rel=preconnect\r\n\r\n");
    buf_printf(out, "HTTP/1.1 %d %s\r\n", x->status, refusal_reason(x->status));
    from = out->len;
    put_date(out, unix_s);
    put_header(out, "content-type", content_type(x));
    put_length(out, x);
    if (!refusals[x->refusal].edge)
        put_api(out, x);
    buf_str(out, "cf-cache-status: DYNAMIC\r\nserver: cloudflare\r\n");
    put_header(out, "cf-ray", x->ray);
    if (x->sets_cookie)
        buf_printf(out,
                   "set-cookie: __cf_bm=%s; path=/; Max-Age=1800; domain=.groq.com; "
                   "HttpOnly; Secure\r\n",
                   x->cookie);
    buf_str(out, "\r\n");
    if (x->fault.fault->title_case)
        title_case(out->p + from, out->p + out->len);
}
