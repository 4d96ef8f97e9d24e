#ifndef REPORTS_CHECK_H
#define REPORTS_CHECK_H

#include "data/summary.h"
#include "reports/gate.h"

/*
 * `tokdyno check`: the objectives of runs as a gate, cell by cell and phase by phase.
 *
 *     check_begin(&g);
 *     check_add(&g, &summary, "runs/a"); ... of each run
 *     check_end(&g);
 */
void check_begin(struct gate *g);
void check_add(struct gate *g, const struct summary *s, const char *path);
void check_end(struct gate *g);

#endif
