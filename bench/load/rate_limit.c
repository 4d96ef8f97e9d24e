#include "load/rate_limit.h"

#include <string.h>

const struct rate_limit_kind rate_limit_kinds[N_RATE_LIMITS] = {
    { "RPM", LIMIT_REQUESTS, RATE_LIMIT_MINUTE, offsetof(struct model_limits, rpm) },
    { "RPD", LIMIT_REQUESTS, RATE_LIMIT_DAY, offsetof(struct model_limits, rpd) },
    { "TPM", LIMIT_TOKENS, RATE_LIMIT_MINUTE, offsetof(struct model_limits, tpm) },
    { "TPD", LIMIT_TOKENS, RATE_LIMIT_DAY, offsetof(struct model_limits, tpd) },
};

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
