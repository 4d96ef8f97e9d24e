#include "data/rate.h"

static bool over(double num, double den, double *n, double *d)
{
    *n = num;
    *d = den;
    return den > 0;
}

static bool error_rate(const struct tally *t, double *num, double *den)
{
    return over((double)t->request_errors, (double)t->requests, num, den);
}

static bool first_error_rate(const struct tally *t, double *num, double *den)
{
    return over((double)t->first_errors, (double)t->first_attempts, num, den);
}

static bool retry_rate(const struct tally *t, double *num, double *den)
{
    return over((double)t->retried, (double)t->requests, num, den);
}

static double seconds(ns_t t)
{
    return (double)t / NS_PER_S;
}

static bool rps(const struct tally *t, double *num, double *den)
{
    return over((double)t->ok, seconds(t->busy), num, den);
}

static bool tps_total(const struct tally *t, double *num, double *den)
{
    return over((double)t->completion_tokens, seconds(t->busy), num, den) &&
           t->with_usage > t->tokenless;
}

static bool goodput(const struct tally *t, double *num, double *den)
{
    return over((double)t->good, (double)t->requests, num, den);
}

static bool cost_per_1k(const struct tally *t, double *num, double *den)
{
    return over((double)t->cost_nusd * 1e3, (double)t->priced_tokens, num, den);
}

static bool cache_tokens(const struct tally *t, double *num, double *den)
{
    return over((double)t->cached_tokens, (double)t->cached_base, num, den);
}

static bool cache_requests(const struct tally *t, double *num, double *den)
{
    return over((double)t->cache_hits, (double)t->with_cached, num, den);
}

static bool cache_known(const struct tally *t, double *num, double *den)
{
    return over((double)t->with_cached, (double)t->with_usage, num, den);
}

static bool tier_fallback(const struct tally *t, double *num, double *den)
{
    return over((double)t->tier_other, (double)t->tier_named, num, den);
}

static bool vectors(const struct tally *t, double *num, double *den)
{
    return over((double)t->vectors, seconds(t->busy), num, den) && t->vectors > 0;
}

static bool embedded_tps(const struct tally *t, double *num, double *den)
{
    return over((double)t->embedded_tokens, seconds(t->busy), num, den) && t->vectors > 0;
}

static bool flagged(const struct tally *t, double *num, double *den)
{
    return over((double)t->flagged, (double)t->judged, num, den);
}

const struct rate rates[N_RATES] = {
    [RATE_ERROR] = { .name = "error_rate",
                     .title = "Error rate",
                     .unit = RATE_UNIT_PPM,
                     .prom = "tokdyno_error_ratio",
                     .help = "Requests whose final attempt is an error / requests ended.",
                     .value = error_rate,
                     .proportion = true },
    [RATE_FIRST_ERROR] = { .name = "first_error_rate",
                           .title = "First-attempt error rate",
                           .unit = RATE_UNIT_PPM,
                           .prom = "tokdyno_first_error_ratio",
                           .help = "First attempts that are errors / first attempts ended. "
                                   "Retries never hide here.",
                           .value = first_error_rate,
                           .proportion = true },
    [RATE_RETRY] = { .name = "retry_rate",
                     .title = "Retry rate",
                     .unit = RATE_UNIT_PPM,
                     .prom = "tokdyno_retry_ratio",
                     .help = "Requests with more than one attempt / requests ended.",
                     .value = retry_rate,
                     .proportion = true },
    [RATE_RPS] = { .name = "rps",
                   .title = "Requests per second",
                   .unit = RATE_UNIT_PER_S,
                   .more_is_better = true,
                   .prom = "tokdyno_requests_per_second",
                   .help = "Requests answered well / second, from the begin of the phase "
                           "to the last of them or to its end.",
                   .value = rps },
    [RATE_TPS_TOTAL] = { .name = "tps_total",
                         .title = "Tokens per second, total",
                         .unit = RATE_UNIT_TOKENS_PER_S,
                         .more_is_better = true,
                         .prom = "tokdyno_tokens_per_second",
                         .help =
                             "Completion tokens of all requests / second, from the begin "
                             "of the phase to the last good answer or to its end.",
                         .value = tps_total },
    [RATE_GOODPUT] = { .name = "goodput",
                       .title = "Goodput",
                       .unit = RATE_UNIT_PPM,
                       .more_is_better = true,
                       .prom = "tokdyno_goodput_ratio",
                       .help = "Requests that met every bound named / requests ended; one "
                               "that failed met none.",
                       .value = goodput,
                       .proportion = true },
    [RATE_COST_PER_1K] = { .name = "cost_per_1k_tokens",
                           .title = "Cost per 1,000 tokens",
                           .unit = RATE_UNIT_NUSD,
                           .prom = "tokdyno_cost_per_1k_tokens_dollars",
                           .help =
                               "Cost / 1,000 tokens, prompt and completion, of attempts "
                               "with a known price.",
                           .value = cost_per_1k },
    [RATE_CACHE_TOKENS] = { .name = "cache_token_share",
                            .title = "Cached prompt tokens",
                            .unit = RATE_UNIT_PPM,
                            .more_is_better = true,
                            .prom = "tokdyno_cache_token_ratio",
                            .help = "Cached / prompt tokens, of attempts that said both.",
                            .value = cache_tokens },
    [RATE_CACHE_REQUESTS] = { .name = "cache_request_share",
                              .title = "Requests with a cache hit",
                              .unit = RATE_UNIT_PPM,
                              .more_is_better = true,
                              .prom = "tokdyno_cache_request_ratio",
                              .help =
                                  "Attempts with cached tokens / attempts that said how "
                                  "many.",
                              .value = cache_requests,
                              .proportion = true },
    [RATE_CACHE_KNOWN] = { .name = "cache_known_share",
                           .title = "Answers that tell of the cache",
                           .unit = RATE_UNIT_PPM,
                           .more_is_better = true,
                           .prom = "tokdyno_cache_known_ratio",
                           .help =
                               "Attempts that said how many tokens were cached / attempts "
                               "with usage.",
                           .value = cache_known,
                           .proportion = true },
    [RATE_TIER_FALLBACK] = { .name = "tier_fallback_rate",
                             .title = "Answered by another tier",
                             .unit = RATE_UNIT_PPM,
                             .prom = "tokdyno_tier_fallback_ratio",
                             .help = "Answers of another service tier than asked for / "
                                     "answers that named one.",
                             .value = tier_fallback,
                             .proportion = true },
    [RATE_VECTORS] = { .name = "vectors_per_s",
                       .title = "Vectors per second",
                       .unit = RATE_UNIT_PER_S,
                       .more_is_better = true,
                       .prom = "tokdyno_vectors_per_second",
                       .help = "Embeddings answered / second, from the begin of the phase "
                               "to the last good answer or to its end.",
                       .value = vectors },
    [RATE_EMBEDDED_TPS] = { .name = "embedded_tps",
                            .title = "Tokens embedded per second, total",
                            .unit = RATE_UNIT_TOKENS_PER_S,
                            .more_is_better = true,
                            .prom = "tokdyno_embedded_tokens_per_second",
                            .help = "Prompt tokens of all embeddings / second, over the "
                                    "same time.",
                            .value = embedded_tps },
    [RATE_FLAGGED] = { .name = "flagged_rate",
                       .title = "Flagged by the guard",
                       .unit = RATE_UNIT_PPM,
                       .prom = "tokdyno_flagged_ratio",
                       .help = "Answers of guard models that call the content unsafe / "
                               "those that hold a verdict.",
                       .value = flagged,
                       .proportion = true },
};

bool rate_find(struct str name, enum rate_id *id)
{
    for (int i = 0; i < N_RATES; i++)
        if (str_is(name, rates[i].name)) {
            *id = (enum rate_id)i;
            return true;
        }
    return false;
}

bool rate_value(enum rate_id id, const struct tally *t, double *v)
{
    double num, den;

    if (!rates[id].value(t, &num, &den))
        return false;
    *v = num / den * (rates[id].unit == RATE_UNIT_PPM ? 1e6 : 1);
    return true;
}

void tally_add(struct tally *into, const struct tally *other)
{
    into->requests += other->requests;
    into->request_errors += other->request_errors;
    into->first_attempts += other->first_attempts;
    into->first_errors += other->first_errors;
    into->retried += other->retried;
    into->attempts += other->attempts;
    into->cut += other->cut;
    into->good += other->good;
    into->ok += other->ok;
    into->prompt_tokens += other->prompt_tokens;
    into->cached_tokens += other->cached_tokens;
    into->cached_base += other->cached_base;
    into->completion_tokens += other->completion_tokens;
    into->reasoning_tokens += other->reasoning_tokens;
    into->with_usage += other->with_usage;
    into->with_cached += other->with_cached;
    into->cache_hits += other->cache_hits;
    into->priced += other->priced;
    into->priced_tokens += other->priced_tokens;
    into->unpriced += other->unpriced;
    into->cost_nusd += other->cost_nusd;
    into->tier_named += other->tier_named;
    into->tier_other += other->tier_other;
    into->tokenless += other->tokenless;
    into->vectors += other->vectors;
    into->embedded_tokens += other->embedded_tokens;
    into->judged += other->judged;
    into->flagged += other->flagged;
    into->frames += other->frames;
    into->frames_shared += other->frames_shared;
    into->gaps_lost += other->gaps_lost;
    into->network_clamped += other->network_clamped;
    into->clamped += other->clamped;
    into->disturbed += other->disturbed;
    into->bytes_up += other->bytes_up;
    into->bytes_down += other->bytes_down;
    into->span += other->span;
    into->busy += other->busy;
}
