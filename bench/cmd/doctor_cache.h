#ifndef CMD_DOCTOR_CACHE_H
#define CMD_DOCTOR_CACHE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "data/doctor.h"

/*
 * $XDG_CACHE_HOME/tokdyno/doctor.json, else ~/.cache/tokdyno/doctor.json: what the last
 * `doctor` found, for the runs that follow. Private, and written by rename.
 */
int doctor_cache_store(const struct buf *json, struct err *err);

/*
 * As doctor_recall, with what is there: 1 where there is nothing, -1 where it cannot be
 * used (not a file of ours, too large, damaged). *f is doctor_unknown then.
 */
int doctor_cache_load(struct doctor_figures *f, ns_t now_real, struct err *err);

#endif
