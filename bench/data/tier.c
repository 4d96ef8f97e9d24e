#include "data/tier.h"

#include <string.h>

#include "data/stats.h"

#define CONFIDENCE 0.95

/*
 * The first attempt is what a tier is asked for: whether its failure was repaired by a
 * retry says the policy. So the retry rate to expect is the share of first attempts that
 * failed, the same with and without retries.
 */
const struct tier_target tier_targets[N_TIER_TARGETS] = {
    { "on_demand", RATE_ERROR, 1e3, 5e3, "failed in the end" },
    { "flex", RATE_FIRST_ERROR, 5e4, 1e5, "needed a retry" },
    { "flex", RATE_ERROR, 1e3, 5e3, "failed in the end" },
    { "auto", RATE_ERROR, 1e3, 5e3, "failed in the end" },
    { "performance", RATE_ERROR, 1e3, 1e3, "failed; 99.9 % are promised" },
};

const char *const tier_verdict_names[N_TIER_VERDICTS] = {
    [TIER_PASS] = "pass",
    [TIER_WARN] = "warn",
    [TIER_ALERT] = "alert",
    [TIER_NO_DATA] = "no data",
};

enum tier_verdict tier_judge(const struct tier_target *t, const struct summary_group *g,
                             uint64_t *needs)
{
    const struct summary_rate *r = &g->rates[t->rate];
    double num, den;

    *needs = (uint64_t)stats_min_sample(1 - t->target / 1e6, CONFIDENCE);
    if (!r->present || !rates[t->rate].value(&g->tally, &num, &den))
        return TIER_NO_DATA;
    if (r->value < t->target)
        return den >= (double)*needs ? TIER_PASS : TIER_NO_DATA;
    return r->value > t->alert && r->lo > t->target ? TIER_ALERT : TIER_WARN;
}

bool tier_matters(const struct run *run)
{
    for (size_t c = 0; c < run->n_cells; c++)
        if (run->cells[c].tier && *run->cells[c].tier &&
            strcmp(run->cells[c].tier, "on_demand") != 0)
            return true;
    return false;
}
