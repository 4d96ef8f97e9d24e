#ifndef CMD_SELFRUN_H
#define CMD_SELFRUN_H

#include <stddef.h>

#include "base/err.h"

struct interrupts; /* cmd/launch.h */

/*
 * `tokdyno run` as a child: a load of our own, measured as a user would, into a run
 * directory. It dies with us; where we are interrupted it is killed.
 */
struct selfrun {
    const char *const *args; /* behind `run` */
    size_t n;
    int core;        /* -1: anywhere */
    const char *log; /* what it says goes to this file */
    const struct interrupts *interrupts;
};

/*
 * Its exit code once it has ended. -1 where it could not be started or was interrupted, and
 * for codes that tell of no measurement; *err is filled for EXIT_TARGET as well, which is a
 * result where the target is our own.
 */
int selfrun(const struct selfrun *r, struct err *err);

/* This process, and what it starts from now on, may use that core alone. Best effort. */
void selfrun_pin(int core);

#endif
