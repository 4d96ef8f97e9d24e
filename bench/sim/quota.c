#include "sim/quota.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/gotext.h"

/* Organizations beyond that share the last entry, so that made-up keys cost no memory. */
enum { MAX_ENTRIES = 4096 };

struct quota_entry {
    uint64_t org;
    const char *model; /* compared by address: models live as long as the server */
    bool flex;
    struct quota *quota;
};

#define DAY (86400 * NS_PER_S)

enum counts { COUNTS_REQUESTS, COUNTS_TOKENS, COUNTS_AUDIO };

static const struct {
    ns_t window;
    enum counts counts;
    const char *what;
    const char *abbr;
} kinds[N_QUOTAS] = {
    [QUOTA_RPM] = { 60 * NS_PER_S, COUNTS_REQUESTS, "requests per minute", "RPM" },
    [QUOTA_RPD] = { DAY, COUNTS_REQUESTS, "requests per day", "RPD" },
    [QUOTA_TPM] = { 60 * NS_PER_S, COUNTS_TOKENS, "tokens per minute", "TPM" },
    [QUOTA_TPD] = { DAY, COUNTS_TOKENS, "tokens per day", "TPD" },
    [QUOTA_ASH] = { 3600 * NS_PER_S, COUNTS_AUDIO, "seconds of audio per hour", "ASPH" },
    [QUOTA_ASD] = { DAY, COUNTS_AUDIO, "seconds of audio per day", "ASPD" },
};

const char *const quota_names[N_QUOTAS] = { "rpm", "rpd", "tpm", "tpd", "ash", "asd" };

static int64_t needed(int kind, const struct quota_need *need)
{
    switch (kinds[kind].counts) {
    case COUNTS_REQUESTS:
        return 1;
    case COUNTS_TOKENS:
        return need->tokens;
    case COUNTS_AUDIO:
        return need->audio_s;
    }
    return 0;
}

void quota_book_free(struct quota_book *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->entries[i].quota);
    free(b->entries);
    *b = (struct quota_book){ 0 };
}

static struct quota *quota_new(const struct quota_rates *rates, bool flex, ns_t now)
{
    struct quota *q = mem_alloc(sizeof(*q));

    for (int k = 0; k < N_QUOTAS; k++)
        meter_init(&q->meters[k], rates->limit[k] * (flex ? 10 : 1),
                   (ns_t)((double)kinds[k].window / rates->speed), now);
    return q;
}

struct quota *quota_get(struct quota_book *b, uint64_t org, const char *model, bool flex,
                        const struct quota_rates *rates, ns_t now)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct quota_entry *e = &b->entries[i];

        if (e->org == org && e->model == model && e->flex == flex)
            return e->quota;
    }
    if (b->n == MAX_ENTRIES)
        return b->entries[b->n - 1].quota;
    b->entries = mem_grow(b->entries, b->n, &b->cap, sizeof(*b->entries));
    b->entries[b->n] =
        (struct quota_entry){ org, model, flex, quota_new(rates, flex, now) };
    return b->entries[b->n++].quota;
}

static bool denies(struct quota *q, enum quota_kind k, int64_t need, ns_t now,
                   struct quota_denial *d)
{
    struct meter *m = &q->meters[k];

    *d = (struct quota_denial){
        .kind = k,
        .limit = m->limit,
        .requested = need,
        .wait = meter_wait(m, need, now),
        .too_large = m->limit && need > m->limit,
    };
    if (!d->wait)
        return false;
    d->used = meter_used(m, now);
    return true;
}

int quota_admit(struct quota *q, struct quota_need need, ns_t now, struct quota_denial *d)
{
    for (int k = 0; k < N_QUOTAS; k++)
        if (denies(q, (enum quota_kind)k, needed(k, &need), now, d))
            return -1;
    for (int k = 0; k < N_QUOTAS; k++)
        meter_take(&q->meters[k], needed(k, &need), now);
    return 0;
}

void quota_debit(struct quota *q, int64_t n, ns_t now)
{
    meter_take(&q->meters[QUOTA_TPM], n, now);
    meter_take(&q->meters[QUOTA_TPD], n, now);
}

/* A limit that is announced, and not kept, is that of a bucket from which as much was used.
 */
static void show(struct meter *m, int64_t announced, ns_t now, struct quota_triple *t)
{
    int64_t used = meter_used(m, now);

    t->limit = announced ? announced : m->limit;
    t->remaining = meter_remaining(m, now);
    t->reset = meter_reset(m, now);
    if (!announced || !m->limit)
        return;
    t->remaining = used < announced ? announced - used : 0;
    t->reset = (ns_t)((double)used / (double)announced * (double)m->window);
}

void quota_show(struct quota *q, const struct quota_rates *rates, ns_t now,
                struct quota_shown *s)
{
    show(&q->meters[QUOTA_RPD], rates->announced[QUOTA_RPD], now, &s->requests);
    show(&q->meters[QUOTA_TPM], rates->announced[QUOTA_TPM], now, &s->tokens);
    show(&q->meters[QUOTA_ASH], rates->announced[QUOTA_ASH], now, &s->audio);
}

const char *quota_denial_type(const struct quota_denial *d)
{
    static const char *const types[] = {
        [COUNTS_REQUESTS] = "requests",
        [COUNTS_TOKENS] = "tokens",
        [COUNTS_AUDIO] = "seconds",
    };

    return types[kinds[d->kind].counts];
}

int64_t quota_retry_after_s(const struct quota_denial *d)
{
    return (d->wait + NS_PER_S - 1) / NS_PER_S;
}

void quota_denial_text(struct buf *out, const struct quota_denial *d, const char *model,
                       const char *org, const char *tier)
{
    buf_printf(out,
               "%s for model `%s` in organization `%s` service tier `%s` on %s (%s): "
               "Limit %lld, ",
               d->too_large ? "Request too large" : "Rate limit reached", model, org, tier,
               kinds[d->kind].what, kinds[d->kind].abbr, (long long)d->limit);
    if (d->too_large) {
        buf_printf(out, "Requested %lld, please reduce your message size and try again.",
                   (long long)d->requested);
    } else {
        buf_printf(out, "Used %lld, Requested %lld. Please try again in ",
                   (long long)d->used, (long long)d->requested);
        gotext_duration(out, d->wait);
        buf_char(out, '.');
    }
    buf_str(out, " Need more tokens? Upgrade to Dev Tier today at "
                 "https://console.groq.com/settings/billing");
}
