#include "data/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/summary_parts.h"

static struct summary_group *trial_group(const struct summary_making *k, size_t trial,
                                         size_t phase)
{
    return &k->s->trials[trial * k->run->n_phases + phase];
}

static struct summary_group *cell_group(const struct summary_making *k, size_t cell,
                                        size_t phase)
{
    return &k->s->groups[cell * k->run->n_phases + phase];
}

static void add(struct hist *into, const struct hist *h)
{
    struct err err;

    hist_add(into, h, &err); /* the same range: always fits */
}

/* --- metrics ------------------------------------------------------------------------- */

static void spread(struct summary_metric *all, const struct summary_metric *trial)
{
    int64_t median = trial->stats[STAT_P50].value;

    if (!trial->stats[STAT_P50].present)
        return;
    if (!all->trials++) {
        all->spread_lo = all->spread_hi = median;
        return;
    }
    all->spread_lo = median < all->spread_lo ? median : all->spread_lo;
    all->spread_hi = median > all->spread_hi ? median : all->spread_hi;
}

/* A spread needs two. */
static void finish(struct summary_metric *m, const struct summary_metric *medians)
{
    m->trials = medians->trials;
    if (m->trials >= 2) {
        m->spread_lo = medians->spread_lo;
        m->spread_hi = medians->spread_hi;
    }
}

/* One metric in one phase of a cell: each trial's, and all together in k->phase. */
static struct summary_size make_phase_metric(struct summary_making *k, uint32_t cell,
                                             uint32_t phase, enum metric_id m)
{
    struct summary_metric medians = { 0 };
    struct summary_size size = { 0 };
    struct summary_metric *all = &cell_group(k, cell, phase)->metrics[m];

    summary_empty(&k->phase);
    for (uint32_t t = 0; t < k->run->n_trials; t++) {
        struct summary_metric *one = &trial_group(k, t, phase)->metrics[m];
        struct summary_size own;

        if (k->run->trials[t].cell != cell)
            continue;
        summary_empty(&k->one);
        recorder_hist(k->r, t, phase, m, &k->one);
        own = summary_size_of(k, t, phase, m, (uint64_t)k->one.total);
        summary_size_sum(&size, &own);
        summary_metric_sized(one, &k->one, &own);
        if (one->n)
            add(&k->phase, &k->one);
        spread(&medians, one);
    }
    summary_metric_sized(all, &k->phase, &size);
    finish(all, &medians);
    return size;
}

/* Medians of whole trials are those of their only measured phase. */
static void make_metric(struct summary_making *k, uint32_t cell, enum metric_id m)
{
    struct summary_metric *all = &k->s->cells[cell].measured.metrics[m];
    const struct summary_metric *only = NULL;
    struct summary_size size = { 0 };
    unsigned measured = 0;

    summary_empty(&k->cell);
    for (uint32_t p = 0; p < k->run->n_phases; p++) {
        struct summary_size phase = make_phase_metric(k, cell, p, m);

        if (!k->run->phases[p].measured)
            continue;
        measured++;
        only = &cell_group(k, cell, p)->metrics[m];
        summary_size_sum(&size, &phase);
        if (k->phase.total)
            add(&k->cell, &k->phase);
    }
    summary_metric_sized(all, &k->cell, &size);
    if (measured == 1)
        finish(all, only);
}

/* --- counts, rates, load ------------------------------------------------------------- */

static void add_outcomes(struct outcome_counts *into, const struct outcome_counts *from)
{
    for (int o = 0; o < N_OUTCOMES; o++) {
        into->final[o] += from->final[o];
        into->all[o] += from->all[o];
    }
}

static void make_rates(const struct run *run, struct summary_group *g)
{
    bool bounds = false;

    for (size_t i = 0; i < run->n_slos; i++)
        bounds |= run->slos[i].n_bounds > 0;
    for (int i = 0; i < N_RATES; i++)
        summary_rate_of(&g->rates[i], (enum rate_id)i, &g->tally);
    if (!bounds)
        g->rates[RATE_GOODPUT] = (struct summary_rate){ 0 };
}

static void make_trial(struct summary_making *k, uint32_t trial, uint32_t phase)
{
    struct summary_group *g = trial_group(k, trial, phase);
    struct summary_load_sums sums = { 0 };
    struct phase_event begin, end;

    recorder_phase(k->r, trial, phase, &begin, &end);
    g->cell = k->run->trials[trial].cell;
    g->trial = trial;
    g->phase = phase;
    g->measured = k->run->phases[phase].measured;
    g->tally = *recorder_tally(k->r, trial, phase);
    g->outcomes = *recorder_outcomes(k->r, trial, phase);
    for (int h = 0; h < N_HEADLINES; h++)
        g->extremes[h] = recorder_extreme(k->r, trial, phase, (enum headline)h);
    g->begin = begin.at;
    g->begun = begin.at != NS_ABSENT || g->tally.attempts;
    g->steady = recorder_steady(k->r, trial, phase);
    make_rates(k->run, g);
    summary_load_asked(&g->load, recorder_load(k->r, trial, phase));
    summary_load_add(&g->load, &sums, k->r, trial, phase);
    summary_load_end(&g->load, &sums, g->tally.span);
}

static void add_counts(struct summary_group *into, const struct summary_group *g)
{
    tally_add(&into->tally, &g->tally);
    add_outcomes(&into->outcomes, &g->outcomes);
    for (int h = 0; h < N_HEADLINES; h++)
        extreme_add(&into->extremes[h], &g->extremes[h]);
    into->begun |= g->begun;
}

static void make_group(struct summary_making *k, uint32_t cell, uint32_t phase)
{
    struct summary_group *g = cell_group(k, cell, phase);
    struct summary_load_sums sums = { 0 };

    g->cell = cell;
    g->phase = phase;
    g->measured = k->run->phases[phase].measured;
    g->begin = NS_ABSENT;
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        if (k->run->trials[t].cell == cell) {
            if (!g->begun)
                summary_load_asked(&g->load, recorder_load(k->r, t, phase));
            add_counts(g, trial_group(k, t, phase));
            summary_load_add(&g->load, &sums, k->r, t, phase);
        }
    make_rates(k->run, g);
    summary_load_end(&g->load, &sums, g->tally.span);
}

/* --- cells --------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const struct summary_label *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void make_labels(struct summary_making *k, struct summary_labels *to, uint32_t cell,
                        enum label l)
{
    const struct label_count *from;

    to->n = recorder_labels(k->r, cell, l, &from);
    to->items = arena_alloc(&k->s->arena, (to->n ? to->n : 1) * sizeof(*to->items));
    for (size_t i = 0; i < to->n; i++)
        to->items[i] =
            (struct summary_label){ arena_strdup(&k->s->arena, from[i].name), from[i].n };
    qsort(to->items, to->n, sizeof(*to->items), by_count);
}

static int64_t words_per_token(const struct summary_making *k, uint32_t cell)
{
    int64_t ppm = 0;

    for (uint32_t t = 0; t < k->run->n_trials; t++)
        for (uint32_t p = 0; p < k->run->n_phases; p++) {
            struct phase_event begin, end;

            if (k->run->trials[t].cell != cell)
                continue;
            recorder_phase(k->r, t, p, &begin, &end);
            if (begin.words_per_token > 0)
                ppm = llround(begin.words_per_token * 1e6);
        }
    return ppm;
}

static void make_cell(struct summary_making *k, uint32_t cell)
{
    struct summary_cell *c = &k->s->cells[cell];

    for (uint32_t p = 0; p < k->run->n_phases; p++)
        make_group(k, cell, p);
    for (int m = 0; m < N_METRICS; m++)
        make_metric(k, cell, (enum metric_id)m);
    c->measured.cell = cell;
    c->measured.phase = UINT32_MAX;
    c->measured.measured = true;
    c->measured.begin = NS_ABSENT;
    for (uint32_t p = 0; p < k->run->n_phases; p++) {
        const struct summary_group *g = cell_group(k, cell, p);

        if (k->run->phases[p].measured)
            add_counts(&c->measured, g);
        tally_add(&k->s->all, &g->tally);
        summary_make_regions(k, cell_group(k, cell, p));
        summary_make_turns(k, cell_group(k, cell, p));
    }
    make_rates(k->run, &c->measured);
    summary_make_regions(k, &c->measured);
    summary_make_turns(k, &c->measured);
    tally_add(&k->s->total, &c->measured.tally);
    add_outcomes(&k->s->outcomes, &c->measured.outcomes);
    for (int l = 0; l < N_LABELS; l++)
        make_labels(k, &c->labels[l], cell, (enum label)l);
    for (int i = 0; i < N_LIMITS; i++)
        c->limits[i] = *recorder_limit(k->r, cell, (enum limit_kind)i);
    c->wall = *recorder_wall(k->r, cell);
    c->batches = *recorder_batches(k->r, cell);
    for (int o = 0; o < N_OUTCOMES; o++)
        c->messages[o] =
            arena_strdup(&k->s->arena, recorder_message(k->r, cell, (enum outcome)o));
    c->words_per_token_ppm = words_per_token(k, cell);
}

void summary_make(struct summary *s, const struct run *run, const struct recorder *r)
{
    struct summary_making k = { .s = s, .run = run, .r = r };
    size_t phases = run->n_phases;

    *s = (struct summary){ .run = run };
    s->ended = recorder_end(r, &s->end);
    s->end.detail = arena_strdup(&s->arena, s->end.detail);
    s->cells = arena_alloc(&s->arena, run->n_cells * sizeof(*s->cells));
    s->groups = arena_alloc(&s->arena, run->n_cells * phases * sizeof(*s->groups));
    s->trials = arena_alloc(&s->arena, run->n_trials * phases * sizeof(*s->trials));
    hist_init_standard(&k.one);
    hist_init_standard(&k.phase);
    hist_init_standard(&k.cell);
    for (uint32_t t = 0; t < run->n_trials; t++)
        for (uint32_t p = 0; p < phases; p++)
            make_trial(&k, t, p);
    for (uint32_t c = 0; c < run->n_cells; c++)
        make_cell(&k, c);
    summary_make_health(&k);
    summary_judge(s, r);
    summary_make_searches(&k);
    warnings_make(s);
    hist_free(&k.one);
    hist_free(&k.phase);
    hist_free(&k.cell);
}

void summary_free(struct summary *s)
{
    arena_free(&s->arena);
}
