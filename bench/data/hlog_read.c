#include "data/hlog.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FIELDS = 5, CHUNK = 64 * 1024 };

/* Year 2096; the sum of two such times still fits. */
static const ns_t MAX_SECONDS = 4000000000;

static const ns_t YEAR = 365 * 24 * 3600 * NS_PER_S;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct str trimmed(struct str s)
{
    for (; s.n && is_blank(s.p[0]); s.p++)
        s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool begins(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.n >= n && !memcmp(s.p, prefix, n);
}

static struct str behind(struct str s, size_t n)
{
    return (struct str){ s.p + n, s.n - n };
}

/* Decimal seconds at the front of s; what is finer than a ns is cut. */
static bool seconds(struct str s, ns_t *ns, size_t *used)
{
    ns_t unit = NS_PER_S;
    ns_t v = 0;
    bool digits = false;
    size_t i;

    for (i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        v = v * 10 + (s.p[i] - '0');
        digits = true;
        if (v > MAX_SECONDS)
            return false;
    }
    v *= NS_PER_S;
    if (i < s.n && s.p[i] == '.')
        for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
            unit /= 10;
            v += unit * (s.p[i] - '0');
            digits = true;
        }
    *ns = v;
    *used = i;
    return digits;
}

static bool only_seconds(struct str s, ns_t *ns)
{
    size_t used;

    return seconds(s, ns, &used) && used == s.n;
}

/* Of all comments two say something; one that is damaged says nothing. */
static void take_comment(struct hlog_reader *r, struct str s)
{
    static const char start[] = "#[StartTime: ", base[] = "#[BaseTime: ";
    size_t used;
    ns_t t;

    if (begins(s, start) && seconds(behind(s, sizeof(start) - 1), &t, &used)) {
        r->start_time = t;
        r->offset = r->base_time;
    }
    if (begins(s, base) && seconds(behind(s, sizeof(base) - 1), &t, &used)) {
        r->base_time = t;
        r->offset = t;
    }
}

/*
 * Without a base time, stamps count from the start time, unless they are so large that
 * they can only be absolute.
 */
static ns_t absolute(struct hlog_reader *r, ns_t stamp)
{
    if (r->offset == NS_ABSENT)
        r->offset =
            r->start_time == NS_ABSENT || stamp >= r->start_time - YEAR ? 0 : r->start_time;
    if (r->start_time == NS_ABSENT)
        r->start_time = stamp;
    return stamp + r->offset;
}

/* The number of fields; MAX_FIELDS and more is too many. */
static size_t split(struct str s, struct str *field)
{
    size_t n = 0;

    while (n < MAX_FIELDS) {
        const char *comma = memchr(s.p, ',', s.n);
        size_t len = comma ? (size_t)(comma - s.p) : s.n;

        field[n++] = trimmed((struct str){ s.p, len });
        if (!comma)
            return n;
        s = behind(s, len + 1);
    }
    return MAX_FIELDS + 1;
}

/* [Tag=tag,]start,length,max,histogram; the maximum is for display only. */
static int parse_row(struct hlog_reader *r, struct str s, struct hlog_row *row,
                     struct hist *h, struct err *err)
{
    struct str fields[MAX_FIELDS];
    struct str *field = fields;
    size_t n = split(s, fields);
    ns_t stamp;

    if (begins(fields[0], "Tag=") && n > 1) {
        row->tag = behind(fields[0], 4);
        field++;
        n--;
    }
    if (n != 4)
        return err_set(err, ERR_PARSE, "a row is [Tag=tag,]start,length,maximum,histogram");
    if (!only_seconds(field[0], &stamp) || !only_seconds(field[1], &row->length))
        return err_set(err, ERR_PARSE, "start or length is not a number of seconds");
    if (hist_decode_base64(h, field[3].p, field[3].n, HLOG_MAX_COUNTS, err))
        return -1;
    row->start = absolute(r, stamp);
    return 0;
}

static void take_row(struct hlog_reader *r, struct str s)
{
    struct hist h;
    struct hlog_row row = { .line = r->line, .hist = &h };
    struct err err;

    if (parse_row(r, s, &row, &h, &err)) {
        if (r->sink.damaged)
            r->sink.damaged(r->sink.ctx, r->line, &err);
        return;
    }
    r->sink.row(r->sink.ctx, &row);
    hist_free(&h);
}

static void take_line(struct hlog_reader *r)
{
    struct str s = { r->text.p, r->text.len };

    s = trimmed(s);
    r->line++;
    if (!s.n || begins(s, "\"StartTimestamp\""))
        return;
    if (s.p[0] == '#')
        take_comment(r, s);
    else
        take_row(r, s);
}

static void take_long_line(struct hlog_reader *r)
{
    struct err err;

    r->line++;
    if (r->text.len && r->text.p[0] == '#')
        return;
    err_set(&err, ERR_LIMIT, "longer than %d bytes", HLOG_MAX_LINE);
    if (r->sink.damaged)
        r->sink.damaged(r->sink.ctx, r->line, &err);
}

static void end_line(struct hlog_reader *r)
{
    if (r->too_long)
        take_long_line(r);
    else
        take_line(r);
    r->too_long = false;
    buf_clear(&r->text);
}

void hlog_reader_init(struct hlog_reader *r, const struct hlog_sink *sink)
{
    *r = (struct hlog_reader){
        .sink = *sink,
        .start_time = NS_ABSENT,
        .base_time = NS_ABSENT,
        .offset = NS_ABSENT,
    };
    buf_init(&r->text, HLOG_MAX_LINE);
}

void hlog_reader_free(struct hlog_reader *r)
{
    buf_free(&r->text);
}

void hlog_reader_feed(struct hlog_reader *r, const char *p, size_t n)
{
    while (n) {
        const char *lf = memchr(p, '\n', n);
        size_t part = lf ? (size_t)(lf - p) : n;

        /* Of a line that is too long, the first byte tells whether it is a comment. */
        if (!r->too_long && buf_add(&r->text, p, part)) {
            r->too_long = true;
            if (!r->text.len)
                buf_char(&r->text, p[0]);
        }
        if (!lf)
            return;
        end_line(r);
        p += part + 1;
        n -= part + 1;
    }
}

void hlog_reader_end(struct hlog_reader *r)
{
    if (r->text.len || r->too_long)
        end_line(r);
}

int hlog_read_file(const char *path, const struct hlog_sink *sink, struct err *err)
{
    FILE *f = fopen(path, "rb");
    struct hlog_reader r;
    char chunk[CHUNK];
    size_t n;
    bool failed;

    if (!f)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    hlog_reader_init(&r, sink);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        hlog_reader_feed(&r, chunk, n);
    failed = ferror(f);
    fclose(f);
    if (!failed)
        hlog_reader_end(&r);
    hlog_reader_free(&r);
    return failed ? err_set(err, ERR_IO, "%s: cannot be read", path) : 0;
}
