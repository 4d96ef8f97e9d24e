#ifndef LOAD_RATE_LIMIT_H
#define LOAD_RATE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/catalogue.h"
#include "data/record.h"

#define RATE_LIMIT_MINUTE (60 * NS_PER_S)
#define RATE_LIMIT_HOUR (3600 * NS_PER_S)
#define RATE_LIMIT_DAY (86400 * NS_PER_S)

enum { N_RATE_LIMITS = 4 };

/* The rate limits a request of text meets. The only list of them. */
struct rate_limit_kind {
    const char *name;       /* as errors name it */
    enum limit_kind header; /* which headers are about it; tells what it counts */
    ns_t window;
    size_t of_model; /* offset in struct model_limits */
};

extern const struct rate_limit_kind rate_limit_kinds[N_RATE_LIMITS];

/*
 * What the catalogue knows for a model (NULL: nothing), plan and tier; -1: unknown. flex
 * has ten times the limits of on_demand; of other tiers nothing is known.
 */
int64_t rate_limit_of(const struct rate_limit_kind *kind, const struct model *m,
                      const char *plan, const char *tier);

#endif
