#ifndef DATA_SEARCH_JUDGE_H
#define DATA_SEARCH_JUDGE_H

#include "data/recorder.h"
#include "data/search.h"
#include "data/summary.h"

/*
 * What the probes of a search say, as the recorder holds them: the same while the search is
 * under way and when it is read back from the journal.
 */
enum search_why {
    SEARCH_WHY_NONE,
    SEARCH_WHY_LATE,   /* the client's own lateness is too large */
    SEARCH_WHY_UNSENT, /* it had no descriptor or port */
    SEARCH_WHY_CAP, /* limits.in_flight held requests back, and the server was not slow */
    SEARCH_WHY_PACING,  /* limits.pace_to_rate_limits held them back */
    SEARCH_WHY_FLIPS,   /* the error of the instrument would turn it */
    SEARCH_WHY_SAMPLE,  /* the interval holds the bound, or there are too few values */
    SEARCH_WHY_GROWS,   /* missed: its queue grew all along (growth.h) */
    SEARCH_WHY_STOPPED, /* the probe did not run to its end */
    SEARCH_WHY_TIME,    /* the search's budget of time ended before its last answers */
    N_SEARCH_WHYS
};
extern const char *const search_whys[N_SEARCH_WHYS]; /* for people */

struct search_probe {
    uint32_t phase;
    int64_t rate;
    ns_t duration;
    enum search_verdict verdict;
    enum search_why why;
    ns_t e;          /* error of the instrument; NS_ABSENT: nothing was measured */
    int64_t arrived; /* the rate at which requests left, in millionths */
    struct growth growth;
    uint32_t decides; /* the objective that was missed, or is nearest to it: of those of a
                         search, from 0 */
};

/* When the budget of the trial's search is over; NS_ABSENT: it has none, or has not begun.
 */
ns_t search_deadline(const struct run *run, const struct recorder *r, uint32_t trial);

/*
 * The probes of a trial that have begun, in order, and the search that was told of those
 * which ended. values, where not NULL: n_search_slos of each probe. Returns how many.
 */
unsigned search_replay(struct search *s, struct search_probe probes[SEARCH_MAX_PROBES],
                       struct summary_slo *values, const struct run *run,
                       const struct recorder *r, uint32_t trial);

#endif
