#include "data/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/summary_metric.h"

const enum metric_id region_metrics[N_REGION_METRICS] = { METRIC_TTFT_API, METRIC_NETWORK,
                                                          METRIC_TPS, METRIC_E2E_API };

/* What is needed again and again while a summary is made. */
struct making {
    struct summary *s;
    const struct run *run;
    const struct recorder *r;
    struct hist one; /* of a trial's phase */
    struct hist phase;
    struct hist cell;
};

static struct summary_group *trial_group(const struct making *k, size_t trial, size_t phase)
{
    return &k->s->trials[trial * k->run->n_phases + phase];
}

static struct summary_group *cell_group(const struct making *k, size_t cell, size_t phase)
{
    return &k->s->groups[cell * k->run->n_phases + phase];
}

static void empty(struct hist *h)
{
    if (h->total)
        hist_reset(h);
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
static void make_phase_metric(struct making *k, uint32_t cell, uint32_t phase,
                              enum metric_id m)
{
    struct summary_metric medians = { 0 };
    struct summary_metric *all = &cell_group(k, cell, phase)->metrics[m];

    empty(&k->phase);
    for (uint32_t t = 0; t < k->run->n_trials; t++) {
        struct summary_metric *one = &trial_group(k, t, phase)->metrics[m];

        if (k->run->trials[t].cell != cell)
            continue;
        empty(&k->one);
        recorder_hist(k->r, t, phase, m, &k->one);
        summary_metric_of(one, &k->one);
        if (one->n)
            add(&k->phase, &k->one);
        spread(&medians, one);
    }
    summary_metric_of(all, &k->phase);
    finish(all, &medians);
}

/* Medians of whole trials are those of their only measured phase. */
static void make_metric(struct making *k, uint32_t cell, enum metric_id m)
{
    struct summary_metric *all = &k->s->cells[cell].measured.metrics[m];
    const struct summary_metric *only = NULL;
    unsigned measured = 0;

    empty(&k->cell);
    for (uint32_t p = 0; p < k->run->n_phases; p++) {
        make_phase_metric(k, cell, p, m);
        if (!k->run->phases[p].measured)
            continue;
        measured++;
        only = &cell_group(k, cell, p)->metrics[m];
        if (k->phase.total)
            add(&k->cell, &k->phase);
    }
    summary_metric_of(all, &k->cell);
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

static void make_asked(struct summary_load *to, const struct run_load *l)
{
    ns_t t = l->duration;

    to->open = l->open;
    to->asked_cv = (double)l->cv_ppm / 1e6;
    if (!l->n_points)
        return;
    to->asked_first = (double)l->points[0].millionths / 1e6;
    to->asked_last = (double)l->points[l->n_points - 1].millionths / 1e6;
    to->asked = t > 0 ? arrivals_area(l, t) * NS_PER_S / (double)t : to->asked_first;
}

/* Moments of two samples together (Chan, Golub and LeVeque). */
static void add_gaps(struct arrivals_seen *into, const struct arrivals_seen *a)
{
    double n = (double)(into->gaps + a->gaps), off = a->gap_mean - into->gap_mean;

    if (!a->gaps)
        return;
    into->gap_m2 += a->gap_m2 + off * off * (double)into->gaps * (double)a->gaps / n;
    into->gap_mean += off * (double)a->gaps / n;
    into->gaps += a->gaps;
}

struct load_sums {
    struct arrivals_seen arrivals;
    double freedom; /* windows - 1, summed */
    double in_flight;
};

static void add_load(struct summary_load *to, struct load_sums *sums,
                     const struct recorder *r, uint32_t trial, uint32_t phase)
{
    struct arrivals_seen a = recorder_arrivals(r, trial, phase);
    struct phase_event begin, end;

    recorder_phase(r, trial, phase, &begin, &end);
    to->planned += end.planned;
    to->issued += end.issued;
    sums->arrivals.started += a.started;
    sums->arrivals.dispersion += a.dispersion;
    sums->freedom += a.windows ? a.windows - 1 : 0;
    sums->in_flight += (double)recorder_in_flight(r, trial, phase);
    add_gaps(&sums->arrivals, &a);
}

static void make_load(struct summary_load *to, const struct load_sums *sums, ns_t span)
{
    const struct arrivals_seen *a = &sums->arrivals;

    if (span > 0) {
        to->has_rate = true;
        to->rate = (double)a->started * NS_PER_S / (double)span;
        to->concurrency = sums->in_flight / (double)span;
    }
    to->has_cv = to->open && a->gaps >= 2 && a->gap_mean > 0;
    if (to->has_cv)
        to->cv = sqrt(a->gap_m2 / (double)(a->gaps - 1)) / a->gap_mean;
    to->has_dispersion = to->open && sums->freedom > 0;
    if (to->has_dispersion)
        to->dispersion = a->dispersion / sums->freedom;
}

static void make_trial(struct making *k, uint32_t trial, uint32_t phase)
{
    struct summary_group *g = trial_group(k, trial, phase);
    struct load_sums sums = { 0 };
    struct phase_event begin, end;

    recorder_phase(k->r, trial, phase, &begin, &end);
    g->cell = k->run->trials[trial].cell;
    g->trial = trial;
    g->phase = phase;
    g->measured = k->run->phases[phase].measured;
    g->tally = *recorder_tally(k->r, trial, phase);
    g->outcomes = *recorder_outcomes(k->r, trial, phase);
    g->begin = begin.at;
    g->begun = begin.at != NS_ABSENT || g->tally.attempts;
    make_rates(k->run, g);
    make_asked(&g->load, &k->run->cells[g->cell].loads[phase]);
    add_load(&g->load, &sums, k->r, trial, phase);
    make_load(&g->load, &sums, g->tally.span);
}

static void add_counts(struct summary_group *into, const struct summary_group *g)
{
    tally_add(&into->tally, &g->tally);
    add_outcomes(&into->outcomes, &g->outcomes);
    into->begun |= g->begun;
}

static void make_group(struct making *k, uint32_t cell, uint32_t phase)
{
    struct summary_group *g = cell_group(k, cell, phase);
    struct load_sums sums = { 0 };

    g->cell = cell;
    g->phase = phase;
    g->measured = k->run->phases[phase].measured;
    g->begin = NS_ABSENT;
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        if (k->run->trials[t].cell == cell) {
            add_counts(g, trial_group(k, t, phase));
            add_load(&g->load, &sums, k->r, t, phase);
        }
    make_rates(k->run, g);
    make_asked(&g->load, &k->run->cells[cell].loads[phase]);
    make_load(&g->load, &sums, g->tally.span);
}

/* --- regions ------------------------------------------------------------------------- */

enum { MAX_REGIONS = LABELS_MAX + 1 };

static struct summary_region *region(struct making *k, struct summary_group *g,
                                     const char *name)
{
    for (size_t i = 0; i < g->n_regions; i++)
        if (!strcmp(g->regions[i].name, name))
            return &g->regions[i];
    if (!*name || g->n_regions == MAX_REGIONS)
        return NULL;
    if (!g->regions)
        g->regions = arena_alloc(&k->s->arena, MAX_REGIONS * sizeof(*g->regions));
    g->regions[g->n_regions].name = arena_strdup(&k->s->arena, name);
    return &g->regions[g->n_regions++];
}

static bool belongs(const struct making *k, const struct summary_group *g, uint32_t trial,
                    uint32_t phase)
{
    bool any = g == &k->s->cells[g->cell].measured;

    return k->run->trials[trial].cell == g->cell &&
           (any ? k->run->phases[phase].measured : phase == g->phase);
}

static void count_regions(struct making *k, struct summary_group *g, uint32_t trial,
                          uint32_t phase)
{
    size_t n = recorder_regions(k->r, trial, phase);

    for (size_t i = 0; i < n; i++) {
        uint64_t attempts, errors;
        const char *name = recorder_region(k->r, trial, phase, i, &attempts, &errors);
        struct summary_region *to = region(k, g, name);

        if (to) {
            to->attempts += attempts;
            to->errors += errors;
        }
    }
}

static void add_region_hist(struct making *k, const char *name, uint32_t trial,
                            uint32_t phase, enum metric_id m)
{
    size_t n = recorder_regions(k->r, trial, phase);

    for (size_t i = 0; i < n; i++) {
        uint64_t attempts, errors;

        if (!strcmp(recorder_region(k->r, trial, phase, i, &attempts, &errors), name))
            recorder_region_hist(k->r, trial, phase, i, m, &k->one);
    }
}

static int by_attempts(const void *a, const void *b)
{
    const struct summary_region *x = a, *y = b;

    if (x->attempts != y->attempts)
        return x->attempts < y->attempts ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void make_regions(struct making *k, struct summary_group *g)
{
    uint32_t trials = (uint32_t)k->run->n_trials, phases = (uint32_t)k->run->n_phases;

    for (uint32_t t = 0; t < trials; t++)
        for (uint32_t p = 0; p < phases; p++)
            if (belongs(k, g, t, p))
                count_regions(k, g, t, p);
    for (size_t i = 0; i < g->n_regions; i++)
        for (int m = 0; m < N_REGION_METRICS; m++) {
            empty(&k->one);
            for (uint32_t t = 0; t < trials; t++)
                for (uint32_t p = 0; p < phases; p++)
                    if (belongs(k, g, t, p))
                        add_region_hist(k, g->regions[i].name, t, p, region_metrics[m]);
            summary_metric_of(&g->regions[i].metrics[m], &k->one);
        }
    if (g->n_regions)
        qsort(g->regions, g->n_regions, sizeof(*g->regions), by_attempts);
}

/* --- cells --------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const struct summary_label *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void make_labels(struct making *k, struct summary_labels *to, uint32_t cell,
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

static int64_t words_per_token(const struct making *k, uint32_t cell)
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

static void make_cell(struct making *k, uint32_t cell)
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
        make_regions(k, cell_group(k, cell, p));
    }
    make_rates(k->run, &c->measured);
    make_regions(k, &c->measured);
    tally_add(&k->s->total, &c->measured.tally);
    add_outcomes(&k->s->outcomes, &c->measured.outcomes);
    for (int l = 0; l < N_LABELS; l++)
        make_labels(k, &c->labels[l], cell, (enum label)l);
    for (int i = 0; i < N_LIMITS; i++)
        c->limits[i] = *recorder_limit(k->r, cell, (enum limit_kind)i);
    for (int o = 0; o < N_OUTCOMES; o++)
        c->messages[o] =
            arena_strdup(&k->s->arena, recorder_message(k->r, cell, (enum outcome)o));
    c->words_per_token_ppm = words_per_token(k, cell);
}

/* --- health -------------------------------------------------------------------------- */

/* Of all attempts, where no health sample tells. */
static void send_lag_of_attempts(struct making *k, struct summary_metric *m)
{
    empty(&k->one);
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        for (uint32_t p = 0; p < k->run->n_phases; p++)
            recorder_hist(k->r, t, p, METRIC_SEND_LAG, &k->one);
    summary_metric_of(m, &k->one);
}

static ns_t p99(const struct hist *h)
{
    return h->total ? hist_percentile(h, 99) : NS_ABSENT;
}

/* The strictest cell's, so that no cell is judged by the slowness of another. */
static ns_t median_ttft_api(struct making *k)
{
    ns_t least = NS_ABSENT;

    for (uint32_t c = 0; c < k->run->n_cells; c++) {
        ns_t median;

        empty(&k->cell);
        for (uint32_t t = 0; t < k->run->n_trials; t++)
            for (uint32_t p = 0; p < k->run->n_phases; p++)
                if (k->run->trials[t].cell == c && k->run->phases[p].measured)
                    recorder_hist(k->r, t, p, METRIC_TTFT_API, &k->cell);
        median = hist_percentile(&k->cell, 50);
        if (k->cell.total && (least == NS_ABSENT || median < least))
            least = median;
    }
    return least;
}

static void make_health(struct making *k)
{
    struct summary_health *h = &k->s->health;
    struct health_seen seen;

    recorder_health(k->r, &seen);
    h->samples = seen.samples;
    h->in_flight_max = seen.in_flight_max;
    memcpy(h->counters, seen.counters, sizeof(h->counters));
    summary_metric_of(&h->send_lag, seen.send_lag);
    summary_metric_of(&h->read_lag, seen.read_lag);
    summary_metric_of(&h->turn, seen.turn);
    h->facts = (struct health_facts){
        .send_lag_p99 = p99(seen.send_lag),
        .stamp_error_p99 = p99(seen.read_lag->total ? seen.read_lag : seen.turn),
        .ttft_api_median = median_ttft_api(k),
        .sim_late_p99 = k->s->end.sim_late_p99,
        .dropped = h->counters[HEALTH_DROPPED] + (k->s->end.reason == END_DISK),
    };
    if (!seen.send_lag->total) {
        send_lag_of_attempts(k, &h->send_lag);
        h->facts.send_lag_p99 = p99(&k->one);
    }
    h->validity = health_judge(&h->facts, &h->e);
}

void summary_make(struct summary *s, const struct run *run, const struct recorder *r)
{
    struct making k = { .s = s, .run = run, .r = r };
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
    make_health(&k);
    summary_judge(s, r);
    hist_free(&k.one);
    hist_free(&k.phase);
    hist_free(&k.cell);
}

void summary_free(struct summary *s)
{
    arena_free(&s->arena);
}
