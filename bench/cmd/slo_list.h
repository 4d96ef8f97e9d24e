#ifndef CMD_SLO_LIST_H
#define CMD_SLO_LIST_H

#include "base/arena.h"
#include "base/err.h"
#include "data/slo.h"

/*
 * Objectives or regression rules from the command line: each argument is one, or a file of
 * them, one a line. `#` begins a comment, a `- ` in front is left out, and so are lines
 * that are a key alone (`slo:`): so the list of a scenario can be used as it is.
 */
struct slo_list {
    struct arena arena;
    struct slo *p;
    size_t n, cap;
};

void slo_list_free(struct slo_list *l);

/* relative: regressions are wanted, else objectives. */
int slo_list_take(struct slo_list *l, const char *arg, bool relative, struct err *err);

#endif
