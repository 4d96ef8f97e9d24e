#include <string.h>
#include <strings.h>

#include "sim/world.h"

/* "Bearer KEY" with the scheme in any case. */
static struct str bearer(const struct http *http)
{
    struct str s = http_header(http, "authorization");

    if (s.n < 8 || strncasecmp(s.p, "bearer ", 7) != 0)
        return (struct str){ "", 0 };
    return (struct str){ s.p + 7, s.n - 7 };
}

static bool is_let_in(const struct world *w, const struct http *http)
{
    struct str key = bearer(http);

    for (size_t i = 0; i < w->set->n_keys; i++)
        if (str_is(key, w->set->keys[i]))
            return true;
    return !w->set->n_keys;
}

static bool is_library(const struct http *http)
{
    static const char *const agents[] = { "python-urllib", "python-requests", "libwww" };
    struct str agent = http_header(http, "user-agent");

    for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
        if (agent.n >= strlen(agents[i]) &&
            !strncasecmp(agent.p, agents[i], strlen(agents[i])))
            return true;
    return !agent.n;
}

/* The path below the base URL: one slash for many, no query, no /openai/v1 or /v1. */
static void path_of(const struct http *http, char *path, size_t size)
{
    static const char *const bases[] = { "/openai/v1/", "/v1/" };
    struct str t = http_target(http);
    size_t n = 0;

    for (size_t i = 0; i < t.n && t.p[i] != '?' && n + 1 < size; i++)
        if (t.p[i] != '/' || !n || path[n - 1] != '/')
            path[n++] = t.p[i];
    path[n] = '\0';
    for (size_t i = 0; i < 2; i++)
        if (!strncmp(path, bases[i], strlen(bases[i]))) {
            memmove(path, path + strlen(bases[i]) - 1, n - strlen(bases[i]) + 2);
            return;
        }
}

static void get_models(struct world *w, struct exchange *x, const struct http *http)
{
    (void)w, (void)http;
    if (x->fault.fault->refusal)
        world_refuse(x, x->fault.fault->refusal, "");
    else
        x->answer = ANSWER_MODELS;
}

static void get_model(struct world *w, struct exchange *x, const char *id)
{
    x->model = world_model(w, id);
    x->answer = ANSWER_MODEL;
    if (!x->model)
        world_refuse(x, REFUSAL_MODEL, id);
}

static bool is_root(const struct http *http)
{
    return str_is(http_target(http), "/") &&
           (str_is(http_method(http), "GET") || str_is(http_method(http), "HEAD"));
}

/* Refusals before anything of the request is looked at. */
static bool is_turned_away(struct world *w, struct exchange *x, const struct http *http)
{
    if (w->set->require_agent && is_library(http))
        world_refuse(x, REFUSAL_EDGE_1010, "");
    else if (!is_let_in(w, http))
        world_refuse(x, REFUSAL_AUTH, "");
    else
        return false;
    return true;
}

static void route_path(struct world *w, struct exchange *x, const struct http *http)
{
    static const struct {
        const char *path;
        const char *method;
        void (*take)(struct world *w, struct exchange *x, const struct http *http);
    } routes[] = {
        { "/chat/completions", "POST", admit_chat },
        { "/responses", "POST", admit_response },
        { "/embeddings", "POST", admit_embeddings },
        { "/audio/transcriptions", "POST", admit_transcription },
        { "/audio/translations", "POST", admit_translation },
        { "/audio/speech", "POST", admit_speech },
        { "/models", "GET", get_models },
    };
    bool get = str_is(http_method(http), "GET");
    char path[512];

    path_of(http, path, sizeof(path));
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        if (str_is(http_method(http), routes[i].method))
            routes[i].take(w, x, http);
        else
            world_refuse(x, REFUSAL_METHOD, path);
        return;
    }
    if (get && !strncmp(path, "/models/", 8)) {
        get_model(w, x, path + 8);
        return;
    }
    if (shop_route(w, x, http, path))
        return;
    world_refuse(x, REFUSAL_URL, "");
    buf_add(&x->about, http_method(http).p, http_method(http).n);
    buf_char(&x->about, ' ');
    buf_add(&x->about, http_target(http).p, http_target(http).n);
}

void route_request(struct world *w, struct exchange *x, const struct http *http)
{
    if (is_root(http))
        x->answer = ANSWER_ROOT;
    else if (!is_turned_away(w, x, http))
        route_path(w, x, http);
}
