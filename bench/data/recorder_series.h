#ifndef DATA_RECORDER_SERIES_H
#define DATA_RECORDER_SERIES_H

#include "data/flow.h"
#include "data/growth.h"
#include "data/run.h"
#include "data/series.h"
#include "data/steady.h"

/*
 * What the recorder keeps of a trial's phase to know what its values are worth, and whether
 * they are of a steady state. When the trial is over the series are judged and given back;
 * what a straggler brings later is in the histograms alone.
 */
enum { N_SERIES = 10 };
extern const enum metric_id series_metrics[N_SERIES]; /* those that have a series */

/* Of a phase with a constant load; else all is STEADY_UNKNOWN. */
struct steady_seen {
    struct steady ttft;
    ns_t ttft_cut; /* what MSER would cut ends here, since the phase began */
    struct steady tokens;
    ns_t tokens_cut;
    ns_t window; /* of tokens */
};

/* Whose growth is looked at: the same from due and from start on. */
enum growth_id { GROWTH_TTFT, GROWTH_E2E, GROWTH_TTFT_API, GROWTH_E2E_API, N_GROWTHS };

struct group_series {
    struct series of[N_SERIES];
    struct sample samples[N_SERIES]; /* once closed, as all below */
    struct steady_seen steady;
    struct growth growths[N_GROWTHS];
    bool closed;
};

void group_series_free(struct group_series *g);
void group_series_add(struct group_series *g, enum metric_id m, uint64_t k, ns_t due,
                      const struct series_values *v);

/* begin and end of the phase: NS_ABSENT where not known. flow: of its trial, may be NULL.
 */
void group_series_close(struct group_series *g, const struct run_load *load, ns_t begin,
                        ns_t end, const struct flow *flow);

/*
 * False where metric m has no series, no value, or where the load was not constant: there
 * the values change because they are made to. Several values of one request depend on one
 * another under any load.
 */
bool group_series_sample(const struct group_series *g, const struct run_load *load,
                         enum metric_id m, struct sample *s);
struct steady_seen group_series_steady(const struct group_series *g,
                                       const struct run_load *load, ns_t begin, ns_t end,
                                       const struct flow *flow);

/* Of an open loop with a constant rate; else it is not known. */
struct growth group_series_growth(const struct group_series *g, const struct run_load *load,
                                  enum growth_id id);

#endif
