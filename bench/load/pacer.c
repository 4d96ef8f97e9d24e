#include "load/pacer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/bucket.h"
#include "base/mem.h"

struct pacer {
    pthread_mutex_t lock;
    struct bucket buckets[N_RATE_LIMITS];
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

static ns_t wait_locked(const struct pacer *p, struct rate_need need, ns_t now)
{
    ns_t wait = p->closed_until > now ? p->closed_until - now : 0;

    for (int i = 0; i < N_RATE_LIMITS; i++) {
        ns_t one = bucket_wait(&p->buckets[i], rate_need_of(&need, i), now);

        wait = one > wait ? one : wait;
    }
    return wait;
}

/*
 * What the headers say was so when the answer began; our own books have gone on since. A
 * lower level is believed (others share the limit), a higher one is ours to know better.
 */
static void learn(struct pacer *p, enum limit_kind kind, const struct limit *l, ns_t now)
{
    ns_t told = rate_limit_window(l);
    ns_t window = told ? told : rate_limit_usual[kind];

    if (l->limit <= 0)
        return;
    for (int i = 0; i < N_RATE_LIMITS; i++) {
        struct bucket *b = &p->buckets[i];
        bool fresh = b->limit <= 0;

        if (rate_limit_kinds[i].header != kind || rate_limit_kinds[i].window != window ||
            (fresh && !told))
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

ns_t pacer_admit(struct pacer *p, struct rate_need need, ns_t now)
{
    ns_t wait;

    pthread_mutex_lock(&p->lock);
    wait = wait_locked(p, need, now);
    for (int i = 0; !wait && i < N_RATE_LIMITS; i++)
        bucket_take(&p->buckets[i], rate_need_of(&need, i), now);
    pthread_mutex_unlock(&p->lock);
    return wait ? now + wait : 0;
}

ns_t pacer_wait(struct pacer *p, struct rate_need need, ns_t now)
{
    ns_t wait;

    pthread_mutex_lock(&p->lock);
    wait = wait_locked(p, need, now);
    pthread_mutex_unlock(&p->lock);
    return wait;
}

void pacer_settle(struct pacer *p, struct rate_need took, struct rate_need used,
                  const struct limit *limits, ns_t now)
{
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < N_RATE_LIMITS; i++) {
        double booked = rate_need_of(&took, i), real = rate_need_of(&used, i);

        bucket_settle(&p->buckets[i], booked, real < 0 ? booked : real, now);
    }
    learn_all(p, limits, now);
    pthread_mutex_unlock(&p->lock);
}

/*
 * The server's level is so low that what it refused fits after the wait, no sooner; where
 * it did not say how long, we take the bucket for empty.
 */
static void refuse(struct bucket *b, double took, ns_t wait, ns_t now)
{
    double level = 0;

    bucket_take(b, 0, now);
    if (b->limit > 0 && wait > 0)
        level = took - (double)wait * b->limit / (double)b->window;
    if (b->limit > 0 && level < b->level)
        b->level = level;
}

/* What was refused comes back; the request itself may have been counted. */
void pacer_refused(struct pacer *p, struct rate_need took, const char *kind, ns_t wait,
                   const struct limit *limits, ns_t now)
{
    static const struct rate_need nothing = { { [LIMIT_REQUESTS] = 1 } };

    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < N_RATE_LIMITS; i++)
        bucket_settle(&p->buckets[i], rate_need_of(&took, i), rate_need_of(&nothing, i),
                      now);
    learn_all(p, limits, now);
    for (int i = 0; i < N_RATE_LIMITS; i++)
        if (rate_limit_is(&rate_limit_kinds[i], kind))
            refuse(&p->buckets[i], rate_need_of(&took, i), wait, now);
    if (wait > 0 && now + wait > p->closed_until)
        p->closed_until = now + wait;
    pthread_mutex_unlock(&p->lock);
}

static struct pacer *pacer_new(const struct catalogue *c, const char *model,
                               const char *tier, const char *plan, ns_t now)
{
    const struct model *m = c ? catalogue_model(c, model) : NULL;
    struct pacer *p = mem_alloc(sizeof(*p));

    pthread_mutex_init(&p->lock, NULL);
    p->model = mem_strdup(model);
    p->tier = mem_strdup(tier);
    p->plan = mem_strdup(plan);
    for (int i = 0; i < N_RATE_LIMITS; i++) {
        int64_t limit = rate_limit_of(&rate_limit_kinds[i], m, plan, tier);

        bucket_init(&p->buckets[i], limit > 0 ? (double)limit : 0,
                    rate_limit_kinds[i].window, now);
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
