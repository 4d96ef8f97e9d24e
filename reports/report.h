#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "data/recorder.h"
#include "data/summary.h"

/*
 * A summary as text for people, as JSON for machines (the bytes of run.json), and the
 * histograms as an HDR log. Pure: the same summary gives the same bytes.
 */
void report_text(struct buf *out, const struct summary *s, bool colour);
void report_json(struct buf *out, const struct summary *s);

/* run.json while the run is under way: no results yet. */
void report_json_running(struct buf *out, const struct run *run);

/* latency.hlog: a row for each trial, phase and metric, tagged cell/trial/phase/metric. */
void report_hlog(struct buf *out, const struct run *run, const struct recorder *r);

/*
 * The exit code of `run`, but for interruption: 4 target, 3 not valid or disk full, 5
 * budget, 1 an objective failed, 0.
 */
int report_exit_code(const struct summary *s);

/* One line about the run as it is now, for a terminal of that width; no line end. */
void report_live(struct buf *out, const struct run *run, const struct recorder_live *live,
                 size_t width);

#endif
