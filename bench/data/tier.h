#ifndef DATA_TIER_H
#define DATA_TIER_H

#include "data/summary.h"

/*
 * What may be expected of a service tier, and whether a cell that asked for it got it. The
 * table is the only list of the expectations.
 */
struct tier_target {
    const char *tier;
    enum rate_id rate; /* a share that should be below ... */
    double target;     /* ... this, in ppm; and is alarming from ... */
    double alert;      /* ... here on */
    const char *help;
};

enum { N_TIER_TARGETS = 5 };
extern const struct tier_target tier_targets[N_TIER_TARGETS];

enum tier_verdict { TIER_PASS, TIER_WARN, TIER_ALERT, TIER_NO_DATA, N_TIER_VERDICTS };
extern const char *const tier_verdict_names[N_TIER_VERDICTS];

/*
 * pass: below the target, of enough requests to say so; alert: above the alert, and surely
 * above the target; warn: any other above the target. *needs: requests that a pass takes.
 */
enum tier_verdict tier_judge(const struct tier_target *t, const struct summary_group *g,
                             uint64_t *needs);

/* Is anything but the ordinary tier asked for, so that tiers are worth a word? */
bool tier_matters(const struct run *run);

#endif
