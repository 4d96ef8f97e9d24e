#include "exporters/prom_page.h"

static double rate_per(enum rate_unit unit)
{
    switch (unit) {
    case RATE_UNIT_PPM:
        return 1e6;
    case RATE_UNIT_NUSD:
        return 1e9;
    case RATE_UNIT_PER_S:
    case RATE_UNIT_TOKENS_PER_S:
        return 1;
    }
    return 1;
}

static void put_rates(struct exposition *e, const struct summary *s)
{
    for (int i = 0; i < N_RATES; i++) {
        exposition_family(e, rates[i].prom, EXPOSITION_GAUGE, prom_unit(rates[i].prom),
                          rates[i].help);
        for (size_t g = 0; g < s->run->n_cells * s->run->n_phases; g++) {
            const struct summary_group *group = &s->groups[g];
            const struct summary_rate *rate = &group->rates[i];
            struct prom_labels l = prom_labels_at(s->run, group->cell,
                                                  s->run->phases[group->phase].name, NULL);

            if (rate->present)
                exposition_sample(e, "", l.l, N_PLACE,
                                  rate->value / rate_per(rates[i].unit));
        }
    }
}

static void put_slos(struct exposition *e, const struct summary *s)
{
    exposition_family(e, "tokdyno_slo_met", EXPOSITION_GAUGE, NULL,
                      "1: the objective was met, 0: it was not; absent: too few data.");
    for (size_t i = 0; i < s->n_slos; i++) {
        const struct summary_slo *v = &s->slos[i];
        struct prom_labels l = { { { "scenario", s->run->name } } };

        if (v->verdict == VERDICT_NO_DATA || v->cell >= s->run->n_cells)
            continue;
        l = prom_labels_at(s->run, v->cell, NULL, NULL);
        l.l[N_PLACE] = (struct exposition_label){ "slo", s->run->slos[v->slo].text };
        exposition_sample(e, "", l.l, N_PLACE + 1, v->verdict == VERDICT_PASS);
    }
}

/* How far off the instrument may be in each cell; the error of a speed is no time. */
static void put_errors(struct exposition *e, const struct summary *s)
{
    exposition_family(
        e, "tokdyno_metric_error_seconds", EXPOSITION_GAUGE, "seconds",
        "Error of the instrument in the values of a metric, p99 or the highest "
        "percentile that so few have; measured phases.");
    for (size_t c = 0; c < s->run->n_cells; c++)
        for (int h = 0; h < N_HEADLINES; h++) {
            const struct metric *of = &metrics[headlines[h].of];
            struct prom_labels l = prom_labels_at(s->run, c, NULL, NULL);
            enum stat_id stat;
            int64_t error;

            if (of->unit != UNIT_NS ||
                !summary_error(s, &s->cells[c].measured, (enum headline)h, &error, &stat))
                continue;
            l.l[N_PLACE] = (struct exposition_label){ "metric", of->name };
            exposition_sample(e, "", l.l, N_PLACE + 1, (double)error / 1e9);
        }
}

void prom_put_verdicts(struct exposition *e, const struct summary *s)
{
    struct exposition_label l[] = { { "scenario", s->run->name },
                                    { "verdict", validity_names[s->health.validity] } };
    bool valid =
        s->health.validity == VALIDITY_VALID || s->health.validity == VALIDITY_DEGRADED;

    exposition_family(e, "tokdyno_run_valid", EXPOSITION_GAUGE, NULL,
                      "1: the client could carry the load; 0: the figures say nothing of "
                      "the server.");
    exposition_sample(e, "", l, 2, valid);
    if (s->health.e != NS_ABSENT) {
        exposition_family(e, "tokdyno_instrument_error_seconds", EXPOSITION_GAUGE,
                          "seconds", "Error of the instrument, p99.");
        exposition_sample(e, "", l, 1, (double)s->health.e / 1e9);
    }
    put_errors(e, s);
    put_rates(e, s);
    put_slos(e, s);
}
