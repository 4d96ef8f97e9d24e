#include <math.h>
#include <string.h>

#include "data/summary_parts.h"

/* One metric of all that is measured, together. */
static void of_attempts(struct summary_making *k, enum metric_id id,
                        struct summary_metric *m)
{
    summary_empty(&k->one);
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        for (uint32_t p = 0; p < k->run->n_phases; p++)
            if (k->run->phases[p].measured)
                recorder_hist(k->r, t, p, id, &k->one);
    summary_metric_of(m, &k->one);
}

/*
 * p99, or the highest percentile that the sample has, but the p90 at least: where four of
 * ten attempts were disturbed, no median tells it, and yet no figure of them is right.
 */
static int64_t highest(const struct summary_metric *m, enum stat_id *stat)
{
    static const enum stat_id falling[] = { STAT_P99, STAT_P95 };

    for (size_t i = 0; i < sizeof(falling) / sizeof(falling[0]); i++)
        if (m->stats[falling[i]].present) {
            *stat = falling[i];
            return m->stats[falling[i]].value;
        }
    *stat = STAT_P90;
    return m->most;
}

/* An error that is a share, in the unit of what it is a share of. */
static int64_t in_unit(enum headline h, int64_t error, int64_t median)
{
    if (metrics[headlines[h].error].unit != UNIT_PPM)
        return error;
    return median < 0 ? -1 : (int64_t)fmin((double)median * (double)error / 1e6, 0x1p62);
}

static ns_t p99(const struct hist *h)
{
    return h->total ? hist_percentile(h, 99) : NS_ABSENT;
}

/* The strictest cell's, so that no cell is judged by the slowness of another. */
static int64_t least_median(struct summary_making *k, enum metric_id m)
{
    int64_t least = NS_ABSENT;

    for (uint32_t c = 0; c < k->run->n_cells; c++) {
        int64_t median;

        summary_empty(&k->cell);
        for (uint32_t t = 0; t < k->run->n_trials; t++)
            for (uint32_t p = 0; p < k->run->n_phases; p++)
                if (k->run->trials[t].cell == c && k->run->phases[p].measured)
                    recorder_hist(k->r, t, p, m, &k->cell);
        median = hist_percentile(&k->cell, 50);
        if (k->cell.total && (least == NS_ABSENT || median < least))
            least = median;
    }
    return least;
}

static int64_t worst_max(const struct summary_making *k, enum headline h)
{
    int64_t worst = -1;

    for (size_t c = 0; c < k->run->n_cells; c++) {
        const struct summary_group *g = &k->s->cells[c].measured;
        int64_t error = extreme_error(&g->extremes[h]);

        if (g->metrics[headlines[h].of].n && error > worst)
            worst = error;
    }
    return worst;
}

static void make_figure(struct summary_making *k, enum headline h)
{
    struct health_figure *f = &k->s->health.facts.figures[h];
    struct summary_metric errors;
    enum stat_id stat;

    *f = (struct health_figure){ least_median(k, headlines[h].of), -1, -1 };
    if (f->median < 0)
        return;
    if (headlines[h].error == N_METRICS) {
        f->error = k->s->health.facts.stamp_error_p99;
        f->max_error = worst_max(k, HEADLINE_STALL);
        return;
    }
    of_attempts(k, headlines[h].error, &errors);
    if (errors.n)
        f->error = in_unit(h, highest(&errors, &stat), f->median);
    f->max_error = worst_max(k, h);
}

bool summary_error(const struct summary *s, const struct summary_group *g, enum headline h,
                   int64_t *error, enum stat_id *stat)
{
    const struct headline_row *row = &headlines[h];
    const struct summary_metric *of = &g->metrics[row->of];

    *stat = STAT_P99;
    if (row->error == N_METRICS) {
        *error = s->health.facts.stamp_error_p99;
        return of->n && *error != NS_ABSENT;
    }
    if (!of->n || !g->metrics[row->error].n)
        return false;
    *error = in_unit(h, highest(&g->metrics[row->error], stat),
                     of->stats[STAT_P50].present ? of->stats[STAT_P50].value : of->max);
    return true;
}

const char *const stamps_names[N_STAMPS] = {
    [STAMPS_NONE] = "none",
    [STAMPS_KERNEL] = "kernel",
    [STAMPS_READ] = "read",
    [STAMPS_MIXED] = "mixed",
};

enum stamps summary_stamps_asked(const struct summary *s)
{
    size_t read = 0;

    for (size_t c = 0; c < s->run->n_cells; c++)
        read += s->run->cells[c].read_stamps;
    if (!read)
        return STAMPS_KERNEL;
    return read == s->run->n_cells ? STAMPS_READ : STAMPS_MIXED;
}

/* A few that were replaced make no mixture. */
enum stamps summary_stamps_used(const struct summary *s)
{
    uint64_t reads = s->health.counters[HEALTH_READS];
    uint64_t kernel = s->health.counters[HEALTH_KERNEL_STAMPS];

    if (!reads)
        return STAMPS_NONE;
    if (kernel * 20 >= reads * 19)
        return STAMPS_KERNEL;
    return kernel * 20 <= reads ? STAMPS_READ : STAMPS_MIXED;
}

void summary_make_health(struct summary_making *k)
{
    struct summary_health *h = &k->s->health;
    struct health_seen seen;

    recorder_health(k->r, &seen);
    h->samples = seen.samples;
    h->in_flight_max = seen.in_flight_max;
    memcpy(h->counters, seen.counters, sizeof(h->counters));
    summary_metric_of(&h->read_lag, seen.read_lag);
    summary_metric_of(&h->stamp_error, seen.stamp_error);
    summary_metric_of(&h->turn, seen.turn);
    h->facts = (struct health_facts){
        .send_lag_p99 = p99(seen.send_lag),
        .stamp_error_p99 = p99(seen.stamp_error->total ? seen.stamp_error : seen.turn),
        .ttft_api_median = least_median(k, METRIC_TTFT_API),
        .sim_late_p99 = k->s->end.sim_late_p99,
        .dropped = k->s->end.dropped,
        .unsent = h->counters[HEALTH_FD_EXHAUSTED] + h->counters[HEALTH_PORTS_EXHAUSTED] +
                  (k->s->end.reason == END_FAILED),
    };
    h->freeze = seen.freeze;
    h->worker_ns = seen.worker_ns;
    h->busiest_ppm = seen.busiest_ppm;
    of_attempts(k, METRIC_SEND_LAG, &h->send_lag);
    if (k->one.total)
        h->facts.send_lag_p99 = p99(&k->one);
    else
        summary_metric_of(&h->send_lag, seen.send_lag);
    for (int i = 0; i < N_HEADLINES; i++)
        make_figure(k, (enum headline)i);
    h->validity = health_judge(&h->facts, &h->e);
}
