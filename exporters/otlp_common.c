#include "exporters/otlp_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/version.h"

const char otlp_schema_url[] = "https://opentelemetry.io/schemas/1.41.0";

/* --- text --------------------------------------------------------------------------- */

static bool plain(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

char *otlp_text(struct arena *a, const char *text, size_t max)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t n = strlen(text), used = 0;
    char *out;

    if (plain(text, n))
        return arena_strndup(a, text, n < max ? n : max);
    out = arena_alloc(a, 3 * n + 1);
    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((const unsigned char *)text + i, n - i);
        size_t put = len ? len : 3;

        if (used + put > max)
            break;
        memcpy(out + used, len ? text + i : replacement, put);
        used += put;
        i += len ? len : 1;
    }
    out[used] = '\0';
    return out;
}

/* --- attributes --------------------------------------------------------------------- */

struct attrs attrs_begin(struct arena *a, size_t room, size_t max_text)
{
    return (struct attrs){ .arena = a,
                           .items = arena_alloc(a, room * sizeof(Otlp__KeyValue *)),
                           .cap = room,
                           .max_text = max_text };
}

struct pair {
    Otlp__KeyValue key;
    Otlp__AnyValue value;
};

static Otlp__AnyValue *add(struct attrs *to, const char *key,
                           Otlp__AnyValue__ValueCase kind)
{
    struct pair *p = arena_alloc(to->arena, sizeof(*p));

    if (to->n == to->cap) {
        Otlp__KeyValue **more = arena_alloc(to->arena, (2 * to->cap + 4) * sizeof(*more));

        if (to->n)
            memcpy(more, to->items, to->n * sizeof(*more));
        to->items = more;
        to->cap = 2 * to->cap + 4;
    }
    otlp__key_value__init(&p->key);
    otlp__any_value__init(&p->value);
    p->key.key = (char *)(uintptr_t)key; /* protobuf-c only reads it */
    p->key.value = &p->value;
    p->value.value_case = kind;
    to->items[to->n++] = &p->key;
    return &p->value;
}

void attr_name(struct attrs *to, const char *key, const char *value)
{
    if (value && *value)
        add(to, key, OTLP__ANY_VALUE__VALUE_STRING_VALUE)->string_value =
            (char *)(uintptr_t)value;
}

void attr_text(struct attrs *to, const char *key, const char *value)
{
    if (value && *value)
        attr_name(to, key, otlp_text(to->arena, value, to->max_text));
}

OTLP_MESSAGE(ArrayValue, array_value)
OTLP_MESSAGE(AnyValue, any_value)

void attr_list(struct attrs *to, const char *key, const char *value)
{
    Otlp__ArrayValue *list;

    if (!value || !*value)
        return;
    list = new_array_value(to->arena);
    list->n_values = 1;
    list->values = arena_alloc(to->arena, sizeof(*list->values));
    list->values[0] = new_any_value(to->arena);
    list->values[0]->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
    list->values[0]->string_value = otlp_text(to->arena, value, to->max_text);
    add(to, key, OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)->array_value = list;
}

void attr_int(struct attrs *to, const char *key, int64_t value)
{
    add(to, key, OTLP__ANY_VALUE__VALUE_INT_VALUE)->int_value = value;
}

void attr_count(struct attrs *to, const char *key, int64_t value)
{
    if (value >= 0)
        attr_int(to, key, value);
}

void attr_bool(struct attrs *to, const char *key, bool value)
{
    add(to, key, OTLP__ANY_VALUE__VALUE_BOOL_VALUE)->bool_value = value;
}

void attr_double(struct attrs *to, const char *key, double value)
{
    add(to, key, OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE)->double_value = value;
}

void attr_seconds(struct attrs *to, const char *key, ns_t value)
{
    if (value >= 0)
        attr_double(to, key, (double)value / NS_PER_S);
}

/* --- what a run says of itself ------------------------------------------------------ */

/* Providers that the conventions name, by the end of their host's name. */
static const struct provider {
    const char *host;
    const char *name;
} providers[] = {
    { "groq.com", "groq" },
    { "openai.com", "openai" },
    { "anthropic.com", "anthropic" },
    { "openai.azure.com", "azure.ai.openai" },
    { "deepseek.com", "deepseek" },
    { "mistral.ai", "mistral_ai" },
    { "perplexity.ai", "perplexity" },
    { "x.ai", "x_ai" },
    { "cohere.com", "cohere" },
};

static bool host_is(const char *host, const char *end)
{
    size_t n = strlen(host), m = strlen(end);

    return n >= m && !strcmp(host + n - m, end) && (n == m || host[n - m - 1] == '.');
}

static const char *provider_of(const char *host)
{
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
        if (host_is(host, providers[i].host))
            return providers[i].name;
    return "openai_compatible";
}

/* Host and port of the target; of the simulator's only that it is this machine. */
static void read_target(struct otlp_about *b, const char *url)
{
    const char *host = strstr(url, "://");
    bool tls = !strncmp(url, "https:", 6);
    size_t n;
    const char *colon;

    if (!host) {
        b->provider = "groq"; /* which the simulator speaks the language of */
        b->address = "localhost";
        return;
    }
    host += 3;
    n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    colon = host[n] == ':' ? host + n : NULL;
    b->port = colon ? atoi(colon + 1) : tls ? 443 : 80;
    if (*host == '[' && n >= 2)
        b->address = arena_strndup(&b->arena, host + 1, n - 2);
    else
        b->address = arena_strndup(&b->arena, host, n);
    b->provider = provider_of(b->address);
    b->url = arena_printf(&b->arena, "%s%s", url, b->endpoint);
}

/* A member of the request's own body, where it is a number. */
static void read_body(struct otlp_about *b, struct json *j)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "max_completion_tokens") || str_is(key, "max_tokens"))
            json_int(j, &b->max_tokens);
        else
            json_skip(j);
}

static void read_request(struct otlp_about *b, struct json *j)
{
    struct str key, text;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key)) {
        if (str_is(key, "stream")) {
            json_bool(j, &b->stream);
        } else if (str_is(key, "body")) {
            read_body(b, j);
        } else if (str_is(key, "endpoint") && json_text(j, &text)) {
            const struct endpoint *e =
                endpoint_find(arena_strndup(&b->arena, text.p, text.n));

            b->endpoint = e ? e->path : "";
        } else if (!str_is(key, "endpoint")) {
            json_skip(j);
        }
    }
}

static void read_scenario(struct otlp_about *b, const char *scenario)
{
    struct json j;
    struct str key;

    json_init(&j, scenario, strlen(scenario));
    if (!json_open_object(&j))
        return;
    while (json_key(&j, &key))
        if (str_is(key, "request"))
            read_request(b, &j);
        else
            json_skip(&j);
}

/* What the run says wins over what the environment adds. */
static bool is_ours(const struct attrs *to, const char *key)
{
    for (size_t i = 0; i < to->n; i++)
        if (!strcmp(to->items[i]->key, key))
            return true;
    return false;
}

/* One per run, in the form of a UUID. */
static const char *instance(struct otlp_about *b)
{
    const char *id = b->run->id;

    if (strlen(id) != 32)
        return id;
    return arena_printf(&b->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12,
                        id + 16, id + 20);
}

static const char *env_service(const struct otlp_env *env)
{
    const char *name = env->service_name;

    for (size_t i = 0; !name && i < env->n_attributes; i++)
        if (!strcmp(env->attributes[i].key, "service.name"))
            name = env->attributes[i].value;
    return name && *name ? name : "tokdyno";
}

OTLP_MESSAGE(Resource, resource)
OTLP_MESSAGE(InstrumentationScope, instrumentation_scope)

static void make_resource(struct otlp_about *b)
{
    struct attrs to = attrs_begin(&b->arena, 16, b->env.max_text);

    attr_text(&to, "service.name", env_service(&b->env));
    attr_text(&to, "service.version", b->run->host.tool);
    attr_text(&to, "service.instance.id", instance(b));
    attr_name(&to, "telemetry.sdk.name", "tokdyno");
    attr_name(&to, "telemetry.sdk.language", "c");
    attr_text(&to, "telemetry.sdk.version", b->run->host.tool);
    attr_text(&to, "host.name", b->run->host.name);
    attr_name(&to, "os.type", "linux");
    attr_text(&to, "tokdyno.run.id", b->run->id);
    for (size_t i = 0; i < b->env.n_attributes; i++)
        if (!is_ours(&to, b->env.attributes[i].key))
            attr_text(&to, b->env.attributes[i].key, b->env.attributes[i].value);
    b->resource = new_resource(&b->arena);
    b->resource->attributes = to.items;
    b->resource->n_attributes = to.n;
    b->scope = new_instrumentation_scope(&b->arena);
    b->scope->name = arena_strdup(&b->arena, "tokdyno");
    b->scope->version = otlp_text(&b->arena, b->run->host.tool, 64);
}

void otlp_about_init(struct otlp_about *b, const struct export_config *config)
{
    *b = (struct otlp_about){
        .run = config->run, .endpoint = "", .stream = true, .max_tokens = -1, .port = -1
    };
    otlp_env_read(&b->env, config, &b->arena);
    read_scenario(b, config->run->scenario);
    read_target(b, config->run->target);
    make_resource(b);
}

void otlp_about_free(struct otlp_about *b)
{
    arena_free(&b->arena);
}

uint64_t otlp_time(const struct otlp_about *b, ns_t at)
{
    return (uint64_t)(b->run->t0_real + at);
}

void otlp_put_common(const struct otlp_about *b, struct attrs *to, uint32_t cell)
{
    attr_name(to, "gen_ai.operation.name", "chat");
    attr_name(to, "gen_ai.provider.name", b->provider);
    attr_text(to, "gen_ai.request.model", b->run->cells[cell].model);
    attr_text(to, "server.address", b->address);
    attr_count(to, "server.port", b->port);
}

/* --- failures ----------------------------------------------------------------------- */

/* libcurl's results in the words of the conventions; the code says curl_N. */
static const struct failure {
    int curl;
    const char *type;
} failures[] = {
    { 6, "name_resolution_error" },    { 7, "connection_error" },
    { 16, "http_protocol_error" },     { 28, "timeout" },
    { 35, "secure_connection_error" }, { 52, "response_ended" },
    { 55, "connection_error" },        { 56, "response_ended" },
    { 60, "secure_connection_error" }, { 92, "http_protocol_error" },
};

/* Low cardinality: what providers say as a code is an identifier, or it is not taken. */
static bool is_identifier(const char *code)
{
    size_t n = strspn(code, "abcdefghijklmnopqrstuvwxyz_0123456789");

    return n && n <= 64 && !code[n];
}

static const char *of_transport(const struct record *r)
{
    int curl = !strncmp(r->error_code, "curl_", 5) ? atoi(r->error_code + 5) : -1;

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
        if (failures[i].curl == curl)
            return failures[i].type;
    return "connection_error";
}

/*
 * Failures without an HTTP status that tells them; all others have one. Of the attempt,
 * HTTP was well where only its content was not.
 */
static const struct plain_failure {
    const char *request;
    const char *attempt;
} plain_failures[N_OUTCOMES] = {
    [OUTCOME_PARTIAL] = { "response_ended", "response_ended" },
    [OUTCOME_PROTOCOL] = { "invalid_response", NULL },
    [OUTCOME_TIMEOUT_CONNECT] = { "timeout", "timeout" },
    [OUTCOME_TIMEOUT_FIRST] = { "timeout", "timeout" },
    [OUTCOME_TIMEOUT_IDLE] = { "timeout", "timeout" },
    [OUTCOME_TIMEOUT_TOTAL] = { "timeout", "timeout" },
};

static const char *without_status(const struct record *r, bool http)
{
    const struct plain_failure *f = &plain_failures[r->outcome];

    if (r->outcome == OUTCOME_TRANSPORT)
        return of_transport(r);
    if (http)
        return f->attempt;
    if (is_identifier(r->error_code) && strncmp(r->error_code, "curl_", 5))
        return r->error_code;
    return f->request ? f->request : "_OTHER";
}

const char *otlp_error_type(struct arena *a, const struct record *r, bool http)
{
    const char *name;

    if (!outcomes[r->outcome].error)
        return NULL;
    if (r->http_status >= 400) {
        if (!http && is_identifier(r->error_code))
            return otlp_text(a, r->error_code, 64);
        return arena_printf(a, "%d", r->http_status);
    }
    name = without_status(r, http);
    return name ? otlp_text(a, name, 64) : NULL;
}

/* --- chunks ------------------------------------------------------------------------- */

void otlp_put(const struct export_out *out, enum export_signal signal,
              const ProtobufCMessage *message, uint64_t items, struct buf *scratch)
{
    size_t n = protobuf_c_message_get_packed_size(message);
    struct export_chunk chunk = { .signal = signal, .items = items };

    buf_clear(scratch);
    protobuf_c_message_pack(message, (uint8_t *)buf_room(scratch, n));
    chunk.bytes = (struct str){ scratch->p, n };
    out->put(out->ctx, &chunk);
}
