#ifndef DATA_RATE_H
#define DATA_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

/* Figures that are a quotient of counts. The table in rate.c is the only list of them. */
enum rate_id {
    RATE_ERROR,          /* requests whose final attempt is an error / requests ended */
    RATE_FIRST_ERROR,    /* first attempts that are errors / first attempts ended */
    RATE_RETRY,          /* requests with more than one attempt / requests ended */
    RATE_RPS,            /* requests ended well / second until the last of them */
    RATE_TPS_TOTAL,      /* completion tokens / second, likewise */
    RATE_GOODPUT,        /* requests that met all bounds / requests ended */
    RATE_COST_PER_1K,    /* n$ per 1000 tokens, of attempts with a known cost */
    RATE_CACHE_TOKENS,   /* cached / prompt tokens, of attempts that said both */
    RATE_CACHE_REQUESTS, /* attempts with cached > 0 / attempts that said so */
    RATE_CACHE_KNOWN,    /* attempts that said cached tokens / attempts with usage */
    RATE_TIER_FALLBACK,  /* answers of another tier than asked for / answers that named one
                          */
    RATE_VECTORS,        /* vectors of good answers / second, as RATE_RPS */
    RATE_EMBEDDED_TPS,   /* tokens embedded / second, likewise */
    RATE_FLAGGED,        /* answers of guard models that flag / those that judge */
    N_RATES
};

enum rate_unit { RATE_UNIT_PPM, RATE_UNIT_PER_S, RATE_UNIT_TOKENS_PER_S, RATE_UNIT_NUSD };

/* What rates are made of, summed over attempts and requests of one group. */
struct tally {
    uint64_t requests;       /* final attempts that were not cut */
    uint64_t request_errors; /* of them, those that are errors */
    uint64_t first_attempts; /* try 1, not cut */
    uint64_t first_errors;
    uint64_t retried; /* requests with try > 1 on the final attempt */
    uint64_t attempts;
    uint64_t cut;
    uint64_t good; /* requests that met every goodput bound */
    uint64_t ok;   /* final attempts that are ok or empty */
    uint64_t prompt_tokens;
    uint64_t cached_tokens;
    uint64_t cached_base; /* prompt tokens of attempts that said cached tokens */
    uint64_t completion_tokens;
    uint64_t reasoning_tokens;
    uint64_t with_usage;
    uint64_t with_cached;
    uint64_t cache_hits;
    uint64_t priced; /* attempts with a known cost */
    uint64_t priced_tokens;
    uint64_t unpriced; /* attempts with usage but no price */
    int64_t cost_nusd;
    uint64_t tier_named;
    uint64_t tier_other;
    uint64_t tokenless; /* attempts with usage that generate nothing by their nature */
    uint64_t vectors;
    uint64_t embedded_tokens;
    uint64_t judged;
    uint64_t flagged;
    uint64_t frames;
    uint64_t frames_shared;
    uint64_t gaps_lost;
    uint64_t network_clamped;
    uint64_t disturbed; /* attempts of which we were late with something, see health.h */
    uint64_t clamped;   /* values beyond the range of the histograms */
    uint64_t bytes_up;
    uint64_t bytes_down;
    ns_t span; /* time the group's phase lasted, summed over trials */
    ns_t busy; /* the same to its last good answer, where that came after its end */
};

struct rate {
    const char *name;
    const char *title;
    enum rate_unit unit;
    bool more_is_better;
    const char *prom;
    const char *help;
    /* numerator / denominator; false where the denominator is 0 */
    bool (*value)(const struct tally *t, double *num, double *den);
    bool proportion; /* num of den trials: has a binomial interval */
};

extern const struct rate rates[N_RATES];

bool rate_find(struct str name, enum rate_id *id);
bool rate_value(enum rate_id id, const struct tally *t, double *v); /* in its unit */
void tally_add(struct tally *into, const struct tally *other);

#endif
