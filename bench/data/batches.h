#ifndef DATA_BATCHES_H
#define DATA_BATCHES_H

#include <stdint.h>

#include "data/batch.h"

/*
 * What a cell's batches came to, added up from their events in the order of the journal, in
 * memory that does not grow: counts, and the ids of those that may still run.
 */
enum { BATCHES_OPEN = 16, BATCHES_ID = 97, BATCHES_WHY = 200 };

struct batches {
    uint64_t begun;                /* whose first call was made */
    uint64_t over[N_BATCH_STATES]; /* by the last state that was seen; NONE: no batch came
                                      of it */
    uint64_t items;
    uint64_t answered;
    uint64_t missing;
    uint64_t repeated;
    uint64_t strangers;
    uint64_t damaged;
    uint64_t backwards;
    uint64_t calls[N_BATCH_STEPS];
    uint64_t failed[N_BATCH_STEPS]; /* of them */
    uint64_t bytes_up;
    uint64_t bytes_down;
    char why[BATCHES_WHY]; /* the first that did not complete: what was said; "" */

    struct batch_open {
        char id[BATCHES_ID];
        uint32_t trial;
        uint32_t phase;
        uint64_t batch;
    } open[BATCHES_OPEN]; /* created, and nobody saw them end */
    size_t n_open;
    uint64_t more_open; /* beyond those */
};

void batches_add(struct batches *b, const struct batch_event *e);

/* Of all states: how many are over. */
uint64_t batches_over(const struct batches *b);

#endif
