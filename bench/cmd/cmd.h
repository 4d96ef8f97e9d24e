#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/err.h"

/*
 * Exit codes, the first that applies: interrupted, usage, target, invalid, budget, verdict,
 * ok.
 */
enum exit_code {
    EXIT_GOOD = 0,
    EXIT_VERDICT = 1,
    EXIT_WRONG_USE = 2,
    EXIT_INVALID = 3,
    EXIT_TARGET = 4,
    EXIT_BUDGET = 5,
    EXIT_SIGINT = 130,
    EXIT_SIGTERM = 143
};

/* One command; argv[0] is its name. Returns an exit code, or -1 with *err (printed by
 * main). */
typedef int cmd_fn(int argc, char **argv, struct err *err);

struct cmd {
    const char *name;
    const char *help;
    cmd_fn *run;
};

cmd_fn cmd_run;
cmd_fn cmd_sim;
cmd_fn cmd_report;
cmd_fn cmd_export;
cmd_fn cmd_check;
cmd_fn cmd_compare;
cmd_fn cmd_baseline;
cmd_fn cmd_history;
cmd_fn cmd_validate;
cmd_fn cmd_explain;
cmd_fn cmd_doctor;
cmd_fn cmd_models;
cmd_fn cmd_probe;

#endif
