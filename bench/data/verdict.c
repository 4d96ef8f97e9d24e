#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats.h"
#include "data/summary_parts.h"
#include "data/verdict.h"

const char *const verdict_names[N_VERDICTS] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_FAIL] = "fail",
    [VERDICT_NO_DATA] = "no data",
};

#define CONFIDENCE 0.95

bool verdict_holds(enum slo_op op, double value, double bound)
{
    switch (op) {
    case SLO_LT:
        return value < bound;
    case SLO_LE:
        return value <= bound;
    case SLO_GT:
        return value > bound;
    case SLO_GE:
        return value >= bound;
    }
    return false;
}

/* --- who is meant --------------------------------------------------------------------- */

static const char *cell_value(const struct run_cell *c, const char *key)
{
    for (size_t i = 0; i < c->n_keys; i++)
        if (!strcmp(c->keys[i].key, key))
            return c->keys[i].text;
    if (!strcmp(key, "model"))
        return c->model;
    if (!strcmp(key, "service_tier"))
        return c->tier;
    return NULL;
}

static bool names_cell(const struct slo *slo, const struct run_cell *c)
{
    for (size_t i = 0; i < slo->n_selectors; i++) {
        const char *value;

        if (!strcmp(slo->selectors[i].key, "phase") ||
            !strcmp(slo->selectors[i].key, "turn"))
            continue;
        value = cell_value(c, slo->selectors[i].key);
        if (!value || strcmp(value, slo->selectors[i].value))
            return false;
    }
    return true;
}

/* Without a phase named: the measured ones. */
static bool names_phase(const struct slo *slo, const struct run_phase *p)
{
    for (size_t i = 0; i < slo->n_selectors; i++)
        if (!strcmp(slo->selectors[i].key, "phase"))
            return !strcmp(slo->selectors[i].value, p->name);
    return p->measured;
}

static void gather_values(struct verdict_subject *to, const struct recorder *r,
                          uint32_t trial, uint32_t phase, enum metric_id m)
{
    int64_t before = to->hist.total;
    struct sample s;

    recorder_hist(r, trial, phase, m, &to->hist);
    to->counted += (uint64_t)(to->hist.total - before);
    if (recorder_sample(r, trial, phase, m, &s))
        to->counted -= s.n - s.used;
}

/* A turn's values are worth the share that all of their kind are. */
static void gather_turn(struct verdict_subject *to, const struct recorder *r,
                        uint32_t trial, uint32_t phase, const struct slo *slo,
                        uint32_t turn)
{
    int64_t before = to->hist.total;
    uint64_t requests, errors, n;
    struct sample s;

    recorder_turn(r, trial, phase, turn, &requests, &errors);
    to->tally.requests += requests;
    to->tally.request_errors += errors;
    to->attempt_errors += errors;
    if (slo->is_rate)
        return;
    recorder_turn_hist(r, trial, phase, turn, slo->metric, &to->hist);
    n = (uint64_t)(to->hist.total - before);
    if (recorder_sample(r, trial, phase, slo->metric, &s) && s.n)
        n = (uint64_t)((double)n * (double)s.used / (double)s.n);
    to->counted += n;
}

void verdict_gather(struct verdict_subject *to, const struct run *run,
                    const struct recorder *r, uint32_t slo, uint32_t trial, uint32_t phase)
{
    const struct outcome_counts *counts = recorder_outcomes(r, trial, phase);
    uint32_t turn = slo_turn(&run->slos[slo]);

    if (turn) {
        gather_turn(to, r, trial, phase, &run->slos[slo], turn);
        return;
    }
    tally_add(&to->tally, recorder_tally(r, trial, phase));
    for (int o = 0; o < N_OUTCOMES; o++)
        if (outcomes[o].error)
            to->attempt_errors += counts->all[o];
    to->good += recorder_good(r, trial, phase, slo);
    if (!run->slos[slo].is_rate)
        gather_values(to, r, trial, phase, run->slos[slo].metric);
}

static void gather(struct verdict_subject *to, const struct summary *s,
                   const struct recorder *r, uint32_t slo, uint32_t cell)
{
    const struct run *run = s->run;

    for (uint32_t t = 0; t < run->n_trials; t++)
        for (uint32_t p = 0; p < run->n_phases; p++)
            if (run->trials[t].cell == cell &&
                names_phase(&run->slos[slo], &run->phases[p]))
                verdict_gather(to, run, r, slo, t, p);
}

/* --- metrics -------------------------------------------------------------------------- */

/* Values that failures would have had: only of what every good answer takes time for. */
static int64_t failures(const struct metric *m, const struct verdict_subject *of)
{
    if (!metric_counts_failures(m))
        return 0;
    return (int64_t)(m->per_request ? of->tally.request_errors : of->attempt_errors);
}

/*
 * Value at a rank among values and failures, the failures at the bad end; false where the
 * rank is one of them.
 */
static bool at_rank(const struct hist *h, int64_t failed, bool more_is_better, int64_t rank,
                    bool upper, double *value)
{
    if (more_is_better)
        rank -= failed;
    if (rank < 1 || rank > h->total)
        return false;
    *value = (double)hist_value_at_rank(h, rank, upper);
    return true;
}

/*
 * The verdict is about the requests there were, so any n that is large enough will do; how
 * sure it is of those that will come is said by its interval.
 */
static void judge_percentile(struct summary_slo *v, const struct slo *slo,
                             const struct verdict_subject *of, int64_t failed)
{
    const struct hist *h = &of->hist;
    bool better = metrics[slo->metric].more_is_better;
    double q = slo->percentile / 100;
    int64_t n = h->total + failed, lo, hi;

    v->needs = (uint64_t)stats_min_sample(q, CONFIDENCE);
    if (v->n < v->needs)
        return;
    v->has_value = true;
    v->infinite =
        !at_rank(h, failed, better, hist_rank(n, slo->percentile), true, &v->value);
    stats_quantile_ci_of(n, (int64_t)of->counted + failed, q, CONFIDENCE, &lo, &hi);
    v->interval = at_rank(h, failed, better, lo, false, &v->lo);
    if (!at_rank(h, failed, better, hi, true, &v->hi))
        v->hi = -1;
}

/* One failure makes a mean or a maximum infinite; a speed of 0 is what it is at worst. */
static void judge_moment(struct summary_slo *v, const struct slo *slo, const struct hist *h,
                         int64_t failed)
{
    v->needs = 1;
    if (!v->n)
        return;
    v->has_value = true;
    v->infinite = failed > 0 && !metrics[slo->metric].more_is_better;
    if (slo->stat == SLO_MEAN)
        v->value = hist_mean(h) * (double)h->total / (double)(h->total + failed);
    else
        v->value = (double)hist_max(h);
}

/*
 * v = x / t, and t is too long by e at most: then v is too small by x / (t - e) - x / t,
 * which is v * e / (t - e). Of a whole answer.
 */
static ns_t error_of_speed(const struct health_facts *facts, double v)
{
    const struct health_figure *f = &facts->figures[HEADLINE_E2E];

    if (f->error < 0 || f->median <= f->error)
        return NS_ABSENT;
    return llround(v * (double)f->error / (double)(f->median - f->error));
}

/* The error that matters to the objective, in its unit: of_run, or its figure's own. */
static ns_t error_of(const struct slo *slo, const struct health_facts *facts, ns_t of_run,
                     double v)
{
    enum unit unit = metrics[slo->metric].unit;
    ns_t e = unit == UNIT_NS                          ? of_run
             : unit == UNIT_MX || unit == UNIT_MCHARS ? error_of_speed(facts, v)
                                                      : NS_ABSENT;

    for (int i = 0; i < N_HEADLINES; i++) {
        const struct health_figure *f = &facts->figures[i];
        ns_t own = slo->stat == SLO_MAX ? f->max_error : f->error;

        if (headlines[i].of == slo->metric && own > e)
            e = own;
    }
    return e;
}

static void judge_metric(struct summary_slo *v, const struct slo *slo,
                         const struct verdict_subject *of, const struct health_facts *facts,
                         ns_t of_run)
{
    const struct metric *m = &metrics[slo->metric];
    int64_t failed = failures(m, of);
    bool late;
    ns_t e;

    v->n = (uint64_t)(of->hist.total + failed);
    if (slo->stat == SLO_PERCENTILE)
        judge_percentile(v, slo, of, failed);
    else
        judge_moment(v, slo, &of->hist, failed);
    if (!v->has_value)
        return;
    e = error_of(slo, facts, of_run, v->value);
    v->verdict = !v->infinite && verdict_holds(slo->op, v->value, slo->value)
                     ? VERDICT_PASS
                     : VERDICT_FAIL;
    if (v->infinite || !m->clocked || e == NS_ABSENT)
        return;
    v->error = (double)e;
    late = verdict_holds(slo->op, v->value + (double)e, slo->value);
    v->flips = late != (v->verdict == VERDICT_PASS);
}

/* --- rates ---------------------------------------------------------------------------- */

static void judge_rate(struct summary_slo *v, const struct slo *slo,
                       struct verdict_subject *of)
{
    struct summary_rate rate;
    double num = 0, den = 0;

    if (slo->rate == RATE_GOODPUT)
        of->tally.good = of->good;
    summary_rate_of(&rate, slo->rate, &of->tally);
    if (!rate.present || !rates[slo->rate].value(&of->tally, &num, &den)) {
        v->needs = 1;
        return;
    }
    v->has_value = true;
    v->value = rate.value;
    v->interval = rate.interval;
    v->lo = rate.lo;
    v->hi = rate.hi;
    v->n = rates[slo->rate].proportion ? (uint64_t)den : of->tally.requests;
    v->verdict =
        verdict_holds(slo->op, rate.value, slo->value) ? VERDICT_PASS : VERDICT_FAIL;
}

static bool bears(const struct slo *slo, const struct summary_slo *v)
{
    bool below = slo->op == SLO_LT || slo->op == SLO_LE;

    if (v->n >= v->needs)
        return true;
    return v->interval && (below ? v->lo > slo->value : v->hi < slo->value);
}

void verdict_bear(struct summary_slo *v, const struct slo *slo)
{
    bool below = slo->op == SLO_LT || slo->op == SLO_LE;
    double bound = slo->value / 1e6, good = below ? 1 - bound : bound;

    if (!slo->is_rate || !rates[slo->rate].proportion)
        return;
    v->needs = good > 0 && good < 1 ? (uint64_t)stats_min_sample(good, CONFIDENCE) : 1;
    if (!bears(slo, v))
        v->verdict = VERDICT_NO_DATA;
}

/* --- all ------------------------------------------------------------------------------ */

void verdict_judge(struct summary_slo *v, const struct slo *slo, struct verdict_subject *of,
                   const struct health_facts *facts, ns_t of_run)
{
    v->verdict = VERDICT_NO_DATA;
    v->error = -1;
    if (slo->is_rate)
        judge_rate(v, slo, of);
    else
        judge_metric(v, slo, of, facts, of_run);
}

static void judge(struct summary *s, const struct recorder *r, uint32_t slo, uint32_t cell)
{
    struct summary_slo *v = &s->slos[s->n_slos++];
    struct verdict_subject of = { 0 };

    *v = (struct summary_slo){ .slo = slo, .cell = cell };
    hist_init_standard(&of.hist);
    gather(&of, s, r, slo, cell);
    verdict_judge(v, &s->run->slos[slo], &of, &s->health.facts, s->health.e);
    verdict_bear(v, &s->run->slos[slo]);
    hist_free(&of.hist);
    s->health.facts.flips_verdict |= v->flips;
}

static enum verdict worst(const struct summary *s)
{
    enum verdict all = VERDICT_PASS;

    for (size_t i = 0; i < s->n_slos; i++) {
        if (s->slos[i].verdict == VERDICT_FAIL)
            return VERDICT_FAIL;
        if (s->slos[i].verdict == VERDICT_NO_DATA)
            all = VERDICT_NO_DATA;
    }
    return all;
}

void summary_judge(struct summary *s, const struct recorder *r)
{
    const struct run *run = s->run;
    uint32_t n = (uint32_t)run->n_slos - run->n_search_slos;
    size_t most = n * run->n_cells;
    ns_t e;

    s->slos = arena_alloc(&s->arena, (most ? most : 1) * sizeof(*s->slos));
    for (uint32_t i = 0; i < n; i++) {
        size_t before = s->n_slos;

        for (uint32_t c = 0; c < run->n_cells; c++)
            if (names_cell(&run->slos[i], &run->cells[c]))
                judge(s, r, i, c);
        if (s->n_slos == before) /* an objective about nobody is not kept */
            s->slos[s->n_slos++] = (struct summary_slo){
                .slo = i, .cell = UINT32_MAX, .verdict = VERDICT_NO_DATA, .error = -1
            };
    }
    s->verdict = worst(s);
    s->health.validity = health_judge(&s->health.facts, &e);
}
