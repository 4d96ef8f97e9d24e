#include "data/recorder_turns.h"

#include <stdlib.h>

#include "base/mem.h"

const enum metric_id turn_metrics[N_TURN_METRICS] = {
    METRIC_TTFT,
    METRIC_E2E,
    METRIC_PROMPT_TOKENS,
    METRIC_CACHE_HIT,
};

void group_turns_free(struct group_turns *t)
{
    for (size_t i = 0; t && i < RECORDER_TURNS; i++)
        hists_free(&t->hists[i]);
    free(t);
}

struct adding {
    struct hists *to;
    enum metric_id m;
};

static void add(void *ctx, int64_t v)
{
    const struct adding *a = ctx;

    v = v < 0 ? 0 : v > HIST_HIGHEST ? HIST_HIGHEST : v;
    hist_record(hists_get(a->to, a->m), v, 1);
}

void group_turns_record(struct group_turns **t, const struct record *r)
{
    size_t i = r->turn > RECORDER_TURNS ? RECORDER_TURNS - 1 : r->turn - 1;

    if (!r->turn)
        return;
    if (!*t)
        *t = mem_alloc(sizeof(**t));
    if (r->final && r->outcome != OUTCOME_CUT) {
        (*t)->counts[i].requests++;
        (*t)->counts[i].errors += outcomes[r->outcome].error;
    }
    for (size_t m = 0; m < N_TURN_METRICS; m++) {
        struct adding to = { &(*t)->hists[i], turn_metrics[m] };

        if (metric_takes(&metrics[to.m], r))
            metrics[to.m].values(r, add, &to);
    }
}

void group_turns_close(struct group_turns *t)
{
    for (size_t i = 0; t && i < RECORDER_TURNS; i++)
        hists_close(&t->hists[i]);
}
