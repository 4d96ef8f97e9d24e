#include "api/sse.h"

#include <string.h>

static const char bom[] = "\xEF\xBB\xBF";

/* A line may be longer than its event by the name of the field. */
enum { BOM = sizeof(bom) - 1, FIELD = sizeof("data: ") - 1 };

static int too_long(struct sse *s, struct err *err)
{
    s->broken = true;
    return err_set(err, ERR_LIMIT, "event longer than %zu bytes", s->max);
}

/* The bytes being fed go away: keep what is lent. */
static void keep(struct sse *s)
{
    if (!s->lent.p)
        return;
    buf_add(&s->data, s->lent.p, s->lent.n);
    s->lent = (struct str){ 0 };
}

/* stays: the bytes remain where they are until this feed ends. */
static int add_data(struct sse *s, struct str v, bool stays, struct err *err)
{
    size_t before = s->has_data ? s->data.len + s->lent.n + 1 : 0;

    if (v.n > s->max || before > s->max - v.n)
        return too_long(s, err);
    if (stays && !s->has_data) {
        s->lent = v;
    } else {
        keep(s);
        if (s->has_data)
            buf_char(&s->data, '\n');
        buf_add(&s->data, v.p, v.n);
    }
    s->has_data = true;
    return 0;
}

static void dispatch(struct sse *s)
{
    if (s->has_data) {
        struct str data = s->lent.p ? s->lent : (struct str){ s->data.p, s->data.len };
        struct sse_event ev = { s->type.len ? s->type.p : "", s->type.len, data.p, data.n };

        s->on_event(s->ctx, &ev);
    }
    if (s->type.len)
        buf_clear(&s->type);
    if (s->data.len)
        buf_clear(&s->data);
    s->lent = (struct str){ 0 };
    s->has_data = false;
}

/* id and retry mean nothing to us, and comments have an empty name. */
static int take_field(struct sse *s, struct str line, bool stays, struct err *err)
{
    const char *colon = memchr(line.p, ':', line.n);
    struct str name = { line.p, colon ? (size_t)(colon - line.p) : line.n };
    struct str value = { line.p + name.n, 0 };

    if (colon) {
        value.p = colon + 1;
        value.n = line.n - name.n - 1;
        if (value.n && *value.p == ' ') {
            value.p++;
            value.n--;
        }
    }
    if (str_is(name, "data"))
        return add_data(s, value, stays, err);
    if (str_is(name, "event")) {
        buf_clear(&s->type);
        if (buf_add(&s->type, value.p, value.n))
            return too_long(s, err);
    }
    return 0;
}

static int take_line(struct sse *s, struct str line, bool stays, struct err *err)
{
    if (!line.n) {
        dispatch(s);
        return 0;
    }
    if (line.n > FIELD && line.n - FIELD > s->max)
        return too_long(s, err);
    if (line.n >= FIELD && !memcmp(line.p, "data: ", FIELD))
        return add_data(s, (struct str){ line.p + FIELD, line.n - FIELD }, stays, err);
    return take_field(s, line, stays, err);
}

/* The end of a line has come; what lies before it may have come in earlier reads. */
static int end_line(struct sse *s, struct str piece, struct err *err)
{
    int rc;

    if (!s->line.len)
        return take_line(s, piece, true, err);
    if (buf_add(&s->line, piece.p, piece.n))
        return too_long(s, err);
    rc = take_line(s, (struct str){ s->line.p, s->line.len }, false, err);
    buf_clear(&s->line);
    return rc;
}

/* A BOM at the start is skipped; part of one is the beginning of a line. */
static const char *skip_bom(struct sse *s, const char *p, const char *end)
{
    while (!s->started && p < end) {
        if (*p == bom[s->skipped]) {
            p++;
            s->started = ++s->skipped == BOM;
        } else {
            buf_add(&s->line, bom, s->skipped);
            s->started = true;
        }
    }
    return p;
}

static const char *find(const char *p, const char *end, char c)
{
    return p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
}

void sse_init(struct sse *s, size_t max, sse_fn *on_event, void *ctx)
{
    *s = (struct sse){ .max = max, .on_event = on_event, .ctx = ctx };
    buf_init(&s->line, max + FIELD);
    buf_init(&s->type, max + FIELD);
    buf_init(&s->data, 0);
}

void sse_reset(struct sse *s)
{
    buf_clear(&s->line);
    buf_clear(&s->type);
    buf_clear(&s->data);
    s->lent = (struct str){ 0 };
    s->skipped = 0;
    s->started = s->has_data = s->after_cr = s->broken = false;
}

void sse_free(struct sse *s)
{
    buf_free(&s->line);
    buf_free(&s->type);
    buf_free(&s->data);
}

int sse_feed(struct sse *s, const char *p, size_t n, struct err *err)
{
    const char *end = p + n;
    const char *lf;
    const char *cr;

    if (s->broken)
        return too_long(s, err);
    p = skip_bom(s, p, end);
    if (s->after_cr && p < end) {
        p += *p == '\n';
        s->after_cr = false;
    }
    /* Each is searched again only once it is passed: a feed is read through twice at most.
     */
    lf = find(p, end, '\n');
    cr = find(p, end, '\r');
    while (lf || cr) {
        const char *eol = !lf || (cr && cr < lf) ? cr : lf;

        if (end_line(s, (struct str){ p, (size_t)(eol - p) }, err))
            return -1;
        p = eol + 1;
        if (eol == cr) {
            s->after_cr = p == end;
            p += p < end && *p == '\n';
            cr = find(p, end, '\r');
        }
        if (lf && lf < p)
            lf = find(p, end, '\n');
    }
    keep(s);
    if (p < end && buf_add(&s->line, p, (size_t)(end - p)))
        return too_long(s, err);
    return 0;
}

void sse_end(struct sse *s)
{
    struct err unused;

    if (!s->started)
        buf_add(&s->line, bom, s->skipped);
    if (!s->broken && s->line.len && end_line(s, (struct str){ "", 0 }, &unused))
        return;
    if (!s->broken)
        dispatch(s);
}
