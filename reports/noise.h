#ifndef REPORTS_NOISE_H
#define REPORTS_NOISE_H

#include <stdbool.h>

#include "base/buf.h"
#include "data/noise.h"

/*
 * The noise floor of `doctor --aa`, as text for people and as JSON (docs/doctor.md). name:
 * of the scenario.
 */
void report_noise_text(struct buf *out, const struct noise *n, const char *name,
                       bool colour);
void report_noise_json(struct buf *out, const struct noise *n, const char *name);

#endif
