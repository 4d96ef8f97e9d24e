#include "exporters/otlp_attempt.h"

#include <string.h>

/* A gap between two frames is told as an event from here on. */
#define STALL_US 100000

enum { MAX_STALLS = 16 };

/* --- what an attempt consisted of --------------------------------------------------- */

static ns_t from_connected(const struct record *r)
{
    return r->at[MOMENT_CONNECTED];
}

/* Spans between two moments, below the attempt. The only list of them. */
static const struct part {
    const char *name;
    const char *duration; /* attribute of the request where there is no such span */
    enum moment from;
    enum moment to;
    enum span_what what;
} parts[] = {
    { "tokdyno.send", "tokdyno.time.send", MOMENT_CONNECTED, MOMENT_SENT, SPAN_SEND },
    { "tokdyno.wait", "tokdyno.time.wait", MOMENT_SENT, MOMENT_HEAD, SPAN_WAIT },
    { "tokdyno.prefill", "tokdyno.time.prefill", MOMENT_SENT, MOMENT_FIRST, SPAN_PREFILL },
    { "tokdyno.generation", "tokdyno.time.generation", MOMENT_FIRST, MOMENT_LAST,
      SPAN_GENERATION },
    { "tokdyno.receive", "tokdyno.time.receive", MOMENT_HEAD, MOMENT_END, SPAN_RECEIVE },
};

enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

static bool happened(const struct record *r, const struct part *p)
{
    return r->at[p->from] != NS_ABSENT && r->at[p->to] != NS_ABSENT;
}

static struct otlp_span_id id_of(const struct otlp_batch *b, const struct record *r,
                                 const struct otlp_span_id *request, enum span_what what)
{
    struct otlp_span_id id = { 0 };

    memcpy(id.trace, request->trace, sizeof(id.trace));
    span_id(b->about->run->id, r->req, r->try_no, what, id.span);
    return id;
}

static void put_parts(struct otlp_batch *b, const struct record *r,
                      const struct otlp_span_id *attempt)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        const struct part *p = &parts[i];
        struct otlp_span_id id = id_of(b, r, attempt, p->what);

        if (happened(r, p))
            otlp_batch_add(
                b, otlp_span(b, &id, attempt, p->name, false, r->at[p->from], r->at[p->to]),
                r->at[MOMENT_END]);
    }
}

/*
 * libcurl tells how long the steps took, not when they began: they follow each other from
 * the start, and none ends behind the moment at which the connection was there.
 */
static ns_t put_step(struct otlp_batch *b, const struct record *r,
                     const struct otlp_span_id *connection, enum span_what what, ns_t from,
                     ns_t took, const char *name)
{
    struct otlp_span_id id = id_of(b, r, connection, what);
    ns_t to = from + took;

    if (took < 0)
        return from;
    if (to > from_connected(r))
        to = from_connected(r);
    otlp_batch_add(b, otlp_span(b, &id, connection, name, false, from, to),
                   r->at[MOMENT_END]);
    return to;
}

static void put_connection(struct otlp_batch *b, const struct record *r,
                           const struct otlp_span_id *attempt)
{
    const char *host = b->about->address;
    struct arena *a = &b->arena;
    struct otlp_span_id id = id_of(b, r, attempt, SPAN_CONNECTION);
    ns_t at = r->at[MOMENT_START];

    if (r->reused || from_connected(r) == NS_ABSENT)
        return;
    otlp_batch_add(b,
                   otlp_span(b, &id, attempt,
                             arena_printf(a, "HTTP connection_setup %s", host), false, at,
                             from_connected(r)),
                   r->at[MOMENT_END]);
    at = put_step(b, r, &id, SPAN_DNS, at, r->dns, arena_printf(a, "DNS lookup %s", host));
    at = put_step(b, r, &id, SPAN_TCP, at, r->tcp,
                  arena_printf(a, "socket connect %s", host));
    put_step(b, r, &id, SPAN_TLS, at, r->tls,
             arena_printf(a, "TLS client handshake %s", host));
}

/* --- the attempt -------------------------------------------------------------------- */

static void put_http(const struct otlp_batch *b, const struct record *r, struct attrs *to)
{
    const char *version = r->http_version == 20   ? "2"
                          : r->http_version == 10 ? "1.0"
                          : r->http_version       ? "1.1"
                                                  : NULL;

    attr_name(to, "http.request.method", "POST");
    attr_text(to, "server.address", b->about->address);
    attr_count(to, "server.port", b->about->port);
    attr_text(to, "url.full", b->about->url);
    if (r->http_status)
        attr_int(to, "http.response.status_code", r->http_status);
    attr_name(to, "network.protocol.version", version);
    if (r->try_no > 1)
        attr_int(to, "http.request.resend_count", r->try_no - 1);
    attr_int(to, "http.request.body.size", (int64_t)r->bytes_up);
    attr_int(to, "http.response.body.size", (int64_t)r->bytes_down);
    attr_name(to, "user_agent.synthetic.type", "test");
}

static void put_limits(const struct record *r, struct attrs *to)
{
    static const char *const left[N_LIMITS] = {
        [LIMIT_REQUESTS] = "groq.rate_limit.request.remaining",
        [LIMIT_TOKENS] = "groq.rate_limit.token.remaining",
        [LIMIT_AUDIO_SECONDS] = "groq.rate_limit.audio.remaining",
    };

    for (int i = 0; i < N_LIMITS; i++)
        attr_count(to, left[i], r->limits[i].remaining);
    attr_text(to, "groq.rate_limit.kind", r->limit_kind);
    attr_seconds(to, "tokdyno.retry_after", r->retry_after);
}

void otlp_put_attempt(struct otlp_batch *b, const struct record *r,
                      const struct otlp_span_id *request, bool phases)
{
    struct otlp_span_id id = id_of(b, r, request, SPAN_ATTEMPT);
    struct attrs to = attrs_begin(&b->arena, 20, b->about->env.max_text);
    Otlp__Span *span =
        otlp_span(b, &id, request, "POST", true, r->at[MOMENT_START], r->at[MOMENT_END]);

    put_http(b, r, &to);
    attr_name(&to, "error.type", otlp_error_type(&b->arena, r, true));
    attr_name(&to, "tokdyno.outcome", outcomes[r->outcome].name);
    attr_bool(&to, "tokdyno.connection.reused", r->reused);
    attr_text(&to, "groq.response.request_id", r->request_id);
    attr_text(&to, "groq.response.region", r->region);
    attr_text(&to, "groq.response.edge", r->edge);
    put_limits(r, &to);
    otlp_span_attrs(span, &to);
    if (outcomes[r->outcome].error)
        otlp_span_fail(b, span, r->error);
    otlp_batch_add(b, span, r->at[MOMENT_END]);
    if (phases) {
        put_connection(b, r, &id);
        put_parts(b, r, &id);
    }
}

/* --- the request -------------------------------------------------------------------- */

OTLP_MESSAGE(Event, event)

static void add_event(struct otlp_batch *b, Otlp__Span *span, ns_t at, const char *name,
                      const struct attrs *attrs)
{
    Otlp__Event *e;

    if (at == NS_ABSENT)
        return;
    if (span->n_events >= b->about->env.max_events) {
        span->dropped_events_count++;
        return;
    }
    e = new_event(&b->arena);
    e->time_unix_nano = otlp_time(b->about, at);
    e->name = (char *)(uintptr_t)name;
    if (attrs) {
        e->attributes = attrs->items;
        e->n_attributes = attrs->n;
    }
    span->events[span->n_events++] = e;
}

/* Frames are known to the microsecond: the first one's time is cut, the gaps add up. */
static void add_stalls(struct otlp_batch *b, Otlp__Span *span, const struct record *r)
{
    ns_t at = r->at[MOMENT_FIRST] / NS_PER_US * NS_PER_US;
    int told = 0;

    if (r->at[MOMENT_FIRST] == NS_ABSENT || r->stall < STALL_US * NS_PER_US)
        return;
    for (size_t i = 0; i < r->n_gaps; i++) {
        at += r->gaps[i] * NS_PER_US;
        if (r->gaps[i] < STALL_US)
            continue;
        if (told++ < MAX_STALLS) {
            struct attrs to = attrs_begin(&b->arena, 2, 0);

            attr_seconds(&to, "tokdyno.stall", r->gaps[i] * NS_PER_US);
            attr_int(&to, "tokdyno.frame.index", (int64_t)i + 1);
            add_event(b, span, at, "tokdyno.stall", &to);
        } else {
            span->dropped_events_count++;
        }
    }
}

/* In the order in which they happened, but for stalls. */
static void add_events(struct otlp_batch *b, Otlp__Span *span, const struct record *r)
{
    struct attrs finish = attrs_begin(&b->arena, 1, b->about->env.max_text);

    span->events = arena_alloc(&b->arena, (MAX_STALLS + 5) * sizeof(*span->events));
    add_event(b, span, r->at[MOMENT_ROLE], "tokdyno.role", NULL);
    add_event(b, span, r->at[MOMENT_FIRST], "tokdyno.first_token", NULL);
    add_event(b, span, r->at[MOMENT_REASONING], "tokdyno.first_reasoning", NULL);
    add_event(b, span, r->at[MOMENT_ANSWER], "tokdyno.first_answer", NULL);
    add_stalls(b, span, r);
    attr_text(&finish, "groq.response.finish_reason", r->finish);
    add_event(b, span, r->at[MOMENT_LAST], "tokdyno.finish", &finish);
}

static void put_answer(const struct otlp_batch *b, const struct record *r, struct attrs *to)
{
    const struct run *run = b->about->run;

    if (b->about->stream)
        attr_bool(to, "gen_ai.request.stream", true);
    attr_count(to, "gen_ai.request.max_tokens", b->about->max_tokens);
    attr_list(to, "gen_ai.response.finish_reasons",
              strcmp(r->finish, "tool_calls") ? r->finish : "tool_call");
    if (r->at[MOMENT_FIRST] != NS_ABSENT)
        attr_seconds(to, "gen_ai.response.time_to_first_chunk",
                     r->at[MOMENT_FIRST] - r->at[MOMENT_START]);
    attr_count(to, "gen_ai.usage.input_tokens", r->tokens.prompt);
    attr_count(to, "gen_ai.usage.output_tokens", r->tokens.completion);
    attr_count(to, "gen_ai.usage.cache_read.input_tokens", r->tokens.cached);
    attr_count(to, "gen_ai.usage.reasoning.output_tokens", r->tokens.reasoning);
    attr_text(to, "groq.request.service_tier", run->cells[r->cell].tier);
    attr_text(to, "groq.response.service_tier", r->tier);
    attr_text(to, "groq.response.request_id", r->request_id);
    attr_text(to, "groq.response.region", r->region);
    attr_seconds(to, "groq.usage.queue_time", r->server.queue);
    attr_seconds(to, "groq.usage.prompt_time", r->server.prompt);
    attr_seconds(to, "groq.usage.completion_time", r->server.completion);
    attr_seconds(to, "groq.usage.total_time", r->server.total);
}

static void put_ours(const struct otlp_batch *b, const struct record *r, struct attrs *to)
{
    const struct run *run = b->about->run;

    attr_text(to, "tokdyno.scenario.name", run->name);
    attr_text(to, "tokdyno.cell.name", run->cells[r->cell].name);
    attr_text(to, "tokdyno.phase.name", run->phases[r->phase].name);
    attr_bool(to, "tokdyno.phase.measured", run->phases[r->phase].measured);
    attr_int(to, "tokdyno.trial", r->trial);
    attr_int(to, "tokdyno.request", (int64_t)r->req);
    attr_int(to, "tokdyno.request.attempts", r->try_no);
    attr_name(to, "tokdyno.outcome", outcomes[r->outcome].name);
    if (r->at[MOMENT_READY] != NS_ABSENT) {
        attr_seconds(to, "tokdyno.held", r->at[MOMENT_READY] - r->at[MOMENT_DUE]);
        attr_seconds(to, "tokdyno.send_lag", r->at[MOMENT_START] - r->at[MOMENT_READY]);
    }
    attr_bool(to, "tokdyno.connection.reused", r->reused);
    attr_int(to, "tokdyno.frames", (int64_t)r->frames);
    attr_seconds(to, "tokdyno.stall", r->stall);
    if (r->cost_nusd >= 0)
        attr_double(to, "tokdyno.cost", (double)r->cost_nusd / 1e9);
}

static void put_durations(const struct record *r, struct attrs *to)
{
    attr_seconds(to, "tokdyno.time.dns", r->reused ? NS_ABSENT : r->dns);
    attr_seconds(to, "tokdyno.time.tcp", r->reused ? NS_ABSENT : r->tcp);
    attr_seconds(to, "tokdyno.time.tls", r->reused ? NS_ABSENT : r->tls);
    for (size_t i = 0; i < N_PARTS; i++)
        if (happened(r, &parts[i]))
            attr_seconds(to, parts[i].duration, r->at[parts[i].to] - r->at[parts[i].from]);
}

void otlp_put_request(struct otlp_batch *b, const struct record *r,
                      const struct otlp_request *q, bool durations)
{
    const struct run *run = b->about->run;
    struct attrs to = attrs_begin(&b->arena, 48, b->about->env.max_text);
    const char *model = run->cells[r->cell].model;
    const char *name = b->about->operation;
    Otlp__Span *span;

    if (model && *model)
        name = arena_printf(&b->arena, "%s %s", name, otlp_text(&b->arena, model, 200));
    span = otlp_span(b, &q->id, q->parent, name, true, q->first, r->at[MOMENT_END]);
    otlp_put_common(b->about, &to, r->cell);
    attr_name(&to, "error.type", otlp_error_type(&b->arena, r, false));
    put_answer(b, r, &to);
    put_ours(b, r, &to);
    if (durations)
        put_durations(r, &to);
    otlp_span_attrs(span, &to);
    add_events(b, span, r);
    if (outcomes[r->outcome].error)
        otlp_span_fail(b, span, r->error);
    if (!q->parent)
        otlp_span_link(b, span, q->run);
    otlp_batch_add(b, span, r->at[MOMENT_END]);
}
