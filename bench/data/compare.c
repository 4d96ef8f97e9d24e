#include "data/compare.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats.h"
#include "data/stats_noise.h"
#include "data/stats_pair.h"
#include "data/stats_power.h"
#include "data/stats_rank.h"

const char *const compare_method_names[N_COMPARE_METHODS] = {
    [COMPARE_NONE] = "none",     [COMPARE_RANKS] = "ranks",   [COMPARE_PAIRS] = "pairs",
    [COMPARE_SINGLE] = "single", [COMPARE_SHARES] = "shares",
};

#define CONFIDENCE 0.95
#define ALPHA 0.05
#define GAMMA 0.01 /* see struct stats_gate */

enum { MOST_TRIALS = 200, LEAST_FOR_FLOOR = 10, LEAST_RUNS_FOR_FLOOR = 4, SEED = 1 };

/* --- the trials of a side that a row is about ------------------------------------------
 */

struct trials {
    const struct evidence_trial **p;
    const struct evidence **run; /* of each */
    size_t n;
};

static struct trials trials_of(const struct compare_side *side, const char *cell)
{
    struct trials t = { 0 };
    size_t most = 0;

    for (size_t r = 0; r < side->n; r++)
        most += side->runs[r]->n_trials;
    t.p = mem_array(most + 1, sizeof(*t.p));
    t.run = mem_array(most + 1, sizeof(*t.run));
    for (size_t r = 0; r < side->n; r++)
        for (size_t i = 0; i < side->runs[r]->n_trials; i++)
            if (!cell || !strcmp(side->runs[r]->trials[i].cell, cell)) {
                t.p[t.n] = &side->runs[r]->trials[i];
                t.run[t.n++] = side->runs[r];
            }
    return t;
}

static void trials_free(struct trials *t)
{
    free(t->p);
    free(t->run);
}

/* Where both ask the same at the same times: the base trial of each head trial; n = 0 where
 * not every one has just one. */
static struct trials partners(const struct trials *base, const struct trials *head)
{
    struct trials t = { .p = mem_array(head->n + 1, sizeof(*t.p)),
                        .run = mem_array(head->n + 1, sizeof(*t.run)) };

    for (size_t i = 0; i < head->n && base->n == head->n; i++) {
        size_t found = 0;

        for (size_t k = 0; k < base->n; k++)
            if (base->run[k]->seed == head->run[i]->seed &&
                base->p[k]->round == head->p[i]->round) {
                t.p[i] = base->p[k];
                t.run[i] = base->run[k];
                found++;
            }
        if (found != 1)
            return t;
    }
    t.n = base->n == head->n ? head->n : 0;
    return t;
}

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

static bool more_is_better(const struct slo *rule)
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
    double sign = more_is_better(row->rule) ? -1 : 1;

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
    struct stats_shift s = stats_shift(a, n1, b, n2, CONFIDENCE);
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
    s = stats_shift_paired(d, n, CONFIDENCE);
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
    r = more_is_better(row->rule) ? stats_pair_ratio(b, n_b, a, n_a)
                                  : stats_pair_ratio(a, n_a, b, n_b);
    row->method = COMPARE_SINGLE;
    row->has_ratio = row->tested = true;
    row->ratio = more_is_better(row->rule) ? row->base.median / row->head.median
                                           : row->head.median / row->base.median;
    row->lo = r.lo;
    row->hi = r.hi;
    row->confidence = CONFIDENCE;
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
    if (more_is_better(row->rule)) {
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

    return more_is_better(rule) && rule->relative ? 1 / (1 - fmin(allowed, 0.999999))
                                                  : 1 + allowed;
}

/* Everything but what depends on the other rows. */
static void make_row(struct compare *c, struct compare_row *row, const struct trials *base,
                     const struct trials *head, const struct trials *pairs,
                     const struct compare_options *o, size_t head_runs)
{
    double *a = mem_array(base->n + 1, sizeof(*a)), *b = mem_array(head->n + 1, sizeof(*b));
    bool whole = take_values(c, row, &row->base, pairs->n ? pairs : base);

    whole &= take_values(c, row, &row->head, head);
    row->threshold = row->limit = threshold_of(row->rule);
    row->verdict = whole ? COMPARE_INCONCLUSIVE : COMPARE_NO_DATA;
    if (whole && is_share(row->rule)) {
        by_shares(row, base, head);
    } else if (whole && logs_of(row, &row->base, a) && logs_of(row, &row->head, b)) {
        row->floor = base->n > 1 ? floor_of(o, row, pairs->n ? pairs : base, head_runs)
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

/* --- verdicts ---------------------------------------------------------------------------
 */

static struct stats_gate gate_of(const struct compare *c, const struct compare_row *row)
{
    return (struct stats_gate){ .limit = row->limit,
                                .tests = c->n_tests ? c->n_tests : 1,
                                .alpha = ALPHA,
                                .gamma = GAMMA };
}

/* Half of the limit is excluded, which a limit passed by chance is not. */
static bool excludes_half(const struct compare *c, const struct compare_row *row)
{
    struct stats_gate g = gate_of(c, row);
    double half = log(stats_gate_half(row->limit)), freedom, error;

    if (row->method == COMPARE_SINGLE)
        return row->lo >= row->limit;
    freedom = row->method == COMPARE_PAIRS ? (double)row->head.n - 1
                                           : (double)(row->base.n + row->head.n) - 2;
    error = row->method == COMPARE_PAIRS
                ? row->log_sd / sqrt((double)row->head.n * STATS_RANK_EFFICIENCY)
                : stats_shift_error(row->log_sd, row->base.n, row->head.n);
    return freedom > 0 && log(row->ratio) - stats_gate_quantile(&g, freedom) * error > half;
}

static void judge_ratio(const struct compare *c, struct compare_row *row)
{
    bool sure = row->tested && row->adjusted < ALPHA;

    row->changed = sure;
    if (sure && row->ratio >= row->limit && excludes_half(c, row))
        row->verdict = COMPARE_FAIL;
    else if (row->hi < row->limit && row->confidence >= CONFIDENCE - 1e-9)
        row->verdict = COMPARE_PASS;
    else
        row->verdict = COMPARE_INCONCLUSIVE;
    row->changed &= row->verdict != COMPARE_FAIL;
}

static bool is_over(const struct compare_row *row, const struct compare_values *v)
{
    double bound = row->rule->value;

    if (row->rule->relative)
        bound = more_is_better(row->rule) ? row->base.median / row->threshold
                                          : row->base.median * row->threshold;
    return more_is_better(row->rule) ? v->median < bound : v->median > bound;
}

/*
 * A share may not be over its bound, or that of the base by more than is allowed, unless
 * chance makes it so. Where the base is over it too, that is not of HEAD's making.
 */
static void judge_share(struct compare_row *row)
{
    bool sure = row->tested && row->adjusted < ALPHA;

    if (is_over(row, &row->head) && sure)
        row->verdict = COMPARE_FAIL;
    else if (!is_over(row, &row->head) || is_over(row, &row->base))
        row->verdict = COMPARE_PASS;
    else
        row->verdict = COMPARE_INCONCLUSIVE;
    row->changed = row->verdict == COMPARE_PASS && sure;
}

/* How many trials a side would tell. With one a side nothing is known of how they vary:
 * then as many as ranks want at least. */
static size_t trials_wanted(const struct compare *c, const struct compare_row *row)
{
    struct stats_gate g = gate_of(c, row);
    size_t n1 = row->base.n, n2 = row->head.n;
    double freedom = row->method == COMPARE_PAIRS ? (double)n2 - 1 : (double)(n1 + n2) - 2;
    double s = row->method == COMPARE_PAIRS ? row->log_sd / sqrt(2) : row->log_sd;

    if (row->method == COMPARE_SHARES)
        return 0;
    s = freedom > 0 && row->method != COMPARE_SINGLE ? stats_sd_upper(s, freedom) : 0;
    return stats_gate_trials(&g, s, n1, n2, MOST_TRIALS);
}

static void adjust(struct compare *c)
{
    double *p = mem_array(c->n_rows + 1, sizeof(*p));
    size_t n = 0;

    for (size_t i = 0; i < c->n_rows; i++)
        if (c->rows[i].tested && !c->rows[i].watched)
            p[n++] = c->rows[i].p;
    stats_holm(p, n);
    c->n_tests = n;
    n = 0;
    for (size_t i = 0; i < c->n_rows; i++) {
        struct compare_row *row = &c->rows[i];

        if (row->tested && !row->watched)
            row->adjusted = p[n++];
        else
            row->adjusted = row->tested ? row->p : 1;
    }
    free(p);
}

static void judge(struct compare *c)
{
    adjust(c);
    for (size_t i = 0; i < c->n_rows; i++) {
        struct compare_row *row = &c->rows[i];

        if (row->verdict == COMPARE_NO_DATA)
            continue;
        if (row->method == COMPARE_SHARES)
            judge_share(row);
        else if (row->has_ratio)
            judge_ratio(c, row);
        if (row->verdict == COMPARE_INCONCLUSIVE)
            row->trials = trials_wanted(c, row);
    }
}

/* --- all --------------------------------------------------------------------------------
 */

struct cells {
    const char **names;
    const struct evidence_trial **first;
    size_t n;
};

static struct cells cells_of(const struct compare_side *side)
{
    struct trials t = trials_of(side, NULL);
    struct cells c = { .names = mem_array(t.n + 1, sizeof(*c.names)),
                       .first = mem_array(t.n + 1, sizeof(*c.first)) };

    for (size_t i = 0; i < t.n; i++) {
        size_t k = 0;

        while (k < c.n && strcmp(c.names[k], t.p[i]->cell))
            k++;
        if (k < c.n)
            continue;
        c.names[c.n] = t.p[i]->cell;
        c.first[c.n++] = t.p[i];
    }
    trials_free(&t);
    return c;
}

/* Sides of one cell each are held against one another whatever the cells are called. */
static const char *partner(const struct cells *base, const struct cells *head, size_t cell)
{
    for (size_t i = 0; i < base->n; i++)
        if (!strcmp(base->names[i], head->names[cell]))
            return base->names[i];
    return base->n == 1 && head->n == 1 ? base->names[0] : NULL;
}

static size_t runs_with(const struct trials *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += !i || t->run[i] != t->run[i - 1];
    return n;
}

static void make_cell(struct compare *c, const struct trials *base,
                      const struct trials *head, const struct compare_rules *rules,
                      const struct compare_options *o, size_t n_cells)
{
    struct trials pairs = partners(base, head);

    /* Signed ranks want more trials than ranks do; with fewer the sides are taken as
     * unrelated, which errs on the safe side. */
    if (stats_least_p_paired(pairs.n) * (double)(rules->n * n_cells) >= ALPHA)
        pairs.n = 0;
    c->paired |= pairs.n > 0;
    c->single |= base->n == 1 && head->n == 1;
    for (size_t i = 0; i < rules->n; i++) {
        struct compare_row *row = &c->rows[c->n_rows];

        if (!evidence_selects(head->p[0], &rules->p[i]))
            continue;
        *row = (struct compare_row){
            .rule = &rules->p[i],
            .subject = compare_subject(&c->arena, &rules->p[i]),
            .cell = arena_strdup(&c->arena, head->p[0]->shown),
        };
        make_row(c, row, base, head, &pairs, o, runs_with(head));
        row->watched = rules->usual &&
                       (row->verdict == COMPARE_NO_DATA ||
                        (row->method == COMPARE_RANKS && base->n == 1 && head->n == 1));
        c->n_rows++;
    }
    trials_free(&pairs);
}

void compare_make(struct compare *c, const struct compare_side *base,
                  const struct compare_side *head, const struct compare_rules *rules,
                  const struct compare_options *o)
{
    struct cells of_base = cells_of(base), of_head = cells_of(head);

    *c = (struct compare){ 0 };
    compare_fit(c, base, head);
    c->rows = arena_alloc(&c->arena, (rules->n * of_head.n + 1) * sizeof(*c->rows));
    for (size_t i = 0; i < of_head.n; i++) {
        const char *with = partner(&of_base, &of_head, i);
        struct trials b = trials_of(base, with ? with : "\n"), h;

        if (!b.n) {
            compare_remark(c, COMPARE_TOLD,
                           arena_printf(&c->arena,
                                        "cell %s is in HEAD only and was left out",
                                        of_head.names[i]));
            trials_free(&b);
            continue;
        }
        h = trials_of(head, of_head.names[i]);
        make_cell(c, &b, &h, rules, o, of_head.n);
        c->base_trials = c->base_trials && c->base_trials < b.n ? c->base_trials : b.n;
        c->head_trials = c->head_trials && c->head_trials < h.n ? c->head_trials : h.n;
        trials_free(&b);
        trials_free(&h);
    }
    for (size_t i = 0; i < of_base.n; i++) {
        bool there = of_base.n == 1 && of_head.n == 1;

        for (size_t k = 0; k < of_head.n; k++)
            there |= !strcmp(of_base.names[i], of_head.names[k]);
        if (!there)
            compare_remark(c, COMPARE_TOLD,
                           arena_printf(&c->arena,
                                        "cell %s is in BASE only and was left out",
                                        of_base.names[i]));
    }
    judge(c);
    free(of_base.names);
    free(of_base.first);
    free(of_head.names);
    free(of_head.first);
}

void compare_free(struct compare *c)
{
    arena_free(&c->arena);
}
