#include "data/rate_limit.h"

#include <math.h>
#include <string.h>

#define AT(limit) offsetof(struct model_limits, limit)

const struct rate_limit_kind rate_limit_kinds[N_RATE_LIMITS] = {
    { "RPM", NULL, LIMIT_REQUESTS, RATE_LIMIT_MINUTE, AT(rpm) },
    { "RPD", NULL, LIMIT_REQUESTS, RATE_LIMIT_DAY, AT(rpd) },
    { "TPM", NULL, LIMIT_TOKENS, RATE_LIMIT_MINUTE, AT(tpm) },
    { "TPD", NULL, LIMIT_TOKENS, RATE_LIMIT_DAY, AT(tpd) },
    { "ASH", "ASPH", LIMIT_AUDIO_SECONDS, RATE_LIMIT_HOUR, AT(ash) },
    { "ASD", "ASPD", LIMIT_AUDIO_SECONDS, RATE_LIMIT_DAY, AT(asd) },
};

double rate_audio_need(ns_t length)
{
    return length > 0 ? ceil((double)length / NS_PER_S) : 0;
}

bool rate_limit_is(const struct rate_limit_kind *kind, const char *name)
{
    return !strcmp(kind->name, name) || (kind->also && !strcmp(kind->also, name));
}

int rate_limit_find(const char *name)
{
    for (int i = 0; i < N_RATE_LIMITS; i++)
        if (rate_limit_is(&rate_limit_kinds[i], name))
            return i;
    return -1;
}

const ns_t rate_limit_usual[N_LIMITS] = {
    [LIMIT_REQUESTS] = RATE_LIMIT_DAY,
    [LIMIT_TOKENS] = RATE_LIMIT_MINUTE,
    [LIMIT_AUDIO_SECONDS] = RATE_LIMIT_HOUR,
};

enum { MINUTE_MAX = 10 * 60, HOUR_MAX = 4 * 3600 }; /* s: between the usual windows */

ns_t rate_limit_window(const struct limit *l)
{
    double window;

    if (l->reset <= 0 || l->remaining < 0 || l->limit - l->remaining < 2)
        return 0;
    window = (double)l->reset * (double)l->limit / (double)(l->limit - l->remaining);
    window /= NS_PER_S;
    if (window < MINUTE_MAX)
        return RATE_LIMIT_MINUTE;
    return window < HOUR_MAX ? RATE_LIMIT_HOUR : RATE_LIMIT_DAY;
}

/* How many times the limits of the catalogue a tier has. */
static const struct {
    const char *tier;
    int times;
} tiers[] = { { "on_demand", 1 }, { "flex", 10 } };

int64_t rate_limit_of(const struct rate_limit_kind *kind, const struct model *m,
                      const char *plan, const char *tier)
{
    const struct model_limits *limits = m ? catalogue_limits(m, plan) : NULL;
    int64_t limit;

    if (!limits)
        return -1;
    memcpy(&limit, (const char *)limits + kind->of_model, sizeof(limit));
    for (size_t i = 0; limit > 0 && i < sizeof(tiers) / sizeof(tiers[0]); i++)
        if (!strcmp(tiers[i].tier, tier))
            return limit * tiers[i].times;
    return -1;
}
