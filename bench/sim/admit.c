#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/admit.h"
#include "sim/toolrun.h"

/* Prefill of the largest models grows faster than the prompt. */
static double quadratic(const char *model)
{
    static const char *const large[] = { "70b", "120b", "kimi" };

    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
        if (strstr(model, large[i]))
            return 2e-10;
    return 0;
}

static double first_above_0(double a, double b, double c)
{
    return a > 0 ? a : b > 0 ? b : c;
}

struct timing_params admit_timing(const struct world *w, const struct model *m)
{
    struct timing_params p = w->script.timing;

    p.tps = first_above_0(w->set->tps, m->speed_tps, 300);
    p.prefill_tps = first_above_0(w->set->prefill_tps, m->prefill_tps, 10000);
    p.prefill_quadratic = quadratic(m->id);
    return p;
}

static struct quota_rates rates_of(const struct world *w, const struct model *m)
{
    struct quota_rates rates = w->set->rates;
    const struct model_limits *l =
        strcmp(w->set->plan, "none") != 0 ? catalogue_limits(m, w->set->plan) : NULL;
    int64_t planned[N_QUOTAS] = { 0 };

    if (l)
        memcpy(planned, (int64_t[]){ l->rpm, l->rpd, l->tpm, l->tpd, l->ash, l->asd },
               sizeof(planned));
    for (int k = 0; k < N_QUOTAS; k++) {
        if (rates.limit[k] < 0)
            rates.limit[k] = planned[k];
        if (rates.limit[k] < 0)
            rates.limit[k] = 0;
    }
    rates.speed = w->set->speed;
    return rates;
}

/* Organizations are told apart by their keys. */
static uint64_t org_of(const struct http *http)
{
    struct str key = http_header(http, "authorization");

    return key.n ? fnv1a64(key.p, key.n) : 0;
}

static void refuse_rate(struct exchange *x, const struct quota_denial *d, uint64_t org)
{
    struct rng r = rng_init(org);
    char name[4 + IDENT_ULID] = "org_";

    ident_ulid(name + 4, 1700000000000, &r);
    world_refuse(x, d->too_large ? REFUSAL_TOO_LARGE : REFUSAL_RATE, "");
    quota_denial_text(&x->about, d, x->model->id, name, tier_names[x->tier]);
    x->about_type = quota_denial_type(d);
    x->retry_after_s = quota_retry_after_s(d);
    if (d->kind == QUOTA_RPM || d->kind == QUOTA_RPD)
        x->limits.tokens.limit = x->limits.audio.limit = 0; /* those headers are missing */
}

static bool flex_is_short(struct world *w, const struct exchange *x)
{
    struct rng r = rng_stream(w->set->seed, "sim.498", x->key);

    return rng_unit(&r) < w->set->flex_498 ||
           capacity_is_short(&w->flex, w->set, x->received);
}

/* Is the schema ready? From now on it is. */
static bool is_ready(struct world *w, const json_t *schema)
{
    enum { N = sizeof(w->schemas) / sizeof(w->schemas[0]) };
    char *text = json_dumps(schema, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t hash = text ? fnv1a64(text, strlen(text)) : 0;

    free(text);
    for (size_t i = 0; i < N && i < w->n_schemas; i++)
        if (w->schemas[i] == hash)
            return true;
    w->schemas[w->n_schemas++ % N] = hash;
    return false;
}

/* What a form of the output and pictures cost. */
static void charge_extras(struct world *w, struct exchange *x, const struct ask *a,
                          struct timing_params *p)
{
    const struct setting *set = w->set;

    if (a->json)
        p->tps *= set->json_speed;
    if (a->schema && !is_ready(w, a->schema))
        p->prefill_base += set->json_compile;
    p->prefill_base += set->image_time * (double)a->images.n;
    if (a->images.urls)
        x->fetch = (ns_t)(set->image_fetch / set->speed * NS_PER_S);
}

struct seat { /* who asks for how much */
    uint64_t org;
    struct quota_need need;
    struct quota_rates rates;
};

/* Pass the limits of one tier. */
static int try_tier(struct world *w, struct exchange *x, const struct seat *seat, bool flex,
                    struct quota_denial *d)
{
    struct quota *q =
        quota_get(&w->book, seat->org, x->model->id, flex, &seat->rates, x->received);
    int rc = quota_admit(q, seat->need, x->received, d);

    x->tier = flex ? TIER_FLEX : TIER_ON_DEMAND;
    x->shows_limits = w->set->head_limits;
    quota_show(q, &seat->rates, x->received, &x->limits);
    x->quota = rc ? NULL : q;
    return rc;
}

/*
 * on_demand: its limits. flex: its own, and capacity. auto: the first, then the second.
 * performance has throughput of its own, and no part in the limits of the others.
 */
static int pass_tiers(struct world *w, struct exchange *x, const struct seat *seat,
                      enum tier asked)
{
    struct quota_denial d;

    if (asked == TIER_PERFORMANCE ||
        (asked != TIER_FLEX && !try_tier(w, x, seat, false, &d)))
        return 0;
    if (asked == TIER_FLEX || asked == TIER_AUTO) {
        if (flex_is_short(w, x)) {
            x->tier = TIER_FLEX;
            world_refuse(x, REFUSAL_CAPACITY, "");
            return -1;
        }
        if (!try_tier(w, x, seat, true, &d))
            return 0;
    }
    refuse_rate(x, &d, seat->org);
    return -1;
}

static int64_t reserve_of(const struct world *w, const struct ask *a)
{
    int64_t asked = a->max_tokens > 0 ? a->max_tokens : 0;

    return w->set->reserve < 0 || asked < w->set->reserve ? asked : w->set->reserve;
}

/* Blocks of the prompt that were computed before; they are remembered from its prefill on.
 */
static int64_t find_cached(struct world *w, const struct exchange *x, const struct ask *a,
                           uint64_t *salt)
{
    const struct setting *set = w->set;
    struct rng r = rng_stream(set->seed, "sim.cache", x->key);
    int64_t prompt = tokens_count(&a->prompt);
    int64_t found;

    *salt = fnv1a64(x->model->id, strlen(x->model->id));
    if (set->cache_regional)
        *salt ^= fnv1a64(x->region, strlen(x->region)) * 3;
    found = TOKENS_BLOCK * (int64_t)pcache_find(&w->cache, *salt, a->prompt.blocks,
                                                a->prompt.n_blocks, x->received);
    if (rng_unit(&r) >= set->cache_hit || prompt < (int64_t)set->cache_min)
        return 0;
    return found < prompt ? found : prompt - TOKENS_BLOCK > 0 ? prompt - TOKENS_BLOCK : 0;
}

/* The request goes to the model: what it says, how long it takes. */
static void serve(struct world *w, struct exchange *x, void *ask)
{
    const struct ask *a = ask;
    struct timing_params p = admit_timing(w, x->model);
    uint32_t *in_service = world_in_service(w, x->model);
    bool caches = w->set->cache && x->model->caching;
    uint64_t salt = 0;
    int64_t cached = caches ? find_cached(w, x, a, &salt) : 0;

    charge_extras(w, x, a, &p);
    x->prompt_tokens = tokens_count(&a->prompt);
    x->cached_tokens = caches ? cached : -1;
    if (a->has_seed)
        x->seed = a->seed;
    draft_make(&x->draft, a, x->model, &w->set->draft, w->set->seed, x->key);
    if (!w->script.flood)
        timing_draw(&x->timing, &p, w->set->seed, x->key, *in_service,
                    (uint32_t)(x->prompt_tokens - cached), draft_total(&x->draft));
    x->timing.queue += lora_wait(&w->loras, x->model, w->set, x->received);
    toolrun_plan(x, a, w->set);
    ++*in_service;
    if (caches && x->prompt_tokens >= (int64_t)w->set->cache_min)
        pcache_store(&w->cache, salt, a->prompt.blocks, a->prompt.n_blocks,
                     x->received + x->timing.queue + x->timing.prefill);
    if (w->set->credit_cached && x->quota)
        quota_debit(x->quota, -cached, x->received);
}

/*
 * Output that does not pass the server's own check: in a stream an error event behind the
 * first tokens, where they are text; else a refusal, once all of it has been generated.
 */
static void fail_output(struct exchange *x)
{
    struct err err;

    if (x->draft.failed == REFUSAL_JSON_FAILED && x->stream) {
        if (x->fault.fault == faults)
            fault_parse(str_of("error"), &x->fault, &err);
        return;
    }
    world_refuse(x, x->draft.failed, x->model_asked);
    x->refused_after = x->timing.queue + x->timing.prefill + x->timing.decode;
}

/* A made-up denial for the fault 429: the request bucket is empty. */
static void refuse_429(struct exchange *x, uint64_t org)
{
    struct quota_denial d = { .kind = QUOTA_RPM,
                              .limit = 30,
                              .used = 30,
                              .requested = 1,
                              .wait = x->fault.arg * NS_PER_S };

    refuse_rate(x, &d, org);
}

/* Refusals that the fault asks for: at the door, or with failed_generation after the work.
 */
static void refuse_by_fault(struct exchange *x, const struct http *http)
{
    enum refusal r = x->fault.fault->refusal;

    if (r == REFUSAL_RATE) {
        refuse_429(x, org_of(http));
        return;
    }
    world_refuse(x, r, x->model_asked);
    if (refusals[r].failed)
        x->refused_after = x->timing.queue + x->timing.prefill + x->timing.decode;
    else
        x->shows_limits = false;
}

static bool is_chat(const struct model *m)
{
    static const char *const others[] = { "transcription", "speech", "embedding" };

    for (size_t i = 0; m->kind && i < sizeof(others) / sizeof(others[0]); i++)
        if (!strcmp(m->kind, others[i]))
            return false;
    return true;
}

static int look_at_chat(struct world *w, struct exchange *x, void *ask)
{
    struct ask *a = ask;

    (void)w;
    if (!is_chat(x->model))
        world_refuse(x, REFUSAL_NOT_CHAT, a->model);
    else if (ask_check(a, x->model))
        world_refuse(x, a->refusal, a->about);
    else
        return 0;
    return -1;
}

static int look_at_model(struct world *w, struct exchange *x, const struct admission *a)
{
    const struct setting *set = w->set;

    x->model = world_model(w, x->model_asked);
    if (!x->model)
        world_refuse(x, REFUSAL_MODEL, x->model_asked);
    else if (set->spend_limit_nusd >= 0 && w->spent_nusd >= set->spend_limit_nusd)
        world_refuse(x, REFUSAL_BLOCKED, "");
    else if (a->look(w, x, a->ask))
        return -1;
    else if (!strcmp(set->plan, "free") && a->tier != TIER_ON_DEMAND)
        world_refuse(x, REFUSAL_TIER, tier_names[a->tier]);
    else
        return 0;
    return -1;
}

void admit_request(struct world *w, struct exchange *x, const struct http *http,
                   const struct admission *a)
{
    enum refusal by_fault = x->fault.fault->refusal;
    struct seat seat = { .org = org_of(http), .need = a->need };

    x->tier = a->tier;
    if (by_fault && !refusals[by_fault].failed && by_fault != REFUSAL_RATE) {
        refuse_by_fault(x, http);
        return;
    }
    if (look_at_model(w, x, a))
        return;
    if (by_fault == REFUSAL_RATE) {
        refuse_by_fault(x, http);
        return;
    }
    seat.rates = rates_of(w, x->model);
    if (!x->item && pass_tiers(w, x, &seat, a->tier))
        return;
    a->serve(w, x, a->ask);
    if (by_fault)
        refuse_by_fault(x, http);
    else if (x->draft.failed)
        fail_output(x);
}

static void admit_asked(struct world *w, struct exchange *x, const struct http *http,
                        struct ask *a, int rc)
{
    struct admission admission = {
        .tier = a->tier,
        .ask = a,
        .look = look_at_chat,
        .serve = serve,
    };

    snprintf(x->model_asked, sizeof(x->model_asked), "%s", a->model);
    snprintf(x->fingerprint, sizeof(x->fingerprint), "fp_%010llx",
             (unsigned long long)(fnv1a64(a->model, strlen(a->model)) & 0xFFFFFFFFFF));
    x->stream = a->stream;
    x->include_usage = a->include_usage;
    x->reserved = reserve_of(w, a);
    admission.need.tokens = tokens_count(&a->prompt) + x->reserved;
    if (rc)
        world_refuse(x, a->refusal, a->about);
    else
        admit_request(w, x, http, &admission);
    ask_free(a);
}

const struct model *admit_model(struct world *w, struct exchange *x,
                                const struct http *http, const char *kind,
                                const char *endpoint)
{
    const struct setting *set = w->set;

    x->model = world_model(w, x->model_asked);
    if (x->fault.fault->refusal)
        refuse_by_fault(x, http);
    else if (!x->model)
        world_refuse(x, REFUSAL_MODEL, x->model_asked);
    else if (!x->model->kind || strcmp(x->model->kind, kind) != 0)
        world_refuse(x, REFUSAL_UNSUPPORTED, endpoint);
    else if (set->spend_limit_nusd >= 0 && w->spent_nusd >= set->spend_limit_nusd)
        world_refuse(x, REFUSAL_BLOCKED, "");
    else
        return x->model;
    return NULL;
}

int admit_tokens(struct world *w, struct exchange *x, const struct http *http,
                 int64_t tokens)
{
    struct timing_params p = admit_timing(w, x->model);
    struct seat seat = { .org = org_of(http),
                         .need.tokens = tokens,
                         .rates = rates_of(w, x->model) };
    uint32_t *in_service = world_in_service(w, x->model);

    if (pass_tiers(w, x, &seat, TIER_ON_DEMAND))
        return -1;
    x->prompt_tokens = tokens;
    if (!w->script.flood)
        timing_draw(&x->timing, &p, w->set->seed, x->key, *in_service, (uint32_t)tokens, 0);
    ++*in_service;
    return 0;
}

void admit_work(struct world *w, struct exchange *x, double per_s, uint32_t units)
{
    struct timing_params p = admit_timing(w, x->model);
    uint32_t *in_service = world_in_service(w, x->model);

    p.tps = per_s;
    x->tokenless = true;
    x->prompt_tokens = 0;
    if (!w->script.flood)
        timing_draw(&x->timing, &p, w->set->seed, x->key, *in_service, 0, units);
    ++*in_service;
}

void admit_chat(struct world *w, struct exchange *x, const struct http *http)
{
    struct ask a;
    int rc = ask_parse(&a, http->body.p, http->body.len);

    x->answer = ANSWER_CHAT;
    admit_asked(w, x, http, &a, rc);
}

void admit_response(struct world *w, struct exchange *x, const struct http *http)
{
    struct ask a;
    int rc = ask_parse_response(&a, http->body.p, http->body.len);

    x->answer = ANSWER_RESPONSE;
    admit_asked(w, x, http, &a, rc);
}
