#include "data/recorder_series.h"

#include <stdlib.h>

#include "base/mem.h"

const enum metric_id series_metrics[N_SERIES] = {
    METRIC_TTFT, METRIC_TTFT_API, METRIC_TTFR,  METRIC_TTFA, METRIC_ITL,
    METRIC_TPOT, METRIC_TPS,      METRIC_STALL, METRIC_E2E,  METRIC_E2E_API,
};

static int slot(enum metric_id m)
{
    for (int i = 0; i < N_SERIES; i++)
        if (series_metrics[i] == m)
            return i;
    return -1;
}

void group_series_free(struct group_series *g)
{
    for (int i = 0; i < N_SERIES; i++)
        series_free(&g->of[i]);
}

void group_series_add(struct group_series *g, enum metric_id m, uint64_t k, ns_t due,
                      const struct series_values *v)
{
    int i = slot(m);

    if (i >= 0 && !g->closed)
        series_add(&g->of[i], k, due, v);
}

/* --- what values are worth ----------------------------------------------------------- */

static bool is_constant(const struct run_load *l)
{
    for (size_t i = 1; i < l->n_points; i++)
        if (l->points[i].millionths != l->points[0].millionths)
            return false;
    return l->n_points > 0;
}

static struct sample sample_of(const struct series *s, const struct run_load *load)
{
    return is_constant(load) || s->all.n > s->requests ? series_sample(s)
                                                       : (struct sample){ 0 };
}

bool group_series_sample(const struct group_series *g, const struct run_load *load,
                         enum metric_id m, struct sample *s)
{
    int i = slot(m);

    if (i < 0)
        return false;
    *s = g->closed ? g->samples[i] : sample_of(&g->of[i], load);
    return s->n > 0;
}

/* --- steadiness ---------------------------------------------------------------------- */

static void judge_ttft(struct steady_seen *seen, const struct series *s, ns_t begin)
{
    double *mean = mem_array(SERIES_BINS, sizeof(*mean));
    ns_t *first = mem_array(SERIES_BINS, sizeof(*first));
    size_t m = series_batches(s, mean, first);

    seen->ttft = steady_judge(mean, m);
    if (seen->ttft.verdict != STEADY_UNKNOWN)
        seen->ttft_cut = first[seen->ttft.cut] - begin;
    free(first);
    free(mean);
}

static void judge_tokens(struct steady_seen *seen, const struct flow *f, ns_t begin,
                         ns_t end)
{
    double *tokens = mem_array(FLOW_WINDOWS, sizeof(*tokens));
    ns_t first;
    size_t m = flow_windows(f, begin, end, tokens, &first);

    seen->window = flow_width(f);
    seen->tokens = steady_judge(tokens, m);
    if (seen->tokens.verdict != STEADY_UNKNOWN)
        seen->tokens_cut = first + (ns_t)seen->tokens.cut * seen->window - begin;
    free(tokens);
}

struct steady_seen group_series_steady(const struct group_series *g,
                                       const struct run_load *load, ns_t begin, ns_t end,
                                       const struct flow *flow)
{
    struct steady_seen seen = { .ttft_cut = NS_ABSENT, .tokens_cut = NS_ABSENT };

    if (g->closed)
        return g->steady;
    if (!is_constant(load) || begin == NS_ABSENT)
        return seen;
    judge_ttft(&seen, &g->of[slot(METRIC_TTFT)], begin);
    if (flow && end != NS_ABSENT)
        judge_tokens(&seen, flow, begin, end);
    return seen;
}

/* --- growth -------------------------------------------------------------------------- */

struct growth group_series_growth(const struct group_series *g, const struct run_load *load,
                                  enum growth_id id)
{
    static const enum metric_id of[N_GROWTHS] = {
        [GROWTH_TTFT] = METRIC_TTFT,
        [GROWTH_E2E] = METRIC_E2E,
        [GROWTH_TTFT_API] = METRIC_TTFT_API,
        [GROWTH_E2E_API] = METRIC_E2E_API,
    };

    if (g->closed)
        return g->growths[id];
    if (!load->open || !is_constant(load) || load->points[0].millionths <= 0)
        return (struct growth){ 0 };
    return growth_of(&g->of[slot(of[id])], (double)load->points[0].millionths / 1e6);
}

void group_series_close(struct group_series *g, const struct run_load *load, ns_t begin,
                        ns_t end, const struct flow *flow)
{
    if (g->closed)
        return;
    g->steady = group_series_steady(g, load, begin, end, flow);
    for (int i = 0; i < N_GROWTHS; i++)
        g->growths[i] = group_series_growth(g, load, (enum growth_id)i);
    for (int i = 0; i < N_SERIES; i++) {
        g->samples[i] = sample_of(&g->of[i], load);
        series_free(&g->of[i]);
    }
    g->closed = true;
}
