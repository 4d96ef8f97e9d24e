#include "reports/gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

struct gather {
    const struct run *run;
    ns_t *begins; /* of trials; NS_ABSENT: nothing of it was seen */
    ns_t *phases; /* [cell * n_phases + phase], since the begin of the trial */
    struct course *courses;
};

/* --- lattices ------------------------------------------------------------------------ */

/*
 * Latency on a scale of octaves, each cut into 2^bits equal parts: what leads v's highest
 * bit is the octave, the bits behind it the part.
 */
enum { LOWEST_BIT = 10 };

static size_t lattice(ns_t v, unsigned bits, size_t n)
{
    uint64_t u = v < 1 << LOWEST_BIT ? 1 << LOWEST_BIT : (uint64_t)v;
    unsigned octave = 63 - (unsigned)__builtin_clzll(u);
    size_t i = ((size_t)(octave - LOWEST_BIT) << bits) +
               ((u >> (octave - bits)) & ((1U << bits) - 1));

    return i < n ? i : n - 1;
}

static ns_t lattice_from(size_t i, unsigned bits)
{
    size_t octave = i >> bits, part = i & ((1U << bits) - 1);

    return (ns_t)(((1ULL << bits) + part) << (octave + LOWEST_BIT - bits));
}

enum { LEVEL_BITS = 2, FINE_BITS = 5 };

ns_t course_level(size_t level)
{
    return lattice_from(level, LEVEL_BITS);
}

ns_t course_fine(size_t fine)
{
    return lattice_from(fine, FINE_BITS);
}

/* --- time ---------------------------------------------------------------------------- */

#define FIRST_WIDTH (50 * NS_PER_MS)

static void bin_reset(struct course_bin *b)
{
    *b = (struct course_bin){ 0 };
    for (int k = 0; k < N_LIMITS; k++)
        b->left_ppm[k] = -1;
}

void course_bin_add(struct course_bin *into, const struct course_bin *b)
{
    into->due += b->due;
    into->sent += b->sent;
    into->retries += b->retries;
    for (int o = 0; o < N_OUTCOMES; o++)
        into->ended[o] += b->ended[o];
    into->in_flight += b->in_flight;
    into->tokens += b->tokens;
    into->cost_nusd += b->cost_nusd;
    for (int k = 0; k < N_LIMITS; k++)
        if (b->left_ppm[k] >= 0 &&
            (into->left_ppm[k] < 0 || b->left_ppm[k] < into->left_ppm[k]))
            into->left_ppm[k] = b->left_ppm[k];
}

static void halve(struct course *c)
{
    for (size_t i = 0; i < COURSE_BINS / 2; i++) {
        struct course_bin sum = c->bins[2 * i];

        course_bin_add(&sum, &c->bins[2 * i + 1]);
        c->bins[i] = sum;
        for (size_t l = 0; l < COURSE_LEVELS; l++)
            c->heat[i][l] = c->heat[2 * i][l] + c->heat[2 * i + 1][l];
    }
    for (size_t i = COURSE_BINS / 2; i < COURSE_BINS; i++) {
        bin_reset(&c->bins[i]);
        for (size_t l = 0; l < COURSE_LEVELS; l++)
            c->heat[i][l] = 0;
    }
    c->n_bins = (c->n_bins + 1) / 2;
    c->width *= 2;
}

/* The bin that a moment of a trial falls into. */
static size_t bin_of(struct course *c, ns_t at)
{
    size_t i;

    while (at / c->width >= COURSE_BINS)
        halve(c);
    i = at < 0 ? 0 : (size_t)(at / c->width);
    if (i >= c->n_bins)
        c->n_bins = i + 1;
    return i;
}

static void add_in_flight(struct course *c, ns_t from, ns_t to)
{
    size_t last = bin_of(c, to);

    if (from < 0)
        from = 0;
    for (size_t i = bin_of(c, from); i <= last && from < to; i++) {
        ns_t edge = (ns_t)(i + 1) * c->width;
        ns_t end = edge < to ? edge : to;

        c->bins[i].in_flight += end - from;
        from = end;
    }
}

static void add_limits(struct course *c, const struct record *r, ns_t at)
{
    bool told = false;

    for (int k = 0; k < N_LIMITS; k++) {
        const struct limit *l = &r->limits[k];
        int64_t *least, left;

        if (l->limit <= 0 || l->remaining < 0)
            continue;
        least = &c->bins[bin_of(c, at)].left_ppm[k];
        left = (int64_t)((double)l->remaining / (double)l->limit * 1e6);
        if (*least < 0 || left < *least)
            *least = left;
        told = true;
    }
    c->told += told;
}

/* One after the other: what widens the bins moves those that were found before. */
static void add_course(struct course *c, const struct record *r, ns_t begin)
{
    ns_t due = r->at[MOMENT_DUE] - begin, end = r->at[MOMENT_END] - begin;
    ns_t start = r->at[MOMENT_START] == NS_ABSENT ? NS_ABSENT : r->at[MOMENT_START] - begin;
    struct course_bin *b;

    if (r->try_no == 1)
        c->bins[bin_of(c, due)].due++;
    if (r->at[MOMENT_END] == NS_ABSENT)
        end = due;
    if (r->at[MOMENT_START] != NS_ABSENT) {
        b = &c->bins[bin_of(c, start)];
        if (r->try_no == 1)
            b->sent++;
        else
            b->retries++;
        add_in_flight(c, start, end);
    }
    b = &c->bins[bin_of(c, end)];
    b->ended[r->outcome]++;
    b->tokens += r->tokens.completion > 0 ? r->tokens.completion : 0;
    b->cost_nusd += r->cost_nusd > 0 ? r->cost_nusd : 0;
    add_limits(c, r, r->at[MOMENT_HEAD] == NS_ABSENT ? end : r->at[MOMENT_HEAD] - begin);
}

/* What came before the first output of all, was an empty answer: not of that kind. */
static void add_heat(struct course *c, const struct record *r, ns_t begin)
{
    bool first = r->at[MOMENT_FIRST] != NS_ABSENT;
    enum moment to = first ? MOMENT_FIRST : MOMENT_END;
    ns_t span = r->at[to] - r->at[MOMENT_DUE];
    size_t level;

    if (r->at[to] == NS_ABSENT || (c->streamed && !first))
        return;
    if (first && !c->streamed) {
        memset(c->heat, 0, sizeof(c->heat));
        c->values = 0;
        c->streamed = true;
    }
    level = lattice(span, LEVEL_BITS, COURSE_LEVELS);
    c->heat[bin_of(c, r->at[MOMENT_DUE] - begin)][level]++;
    c->values++;
}

/* --- the sample ---------------------------------------------------------------------- */

static void sift_down(struct course *c, size_t i)
{
    for (;;) {
        size_t l = 2 * i + 1, r = l + 1, most = i;
        struct course_point p = c->points[i];

        if (l < c->n_points && c->points[l].key > c->points[most].key)
            most = l;
        if (r < c->n_points && c->points[r].key > c->points[most].key)
            most = r;
        if (most == i)
            return;
        c->points[i] = c->points[most];
        c->points[most] = p;
        i = most;
    }
}

/* The points with the least keys stay: keys are random, so it is a fair sample. */
static void add_point(struct course *c, uint64_t seed, const struct record *r)
{
    uint64_t state = seed ^ r->req;
    struct course_point p = { .key = splitmix64(&state),
                              .prompt = r->tokens.prompt,
                              .ttft = r->at[MOMENT_FIRST] - r->at[MOMENT_DUE] };

    c->of_points++;
    if (c->n_points == COURSE_POINTS) {
        if (p.key < c->points[0].key) {
            c->points[0] = p;
            sift_down(c, 0);
        }
        return;
    }
    c->points[c->n_points++] = p;
    for (size_t i = c->n_points - 1; i && c->points[(i - 1) / 2].key < c->points[i].key;
         i = (i - 1) / 2) {
        p = c->points[i];
        c->points[i] = c->points[(i - 1) / 2];
        c->points[(i - 1) / 2] = p;
    }
}

/* --- parts, cache -------------------------------------------------------------------- */

static void keep(void *ctx, int64_t v)
{
    *(int64_t *)ctx = v;
}

static void add_parts(struct course *c, const struct record *r)
{
    int64_t network = -1;
    struct course_region *g;

    metrics[METRIC_NETWORK].values(r, keep, &network);
    if (network < 0)
        return;
    g = &c->by_region[labels_slot(&c->regions, r->region)];
    g->n++;
    g->sum[PART_QUEUE] += (double)r->server.queue;
    g->sum[PART_PREFILL] += (double)r->server.prompt;
    g->sum[PART_DECODE] += (double)r->server.completion;
    g->sum[PART_NETWORK] += (double)network;
}

static size_t share_of(int64_t cached, int64_t prompt)
{
    if (cached <= 0)
        return 0;
    if (cached >= prompt)
        return COURSE_SHARES - 1;
    return 1 + (size_t)((double)cached * 4 / (double)prompt);
}

static void add_cache(struct course *c, const struct record *r)
{
    ns_t ttft = r->at[MOMENT_FIRST] - r->at[MOMENT_DUE];
    size_t share;

    if (r->tokens.cached < 0 || r->tokens.prompt <= 0)
        return;
    share = share_of(r->tokens.cached, r->tokens.prompt);
    c->shares[share]++;
    c->by_share[share][lattice(ttft, FINE_BITS, COURSE_FINE)]++;
}

/* --- the sink ------------------------------------------------------------------------ */

static void take_record(void *ctx, const struct record *r)
{
    struct gather *g = ctx;
    struct course *c = &g->courses[g->run->trials[r->trial].cell];
    bool good = r->final && outcomes[r->outcome].latency;
    ns_t *begin = &g->begins[r->trial];

    if (r->at[MOMENT_DUE] == NS_ABSENT)
        return;
    if (*begin == NS_ABSENT)
        *begin = r->at[MOMENT_DUE];
    add_course(c, r, *begin);
    if (good)
        add_heat(c, r, *begin);
    if (!good || !g->run->phases[r->phase].measured)
        return;
    add_parts(c, r);
    if (r->at[MOMENT_FIRST] == NS_ABSENT)
        return;
    add_cache(c, r);
    if (r->tokens.prompt >= 0)
        add_point(c, g->run->seed, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct gather *g = ctx;
    uint32_t cell = g->run->trials[e->trial].cell;
    ns_t *at = &g->phases[cell * g->run->n_phases + e->phase];

    if (!e->begin)
        return;
    if (g->begins[e->trial] == NS_ABSENT)
        g->begins[e->trial] = e->at;
    if (*at == NS_ABSENT)
        *at = e->at - g->begins[e->trial];
}

static ns_t *absent(size_t n)
{
    ns_t *at = mem_resize(NULL, n ? n : 1, sizeof(*at));

    for (size_t i = 0; i < n; i++)
        at[i] = NS_ABSENT;
    return at;
}

struct gather *gather_open(const struct run *run)
{
    struct gather *g = mem_alloc(sizeof(*g));

    g->run = run;
    g->begins = absent(run->n_trials);
    g->phases = absent(run->n_cells * run->n_phases);
    g->courses = mem_array(run->n_cells, sizeof(*g->courses));
    for (size_t c = 0; c < run->n_cells; c++) {
        g->courses[c].width = FIRST_WIDTH;
        for (size_t i = 0; i < COURSE_BINS; i++)
            bin_reset(&g->courses[c].bins[i]);
    }
    return g;
}

void gather_close(struct gather *g)
{
    if (!g)
        return;
    for (size_t c = 0; c < g->run->n_cells; c++)
        labels_free(&g->courses[c].regions);
    free(g->courses);
    free(g->phases);
    free(g->begins);
    free(g);
}

struct journal_sink gather_sink(struct gather *g)
{
    return (struct journal_sink){ .record = take_record, .phase = take_phase, .ctx = g };
}

const struct course *gather_course(const struct gather *g, uint32_t cell)
{
    return &g->courses[cell];
}

ns_t gather_phase(const struct gather *g, uint32_t cell, uint32_t phase)
{
    return g->phases[cell * g->run->n_phases + phase];
}
