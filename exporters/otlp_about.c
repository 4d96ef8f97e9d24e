#include "exporters/otlp_common.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "base/json.h"

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
            b->operation = e && e->operation ? e->operation : "chat";
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
    *b = (struct otlp_about){ .run = config->run,
                              .endpoint = "",
                              .operation = "chat",
                              .stream = true,
                              .max_tokens = -1,
                              .port = -1 };
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
    return (uint64_t)b->run->t0_real + (uint64_t)at;
}

void otlp_put_common(const struct otlp_about *b, struct attrs *to, uint32_t cell)
{
    attr_name(to, "gen_ai.operation.name", b->operation);
    attr_name(to, "gen_ai.provider.name", b->provider);
    attr_text(to, "gen_ai.request.model", b->run->cells[cell].model);
    attr_text(to, "server.address", b->address);
    attr_count(to, "server.port", b->port);
}
