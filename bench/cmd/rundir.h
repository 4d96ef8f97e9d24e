#ifndef CMD_RUNDIR_H
#define CMD_RUNDIR_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* The directory of a run and the paths in it. */
struct rundir {
    char path[4000];
};

/*
 * Make it: `out`, which must not exist or be empty, with its parents. Where out is NULL,
 * runs/NAME-YYYYMMDD-HHMMSS (UTC), with -2, -3, ... where others began in the same second.
 */
int rundir_make(struct rundir *d, const char *out, const char *name, struct err *err);

/* Could rundir_make use it? Makes nothing. */
int rundir_check(const char *out, struct err *err);

/* PATH/FILE into path[0..n), which it returns. */
const char *rundir_file(const struct rundir *d, const char *file, char *path, size_t n);

/* Write a whole file of the directory by rename, so that it is never seen half. */
int rundir_put(const struct rundir *d, const char *file, const struct buf *content,
               struct err *err);

#endif
