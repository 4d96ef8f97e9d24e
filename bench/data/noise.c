#include "data/noise.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/cell_name.h"
#include "data/stats_noise.h"

#define PERCENTILE(text, m, s)                                                             \
    {                                                                                      \
        .name = text, .metric = m, .stat = s                                               \
    }

const struct noise_figure noise_figures[N_NOISE_FIGURES] = {
    PERCENTILE("ttft p50", METRIC_TTFT, STAT_P50),
    PERCENTILE("ttft p95", METRIC_TTFT, STAT_P95),
    PERCENTILE("ttft p99", METRIC_TTFT, STAT_P99),
    PERCENTILE("itl p99", METRIC_ITL, STAT_P99),
    PERCENTILE("tok/s p50", METRIC_TPS, STAT_P50),
    PERCENTILE("e2e p50", METRIC_E2E, STAT_P50),
    PERCENTILE("e2e p95", METRIC_E2E, STAT_P95),
    PERCENTILE("e2e p99", METRIC_E2E, STAT_P99),
    { .name = "tok/s in all", .is_rate = true, .rate = RATE_TPS_TOTAL },
};

void noise_init(struct noise *n, size_t trials)
{
    assert(trials >= 2 && trials <= NOISE_MOST_TRIALS);
    *n = (struct noise){ .trials = trials };
}

void noise_free(struct noise *n)
{
    for (size_t i = 0; i < n->n_cells; i++)
        free(n->cells[i]);
    free(n->cells);
    free(n->rows);
}

static char *name_of(const struct run *run, size_t cell)
{
    const struct cell_key **keys = mem_array(run->n_cells, sizeof(*keys));
    struct buf name = { 0 };

    for (size_t i = 0; i < run->n_cells; i++)
        keys[i] = run->cells[i].keys;
    buf_str(&name, "");
    cell_name_put(&name, keys, run->n_cells, run->cells[cell].n_keys, cell);
    free(keys);
    return buf_take(&name);
}

static void make_rows(struct noise *n, const struct run *run)
{
    n->n_cells = run->n_cells;
    n->cells = mem_array(n->n_cells, sizeof(*n->cells));
    n->n_rows = n->n_cells * N_NOISE_FIGURES;
    n->rows = mem_array(n->n_rows, sizeof(*n->rows));
    for (size_t i = 0; i < n->n_cells; i++)
        n->cells[i] = name_of(run, i);
    for (size_t i = 0; i < n->n_rows; i++) {
        n->rows[i].figure = &noise_figures[i % N_NOISE_FIGURES];
        n->rows[i].cell = i / N_NOISE_FIGURES;
    }
}

static double value_of(const struct noise_figure *f, const struct summary_group *g)
{
    const struct summary_stat *s = &g->metrics[f->metric].stats[f->stat];

    if (f->is_rate)
        return g->rates[f->rate].present ? g->rates[f->rate].value : 0;
    return s->present ? (double)s->value : 0;
}

void noise_add(struct noise *n, enum noise_side side, size_t trial, const struct summary *s)
{
    if (!n->rows)
        make_rows(n, s->run);
    assert(trial < n->trials && s->run->n_cells == n->n_cells);
    for (size_t i = 0; i < n->n_rows; i++)
        n->rows[i].values[side][trial] =
            value_of(n->rows[i].figure, &s->cells[n->rows[i].cell].measured);
    n->degraded += s->health.validity == VALIDITY_DEGRADED;
    n->invalid += s->health.validity > VALIDITY_DEGRADED;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median_of(const double *x, size_t n)
{
    double sorted[N_NOISE_SIDES * NOISE_MOST_TRIALS];

    memcpy(sorted, x, n * sizeof(*x));
    qsort(sorted, n, sizeof(*sorted), by_size);
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static bool all_there(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(x[i] > 0))
            return false;
    return true;
}

static void conclude_row(struct noise_row *r, size_t trials, uint64_t seed)
{
    double all[N_NOISE_SIDES * NOISE_MOST_TRIALS];
    size_t k = N_NOISE_SIDES * trials;

    for (size_t i = 0; i < trials; i++) {
        all[i] = r->values[NOISE_A][i];
        all[trials + i] = r->values[NOISE_B][i];
    }
    r->whole = all_there(all, k);
    if (!r->whole)
        return;
    r->median = median_of(all, k);
    r->log_sd = stats_log_sd(all, k);
    r->parametric = stats_noise_parametric(r->log_sd, k, trials);
    r->empirical = stats_noise_empirical(all, k, seed, NULL);
    r->floor = r->parametric > r->empirical ? r->parametric : r->empirical;
    r->distance = stats_log_distance(all, trials, all + trials, trials);
    r->differs = r->distance > r->floor;
}

void noise_conclude(struct noise *n, uint64_t seed)
{
    n->n_whole = n->n_differ = 0;
    for (size_t i = 0; i < n->n_rows; i++) {
        conclude_row(&n->rows[i], n->trials, seed);
        n->n_whole += n->rows[i].whole;
        n->n_differ += n->rows[i].differs;
    }
}
