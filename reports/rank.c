#include "reports/rank.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"
#include "data/stats_rank.h"

const struct need needs[] = {
    { "Fastest first token", "ttft p50", METRIC_TTFT, STAT_P50, false, false },
    { "Steadiest first token", "ttft p95", METRIC_TTFT, STAT_P95, false, false },
    { "Highest speed", "tokens/s p50", METRIC_TPS, STAT_P50, false, false },
    { "Shortest whole answer", "e2e p50", METRIC_E2E, STAT_P50, false, false },
    { "Cheapest within the objectives", "price", METRIC_COST, STAT_P50, true, true },
};
const size_t n_needs = sizeof(needs) / sizeof(needs[0]);

static double stat_of(const struct subject *s, enum metric_id m, enum stat_id id)
{
    const struct summary_stat *v = &subject_group(s)->metrics[m].stats[id];

    return v->present ? (double)v->value : NAN;
}

/* n$ for 1,000 tokens are as many millionths of a dollar for a million. */
static double price_of(const struct subject *s)
{
    const struct summary_rate *r = &subject_group(s)->rates[RATE_COST_PER_1K];

    return r->present ? r->value / 1e6 : NAN;
}

void rank_put_price(struct buf *out, const struct subject *s)
{
    double price = price_of(s);

    if (isfinite(price))
        units_put_money(out, llround(price * 1e9));
    else
        buf_str(out, "–");
}

struct offer offer_of(const struct subject *s)
{
    struct offer o = { .ttft = stat_of(s, METRIC_TTFT, STAT_P50) / 1e6,
                       .tps = stat_of(s, METRIC_TPS, STAT_P50) / 1e3,
                       .price = price_of(s) };

    o.known = isfinite(o.ttft) && isfinite(o.tps);
    return o;
}

static bool dominates(const struct offer *a, const struct offer *b)
{
    bool no_worse = a->ttft <= b->ttft && a->tps >= b->tps;
    bool better = a->ttft < b->ttft || a->tps > b->tps;

    if (isfinite(a->price) && isfinite(b->price)) {
        no_worse &= a->price <= b->price;
        better |= a->price < b->price;
    }
    return a->known && no_worse && better;
}

bool offer_is_best(const struct offer *o, size_t n, size_t i)
{
    for (size_t k = 0; k < n; k++)
        if (k != i && dominates(&o[k], &o[i]))
            return false;
    return o[i].known;
}

/* The percentile in each trial of a cell, by its one measured phase; 0: there are more. */
static size_t trial_values(const struct subject *s, enum metric_id m, enum stat_id stat,
                           double *values)
{
    const struct run *run = s->run;
    uint32_t phase = 0;
    size_t measured = 0, n = 0;

    for (uint32_t p = 0; p < run->n_phases; p++)
        if (run->phases[p].measured) {
            phase = p;
            measured++;
        }
    for (size_t t = 0; t < run->n_trials && measured == 1; t++) {
        const struct summary_group *g = &s->summary->trials[t * run->n_phases + phase];

        if (run->trials[t].cell == s->cell && g->metrics[m].stats[stat].present)
            values[n++] = (double)g->metrics[m].stats[stat].value;
    }
    return n;
}

static enum stand by_trials(const struct subject *a, const struct subject *b,
                            enum metric_id m, enum stat_id stat)
{
    static const double LEVEL = 0.05;
    double *x = mem_array(a->run->n_trials + b->run->n_trials, sizeof(*x));
    size_t n = trial_values(a, m, stat, x), k = trial_values(b, m, stat, x + n);
    enum stand stand = STAND_UNKNOWN;

    if (n && k && stats_least_p(n, k) <= LEVEL)
        stand = stats_mann_whitney(x, n, x + n, k).p <= LEVEL ? STAND_APART : STAND_ALIKE;
    free(x);
    return stand;
}

static enum stand by_intervals(const struct subject *a, const struct subject *b,
                               enum metric_id m, enum stat_id stat)
{
    const struct summary_stat *x = &subject_group(a)->metrics[m].stats[stat];
    const struct summary_stat *y = &subject_group(b)->metrics[m].stats[stat];

    if (!x->present || !y->present || x->lo < 0 || y->lo < 0)
        return STAND_UNKNOWN;
    return (x->hi >= 0 && x->hi < y->lo) || (y->hi >= 0 && y->hi < x->lo) ? STAND_APART
                                                                          : STAND_ALIKE;
}

enum stand rank_apart(const struct subject *a, const struct subject *b, enum metric_id m,
                      enum stat_id stat, bool *trials)
{
    enum stand stand = by_trials(a, b, m, stat);

    *trials = stand != STAND_UNKNOWN;
    return *trials ? stand : by_intervals(a, b, m, stat);
}

bool rank_usable(const struct subject *s)
{
    return validity_holds(s->summary->health.validity) && subject_group(s)->tally.ok > 0;
}

bool rank_meets_slos(const struct subject *s)
{
    for (size_t i = 0; i < s->summary->n_slos; i++) {
        const struct summary_slo *v = &s->summary->slos[i];

        if (v->cell == s->cell && v->verdict != VERDICT_PASS)
            return false;
    }
    return true;
}

double need_value(const struct need *need, const struct subject *s)
{
    double v;

    if (!rank_usable(s) || (need->within_slos && !rank_meets_slos(s)))
        return NAN;
    if (need->price)
        return price_of(s);
    v = stat_of(s, need->metric, need->stat);
    return metrics[need->metric].more_is_better ? -v : v;
}

size_t need_best(const struct need *need, const struct subject *s, size_t n)
{
    size_t best = SIZE_MAX;
    double least = INFINITY;

    for (size_t i = 0; i < n; i++) {
        double v = need_value(need, &s[i]);

        if (v < least) {
            least = v;
            best = i;
        }
    }
    return best;
}

/* Those that may be chosen first, then those that have a time to first token, then by it.
 */
static bool is_before(const struct subject *a, const struct subject *b)
{
    double x = stat_of(a, METRIC_TTFT, STAT_P50), y = stat_of(b, METRIC_TTFT, STAT_P50);

    if (rank_usable(a) != rank_usable(b))
        return rank_usable(a);
    return isfinite(x) && (!isfinite(y) || x < y);
}

/* Stable, and few: by insertion. */
void rank_sort(struct subject *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct subject x = s[i];
        size_t at = i;

        for (; at && is_before(&x, &s[at - 1]); at--)
            s[at] = s[at - 1];
        s[at] = x;
    }
}
