#include "reports/asked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/stats.h"
#include "data/stats_rank.h"
#include "reports/figure.h"
#include "reports/text.h"

/* --- rows ---------------------------------------------------------------------------- */

static bool is_first(const struct run *run, uint32_t cell, size_t key)
{
    return !strcmp(run->cells[cell].keys[key].text, run->cells[0].keys[key].text);
}

/* The key of `against`; n_keys where there is none. */
static size_t key_of(const struct run *run)
{
    size_t k = 0;

    while (run->answer.against && k < run->cells[0].n_keys &&
           strcmp(run->cells[0].keys[k].key, run->answer.against) != 0)
        k++;
    return run->answer.against ? k : run->cells[0].n_keys;
}

/* The cell with the first value of that key, all else alike; without a key the first. */
static size_t cell_against(const struct run *run, uint32_t cell)
{
    size_t key = key_of(run), n = run->cells[0].n_keys;

    if (key == n)
        return cell ? 0 : SIZE_MAX;
    if (is_first(run, cell, key))
        return SIZE_MAX;
    for (uint32_t c = 0; c < run->n_cells; c++) {
        bool same = is_first(run, c, key);

        for (size_t k = 0; k < n; k++)
            same &= k == key ||
                    !strcmp(run->cells[c].keys[k].text, run->cells[cell].keys[k].text);
        if (same)
            return c;
    }
    return SIZE_MAX;
}

static void add_row(struct asked_rows *a, struct asked_row row)
{
    a->rows = mem_grow(a->rows, a->n, &a->cap, sizeof(*a->rows));
    a->rows[a->n++] = row;
}

static void add_parts(struct asked_rows *a, uint32_t cell)
{
    const struct run *run = a->summary->run;
    const struct summary_group *g = &a->summary->cells[cell].measured;
    size_t first = a->n;

    if (a->of->by == ASKED_BY_PHASE)
        for (uint32_t p = 0; p < run->n_phases; p++) {
            const struct summary_group *phase =
                &a->summary->groups[cell * run->n_phases + p];

            if (phase->measured && phase->begun)
                add_row(a, (struct asked_row){ .cell = cell, .group = phase });
        }
    for (size_t i = 0; a->of->by == ASKED_BY_TURN && i < g->n_turns; i++)
        add_row(a, (struct asked_row){ .cell = cell, .turn = &g->turns[i] });
    for (size_t i = 0; a->of->by == ASKED_BY_REGION && i < g->n_regions; i++)
        add_row(a, (struct asked_row){ .cell = cell, .region = &g->regions[i] });
    for (size_t i = first; i < a->n; i++)
        a->rows[i].against = i > first ? first : SIZE_MAX;
}

struct asked_rows asked_rows(const struct summary *s)
{
    struct asked_rows a = { .summary = s, .of = &s->run->answer };

    for (uint32_t c = 0; a.of->n && c < s->run->n_cells; c++)
        if (a.of->by == ASKED_BY_CELL)
            add_row(&a, (struct asked_row){ .cell = c,
                                            .against = cell_against(s->run, c),
                                            .group = &s->cells[c].measured });
        else
            add_parts(&a, c);
    return a;
}

void asked_free(struct asked_rows *a)
{
    free(a->rows);
    *a = (struct asked_rows){ 0 };
}

/* --- values -------------------------------------------------------------------------- */

static const struct summary_metric *metric_of(const struct asked_row *r, enum metric_id id)
{
    for (size_t i = 0; r->turn && i < N_TURN_METRICS; i++)
        if (turn_metrics[i] == id)
            return &r->turn->metrics[i];
    for (size_t i = 0; r->region && i < N_REGION_METRICS; i++)
        if (region_metrics[i] == id)
            return &r->region->metrics[i];
    return r->group ? &r->group->metrics[id] : NULL;
}

static struct asked_value of_percentile(const struct summary_metric *m, double percentile)
{
    struct asked_value v = { .n = m->n };

    for (int i = 0; i < N_STATS; i++) {
        const struct summary_stat *s = &m->stats[i];

        if (fabs(stat_rows[i].q * 100 - percentile) > 1e-6)
            continue;
        v.present = s->present;
        v.needs = s->needs;
        v.value = (double)s->value;
        v.interval = s->present;
        v.lo = s->lo < 0 ? 0 : (double)s->lo;
        v.hi = (double)s->hi;
    }
    return v;
}

/* Student's interval, of as many values as they are worth. */
static struct asked_value of_mean(const struct summary_metric *m)
{
    struct asked_value v = { .n = m->n, .present = m->n > 0, .value = (double)m->mean };

    if (m->counted > 1) {
        double n = (double)m->counted;
        double room = stats_t_quantile(n - 1, 0.975) * (double)m->stddev / sqrt(n);

        v.interval = true;
        v.lo = fmax(v.value - room, 0);
        v.hi = v.value + room;
    }
    return v;
}

static struct asked_value of_rate(const struct summary_rate *r)
{
    return (struct asked_value){ .present = r->present,
                                 .value = r->value,
                                 .interval = r->interval,
                                 .lo = r->lo,
                                 .hi = r->hi };
}

static struct asked_value value_in(const struct asked_row *r, const struct slo *figure)
{
    const struct summary_metric *m;

    if (figure->is_rate)
        return r->group ? of_rate(&r->group->rates[figure->rate])
                        : (struct asked_value){ 0 };
    m = metric_of(r, figure->metric);
    if (!m)
        return (struct asked_value){ 0 };
    return figure->stat == SLO_MEAN ? of_mean(m) : of_percentile(m, figure->percentile);
}

struct asked_value asked_value(const struct asked_rows *a, size_t row, size_t figure)
{
    return value_in(&a->rows[row], &a->of->figures[figure]);
}

/* --- times --------------------------------------------------------------------------- */

/* The one phase that a row is of; n_phases where it is of several. */
static uint32_t phase_of(const struct asked_rows *a, const struct asked_row *r)
{
    const struct run *run = a->summary->run;
    uint32_t none = (uint32_t)run->n_phases, phase = none, measured = 0;

    if (a->of->by == ASKED_BY_PHASE)
        return r->group->phase;
    for (uint32_t p = 0; p < run->n_phases; p++)
        if (run->phases[p].measured) {
            phase = p;
            measured++;
        }
    return measured == 1 && a->of->by == ASKED_BY_CELL ? phase : none;
}

/* The logarithm of the figure in each trial of the row that has it. */
static size_t trial_logs(const struct asked_rows *a, const struct asked_row *r,
                         const struct slo *figure, double *logs)
{
    const struct run *run = a->summary->run;
    uint32_t phase = phase_of(a, r);
    size_t n = 0;

    for (size_t t = 0; phase < run->n_phases && t < run->n_trials; t++) {
        struct asked_row one = {
            .group = &a->summary->trials[t * run->n_phases + phase],
        };
        struct asked_value v = value_in(&one, figure);

        if (run->trials[t].cell == r->cell && v.present && v.value > 0)
            logs[n++] = log(v.value);
    }
    return n;
}

/* Hodges-Lehmann on logarithms, where both have trials enough to be told apart at 5 %. */
static bool by_trials(const struct asked_rows *a, const struct asked_row *from,
                      const struct asked_row *r, const struct slo *figure,
                      struct asked_times *t)
{
    double *x = mem_array(2 * a->summary->run->n_trials, sizeof(*x));
    size_t n = trial_logs(a, from, figure, x), k = trial_logs(a, r, figure, x + n);

    if (n && k && stats_least_p(n, k) <= 0.05) {
        struct stats_shift s = stats_shift(x, n, x + n, k, 0.95);

        *t = (struct asked_times){ .present = true,
                                   .value = exp(s.shift),
                                   .interval = true,
                                   .lo = exp(s.lo),
                                   .hi = exp(s.hi),
                                   .trials = true };
    }
    free(x);
    return t->present;
}

/*
 * The interval of a quotient b/a from those of both, MOVER (Zou and Donner 2008) on
 * logarithms: each limit is as far from the middle as the limits it depends on, squared
 * and added.
 */
static void by_intervals(const struct asked_value *a, const struct asked_value *b,
                         struct asked_times *t)
{
    t->present = true;
    t->value = b->value / a->value;
    t->interval = a->interval && b->interval;
    if (!t->interval)
        return;
    t->lo = b->lo > 0 && a->hi > 0
                ? t->value / exp(hypot(log(b->value / b->lo), log(a->hi / a->value)))
                : 0;
    t->hi = a->lo > 0 && b->hi > 0
                ? t->value * exp(hypot(log(b->hi / b->value), log(a->value / a->lo)))
                : INFINITY;
}

/* Is the difference no larger than what the instrument may be off by? */
static bool within_error(const struct asked_rows *a, const struct asked_row *r,
                         const struct slo *figure, double difference)
{
    if (figure->is_rate || !r->group)
        return false;
    for (int h = 0; h < N_HEADLINES; h++) {
        enum stat_id stat;
        int64_t error;

        if (headlines[h].of == figure->metric &&
            summary_error(a->summary, r->group, (enum headline)h, &error, &stat))
            return fabs(difference) <= (double)error;
    }
    return false;
}

struct asked_times asked_times(const struct asked_rows *a, size_t row, size_t figure)
{
    const struct slo *f = &a->of->figures[figure];
    const struct asked_row *r = &a->rows[row];
    struct asked_times t = { 0 };
    struct asked_value from, to;

    if (r->against == SIZE_MAX)
        return t;
    from = asked_value(a, r->against, figure);
    to = asked_value(a, row, figure);
    if (!from.present || !to.present || from.value <= 0 || to.value <= 0)
        return t;
    if (!by_trials(a, &a->rows[r->against], r, f, &t))
        by_intervals(&from, &to, &t);
    t.alike = (t.interval && t.lo <= 1 && t.hi >= 1) ||
              within_error(a, r, f, to.value - from.value) ||
              within_error(a, &a->rows[r->against], f, to.value - from.value);
    return t;
}

/* --- words --------------------------------------------------------------------------- */

static void put_number(struct buf *out, const struct slo *figure, double v)
{
    if (figure->is_rate)
        figure_rate(out, rates[figure->rate].unit, v);
    else
        figure_value(out, metrics[figure->metric].unit, v);
}

static bool is_share(const struct slo *figure)
{
    return figure->is_rate ? rates[figure->rate].unit == RATE_UNIT_PPM
                           : metrics[figure->metric].unit == UNIT_PPM;
}

void asked_put_range(struct buf *out, const struct slo *figure, const struct asked_value *v)
{
    if (!v->present || !v->interval)
        return;
    if (figure->is_rate)
        figure_rate_range(out, rates[figure->rate].unit, v->lo, v->hi);
    else
        figure_range(out, metrics[figure->metric].unit, llround(v->lo),
                     v->hi < 0 ? -1 : llround(v->hi));
}

/* By how much of the value its farther limit is off. */
static void put_width(struct buf *out, const struct asked_value *v)
{
    double room = fmax(v->hi - v->value, v->value - v->lo) / v->value;

    if (v->hi < 0)
        buf_str(out, " ±∞");
    else if (v->value > 0)
        buf_printf(out, room < 0.095 ? " ±%.1f %%" : " ±%.0f %%", room * 100);
}

void asked_put_value(struct buf *out, const struct slo *figure, const struct asked_value *v,
                     bool interval)
{
    if (!v->present && v->n && v->needs) {
        buf_printf(out, "– (needs %llu)", (unsigned long long)v->needs);
        return;
    }
    if (!v->present) {
        buf_str(out, "–");
        return;
    }
    put_number(out, figure, v->value);
    if (!interval || !v->interval)
        return;
    if (is_share(figure)) {
        buf_str(out, " (");
        asked_put_range(out, figure, v);
        buf_char(out, ')');
    } else {
        put_width(out, v);
    }
}

static void put_times(struct buf *out, double v)
{
    if (isinf(v))
        buf_str(out, "∞");
    else
        buf_printf(out, v < 9.995 ? "%.2f" : v < 99.95 ? "%.1f" : "%.0f", v);
}

void asked_put_times(struct buf *out, const struct asked_times *t)
{
    if (!t->present)
        return;
    put_times(out, t->value);
    buf_char(out, 'x');
    if (t->interval) {
        buf_str(out, " (");
        put_times(out, t->lo);
        buf_str(out, "..");
        put_times(out, t->hi);
        buf_char(out, ')');
    }
    buf_str(out, t->alike ? " ≈" : "");
}

void asked_put_cell(struct buf *out, const struct asked_rows *a, size_t row)
{
    enum { COLUMNS = 24 }; /* what several figures leave of a line */

    text_cell_name_short(out, a->summary->run, a->rows[row].cell, COLUMNS);
}

void asked_put_part(struct buf *out, const struct asked_rows *a, size_t row)
{
    const struct asked_row *r = &a->rows[row];

    if (r->turn)
        buf_printf(out, "turn %u%s", r->turn->turn,
                   r->turn->turn == RECORDER_TURNS ? " and later" : "");
    else if (r->region)
        buf_str(out, r->region->name);
    else if (a->of->by == ASKED_BY_PHASE)
        buf_str(out, a->summary->run->phases[r->group->phase].name);
    buf_str(out, "");
}

void asked_put_against(struct buf *out, const struct asked_rows *a, size_t row)
{
    const struct run *run = a->summary->run;
    const struct asked_row *r = &a->rows[row];
    size_t key = key_of(run);

    buf_str(out, "times ");
    if (a->of->by != ASKED_BY_CELL)
        asked_put_part(out, a, r->against);
    else if (key < run->cells[0].n_keys)
        buf_str(out, run->cells[r->against].keys[key].text);
    else
        buf_str(out, "the first");
}

void asked_put_legend(struct buf *out, const struct asked_rows *a)
{
    enum validity v = a->summary->health.validity;
    bool trials = false, requests = false, alike = false;

    if (!validity_holds(v))
        buf_str(out, v == VALIDITY_CLIENT_LIMITED
                         ? "No answer: the run is not valid, figures may be the client's. "
                         : "No answer: the run is not valid, figures may be the "
                           "simulator's. ");
    for (size_t i = 0; i < a->n; i++)
        for (size_t f = 0; f < a->of->n; f++) {
            struct asked_times t = asked_times(a, i, f);

            trials |= t.present && t.trials;
            requests |= t.present && t.interval && !t.trials;
            alike |= t.alike;
        }
    buf_str(out, "With 95 % CI");
    if (alike)
        buf_str(out, "; ≈ not told apart");
    if (requests && a->of->by == ASKED_BY_CELL)
        buf_str(out, trials ? "; partly by requests, not by trials"
                            : "; by requests: four trials of each cell would be surer");
    else if (trials)
        buf_str(out, "; times by trials");
    buf_char(out, '.');
}
