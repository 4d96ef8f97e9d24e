#ifndef CMD_DOCTOR_WARN_H
#define CMD_DOCTOR_WARN_H

#include "base/buf.h"
#include "data/doctor.h"
#include "data/scenario.h"

/* A line where the scenario asks for more than `doctor` has found to be valid here. */
void doctor_warn(struct buf *out, const struct doctor_figures *f, const struct scenario *s);

#endif
