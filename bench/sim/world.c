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
        .response_done = set->response_done,
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
    loras_free(&w->loras);
    shop_free(&w->shop);
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
    if (!m)
        m = lora_model(&w->loras, w->catalogue, id);
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
    x->audio = NS_ABSENT;
    x->characters = -1;
    x->fault = (struct fault_choice){ &faults[0], 0 };
    x->keep_alive = http->keep_alive;
    buf_init(&x->about, 0);
    buf_init(&x->made, 0);
    return x;
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
    if (x->refusal == REFUSAL_NONE)
        route_request(w, x, http);
    return x;
}

struct exchange *world_admit_item(struct world *w, const struct http *http, ns_t at)
{
    struct exchange *x = exchange_new(w, http);

    x->arrival = x->received = at;
    x->item = true;
    draw_identity(w, x);
    draw_region(w, x);
    x->fault =
        fault_draw(w->set->item_faults, w->set->n_item_faults, x->n, w->set->seed, x->key);
    route_request(w, x, http);
    return x;
}

/* In a batch half of it is paid, and nothing off for what was cached. */
static int64_t cost_of(const struct exchange *x, int64_t generated)
{
    if (x->characters >= 0)
        return catalogue_text_cost(x->model, x->characters);
    if (x->audio >= 0)
        return catalogue_audio_cost(x->model, x->audio);
    return x->item
               ? catalogue_batch_cost(x->model, x->prompt_tokens, generated)
               : catalogue_cost(x->model, x->prompt_tokens, x->cached_tokens, generated);
}

void world_settle(struct world *w, const struct exchange *x, int64_t generated, ns_t now)
{
    int64_t cost;

    if (!x->model || x->prompt_tokens < 0)
        return;
    (*world_in_service(w, x->model))--;
    if (x->quota && !x->tokenless)
        quota_debit(x->quota, generated - x->reserved, now);
    cost = cost_of(x, generated);
    w->spent_nusd += cost > 0 ? cost : 0;
}

void world_forget(struct exchange *x)
{
    buf_free(&x->about);
    buf_free(&x->made);
    draft_free(&x->draft);
    free(x->frames);
    free(x);
}
