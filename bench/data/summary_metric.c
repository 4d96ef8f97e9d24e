#include "data/summary_parts.h"

#include <math.h>
#include <stdlib.h>

#include "data/stats.h"

const struct stat_row stat_rows[N_STATS] = {
    [STAT_P50] = { "p50", 0.5 },      [STAT_P90] = { "p90", 0.9 },
    [STAT_P95] = { "p95", 0.95 },     [STAT_P99] = { "p99", 0.99 },
    [STAT_P999] = { "p99.9", 0.999 },
};

#define CONFIDENCE 0.95

/* A rank that somebody wants to know the value of. */
struct wanted {
    int64_t rank;
    bool upper; /* edge of the bucket */
    int64_t *value;
};

static int by_rank(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    return (x->rank > y->rank) - (x->rank < y->rank);
}

/* All of them in one pass over the buckets. */
static void look_up(const struct hist *h, struct wanted *w, size_t n)
{
    int64_t below = 0;
    size_t next = 0;

    qsort(w, n, sizeof(*w), by_rank);
    for (size_t i = hist_next(h, 0); i < h->len && next < n; i = hist_next(h, i + 1)) {
        int64_t low = hist_value(h, i);

        below += h->counts[i];
        for (; next < n && w[next].rank <= below; next++)
            *w[next].value = w[next].upper ? hist_highest_equivalent(h, low) : low;
    }
}

/* Whether the percentile can be told, and the ranks it and its interval are found at. */
static size_t want(struct summary_stat *s, double q, int64_t n,
                   const struct summary_size *size, struct wanted *w)
{
    int64_t lo, hi;
    size_t k = 0;

    *s = (struct summary_stat){ .lo = -1, .hi = -1 };
    s->needs = (uint64_t)stats_min_sample(q, CONFIDENCE);
    s->present = size->carries >= s->needs;
    if (!s->present)
        return 0;
    w[k++] = (struct wanted){ hist_rank(n, q * 100), true, &s->value };
    stats_quantile_ci_of(n, (int64_t)size->counted, q, CONFIDENCE, &lo, &hi);
    if (lo > 0)
        w[k++] = (struct wanted){ lo, false, &s->lo };
    if (hi <= n)
        w[k++] = (struct wanted){ hi, true, &s->hi };
    return k;
}

void summary_metric_sized(struct summary_metric *m, const struct hist *h,
                          const struct summary_size *size)
{
    struct wanted w[3 * N_STATS + 1];
    size_t n = 0;

    *m = (struct summary_metric){
        .n = (uint64_t)h->total,
        .has_effective = size->known,
        .effective = size->effective,
        .counted = size->counted,
        .carries = size->carries,
        .min = hist_min(h),
        .max = hist_max(h),
        .mean = llround(hist_mean(h)),
        .stddev = llround(hist_stddev(h)),
        .spread_lo = -1,
        .spread_hi = -1,
    };
    if (h->total)
        w[n++] = (struct wanted){ hist_rank(h->total, 90), true, &m->most };
    for (int i = 0; i < N_STATS; i++)
        n += want(&m->stats[i], stat_rows[i].q, h->total, size, w + n);
    look_up(h, w, n);
}

void summary_metric_of(struct summary_metric *m, const struct hist *h)
{
    uint64_t n = (uint64_t)h->total;

    summary_metric_sized(m, h, &(struct summary_size){ n, n, n, false });
}

void summary_size_sum(struct summary_size *to, const struct summary_size *s)
{
    to->effective += s->effective;
    to->counted += s->counted;
    to->carries += s->carries;
    to->known |= s->known;
}

/* Values of stragglers, of which the series knows nothing, count as they are. */
struct summary_size summary_size_of(const struct summary_making *k, uint32_t trial,
                                    uint32_t phase, enum metric_id m, uint64_t n)
{
    const struct run_cell *cell = &k->run->cells[k->run->trials[trial].cell];
    struct sample s;
    uint64_t late;

    if (!recorder_sample(k->r, trial, phase, m, &s))
        return (struct summary_size){ n, n, n, false };
    late = n - s.n;
    return (struct summary_size){ s.effective + late, s.used + late,
                                  cell->loads[phase].open ? s.used + late : n, true };
}

static uint64_t part(uint64_t of, uint64_t n, uint64_t n_part)
{
    return of == n ? n_part : (uint64_t)ceil((double)of * (double)n_part / (double)n);
}

struct summary_size summary_size_part(const struct summary_metric *m, uint64_t n_part)
{
    return (struct summary_size){ n_part, part(m->counted, m->n, n_part),
                                  part(m->carries, m->n, n_part), false };
}

void summary_rate_of(struct summary_rate *rate, enum rate_id id, const struct tally *t)
{
    double num, den;

    *rate = (struct summary_rate){ 0 };
    rate->present = rate_value(id, t, &rate->value);
    if (!rate->present || !rates[id].proportion || !rates[id].value(t, &num, &den))
        return;
    rate->interval = true;
    stats_proportion_ci((int64_t)num, (int64_t)den, CONFIDENCE, &rate->lo, &rate->hi);
    rate->lo *= 1e6;
    rate->hi *= 1e6;
}
