#include <stdlib.h>
#include <string.h>

#include "data/summary_parts.h"

const enum metric_id region_metrics[N_REGION_METRICS] = { METRIC_TTFT_API, METRIC_NETWORK,
                                                          METRIC_TPS, METRIC_E2E_API };

enum { MAX_REGIONS = LABELS_MAX + 1 };

static struct summary_region *region(struct summary_making *k, struct summary_group *g,
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

static bool belongs(const struct summary_making *k, const struct summary_group *g,
                    uint32_t trial, uint32_t phase)
{
    bool any = g == &k->s->cells[g->cell].measured;

    return k->run->trials[trial].cell == g->cell &&
           (any ? k->run->phases[phase].measured : phase == g->phase);
}

static void count_regions(struct summary_making *k, struct summary_group *g, uint32_t trial,
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

static void add_region_hist(struct summary_making *k, const char *name, uint32_t trial,
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

void summary_make_regions(struct summary_making *k, struct summary_group *g)
{
    uint32_t trials = (uint32_t)k->run->n_trials, phases = (uint32_t)k->run->n_phases;

    for (uint32_t t = 0; t < trials; t++)
        for (uint32_t p = 0; p < phases; p++)
            if (belongs(k, g, t, p))
                count_regions(k, g, t, p);
    for (size_t i = 0; i < g->n_regions; i++)
        for (int m = 0; m < N_REGION_METRICS; m++) {
            struct summary_size size;

            summary_empty(&k->one);
            for (uint32_t t = 0; t < trials; t++)
                for (uint32_t p = 0; p < phases; p++)
                    if (belongs(k, g, t, p))
                        add_region_hist(k, g->regions[i].name, t, p, region_metrics[m]);
            size =
                summary_size_part(&g->metrics[region_metrics[m]], (uint64_t)k->one.total);
            summary_metric_sized(&g->regions[i].metrics[m], &k->one, &size);
        }
    if (g->n_regions)
        qsort(g->regions, g->n_regions, sizeof(*g->regions), by_attempts);
}
