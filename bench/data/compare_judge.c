#include "data/compare_parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/stats_power.h"
#include "data/stats_rank.h"

enum { MOST_TRIALS = 200 };

/* --- verdicts ---------------------------------------------------------------------------
 */

static struct stats_gate gate_of(const struct compare *c, const struct compare_row *row)
{
    return (struct stats_gate){ .limit = row->limit,
                                .tests = c->n_tests ? c->n_tests : 1,
                                .alpha = COMPARE_ALPHA,
                                .gamma = COMPARE_GAMMA };
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
    bool sure = row->tested && row->adjusted < COMPARE_ALPHA;

    row->changed = sure;
    if (sure && row->ratio >= row->limit && excludes_half(c, row))
        row->verdict = COMPARE_FAIL;
    else if (row->hi < row->limit && row->confidence >= COMPARE_CONFIDENCE - 1e-9)
        row->verdict = COMPARE_PASS;
    else
        row->verdict = COMPARE_INCONCLUSIVE;
    row->changed &= row->verdict != COMPARE_FAIL;
}

static bool is_over(const struct compare_row *row, const struct compare_values *v)
{
    double bound = row->rule->value;

    if (row->rule->relative)
        bound = compare_more_is_better(row->rule) ? row->base.median / row->threshold
                                                  : row->base.median * row->threshold;
    return compare_more_is_better(row->rule) ? v->median < bound : v->median > bound;
}

/*
 * A share may not be over its bound, or that of the base by more than is allowed, unless
 * chance makes it so. Where the base is over it too, that is not of HEAD's making. There is
 * no half of a limit to exclude, and Holm leaves the last of many to ALPHA alone: so chance
 * is held to what it is given elsewhere.
 */
static void judge_share(const struct compare *c, struct compare_row *row)
{
    bool sure = row->tested && row->adjusted < COMPARE_ALPHA &&
                row->p * (double)c->n_tests < COMPARE_GAMMA;

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

void compare_judge(struct compare *c)
{
    adjust(c);
    for (size_t i = 0; i < c->n_rows; i++) {
        struct compare_row *row = &c->rows[i];

        if (row->verdict == COMPARE_NO_DATA)
            continue;
        if (row->method == COMPARE_SHARES)
            judge_share(c, row);
        else if (row->has_ratio)
            judge_ratio(c, row);
        if (row->verdict == COMPARE_INCONCLUSIVE)
            row->trials = trials_wanted(c, row);
    }
}
