#ifndef DATA_RECORDER_TURNS_H
#define DATA_RECORDER_TURNS_H

#include "data/hists.h"
#include "data/recorder.h"

/*
 * What a group's sessions say turn by turn: counts of each turn, and histograms of a few
 * metrics. Turns beyond the last are counted with it, so memory does not depend on how long
 * conversations are. Nothing is held for requests that stand alone.
 */
struct turn_counts {
    uint64_t requests; /* that ended, but for those that were cut */
    uint64_t errors;   /* of them */
};

struct group_turns {
    struct turn_counts counts[RECORDER_TURNS];
    struct hists hists[RECORDER_TURNS];
};

void group_turns_free(struct group_turns *t); /* and t; NULL is nothing */

/* *t is made with the first attempt of a session. */
void group_turns_record(struct group_turns **t, const struct record *r);
void group_turns_close(struct group_turns *t);

#endif
