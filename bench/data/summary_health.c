#include <string.h>

#include "data/summary_parts.h"

/* Of the attempts whose latency is reported: a warm-up may start with a jolt. */
static void send_lag_of_attempts(struct summary_making *k, struct summary_metric *m)
{
    summary_empty(&k->one);
    for (uint32_t t = 0; t < k->run->n_trials; t++)
        for (uint32_t p = 0; p < k->run->n_phases; p++)
            if (k->run->phases[p].measured)
                recorder_hist(k->r, t, p, METRIC_SEND_LAG, &k->one);
    summary_metric_of(m, &k->one);
}

static ns_t p99(const struct hist *h)
{
    return h->total ? hist_percentile(h, 99) : NS_ABSENT;
}

/* The strictest cell's, so that no cell is judged by the slowness of another. */
static ns_t median_ttft_api(struct summary_making *k)
{
    ns_t least = NS_ABSENT;

    for (uint32_t c = 0; c < k->run->n_cells; c++) {
        ns_t median;

        summary_empty(&k->cell);
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
        .ttft_api_median = median_ttft_api(k),
        .sim_late_p99 = k->s->end.sim_late_p99,
        .dropped = k->s->end.dropped,
        .unsent = h->counters[HEALTH_FD_EXHAUSTED] + (k->s->end.reason == END_FAILED),
    };
    send_lag_of_attempts(k, &h->send_lag);
    if (k->one.total)
        h->facts.send_lag_p99 = p99(&k->one);
    else
        summary_metric_of(&h->send_lag, seen.send_lag);
    h->validity = health_judge(&h->facts, &h->e);
}
