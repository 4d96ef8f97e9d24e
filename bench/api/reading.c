#include "api/reading.h"

#include "api/error.h"
#include "api/members.h"
#include "api/usage.h"

void reading_into(struct json *j, const struct answer *a, struct buf *text)
{
    struct str raw;

    if (json_text(j, &raw) && raw.n)
        answer_text(a, text, raw);
}

void reading_take_text(struct reading *r, struct str raw)
{
    ns_t since = think_shows(&r->think, raw, r->at);

    r->output = true;
    if (r->a->said.wanted)
        said_text(&r->a->said, raw);
    if (r->a->wants_opening)
        answer_opening(r->a, raw);
    if (r->shown == NS_ABSENT)
        r->shown = since;
}

void reading_text(struct json *j, void *ctx)
{
    struct str raw;

    if (json_text(j, &raw) && raw.n)
        reading_take_text(ctx, raw);
}

void reading_thought(struct json *j, void *ctx)
{
    struct reading *r = ctx;
    struct str raw;

    if (json_kind(j) != JSON_IS_STRING)
        r->thought |= json_raw(j, &raw) && raw.n > 2 && *raw.p == '[';
    else if (json_text(j, &raw) && raw.n)
        r->thought = true;
}

static void executed(struct json *j, void *ctx)
{
    struct reading *r = ctx;

    r->output = true;
    json_skip(j);
}

void reading_executed(struct json *j, void *ctx)
{
    members_each(j, executed, ctx);
}

void reading_error(struct json *j, void *ctx)
{
    struct reading *r = ctx;

    if (json_kind(j) == JSON_IS_NULL)
        json_skip(j);
    else
        json_raw(j, &r->error);
}

void reading_usage(struct json *j, void *ctx)
{
    struct reading *r = ctx;

    usage_read(r->a, j);
}

void reading_tier(struct json *j, void *ctx)
{
    struct reading *r = ctx;

    reading_into(j, r->a, &r->a->tier);
}

void reading_finish(struct json *j, void *ctx)
{
    struct reading *r = ctx;

    reading_into(j, r->a, &r->a->finish);
}

/* Since when there is reasoning, where this frame shows the first of it. */
static ns_t reasons_since(const struct reading *r)
{
    if (r->think.reasoned && !r->a->think.reasoned)
        return r->think.began;
    return r->thought ? r->at : NS_ABSENT;
}

static void book(const struct reading *r, struct str data)
{
    struct answer *a = r->a;

    if (a->reasoning == NS_ABSENT)
        a->reasoning = reasons_since(r);
    if (r->error.p)
        error_value(a, r->error.n ? r->error : data);
    a->think = r->think;
    a->text |= r->think.text;
    a->reasoned |= r->thought || r->think.reasoned;
    a->tool_call |= r->call;
    if (r->calls > a->calls)
        a->calls = r->calls;
}

static void shown(struct answer *a, ns_t since)
{
    if (a->answer == NS_ABSENT)
        a->answer = since;
}

void reading_no_more_text(struct answer *a)
{
    shown(a, think_end(&a->think));
    a->text |= a->think.text;
}

void reading_frame(const struct reading *r, struct str data)
{
    struct answer *a = r->a;

    book(r, data);
    if (a->role == NS_ABSENT && !r->error.p)
        a->role = r->at;
    shown(a, r->shown);
    if (r->call)
        a->called = r->at;
    if (r->output || r->thought || r->call)
        answer_frame(a, r->at, r->shown != NS_ABSENT);
}

void reading_body(const struct reading *r, struct str data)
{
    book(r, data);
    reading_no_more_text(r->a);
    r->a->answer = r->a->reasoning = NS_ABSENT;
}

void reading_damaged(struct answer *a, const char *what, struct str bytes)
{
    a->damaged = true;
    if (a->error.len)
        return;
    buf_str(&a->error, what);
    if (bytes.n && *bytes.p == '<') {
        buf_str(&a->error, ": ");
        error_excerpt(bytes, &a->error, a->secret);
    }
}
