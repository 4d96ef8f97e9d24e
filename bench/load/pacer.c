#include "load/pacer.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/bucket.h"
#include "base/mem.h"

#define MINUTE (60 * NS_PER_S)
#define DAY (86400 * NS_PER_S)

enum { N_BUCKETS = 4 };

/* The buckets of a pacer, in this order. */
static const struct bucket_kind {
    const char *name; /* as errors name it */
    enum limit_kind header;
    ns_t window;
    size_t of_model; /* where the catalogue has it */
} kinds[N_BUCKETS] = {
    { "RPM", LIMIT_REQUESTS, MINUTE, offsetof(struct model_limits, rpm) },
    { "RPD", LIMIT_REQUESTS, DAY, offsetof(struct model_limits, rpd) },
    { "TPM", LIMIT_TOKENS, MINUTE, offsetof(struct model_limits, tpm) },
    { "TPD", LIMIT_TOKENS, DAY, offsetof(struct model_limits, tpd) },
};

/* What the headers of each kind are about where they do not tell. */
static const ns_t usual_window[N_LIMITS] = {
    [LIMIT_REQUESTS] = DAY,
    [LIMIT_TOKENS] = MINUTE,
    [LIMIT_AUDIO_SECONDS] = 3600 * NS_PER_S,
};

struct pacer {
    pthread_mutex_t lock;
    struct bucket buckets[N_BUCKETS];
    ns_t closed_until; /* a refusal told us to stay away */
    char *model;
    char *tier;
    char *plan;
    struct pacer *next;
};

struct pacers {
    pthread_mutex_t lock;
    const struct catalogue *catalogue;
    struct pacer *first;
};

static double need(int i, double tokens)
{
    return kinds[i].header == LIMIT_TOKENS ? tokens : 1;
}

static ns_t wait_locked(const struct pacer *p, double tokens, ns_t now)
{
    ns_t wait = p->closed_until > now ? p->closed_until - now : 0;

    for (int i = 0; i < N_BUCKETS; i++) {
        ns_t one = bucket_wait(&p->buckets[i], need(i, tokens), now);

        wait = one > wait ? one : wait;
    }
    return wait;
}

/*
 * The window of a limit follows from how long what is missing takes to come back:
 * reset = (limit - remaining) / (limit / window).
 */
static ns_t window_of(enum limit_kind kind, const struct limit *l)
{
    double window;

    if (l->reset <= 0 || l->remaining < 0 || l->remaining >= l->limit)
        return usual_window[kind];
    window = (double)l->reset * (double)l->limit / (double)(l->limit - l->remaining);
    return window < 600e9 ? MINUTE : window > 4 * 3600e9 ? DAY : 3600 * NS_PER_S;
}

/*
 * What the headers say was so when the answer began; our own books have gone on since. A
 * lower level is believed (others share the limit), a higher one is ours to know better.
 */
static void learn(struct pacer *p, enum limit_kind kind, const struct limit *l, ns_t now)
{
    ns_t window = window_of(kind, l);

    if (l->limit <= 0)
        return;
    for (int i = 0; i < N_BUCKETS; i++) {
        struct bucket *b = &p->buckets[i];
        bool fresh = b->limit <= 0;

        if (kinds[i].header != kind || kinds[i].window != window)
            continue;
        bucket_learn(b, l->limit, fresh ? l->remaining : -1, now);
        if (l->remaining >= 0 && (double)l->remaining - b->pending < b->level)
            bucket_learn(b, -1, l->remaining, now);
    }
}

static void learn_all(struct pacer *p, const struct limit *limits, ns_t now)
{
    for (int i = 0; limits && i < N_LIMITS; i++)
        learn(p, (enum limit_kind)i, &limits[i], now);
}

ns_t pacer_admit(struct pacer *p, double tokens, ns_t now)
{
    ns_t wait;

    pthread_mutex_lock(&p->lock);
    wait = wait_locked(p, tokens, now);
    for (int i = 0; !wait && i < N_BUCKETS; i++)
        bucket_take(&p->buckets[i], need(i, tokens), now);
    pthread_mutex_unlock(&p->lock);
    return wait ? now + wait : 0;
}

ns_t pacer_wait(struct pacer *p, double tokens, ns_t now)
{
    ns_t wait;

    pthread_mutex_lock(&p->lock);
    wait = wait_locked(p, tokens, now);
    pthread_mutex_unlock(&p->lock);
    return wait;
}

void pacer_settle(struct pacer *p, double took, double used, const struct limit *limits,
                  ns_t now)
{
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < N_BUCKETS; i++) {
        double booked = need(i, took);

        bucket_settle(&p->buckets[i], booked, used < 0 ? booked : need(i, used), now);
    }
    learn_all(p, limits, now);
    pthread_mutex_unlock(&p->lock);
}

/*
 * The server's level is so low that what it refused fits after the wait, no sooner. The
 * refused tokens come back; the request may have been counted.
 */
static void refuse(struct bucket *b, double took, ns_t wait, ns_t now)
{
    double level = took - (double)wait * b->limit / (double)b->window;

    bucket_take(b, 0, now);
    if (b->limit > 0 && level < b->level)
        b->level = level;
}

void pacer_refused(struct pacer *p, double took, const char *kind, ns_t wait,
                   const struct limit *limits, ns_t now)
{
    pthread_mutex_lock(&p->lock);
    learn_all(p, limits, now);
    for (int i = 0; i < N_BUCKETS; i++) {
        bool tokens = kinds[i].header == LIMIT_TOKENS;

        bucket_settle(&p->buckets[i], need(i, took), tokens ? 0 : 1, now);
        if (!strcmp(kinds[i].name, kind))
            refuse(&p->buckets[i], need(i, took), wait > 0 ? wait : 0, now);
    }
    if (wait > 0 && now + wait > p->closed_until)
        p->closed_until = now + wait;
    pthread_mutex_unlock(&p->lock);
}

/* How many times the limits of the catalogue a tier has; 0: nothing is known of it. */
static int tier_times(const char *tier)
{
    static const struct {
        const char *tier;
        int times;
    } tiers[] = { { "on_demand", 1 }, { "flex", 10 } };

    for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
        if (!strcmp(tiers[i].tier, tier))
            return tiers[i].times;
    return 0;
}

static struct pacer *pacer_new(const struct catalogue *c, const char *model,
                               const char *tier, const char *plan, ns_t now)
{
    const struct model *m = c ? catalogue_model(c, model) : NULL;
    const struct model_limits *limits = m ? catalogue_limits(m, plan) : NULL;
    struct pacer *p = mem_alloc(sizeof(*p));

    pthread_mutex_init(&p->lock, NULL);
    p->model = mem_strdup(model);
    p->tier = mem_strdup(tier);
    p->plan = mem_strdup(plan);
    for (int i = 0; i < N_BUCKETS; i++) {
        int64_t limit = 0;

        if (limits)
            memcpy(&limit, (const char *)limits + kinds[i].of_model, sizeof(limit));
        limit *= tier_times(tier);
        bucket_init(&p->buckets[i], limit > 0 ? (double)limit : 0, kinds[i].window, now);
    }
    return p;
}

static void pacer_free(struct pacer *p)
{
    pthread_mutex_destroy(&p->lock);
    free(p->model);
    free(p->tier);
    free(p->plan);
    free(p);
}

struct pacers *pacers_open(const struct catalogue *c)
{
    struct pacers *ps = mem_alloc(sizeof(*ps));

    pthread_mutex_init(&ps->lock, NULL);
    ps->catalogue = c;
    return ps;
}

void pacers_close(struct pacers *ps)
{
    while (ps->first) {
        struct pacer *p = ps->first;

        ps->first = p->next;
        pacer_free(p);
    }
    pthread_mutex_destroy(&ps->lock);
    free(ps);
}

struct pacer *pacers_get(struct pacers *ps, const char *model, const char *tier,
                         const char *plan, ns_t now)
{
    struct pacer *p;

    model = model ? model : "";
    tier = tier ? tier : "on_demand";
    plan = plan ? plan : "free";
    pthread_mutex_lock(&ps->lock);
    for (p = ps->first; p; p = p->next)
        if (!strcmp(p->model, model) && !strcmp(p->tier, tier) && !strcmp(p->plan, plan))
            break;
    if (!p) {
        p = pacer_new(ps->catalogue, model, tier, plan, now);
        p->next = ps->first;
        ps->first = p;
    }
    pthread_mutex_unlock(&ps->lock);
    return p;
}
