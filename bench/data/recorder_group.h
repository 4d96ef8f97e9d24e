#ifndef DATA_RECORDER_GROUP_H
#define DATA_RECORDER_GROUP_H

#include "data/hists.h"
#include "data/recorder.h"
#include "data/recorder_series.h"
#include "data/recorder_turns.h"

/*
 * What the recorder holds of a trial's phase. Regions are recorded apart from the moment a
 * second one is seen; until then the only one has the group's own histograms.
 */
struct group {
    struct tally tally;
    struct outcome_counts outcomes;
    struct phase_event begin; /* at NS_ABSENT: not told */
    struct phase_event end;
    ns_t latest;     /* end of any attempt */
    ns_t answered;   /* end of any that ended well */
    ns_t in_flight;  /* sum of the times that attempts were under way within the phase */
    ns_t duration;   /* asked for; NS_ABSENT: the phase ends by count */
    uint64_t unsent; /* attempts for which there was no descriptor or port */
    struct run_load told; /* of a phase whose rate is searched for: what its begin said */
    struct run_point told_points[2];
    struct arrivals arrivals;
    struct hists hists;
    struct group_series series;
    struct extreme extremes[N_HEADLINES];
    uint64_t *good;        /* for each objective; NULL: none is a goodput */
    struct labels regions; /* of attempts, "" where none was named */
    uint64_t region_errors[LABELS_MAX + 1];
    struct hists *region_hists[LABELS_MAX + 1]; /* of attempts that ended well */
    struct group_turns *turns;                  /* NULL: no session was seen */
    bool has_region;
    size_t only_region; /* with has_region and not split */
    bool split;
};

struct group *group_new(const struct run *run, const struct run_load *load);
void group_free(struct group *g);
void group_record(struct group *g, const struct run *run, const struct record *r);
void group_phase(struct group *g, const struct phase_event *e);

/* How long anything of the phase was under way within it: what in_flight is summed over. */
ns_t group_under_way(const struct group *g);

/* When it was over: as told, or its latest end. NS_ABSENT: nothing was seen of it. */
ns_t group_end(const struct group *g);

/* Nothing more is expected: encodes the histograms, judges the series. */
void group_close(struct group *g, const struct flow *flow);

bool group_region_hist(const struct group *g, size_t region, enum metric_id m,
                       struct hist *h);

#endif
