#ifndef TESTS_RUNS_H
#define TESTS_RUNS_H

#include "data/recorder.h"

/*
 * A run to record into: `cells` cells, `rounds` trials each, the phases "warmup" (not
 * measured) and "steady" of 10 requests a second each, objectives split at ';'.
 */
void runs_make(struct run *run, unsigned cells, unsigned rounds, bool concurrent,
               const char *slos);

/*
 * A good attempt of the steady phase of a trial: request k, due k ms after the phase
 * began, first output after `ttft`, done after twice that; a region where it is not NULL.
 */
struct record runs_record(const struct run *run, uint32_t trial, uint64_t k, ns_t ttft,
                          const char *region);

/* When a phase of a trial begins: trials last 100 s each, phases 50 s. */
ns_t runs_begin(uint32_t trial, uint32_t phase);

/* Hand it the begin or end of a phase. */
void runs_phase(const struct journal_sink *to, uint32_t trial, uint32_t phase, bool begin);

#endif
