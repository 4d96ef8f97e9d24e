#ifndef CMD_LAUNCH_H
#define CMD_LAUNCH_H

#include <signal.h>

#include "base/err.h"
#include "cmd/run_options.h"

/* Signals that ask for an end; set by their handler alone. */
struct interrupts {
    volatile sig_atomic_t n; /* 1: stop and drain, 2: cut */
    volatile sig_atomic_t last;
};

/*
 * One scenario from its file to the run directory and the summary on stdout; with
 * --dry-run, to its plan. file NULL: the flags are the scenario. An exit code, or -1: it is
 * wrong, or there is nowhere to write.
 */
int launch(const struct run_options *o, const char *file,
           const struct interrupts *interrupts, struct err *err);

/*
 * Would it get as far as sending? Neither sends nor writes anything. 0 and *name, a copy of
 * the scenario's, or -1; *name may be there even then, and is the caller's to free.
 */
int launch_check(const struct run_options *o, const char *file, char **name,
                 struct err *err);

#endif
