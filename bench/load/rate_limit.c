#include "load/rate_limit.h"

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
