#ifndef LOAD_DRIVE_H
#define LOAD_DRIVE_H

#include <signal.h>
#include <stdbool.h>

#include "base/clock.h"
#include "data/catalogue.h"
#include "data/journal.h"
#include "data/recorder.h"
#include "data/run.h"
#include "data/scenario.h"
#include "load/collector.h"
#include "load/prompt_sets.h"

/*
 * All trials of a run, one after the other in the order of the plan (those of a round at
 * once where the scenario says concurrent). A trial starts when the previous one has
 * drained.
 */
struct drive_target {
    const char *base_url; /* where it really is; with sim: the child's address */
    const char *key;      /* NULL: none */
    bool send_id;
};

struct drive {
    const struct clock *clock;
    const struct scenario *scenario;
    const struct run *run;
    const struct catalogue *catalogue;
    const struct drive_target *targets; /* one a cell */
    const struct prompt_sets *prompts;
    struct collector *collector;
    const struct recorder *recorder; /* one of the collector's sinks: searches look at it */
    const volatile sig_atomic_t *interrupts; /* 1: stop and drain, 2: cut */

    /* Called many times a second: for the live view. */
    void (*tick)(void *ctx, uint64_t in_flight);
    void *ctx;
};

/*
 * How the load ended, with a detail in detail[0..n) ("" where there is nothing to say). All
 * that was recorded has been written, or collector->failed is set.
 */
enum end_reason drive_run(struct drive *d, char *detail, size_t n);

#endif
