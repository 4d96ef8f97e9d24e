#include "load/arrival.h"

#include "data/replay.h"
#include "data/stats.h"

/* Neumaier's sum: keeps what rounding takes away, so a long schedule does not drift. */
static void add(struct arrival *a, double gap)
{
    double sum = a->area + gap;

    a->lost += a->area >= gap ? (a->area - sum) + gap : (gap - sum) + a->area;
    a->area = sum;
}

static double next_area(struct arrival *a)
{
    double cv = a->phase->cv;

    if (cv <= 0)
        return (double)(a->k + 1);
    if (cv == 1)
        add(a, stats_exponential_quantile(rng_unit(&a->rng)));
    else
        add(a, stats_gamma_quantile(a->shape, rng_open(&a->rng)));
    return a->area + a->lost;
}

void arrival_init_rng(struct arrival *a, const struct phase *phase, struct rng rng)
{
    *a = (struct arrival){ .phase = phase, .rng = rng };
    if (phase->cv > 0)
        a->shape = 1 / (phase->cv * phase->cv);
}

void arrival_init(struct arrival *a, const struct phase *phase, uint64_t seed,
                  uint64_t index)
{
    arrival_init_rng(a, phase, rng_stream(seed, "arrivals", index));
}

bool arrival_next(struct arrival *a, ns_t *due)
{
    if (a->phase->requests && a->k >= a->phase->requests)
        return false;
    if (a->phase->replay) {
        *due = replay_due(a->phase->replay, a->k++, a->phase->speed);
        return true;
    }
    if (!profile_reach_area(a->phase, next_area(a), &a->walk, due))
        return false;
    a->k++;
    return true;
}
