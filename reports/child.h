#ifndef REPORTS_CHILD_H
#define REPORTS_CHILD_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/*
 * Runs argv[0], found on PATH and without a shell, in the C locale: `in` goes to its stdin,
 * its stdout is added to *out, and the first lines of its stderr to *said. It is killed
 * where it takes longer than `limit` or writes more than out->max.
 *
 * 0, or -1: ERR_USAGE where there is no such program, else ERR_IO (not started, killed,
 * or ended with another code than 0, with what it said).
 */
int child_run(char *const argv[], const struct buf *in, struct buf *out, struct buf *said,
              ns_t limit, struct err *err);

#endif
