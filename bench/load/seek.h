#ifndef LOAD_SEEK_H
#define LOAD_SEEK_H

#include <stdbool.h>

#include "data/recorder.h"
#include "data/scenario.h"
#include "data/search.h"

/*
 * A trial in parts, each drained before the next begins: those phases whose load is known,
 * then the probes of a search, each at a rate that the ones before it ask for. Without a
 * search there is one part.
 *
 *     struct seek k;
 *     seek_open(&k, cell, run, recorder, trial);
 *     while (seek_next(&k, now))
 *         load of k.cell, k.n phases from k.first on, to its end;
 *     seek_close(&k);
 */
struct seek {
    const struct run *run;
    const struct recorder *recorder;
    uint32_t trial;
    struct cell cell; /* a copy, with the rate of the part */
    struct phase *phases;
    struct load_point (*points)[2];
    uint32_t first;
    uint32_t n;
    bool begun;
};

/* All but *k must outlive it. */
void seek_open(struct seek *k, const struct cell *cell, const struct run *run,
               const struct recorder *recorder, uint32_t trial);

/*
 * What is there of the parts before has to be in the recorder. now: since the run began; a
 * part that would go beyond a search's budget of time is shortened, or there is none.
 * False: the trial is over.
 */
bool seek_next(struct seek *k, ns_t now);
void seek_close(struct seek *k);

#endif
