#include "data/compare_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats.h"
#include "data/stats_noise.h"
#include "data/stats_pair.h"
#include "data/stats_power.h"
#include "data/stats_rank.h"

enum { LEAST_FOR_FLOOR = 10, LEAST_RUNS_FOR_FLOOR = 4, SEED = 1 };

/* --- values ----------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median_of(const double *x, size_t n)
{
    double *sorted = mem_array(n + 1, sizeof(*sorted)), median;

    memcpy(sorted, x, n * sizeof(*x));
    qsort(sorted, n, sizeof(*sorted), by_size);
    median = n ? (sorted[(n - 1) / 2] + sorted[n / 2]) / 2 : 0;
    free(sorted);
    return median;
}

/* False where a trial has no value that its sample bears. */
static bool take_values(struct compare *c, struct compare_row *row,
                        struct compare_values *to, const struct trials *t)
{
    bool all = t->n > 0;

    to->p = arena_alloc(&c->arena, (t->n + 1) * sizeof(*to->p));
    for (size_t i = 0; i < t->n; i++) {
        struct evidence_value v;

        evidence_value(t->p[i], row->rule, &v);
        all &= v.present;
        row->needs = v.needs > row->needs ? v.needs : row->needs;
        to->p[to->n++] = v.value;
        to->requests += v.n;
        to->num += v.num;
        to->den += v.den;
    }
    to->median = median_of(to->p, to->n);
    return all;
}

bool compare_more_is_better(const struct slo *rule)
{
    return rule->is_rate ? rates[rule->rate].more_is_better
                         : metrics[rule->metric].more_is_better;
}

static bool is_share(const struct slo *rule)
{
    return rule->is_rate && rates[rule->rate].proportion;
}

/* ln of the values, turned so that more is worse. False where one has none. */
static bool logs_of(const struct compare_row *row, const struct compare_values *v,
                    double *out)
{
    double sign = compare_more_is_better(row->rule) ? -1 : 1;

    for (size_t i = 0; i < v->n; i++) {
        if (!(v->p[i] > 0))
            return false;
        out[i] = sign * log(v->p[i]);
    }
    return true;
}

static double variance_of(const double *x, size_t n)
{
    double mean = 0, sum = 0;

    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sum / (double)(n - 1) : 0;
}

static void take_shift(struct compare_row *row, const struct stats_shift *s)
{
    row->has_ratio = true;
    row->ratio = exp(s->shift);
    row->lo = exp(s->lo);
    row->hi = exp(s->hi);
    row->confidence = s->confidence;
}

/* --- tests -----------------------------------------------------------------------------
 */

static void by_ranks(struct compare_row *row, const double *a, const double *b)
{
    size_t n1 = row->base.n, n2 = row->head.n;
    struct stats_shift s = stats_shift(a, n1, b, n2, COMPARE_CONFIDENCE);
    double freedom = (double)(n1 + n2) - 2;

    row->method = COMPARE_RANKS;
    take_shift(row, &s);
    if (freedom > 0)
        row->log_sd = sqrt((variance_of(a, n1) * (double)(n1 - 1) +
                            variance_of(b, n2) * (double)(n2 - 1)) /
                           freedom);
    row->p = stats_mann_whitney(a, n1, b, n2).p;
    row->tested = row->log_sd > 0 || s.shift != 0;
    if (freedom > 0)
        row->detectable = stats_detectable(row->log_sd, n1, n2);
}

/* a and b are in the order of their pairs. */
static void by_pairs(struct compare_row *row, const double *a, const double *b)
{
    size_t n = row->base.n;
    double *d = mem_array(n, sizeof(*d));
    struct stats_shift s;

    for (size_t i = 0; i < n; i++)
        d[i] = b[i] - a[i];
    s = stats_shift_paired(d, n, COMPARE_CONFIDENCE);
    row->method = COMPARE_PAIRS;
    take_shift(row, &s);
    row->log_sd = sqrt(variance_of(d, n));
    row->p = stats_signed_rank(d, n, NULL);
    row->tested = row->log_sd > 0 || s.shift != 0;
    row->detectable = expm1(
        (stats_t_quantile((double)n - 1, 0.975) + stats_t_quantile((double)n - 1, 0.8)) *
        row->log_sd / sqrt((double)n));
    free(d);
}

/* One trial a side. Only of percentiles is anything known from within. */
static void by_requests(struct compare_row *row, const struct trials *base,
                        const struct trials *head)
{
    struct stats_weighted *a, *b;
    struct hist ha, hb;
    double q = row->rule->percentile / 100, counted_a, counted_b;
    size_t n_a, n_b;
    struct stats_pair r;

    hist_init_standard(&ha);
    hist_init_standard(&hb);
    evidence_hist(base->p[0], row->rule, &ha, &counted_a);
    evidence_hist(head->p[0], row->rule, &hb, &counted_b);
    a = stats_hist_weights(&ha, counted_a, q, &n_a);
    b = stats_hist_weights(&hb, counted_b, q, &n_b);
    r = compare_more_is_better(row->rule) ? stats_pair_ratio(b, n_b, a, n_a)
                                          : stats_pair_ratio(a, n_a, b, n_b);
    row->method = COMPARE_SINGLE;
    row->has_ratio = row->tested = true;
    row->ratio = compare_more_is_better(row->rule) ? row->base.median / row->head.median
                                                   : row->head.median / row->base.median;
    row->lo = r.lo;
    row->hi = r.hi;
    row->confidence = COMPARE_CONFIDENCE;
    row->p = fmin(1, 2 * fmin(r.below, 1 - r.below));
    free(a);
    free(b);
    hist_free(&ha);
    hist_free(&hb);
}

/* Variance of the counts from trial to trial, over that of chance: 1 at least. */
static double dispersion_of(const struct trials *base, const struct trials *head,
                            const struct slo *rule)
{
    const struct trials *sides[] = { base, head };
    double chi = 0, freedom = 0;

    for (size_t s = 0; s < 2; s++) {
        double num = 0, den = 0, p;

        for (size_t i = 0; i < sides[s]->n; i++) {
            struct evidence_value v;

            evidence_value(sides[s]->p[i], rule, &v);
            num += v.num;
            den += v.den;
        }
        p = den > 0 ? num / den : 0;
        for (size_t i = 0; i < sides[s]->n && p > 0 && p < 1; i++) {
            struct evidence_value v;

            evidence_value(sides[s]->p[i], rule, &v);
            chi += v.den > 0 ? pow(v.num - v.den * p, 2) / (v.den * p * (1 - p)) : 0;
        }
        freedom += p > 0 && p < 1 ? (double)sides[s]->n - 1 : 0;
    }
    return freedom > 0 ? fmax(1, chi / freedom) : 1;
}

static void by_shares(struct compare_row *row, const struct trials *base,
                      const struct trials *head)
{
    double d = dispersion_of(base, head, row->rule);
    double xa = row->base.num / d, na = row->base.den / d;
    double xb = row->head.num / d, nb = row->head.den / d;

    row->method = COMPARE_SHARES;
    row->base.median = row->base.num / row->base.den * 1e6;
    row->head.median = row->head.num / row->head.den * 1e6;
    row->tested = row->base.num + row->head.num > 0 &&
                  row->base.num + row->head.num < row->base.den + row->head.den;
    if (compare_more_is_better(row->rule)) {
        xa = na - xa;
        xb = nb - xb;
    }
    row->p = stats_fisher_worse(llround(xa), llround(na), llround(xb), llround(nb));
    if (row->base.num > 0) {
        row->has_ratio = true;
        row->ratio = row->head.median / row->base.median;
        row->lo = row->hi = -1;
    }
}

/* --- noise floor ------------------------------------------------------------------------
 */

static double floor_given(const struct compare_options *o, const struct compare_row *row)
{
    for (size_t i = 0; i < o->n_floors; i++) {
        const struct compare_floor *f = &o->floors[i];
        size_t n = row->head.n;
        double formula, splits;

        if (strcmp(f->subject, row->subject) || (*f->cell && strcmp(f->cell, row->cell)))
            continue;
        formula = stats_noise_parametric(f->log_sd, f->values, n);
        splits = expm1(log1p(f->empirical) * sqrt((double)f->trials / (double)n));
        return formula > splits ? formula : splits;
    }
    return 0;
}

/* What one more run varies by beside the others, of which each counts as one value. */
static double floor_of_runs(const struct compare_row *row, const struct trials *t,
                            size_t head_runs)
{
    double *medians = mem_array(t->n + 1, sizeof(*medians));
    double *values = mem_array(t->n + 1, sizeof(*values)), floor = 0;
    size_t k = 0;

    for (size_t i = 0, end; i < t->n; i = end) {
        size_t n = 0;

        for (end = i; end < t->n && t->run[end] == t->run[i]; end++)
            values[n++] = row->base.p[end];
        medians[k++] = median_of(values, n);
    }
    if (k >= LEAST_RUNS_FOR_FLOOR)
        floor = expm1(stats_t_quantile((double)k - 1, 0.975) * stats_log_sd(medians, k) *
                      sqrt(1 / (double)k + 1 / (double)(head_runs ? head_runs : 1)));
    free(medians);
    free(values);
    return floor;
}

static size_t runs_with(const struct trials *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += !i || t->run[i] != t->run[i - 1];
    return n;
}

static double floor_of(const struct compare_options *o, const struct compare_row *row,
                       const struct trials *base, size_t head_runs)
{
    double floor = floor_given(o, row), of_runs;

    if (row->base.n >= LEAST_FOR_FLOOR)
        floor = fmax(floor, stats_noise_floor(row->base.p, row->base.n, row->head.n, SEED));
    of_runs = floor_of_runs(row, base, head_runs);
    return fmax(floor, of_runs);
}

/* --- rows -------------------------------------------------------------------------------
 */

static double threshold_of(const struct slo *rule)
{
    double allowed = rule->relative ? rule->value / 1e6 : 0;

    return compare_more_is_better(rule) && rule->relative
               ? 1 / (1 - fmin(allowed, 0.999999))
               : 1 + allowed;
}

void compare_make_row(struct compare *c, struct compare_row *row, const struct trials *base,
                      const struct trials *head, const struct trials *pairs,
                      const struct compare_options *o)
{
    double *a = mem_array(base->n + 1, sizeof(*a)), *b = mem_array(head->n + 1, sizeof(*b));
    bool whole = take_values(c, row, &row->base, pairs->n ? pairs : base);

    whole &= take_values(c, row, &row->head, head);
    row->threshold = row->limit = threshold_of(row->rule);
    row->verdict = whole ? COMPARE_INCONCLUSIVE : COMPARE_NO_DATA;
    if (whole && is_share(row->rule)) {
        by_shares(row, base, head);
    } else if (whole && logs_of(row, &row->base, a) && logs_of(row, &row->head, b)) {
        row->floor = base->n > 1
                         ? floor_of(o, row, pairs->n ? pairs : base, runs_with(head))
                         : floor_given(o, row);
        row->limit = fmax(row->threshold, 1 + row->floor);
        if (base->n == 1 && head->n == 1 && !row->rule->is_rate &&
            row->rule->stat == SLO_PERCENTILE)
            by_requests(row, base, head);
        else if (pairs->n)
            by_pairs(row, a, b);
        else
            by_ranks(row, a, b);
    }
    free(a);
    free(b);
}
