#include "exporters/prom_page.h"

#include <stdio.h>
#include <string.h>

#include "base/version.h"

struct prom_labels prom_labels_at(const struct run *run, size_t cell, const char *phase,
                                  const char *region)
{
    const struct run_cell *c = &run->cells[cell];

    return (struct prom_labels){ { { "scenario", run->name },
                                   { "model", c->model },
                                   { "tier", c->tier },
                                   { "cell", c->name },
                                   { "phase", phase },
                                   { "region", region } } };
}

const char *prom_unit(const char *name)
{
    static const char *const units[] = { "seconds", "ratio", "dollars", "tokens" };
    size_t n = strlen(name);

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = strlen(units[i]);

        if (n > len && name[n - len - 1] == '_' && !strcmp(name + n - len, units[i]))
            return units[i];
    }
    return NULL;
}

/* --- now ------------------------------------------------------------------------ */

static void put_info(struct exposition *e, const struct run *run)
{
    struct exposition_label scenario = { "scenario", run->name };
    struct exposition_label labels[] = { scenario,
                                         { "run", run->id },
                                         { "target", run->target },
                                         { "version", TOKDYNO_VERSION } };

    exposition_family(e, "tokdyno_run_info", EXPOSITION_GAUGE, NULL,
                      "Which run this is; always 1.");
    exposition_sample(e, "", labels, sizeof(labels) / sizeof(labels[0]), 1);
    exposition_family(e, "tokdyno_run_start_timestamp_seconds", EXPOSITION_GAUGE, "seconds",
                      "When the run began, since 1970.");
    exposition_sample(e, "", &scenario, 1, (double)(run->t0_real / NS_PER_MS) / 1e3);
}

static void put_under_way(struct exposition *e, const struct prom_counts *c)
{
    exposition_family(e, "tokdyno_phase_active", EXPOSITION_GAUGE, NULL,
                      "1: the cell is in this phase now.");
    for (size_t cell = 0; cell < c->run->n_cells; cell++)
        for (size_t p = 0; p < c->run->n_phases; p++) {
            struct prom_labels l =
                prom_labels_at(c->run, cell, c->run->phases[p].name, NULL);

            exposition_sample(e, "", l.l, N_PLACE, c->under_way[cell] == p + 1);
        }
}

static void put_planned(struct exposition *e, const struct prom_counts *c, const char *name,
                        const char *help, size_t offset)
{
    exposition_family(e, name, EXPOSITION_COUNTER, NULL, help);
    for (size_t i = 0; i < c->run->n_cells * c->run->n_phases; i++) {
        const char *phase = c->run->phases[i % c->run->n_phases].name;
        struct prom_labels l = prom_labels_at(c->run, i / c->run->n_phases, phase, NULL);
        uint64_t v;

        memcpy(&v, (const char *)&c->phases[i] + offset, sizeof(v));
        exposition_sample(e, "_total", l.l, N_PLACE, (double)v);
    }
}

struct limit_gauge {
    const char *name;
    const char *unit;
    const char *help;
    size_t offset;
    double per;
};

static const struct limit_gauge limit_gauges[] = {
    { "tokdyno_rate_limit", NULL, "Rate limit as headers tell it.",
      offsetof(struct limit, limit), 1 },
    { "tokdyno_rate_limit_remaining", NULL, "What was left of it at the latest answer.",
      offsetof(struct limit, remaining), 1 },
    { "tokdyno_rate_limit_reset_seconds", "seconds",
      "Time until it is full again, at the latest answer.", offsetof(struct limit, reset),
      1e9 },
};

static void put_limit(struct exposition *e, const struct prom_counts *c,
                      const struct limit_gauge *g)
{
    exposition_family(e, g->name, EXPOSITION_GAUGE, g->unit, g->help);
    for (size_t cell = 0; cell < c->run->n_cells; cell++)
        for (int k = 0; k < N_LIMITS; k++) {
            struct prom_labels l = prom_labels_at(c->run, cell, NULL, NULL);
            int64_t v;

            memcpy(&v, (const char *)&c->limits[cell][k] + g->offset, sizeof(v));
            l.l[N_PLACE] = (struct exposition_label){ "kind", limit_names[k] };
            if (v >= 0)
                exposition_sample(e, "", l.l, N_PLACE + 1, (double)v / g->per);
        }
}

void prom_put_now(struct exposition *e, const struct prom_counts *c)
{
    struct exposition_label scenario = { "scenario", c->run->name };
    double in_flight = 0;

    put_info(e, c->run);
    for (size_t i = 0; i < c->n_workers; i++)
        in_flight += c->workers[i].in_flight;
    exposition_family(e, "tokdyno_in_flight_requests", EXPOSITION_GAUGE, NULL,
                      "Requests in flight: the most of each worker in the last second, "
                      "added up.");
    exposition_sample(e, "", &scenario, 1, in_flight);
    put_under_way(e, c);
    put_planned(e, c, "tokdyno_planned_requests",
                "Requests that were due in phases that are over.",
                offsetof(struct prom_phase, planned));
    put_planned(e, c, "tokdyno_issued_requests",
                "Of the planned ones, those that were given to the API.",
                offsetof(struct prom_phase, issued));
    for (size_t i = 0; i < sizeof(limit_gauges) / sizeof(limit_gauges[0]); i++)
        put_limit(e, c, &limit_gauges[i]);
}

/* --- health --------------------------------------------------------------------- */

/* "cpu_ns" is shown as tokdyno_health_cpu_seconds. */
static double health_name(const char *counter, char name[96])
{
    size_t n = strlen(counter);
    bool ns = n > 3 && !strcmp(counter + n - 3, "_ns");

    snprintf(name, 96, "tokdyno_health_%.*s%s", (int)(ns ? n - 3 : n), counter,
             ns ? "_seconds" : "");
    return ns ? 1e9 : 1;
}

void prom_put_health(struct exposition *e, const struct prom_counts *c)
{
    struct prom_labels l = { { { "scenario", c->run->name } } };

    for (int i = 0; i < N_HEALTH_COUNTERS; i++) {
        char name[96];
        double per = health_name(health_counter_names[i], name);

        exposition_family(e, name, EXPOSITION_COUNTER, prom_unit(name),
                          "The instrument itself; see the journal's health lines.");
        exposition_sample(e, "_total", l.l, 1, (double)c->health[i] / per);
    }
    for (int i = 0; i < N_PROM_LAGS; i++) {
        if (!c->lags[i].n)
            continue;
        exposition_family(e, prom_lags[i].name, EXPOSITION_HISTOGRAM, "seconds",
                          prom_lags[i].help);
        prom_put_hist(e, c, &c->lags[i], buckets_lag(), 1e9, &l);
    }
}
