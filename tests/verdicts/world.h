#ifndef TESTS_VERDICTS_WORLD_H
#define TESTS_VERDICTS_WORLD_H

#include "data/compare.h"

/*
 * Sides whose truth is known, in virtual time: the simulator's timing model says when each
 * request would have had its answer, records of that go through the recorder and the
 * summary as those of a run do, and compare judges them. Thousands in seconds.
 */
struct world {
    const char *name;
    unsigned requests; /* a trial */
    double trial_sd;   /* ln of the speed of the server varies by it from trial to trial */
    double queue_sigma;
    double errors;   /* share of requests that fail */
    bool same_seeds; /* both sides ask the same */
};

/* `trials` trials of a server that takes `slower` times as long; *run and the evidence are
 * of (seed, side). The caller frees it. */
struct evidence *world_run(const struct world *w, unsigned trials, double slower,
                           uint64_t seed, unsigned side);

/* What the gate says of a base and a head that is `slower`; *wanted: the most trials a side
 * that a figure asks for, 0 where one asks for more than there are. */
enum compare_verdict world_compare(const struct world *w, unsigned trials, double slower,
                                   uint64_t seed, size_t *wanted);

/* n comparisons at that number of trials a side, or, where that is 0, at as many as the
 * tool asks for after three. */
struct world_count {
    unsigned n, pass, fail, inconclusive, no_data;
    unsigned untold; /* the tool asked for more trials than it would name */
    double trials;   /* mean, a side */
};
struct world_count world_count(const struct world *w, unsigned n, unsigned trials,
                               double slower, uint64_t seed);

extern const struct world worlds[];
extern const size_t n_worlds;

#endif
