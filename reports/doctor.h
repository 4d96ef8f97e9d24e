#ifndef REPORTS_DOCTOR_H
#define REPORTS_DOCTOR_H

#include <stdbool.h>

#include "base/buf.h"
#include "data/doctor.h"

/*
 * What `doctor` found, as text for people (the answer in the first lines) and as JSON
 * (docs/doctor.md), which doctor_recall reads back.
 */
void report_doctor_text(struct buf *out, const struct doctor *d, bool colour);
void report_doctor_json(struct buf *out, const struct doctor *d);

/* "error p99 41 us up to 1,000 streams x 50 frames/s": of the load that is valid. */
void report_doctor_figures(struct buf *out, const struct doctor_figures *f);

/* "2 h" */
void report_doctor_age(struct buf *out, int64_t age_s);

#endif
