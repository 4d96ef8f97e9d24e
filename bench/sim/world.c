#include "sim/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { MAX_STRANGERS = 64 };

void world_init(struct world *w, const struct setting *set, const struct catalogue *c,
                ns_t now, ns_t real)
{
    *w = (struct world){ .set = set, .catalogue = c };
    w->script = (struct script_setting){
        .timing = {
            .queue_median = set->queue_median,
            .queue_sigma = set->queue_sigma,
            .capacity = set->capacity,
            .prefill_base = set->prefill_base,
            .prefill_load = set->prefill_load,
            .tps_sigma = set->tps_sigma,
            .jitter = set->jitter,
            .event_tokens = set->event_tokens,
            .burst = set->burst,
            .speed = set->speed,
        },
        .catalogue = c,
        .seed = set->seed,
        .real_minus_mono = real - now,
        .flood = set->flood,
    };
    pcache_init(&w->cache, (ns_t)((double)set->cache_lifetime / set->speed));
    w->flex = (struct capacity){ rng_stream(set->seed, "sim.flex", 0), true, now };
    w->in_service = mem_array(c->n_models + 1, sizeof(*w->in_service));
    w->strangers = mem_array(MAX_STRANGERS, sizeof(*w->strangers));
}

void world_free(struct world *w)
{
    quota_book_free(&w->book);
    pcache_free(&w->cache);
    free(w->in_service);
    free(w->strangers);
    arena_free(&w->arena);
}

/* On and off in turn, each for an exponential time. */
bool capacity_is_short(struct capacity *c, const struct setting *set, ns_t now)
{
    if (!set->flex_off)
        return false;
    while (c->until <= now) {
        ns_t mean = c->is_short ? set->flex_on : set->flex_off;
        double wait = -log(rng_open(&c->rng)) * (double)mean / set->speed;

        c->is_short = !c->is_short;
        c->until += 1 + (ns_t)wait;
    }
    return c->is_short;
}

static const struct model *stranger(struct world *w, const char *id)
{
    for (size_t i = 0; i < w->n_strangers; i++)
        if (!strcmp(w->strangers[i].id, id))
            return &w->strangers[i];
    if (w->n_strangers == MAX_STRANGERS)
        return &w->strangers[MAX_STRANGERS - 1];
    w->strangers[w->n_strangers] = (struct model){
        .id = arena_strdup(&w->arena, id),
        .kind = "chat",
        .context = 131072,
        .max_completion = 32768,
        .input_nusd = -1,
        .cached_nusd = -1,
        .output_nusd = -1,
        .vision = true,
        .free = { -1, -1, -1, -1, -1, -1 },
        .developer = { -1, -1, -1, -1, -1, -1 },
    };
    return &w->strangers[w->n_strangers++];
}

const struct model *world_model(struct world *w, const char *id)
{
    const struct model *m = catalogue_model(w->catalogue, id);

    for (size_t i = 0; !m && w->set->any_case && i < w->catalogue->n_models; i++)
        if (!strcasecmp(w->catalogue->models[i].id, id))
            m = &w->catalogue->models[i];
    if (!m && w->set->any_model && *id)
        m = stranger(w, id);
    return m;
}

uint32_t *world_in_service(struct world *w, const struct model *m)
{
    const struct catalogue *c = w->catalogue;
    bool known = m >= c->models && m < c->models + c->n_models;

    return &w->in_service[known ? (size_t)(m - c->models) : c->n_models];
}

void world_refuse(struct exchange *x, enum refusal r, const char *about)
{
    x->answer = ANSWER_REFUSAL;
    x->refusal = r;
    x->status = refusals[r].status;
    buf_clear(&x->about);
    buf_str(&x->about, about);
}

static void draw_identity(struct world *w, struct exchange *x)
{
    struct rng r = rng_stream(w->set->seed, "sim.ident", x->key);
    ns_t real = x->received + w->script.real_minus_mono;

    x->created = real / NS_PER_S;
    memcpy(x->request_id, "req_", 4);
    ident_ulid(x->request_id + 4, (uint64_t)(real / NS_PER_MS), &r);
    memcpy(x->chat_id, "chatcmpl-", 9);
    ident_uuid(x->chat_id + 9, &r);
    ident_hex(x->ray, 16, &r);
    snprintf(x->ray + 16, sizeof(x->ray) - 16, "-%.6s", w->set->edge);
    ident_word(x->cookie, 43, &r);
    x->seed = (int64_t)(rng_next(&r) >> 33);
}

static void draw_region(struct world *w, struct exchange *x)
{
    const struct setting *set = w->set;
    struct rng r = rng_stream(set->seed, "sim.region", x->key);
    double total = 0;
    double at;
    size_t i = 0;

    for (size_t k = 0; k < set->n_regions; k++)
        total += set->regions[k].weight;
    at = rng_unit(&r) * total;
    while (i + 1 < set->n_regions && at >= set->regions[i].weight)
        at -= set->regions[i++].weight;
    x->region = set->n_regions ? set->regions[i].name : "dal";
    x->delay = (ns_t)(rng_lognormal(&r, set->delay, set->delay_sigma) * 1e9 / set->speed);
    x->delay += set->n_regions ? (ns_t)((double)set->regions[i].delay / set->speed) : 0;
    x->refused_after = (ns_t)(rng_lognormal(&r, 2e6, 0.4) / set->speed);
}

static bool read_id(struct exchange *x, const struct http *http)
{
    struct str id = http_header(http, "x-tokdyno-id");

    if (!id.n || id.n >= sizeof(x->id))
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '"' || id.p[i] == '\\')
            return false;
    memcpy(x->id, id.p, id.n);
    return true;
}

static void choose_fault(struct world *w, struct exchange *x, const struct http *http)
{
    struct str asked = http_header(http, "x-sim-fault");
    struct err err;

    x->fault = fault_draw(w->set->faults, w->set->n_faults, x->n, w->set->seed, x->key);
    if (!asked.p)
        return;
    if (fault_parse(asked, &x->fault, &err)) {
        x->fault = (struct fault_choice){ &faults[0], 0 };
        world_refuse(x, REFUSAL_BAD_JSON, err.msg);
    }
}

static struct exchange *exchange_new(struct world *w, const struct http *http)
{
    struct exchange *x = mem_alloc(sizeof(*x));

    x->n = ++w->n;
    x->key = read_id(x, http) ? fnv1a64(x->id, strlen(x->id)) : x->n;
    x->status = 200;
    x->prompt_tokens = x->cached_tokens = x->retry_after_s = -1;
    x->head = x->end = NS_ABSENT;
    x->fault = (struct fault_choice){ &faults[0], 0 };
    x->keep_alive = http->keep_alive;
    buf_init(&x->about, 0);
    return x;
}

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

static void route(struct world *w, struct exchange *x, const struct http *http)
{
    static const struct {
        const char *path;
        const char *method;
        void (*take)(struct world *w, struct exchange *x, const struct http *http);
    } routes[] = {
        { "/chat/completions", "POST", admit_chat },
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
    world_refuse(x, REFUSAL_URL, "");
    buf_add(&x->about, http_method(http).p, http_method(http).n);
    buf_char(&x->about, ' ');
    buf_add(&x->about, http_target(http).p, http_target(http).n);
}

static bool is_root(const struct http *http)
{
    return str_is(http_target(http), "/") &&
           (str_is(http_method(http), "GET") || str_is(http_method(http), "HEAD"));
}

/* Refusals before anything of the request is looked at. */
static bool is_turned_away(struct world *w, struct exchange *x, const struct http *http)
{
    if (x->answer == ANSWER_REFUSAL && x->refusal)
        return true;
    if (w->set->require_agent && is_library(http))
        world_refuse(x, REFUSAL_EDGE_1010, "");
    else if (!is_let_in(w, http))
        world_refuse(x, REFUSAL_AUTH, "");
    else
        return false;
    return true;
}

struct exchange *world_admit(struct world *w, const struct http *http, bool first,
                             ns_t arrival, ns_t received)
{
    struct exchange *x = exchange_new(w, http);

    x->arrival = arrival;
    x->received = received;
    x->sets_cookie = first;
    draw_identity(w, x);
    draw_region(w, x);
    if (http->refused) {
        world_refuse(x, REFUSAL_BAD_JSON, refusal_reason(http->refused));
        x->status = http->refused;
        x->keep_alive = false;
        return x;
    }
    choose_fault(w, x, http);
    x->bodiless = str_is(http_method(http), "HEAD");
    if (is_root(http))
        x->answer = ANSWER_ROOT;
    else if (!is_turned_away(w, x, http))
        route(w, x, http);
    return x;
}

void world_settle(struct world *w, const struct exchange *x, int64_t generated, ns_t now)
{
    int64_t cost;

    if (!x->model || x->prompt_tokens < 0)
        return;
    (*world_in_service(w, x->model))--;
    if (x->quota)
        quota_debit(x->quota, generated - x->reserved, now);
    cost = catalogue_cost(x->model, x->prompt_tokens, x->cached_tokens, generated);
    w->spent_nusd += cost > 0 ? cost : 0;
}

void world_forget(struct exchange *x)
{
    buf_free(&x->about);
    draft_free(&x->draft);
    free(x->frames);
    free(x);
}
