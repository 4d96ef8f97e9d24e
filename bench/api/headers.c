#include "api/headers.h"

#include <ctype.h>
#include <strings.h>

static bool same(struct str s, const char *name)
{
    return s.n == strlen(name) && !strncasecmp(s.p, name, s.n);
}

/* Cuts the text where it starts so, whatever the case. */
static bool cut(struct str *s, const char *start)
{
    size_t n = strlen(start);

    if (s->n < n || strncasecmp(s->p, start, n))
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

/* Longest first where one is the beginning of another. */
static const struct unit {
    const char *name;
    ns_t ns;
} units[] = {
    { "ms", NS_PER_MS },        { "us", NS_PER_US }, { "\xC2\xB5s", NS_PER_US },
    { "\xCE\xBCs", NS_PER_US }, { "ns", 1 },         { "h", 3600 * NS_PER_S },
    { "m", 60 * NS_PER_S },     { "s", NS_PER_S },
};

static ns_t unit(struct str *s)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i].name);

        if (s->n >= n && !memcmp(s->p, units[i].name, n)) {
            s->p += n;
            s->n -= n;
            return units[i].ns;
        }
    }
    return 0;
}

static bool digit(const struct str *s)
{
    return s->n && *s->p >= '0' && *s->p <= '9';
}

/* 1*DIGIT, saturating. */
static bool whole(struct str *s, int64_t *v)
{
    bool any = false;

    for (*v = 0; digit(s); s->p++, s->n--, any = true)
        if (__builtin_mul_overflow(*v, 10, v) || __builtin_add_overflow(*v, *s->p - '0', v))
            *v = INT64_MAX;
    return any;
}

/* "." *DIGIT where there is one, in 1e-9; what lies behind nine digits is cut. */
static int64_t fraction(struct str *s)
{
    int64_t v = 0;
    int left = 9;

    if (!s->n || *s->p != '.')
        return 0;
    for (s->p++, s->n--; digit(s); s->p++, s->n--)
        if (left) {
            v = v * 10 + (*s->p - '0');
            left--;
        }
    while (left--)
        v *= 10;
    return v;
}

static ns_t sum(ns_t a, ns_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* whole * unit + part * unit / 1e9; a unit is 1 or a multiple of 1000, so the second term
 * fits. */
static ns_t span(int64_t v, int64_t part, ns_t per)
{
    ns_t ns;

    if (__builtin_mul_overflow(v, per, &ns))
        return INT64_MAX;
    return sum(ns, part * (per / 1000) / 1000000);
}

bool headers_duration(struct str s, ns_t *ns)
{
    bool minus = s.n && *s.p == '-';
    ns_t total = 0;

    s.p += minus;
    s.n -= minus;
    if (!s.n)
        return false;
    while (s.n) {
        int64_t v, part;
        ns_t per;

        if (!whole(&s, &v))
            return false;
        part = fraction(&s);
        per = unit(&s);
        if (!per)
            return false;
        total = sum(total, span(v, part, per));
    }
    *ns = minus ? -total : total;
    return true;
}

bool headers_retry_after(struct str s, ns_t *ns)
{
    struct str number = str_trim(s);
    int64_t v;

    if (whole(&number, &v)) {
        int64_t part = fraction(&number);

        if (!number.n) {
            *ns = span(v, part, NS_PER_S);
            return true;
        }
    }
    return headers_duration(str_trim(s), ns) && *ns >= 0;
}

static void content_type(struct answer *a, struct str value)
{
    const char *end = memchr(value.p, ';', value.n);
    struct str type =
        str_trim((struct str){ value.p, end ? (size_t)(end - value.p) : value.n });

    if (same(type, "text/event-stream"))
        a->type = ANSWER_SSE;
    else if (same(type, "application/json") ||
             (type.n > 5 && same((struct str){ type.p + type.n - 5, 5 }, "+json")))
        a->type = ANSWER_JSON;
    else if (same(type, "text/plain"))
        a->type = ANSWER_TEXT;
    else if (same(type, "application/octet-stream") || cut(&type, "audio/"))
        a->type = ANSWER_BYTES;
    else
        a->type = ANSWER_OTHER;
}

static void content_encoding(struct answer *a, struct str value)
{
    a->encoded = value.n && !same(value, "identity");
}

static void request_id(struct answer *a, struct str value)
{
    answer_text(a, &a->request_id, value);
}

static void region(struct answer *a, struct str value)
{
    answer_text(a, &a->region, value);
}

/* "9d5b16c66bfbb650-DFW": the IATA code of the edge. */
static void cf_ray(struct answer *a, struct str value)
{
    const char *dash = memrchr(value.p, '-', value.n);
    struct str code;

    if (!dash)
        return;
    code = (struct str){ dash + 1, (size_t)(value.p + value.n - dash - 1) };
    for (size_t i = 0; i < code.n; i++)
        if (!isalnum((unsigned char)code.p[i]))
            return;
    if (code.n >= 2 && code.n <= 8)
        answer_text(a, &a->edge, code);
}

static void longest_wait(struct answer *a, ns_t wait)
{
    wait = wait < HEADERS_LONGEST ? wait : HEADERS_LONGEST;
    if (wait > a->retry_after)
        a->retry_after = wait;
}

static void retry_after(struct answer *a, struct str value)
{
    ns_t wait;

    if (headers_retry_after(value, &wait))
        longest_wait(a, wait);
}

/* Milliseconds, as some servers send besides. */
static void retry_after_ms(struct answer *a, struct str value)
{
    int64_t v;

    if (whole(&value, &v)) {
        int64_t part = fraction(&value);

        if (!value.n)
            longest_wait(a, span(v, part, NS_PER_MS));
    }
}

/* Which limit x-ratelimit-*-NAME is of: as Groq and OpenAI write it, and other spellings.
 */
static const struct kind {
    const char *name;
    enum limit_kind kind;
} kinds[] = {
    { "requests", LIMIT_REQUESTS },           { "tokens", LIMIT_TOKENS },
    { "audio-seconds", LIMIT_AUDIO_SECONDS }, { "requests-day", LIMIT_REQUESTS },
    { "tokens-minute", LIMIT_TOKENS },        { "asph", LIMIT_AUDIO_SECONDS },
    { "ash", LIMIT_AUDIO_SECONDS },
};

static struct limit *limit_of(struct answer *a, struct str name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (same(name, kinds[i].name))
            return &a->limits[kinds[i].kind];
    return NULL;
}

/* A count; some servers write it with a fraction. What nobody can count is none. */
static void learn_count(int64_t *to, struct str value)
{
    static const int64_t most = 1000000000000000;
    int64_t v;

    if (whole(&value, &v)) {
        fraction(&value);
        if (!value.n && v <= most)
            *to = v;
    }
}

static void rate_limit(struct answer *a, struct str name, struct str value)
{
    struct limit unknown, *limit;
    ns_t reset;

    if (cut(&name, "limit-")) {
        limit = limit_of(a, name);
        learn_count(limit ? &limit->limit : &unknown.limit, value);
    } else if (cut(&name, "remaining-")) {
        limit = limit_of(a, name);
        learn_count(limit ? &limit->remaining : &unknown.remaining, value);
    } else if (cut(&name, "reset-")) {
        limit = limit_of(a, name);
        if (limit && headers_retry_after(value, &reset) && reset <= HEADERS_LONGEST)
            limit->reset = reset;
    }
}

static const struct header {
    const char *name;
    void (*read)(struct answer *a, struct str value);
} headers[] = {
    { "content-type", content_type },
    { "x-request-id", request_id },
    { "x-groq-region", region },
    { "cf-ray", cf_ray },
    { "retry-after", retry_after },
    { "retry-after-ms", retry_after_ms },
    { "content-encoding", content_encoding },
};

void headers_line(struct answer *a, struct str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    struct str name, value;

    if (!colon)
        return;
    name = str_trim((struct str){ line.p, (size_t)(colon - line.p) });
    value = str_trim((struct str){ colon + 1, line.n - (size_t)(colon - line.p) - 1 });
    if (cut(&name, "x-ratelimit-")) {
        rate_limit(a, name, value);
        return;
    }
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        if (same(name, headers[i].name)) {
            headers[i].read(a, value);
            return;
        }
}

int headers_status(struct str line)
{
    const char *space = memchr(line.p, ' ', line.n);
    size_t n = space ? (size_t)(line.p + line.n - space) : 0;
    int status = 0;

    for (size_t i = 1; i < n && i <= 3 && isdigit((unsigned char)space[i]); i++)
        status = status * 10 + (space[i] - '0');
    return status;
}
