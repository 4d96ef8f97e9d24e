#include "data/summary_parts.h"

static bool belongs(const struct summary_making *k, const struct summary_group *g,
                    uint32_t trial, uint32_t phase)
{
    bool any = g == &k->s->cells[g->cell].measured;

    return k->run->trials[trial].cell == g->cell &&
           (any ? k->run->phases[phase].measured : phase == g->phase);
}

static void count(const struct summary_making *k, const struct summary_group *g,
                  uint32_t turn, struct summary_turn *to)
{
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        for (uint32_t p = 0; p < k->run->n_phases; p++) {
            uint64_t requests, errors;

            if (!belongs(k, g, t, p) ||
                !recorder_turn(k->r, t, p, turn, &requests, &errors))
                continue;
            to->requests += requests;
            to->errors += errors;
        }
}

static void measure(struct summary_making *k, const struct summary_group *g, uint32_t turn,
                    size_t m, struct summary_metric *to)
{
    struct summary_size size;

    summary_empty(&k->one);
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        for (uint32_t p = 0; p < k->run->n_phases; p++)
            if (belongs(k, g, t, p))
                recorder_turn_hist(k->r, t, p, turn, turn_metrics[m], &k->one);
    size = summary_size_part(&g->metrics[turn_metrics[m]], (uint64_t)k->one.total);
    summary_metric_sized(to, &k->one, &size);
}

void summary_make_turns(struct summary_making *k, struct summary_group *g)
{
    for (uint32_t turn = 1; turn <= RECORDER_TURNS; turn++) {
        struct summary_turn one = { .turn = turn };

        count(k, g, turn, &one);
        if (!one.requests)
            continue;
        for (size_t m = 0; m < N_TURN_METRICS; m++)
            measure(k, g, turn, m, &one.metrics[m]);
        if (!g->turns)
            g->turns = arena_alloc(&k->s->arena, RECORDER_TURNS * sizeof(*g->turns));
        g->turns[g->n_turns++] = one;
    }
}
