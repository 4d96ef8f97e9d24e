#include "data/asked.h"

#include <math.h>

#include "data/recorder.h"
#include "data/summary.h"

const char *const asked_by_names[N_ASKED_BY + 1] = { "cell", "phase", "turn", "region",
                                                     NULL };

static bool is_reported(double percentile)
{
    for (int i = 0; i < N_STATS; i++)
        if (fabs(stat_rows[i].q * 100 - percentile) < 1e-6)
            return true;
    return false;
}

int asked_parse(struct slo *figure, struct str text, struct arena *arena, struct err *err)
{
    if (slo_parse_figure(figure, text, arena, err))
        return -1;
    if (figure->n_selectors)
        err_set(err, ERR_PARSE,
                "[...] belongs to objectives; expected the figure alone, "
                "and by: phase or turn where it is to be told apart");
    else if (figure->n_bounds)
        err_set(err, ERR_PARSE, "goodput belongs to objectives; expected another figure");
    else if (!figure->is_rate &&
             (figure->stat == SLO_MAX ||
              (figure->stat == SLO_PERCENTILE && !is_reported(figure->percentile))))
        err_set(err, ERR_PARSE,
                "not in reports; expected p50, p90, p95, p99, p99.9 or mean");
    else
        return 0;
    return err_at(err, "\"%.80s\"", figure->text);
}

static bool has(const enum metric_id *kept, size_t n, enum metric_id id)
{
    for (size_t i = 0; i < n; i++)
        if (kept[i] == id)
            return true;
    return false;
}

int asked_is_kept(const struct slo *figure, enum asked_by by, struct err *err)
{
    bool kept = true;

    if (by == ASKED_BY_TURN)
        kept = !figure->is_rate && has(turn_metrics, N_TURN_METRICS, figure->metric);
    if (by == ASKED_BY_REGION)
        kept = !figure->is_rate && has(region_metrics, N_REGION_METRICS, figure->metric);
    if (kept)
        return 0;
    return err_set(err, ERR_PARSE, "\"%.80s\": not kept by %s; expected %s", figure->text,
                   asked_by_names[by],
                   by == ASKED_BY_TURN ? "ttft, e2e, prompt_tokens or cache_hit"
                                       : "ttft_api, network, tps or e2e_api");
}
