#include "load/retry.h"

#include <math.h>

static const ns_t SDK_OBEYS = 60 * NS_PER_S; /* longest retry-after the libraries obey */
static const unsigned LIMITED = 2; /* retries of what is not likely to go better */

static bool delivered(const struct record *r)
{
    return r->frames > 0 || r->at[MOMENT_FIRST] != NS_ABSENT;
}

static bool is_timeout(enum outcome o)
{
    return o == OUTCOME_TIMEOUT_CONNECT || o == OUTCOME_TIMEOUT_FIRST ||
           o == OUTCOME_TIMEOUT_IDLE || o == OUTCOME_TIMEOUT_TOTAL;
}

/* min(base * 2^n, most), before any jitter. */
static ns_t backoff(ns_t base, ns_t most, unsigned n)
{
    return n >= 16 || base << n > most ? most : base << n;
}

static ns_t scaled(ns_t t, double by)
{
    double v = (double)t * by;

    return v > (double)(INT64_MAX / 2) ? INT64_MAX / 2 : llround(v);
}

static bool never(const struct retry *policy, const struct record *r,
                  const struct retry_facts *facts, double u, ns_t *wait)
{
    (void)policy, (void)r, (void)facts, (void)u, (void)wait;
    return false;
}

/* Once a stream has its headers, the library has handed it over and retries no more. */
static bool sdk_retries(const struct record *r, bool streamed)
{
    int status = r->http_status;

    if (status == 408 || status == 409 || status == 429 || status >= 500)
        return true;
    if (status >= 200 && (status >= 300 || streamed))
        return false;
    return r->outcome == OUTCOME_TRANSPORT || is_timeout(r->outcome);
}

static bool sdk(const struct retry *policy, const struct record *r,
                const struct retry_facts *facts, double u, ns_t *wait)
{
    unsigned n = r->try_no - 1;

    (void)policy;
    if (!sdk_retries(r, facts->streamed))
        return false;
    if (facts->retry_after > 0 && facts->retry_after <= SDK_OBEYS)
        *wait = facts->retry_after;
    else
        *wait = scaled(backoff(NS_PER_S / 2, 8 * NS_PER_S, n), 1 - 0.25 * u);
    return true;
}

/* Of the 4xx that no other outcome has taken: those that may go better, and how often. */
static const struct {
    int status;
    bool few;
} hopeful[] = { { 408, false }, { 409, false }, { 422, true }, { 424, true } };

static unsigned respectful_retries(const struct record *r, bool daily, unsigned max)
{
    unsigned few = max < LIMITED ? max : LIMITED;

    for (size_t i = 0; i < sizeof(hopeful) / sizeof(hopeful[0]); i++)
        if (r->outcome == OUTCOME_BAD_REQUEST && r->http_status == hopeful[i].status)
            return hopeful[i].few ? few : max;
    if (!outcomes[r->outcome].retry || (r->outcome == OUTCOME_RATE_LIMITED && daily))
        return 0;
    return r->outcome == OUTCOME_GENERATION ? few : max;
}

static ns_t announced(const struct record *r, const struct retry_facts *facts)
{
    if (facts->retry_after > 0)
        return facts->retry_after;
    if (facts->retry_in > 0)
        return facts->retry_in;
    return r->outcome == OUTCOME_RATE_LIMITED && facts->bucket > 0 ? facts->bucket
                                                                   : NS_ABSENT;
}

static bool respectful(const struct retry *policy, const struct record *r,
                       const struct retry_facts *facts, double u, ns_t *wait)
{
    unsigned n = r->try_no - 1;
    ns_t said = announced(r, facts);

    if (n >= respectful_retries(r, facts->daily, policy->max))
        return false;
    if (said != NS_ABSENT)
        *wait = scaled(said, 1 + 0.1 * u);
    else
        *wait = scaled(backoff(NS_PER_S, 30 * NS_PER_S, n), 0.5 + 0.5 * u);
    return true;
}

typedef bool policy_fn(const struct retry *policy, const struct record *r,
                       const struct retry_facts *facts, double u, ns_t *wait);

static policy_fn *const policies[] = {
    [RETRY_NONE] = never,
    [RETRY_SDK] = sdk,
    [RETRY_RESPECTFUL] = respectful,
};

bool retry_next(const struct retry *policy, const struct record *r,
                const struct retry_facts *facts, double u, ns_t *wait)
{
    if (r->try_no > policy->max || delivered(r) || r->outcome == OUTCOME_CUT ||
        !outcomes[r->outcome].error)
        return false;
    return policies[policy->policy](policy, r, facts, u, wait);
}
