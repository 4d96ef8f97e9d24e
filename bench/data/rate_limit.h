#ifndef DATA_RATE_LIMIT_H
#define DATA_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/catalogue.h"
#include "data/record.h"

#define RATE_LIMIT_MINUTE (60 * NS_PER_S)
#define RATE_LIMIT_HOUR (3600 * NS_PER_S)
#define RATE_LIMIT_DAY (86400 * NS_PER_S)

enum { N_RATE_LIMITS = 6 };

/* The rate limits a request meets. The only list of them. */
struct rate_limit_kind {
    const char *name;       /* as errors name it */
    const char *also;       /* and other errors; NULL: none do */
    enum limit_kind header; /* which headers are about it; tells what it counts */
    ns_t window;
    size_t of_model; /* offset in struct model_limits */
};

extern const struct rate_limit_kind rate_limit_kinds[N_RATE_LIMITS];

/* What a request takes of each kind: 1, its tokens, its seconds of audio. */
struct rate_need {
    double of[N_LIMITS];
};

static inline double rate_need_of(const struct rate_need *need, int kind)
{
    return need->of[rate_limit_kinds[kind].header];
}

/* Seconds of audio that a clip takes; servers count whole ones. Absent: none. */
double rate_audio_need(ns_t length);

/* Is the limit so called? */
bool rate_limit_is(const struct rate_limit_kind *kind, const char *name);

/* The number of the one that is; -1: none is. */
int rate_limit_find(const char *name);

/*
 * The window of what headers tell follows from how long what is missing takes to come back:
 * reset = missing / (limit / window). They count whole requests, so what is really missing
 * may be up to one less; from two on that cannot mistake a day for a minute. Where the
 * headers do not tell, 0.
 */
ns_t rate_limit_window(const struct limit *l);

/* What headers are about, of a window that they do not tell. */
extern const ns_t rate_limit_usual[N_LIMITS];

/*
 * What the catalogue knows for a model (NULL: nothing), plan and tier; -1: unknown. flex
 * has ten times the limits of on_demand; of other tiers nothing is known.
 */
int64_t rate_limit_of(const struct rate_limit_kind *kind, const struct model *m,
                      const char *plan, const char *tier);

#endif
