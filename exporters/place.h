#ifndef EXPORTERS_PLACE_H
#define EXPORTERS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "data/record.h"
#include "data/run.h"

/*
 * A journal may be damaged, or not be ours: an entry that names what the run has not is
 * left out by every exporter, as the recorder does.
 */
static inline bool place_known(const struct run *run, uint32_t trial, uint32_t phase)
{
    return trial < run->n_trials && phase < run->n_phases;
}

static inline bool place_of_record(const struct run *run, const struct record *r)
{
    return place_known(run, r->trial, r->phase) && r->cell == run->trials[r->trial].cell;
}

#endif
