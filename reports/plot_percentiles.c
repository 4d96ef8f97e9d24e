#include <math.h>

#include "base/clock.h"
#include "data/stats.h"
#include "reports/plot.h"

/*
 * The axis is 1 / (1 - q), as HDR histograms are plotted: p90, p99, p99.9 are as far apart.
 */
enum { ROWS = 120 };

struct curve {
    const struct hist *h;
    const struct summary_metric *m;
};

static void put_row(struct sketch *d, const struct curve *c, double x)
{
    double q = 1 - 1 / x, ms = NS_PER_MS;
    int64_t lo, hi, value = hist_percentile(c->h, q * 100), n = c->h->total;
    double low = NAN, high = NAN;
    bool claimed = stats_min_sample(q > 0.5 ? q : 0.5, 0.95) <= (int64_t)c->m->carries;

    if (stats_quantile_ci_of(n, (int64_t)c->m->counted, q, 0.95, &lo, &hi)) {
        low = (double)hist_value_at_rank(c->h, lo, true) / ms;
        high = (double)hist_value_at_rank(c->h, hi, true) / ms;
    }
    sketch_row(d, "%.6g %.6g %.6g %.6g %.6g", x, claimed ? (double)value / ms : NAN, low,
               high, (double)value / ms);
}

static void put_curve(struct sketch *d, const char *block, const struct curve *c)
{
    double last = (double)c->h->total;

    sketch_block(d, block);
    for (int i = 0; i <= ROWS && c->h->total; i++)
        put_row(d, c, pow(last, (double)i / ROWS));
    sketch_end(d);
}

/* The first percentile of those in the tables that the sample cannot bear. */
static void say_limit(struct sketch *d, const struct summary_metric *m)
{
    for (int i = 0; i < N_STATS; i++)
        if (!m->stats[i].present) {
            sketch_say(d, " Dotted where the sample cannot bear it: %s needs ",
                       stat_rows[i].name);
            sketch_say_count(d, m->stats[i].needs, "value.", "values.");
            return;
        }
}

bool sketch_percentiles(struct sketch *d, const struct subject *s, size_t n)
{
    const struct summary_group *g = subject_group(s);
    struct hist ttft, e2e;
    bool has_ttft = subject_hist(s, METRIC_TTFT, &ttft);
    bool has_e2e = subject_hist(s, METRIC_E2E, &e2e), drawn = has_e2e || has_ttft;

    (void)n;
    if (!drawn) {
        sketch_say(d, "no measured request was answered well");
    } else if (sketch_is_few(d, (uint64_t)e2e.total, "good request", "good requests")) {
        drawn = false;
    } else {
        put_curve(d, "ttft", &(struct curve){ &ttft, &g->metrics[METRIC_TTFT] });
        put_curve(d, "e2e", &(struct curve){ &e2e, &g->metrics[METRIC_E2E] });
        sketch_set(d, "has_ttft", has_ttft);
        sketch_set(d, "x_end", fmax(20, (double)(has_e2e ? e2e : ttft).total));
        sketch_say(d, "How long a request took at most, for which share of ");
        sketch_say_count(d, (uint64_t)e2e.total, "good request", "good requests");
        sketch_say(d, "; the axis opens up towards the slowest. Bands: 95 %% confidence.");
        say_limit(d, &g->metrics[METRIC_E2E]);
        sketch_say_error(d, s, has_ttft ? HEADLINE_TTFT : HEADLINE_E2E);
    }
    hist_free(&ttft);
    hist_free(&e2e);
    return drawn;
}
