#include "exporters/otlp_logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Classes of failures that are told of; what servers say must not make it grow. */
enum { MAX_CLASSES = 256 };

struct failure_class {
    uint32_t cell;
    enum outcome outcome;
    char type[65];
};

struct otlp_logs {
    const struct otlp_about *about;
    const struct otlp_traces *traces;
    struct export_out out;
    struct failure_class classes[MAX_CLASSES];
    size_t n_classes;
    struct arena arena; /* of the records */
    Otlp__LogRecord **records;
    size_t n;
    size_t cap;
    ns_t since; /* of the first that waits */
    struct buf scratch;
};

struct otlp_logs *otlp_logs_open(const struct otlp_about *about,
                                 const struct export_out *out,
                                 const struct otlp_traces *traces)
{
    struct otlp_logs *l = mem_alloc(sizeof(*l));

    l->about = about;
    l->traces = traces;
    l->out = *out;
    buf_init(&l->scratch, 0);
    return l;
}

static void flush(struct otlp_logs *l)
{
    Otlp__ScopeLogs scope = OTLP__SCOPE_LOGS__INIT;
    Otlp__ResourceLogs resource = OTLP__RESOURCE_LOGS__INIT;
    Otlp__ExportLogsServiceRequest request = OTLP__EXPORT_LOGS_SERVICE_REQUEST__INIT;
    Otlp__ScopeLogs *scopes[] = { &scope };
    Otlp__ResourceLogs *resources[] = { &resource };

    scope.scope = l->about->scope;
    scope.schema_url = (char *)(uintptr_t)otlp_schema_url;
    scope.log_records = l->records;
    scope.n_log_records = l->n;
    resource.resource = l->about->resource;
    resource.n_scope_logs = 1;
    resource.scope_logs = scopes;
    request.n_resource_logs = 1;
    request.resource_logs = resources;
    if (l->n)
        otlp_put(&l->out, EXPORT_LOGS, &request.base, l->n, &l->scratch);
    l->n = 0;
    arena_free(&l->arena);
}

void otlp_logs_close(struct otlp_logs *l)
{
    flush(l);
    free(l->records);
    buf_free(&l->scratch);
    free(l);
}

OTLP_MESSAGE(LogRecord, log_record)
OTLP_MESSAGE(AnyValue, any_value)

static Otlp__LogRecord *event(struct otlp_logs *l, ns_t at, const char *name, bool bad,
                              const char *body, const struct attrs *attrs)
{
    Otlp__LogRecord *r = new_log_record(&l->arena);

    r->time_unix_nano = r->observed_time_unix_nano = otlp_time(l->about, at);
    r->event_name = (char *)(uintptr_t)name;
    r->severity_number = bad ? OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_WARN
                             : OTLP__SEVERITY_NUMBER__SEVERITY_NUMBER_INFO;
    r->severity_text = (char *)(uintptr_t)(bad ? "WARN" : "INFO");
    r->body = new_any_value(&l->arena);
    r->body->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
    r->body->string_value = otlp_text(&l->arena, body, l->about->env.max_text);
    r->attributes = attrs->items;
    r->n_attributes = attrs->n;
    if (!l->n)
        l->since = at;
    l->records = mem_grow(l->records, l->n, &l->cap, sizeof(Otlp__LogRecord *));
    l->records[l->n++] = r;
    return r;
}

static void name_trace(struct otlp_logs *l, Otlp__LogRecord *r,
                       const uint8_t trace[TRACE_ID_BYTES],
                       const uint8_t span[SPAN_ID_BYTES])
{
    r->trace_id.len = TRACE_ID_BYTES;
    r->trace_id.data =
        memcpy(arena_alloc(&l->arena, TRACE_ID_BYTES), trace, TRACE_ID_BYTES);
    r->span_id.len = SPAN_ID_BYTES;
    r->span_id.data = memcpy(arena_alloc(&l->arena, SPAN_ID_BYTES), span, SPAN_ID_BYTES);
    r->flags = 1;
}

/* --- failures ----------------------------------------------------------------------- */

static bool is_new(struct otlp_logs *l, const struct record *r, const char *type)
{
    struct failure_class *c = l->classes;

    for (size_t i = 0; i < l->n_classes; i++, c++)
        if (c->cell == r->cell && c->outcome == r->outcome && !strcmp(c->type, type))
            return false;
    if (l->n_classes == MAX_CLASSES)
        return false;
    *c = (struct failure_class){ r->cell, r->outcome, "" };
    snprintf(c->type, sizeof(c->type), "%s", type);
    l->n_classes++;
    return true;
}

static void put_failure(struct otlp_logs *l, const struct record *r, const char *type)
{
    const struct run *run = l->about->run;
    struct attrs to = attrs_begin(&l->arena, 16, l->about->env.max_text);
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
    Otlp__LogRecord *record;

    otlp_put_common(l->about, &to, r->cell);
    attr_text(&to, "error.type", type);
    attr_name(&to, "tokdyno.outcome", outcomes[r->outcome].name);
    if (r->http_status)
        attr_int(&to, "http.response.status_code", r->http_status);
    attr_text(&to, "exception.message", *r->error ? r->error : outcomes[r->outcome].help);
    attr_text(&to, "exception.type", *r->error_code ? r->error_code : type);
    attr_text(&to, "tokdyno.cell.name", run->cells[r->cell].name);
    attr_text(&to, "tokdyno.phase.name", run->phases[r->phase].name);
    attr_int(&to, "tokdyno.request", (int64_t)r->req);
    attr_int(&to, "tokdyno.attempt", r->try_no);
    attr_text(&to, "groq.response.request_id", r->request_id);
    record = event(l, r->at[MOMENT_END], "gen_ai.client.operation.exception", true,
                   *r->error ? r->error : outcomes[r->outcome].help, &to);
    if (l->traces) {
        otlp_traces_name(l->traces, r->req, trace, span);
        name_trace(l, record, trace, span);
    }
}

void otlp_logs_record(struct otlp_logs *l, const struct record *r)
{
    const char *type = otlp_error_type(&l->arena, r, false);

    if (type && is_new(l, r, type))
        put_failure(l, r, type);
    if (l->n >= l->about->env.log_records)
        flush(l);
}

void otlp_logs_tick(struct otlp_logs *l, ns_t at)
{
    if (l->n && at - l->since >= l->about->env.log_delay)
        flush(l);
    else if (!l->n)
        arena_free(&l->arena);
}

/* --- verdicts ----------------------------------------------------------------------- */

static void name_run(struct otlp_logs *l, Otlp__LogRecord *r)
{
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];

    if (!l->traces)
        return;
    otlp_traces_run_name(l->traces, trace, span);
    name_trace(l, r, trace, span);
}

static void put_verdict(struct otlp_logs *l, const struct summary *s,
                        const struct summary_slo *v)
{
    const struct run *run = s->run;
    const char *text = run->slos[v->slo].text;
    struct attrs to = attrs_begin(&l->arena, 12, l->about->env.max_text);

    attr_text(&to, "tokdyno.slo.name", text);
    attr_name(&to, "tokdyno.slo.verdict", verdict_names[v->verdict]);
    if (v->cell != UINT32_MAX)
        attr_text(&to, "tokdyno.cell.name", run->cells[v->cell].name);
    if (v->has_value && !v->infinite)
        attr_double(&to, "tokdyno.slo.value", v->value);
    if (v->has_value && v->interval) {
        attr_double(&to, "tokdyno.slo.value_low", v->lo);
        attr_double(&to, "tokdyno.slo.value_high", v->hi);
    }
    attr_int(&to, "tokdyno.slo.sample", (int64_t)v->n);
    attr_bool(&to, "tokdyno.slo.flips", v->flips);
    name_run(l, event(l, s->end.at, "tokdyno.verdict", v->verdict != VERDICT_PASS,
                      arena_printf(&l->arena, "%s: %s", text, verdict_names[v->verdict]),
                      &to));
}

void otlp_logs_summary(struct otlp_logs *l, const struct summary *s)
{
    const char *validity = validity_names[s->health.validity];
    struct attrs to = attrs_begin(&l->arena, 6, l->about->env.max_text);

    for (size_t i = 0; i < s->n_slos; i++)
        put_verdict(l, s, &s->slos[i]);
    attr_name(&to, "tokdyno.run.validity", validity);
    attr_seconds(&to, "tokdyno.run.error", s->health.e);
    if (s->n_slos)
        attr_name(&to, "tokdyno.run.verdict", verdict_names[s->verdict]);
    attr_int(&to, "tokdyno.requests", (int64_t)s->all.requests);
    name_run(l, event(l, s->end.at, "tokdyno.run.end", s->health.validity != VALIDITY_VALID,
                      validity, &to));
}
