#ifndef LOAD_PROMPT_SETS_H
#define LOAD_PROMPT_SETS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/scenario.h"
#include "load/prompts.h"

/*
 * The prompts of all cells of a scenario. Cells that read the same rows of a dataset share
 * them, so that a large file is held once.
 */
struct prompt_sets {
    struct prompts **of_cell; /* some of them more than once */
    size_t n_cells;
};

/*
 * -1 where a dataset cannot be read, is wrong, or leaves a request without a model. The
 * scenario must outlive the sets.
 */
int prompt_sets_open(struct prompt_sets *ps, const struct scenario *s, struct err *err);
void prompt_sets_close(struct prompt_sets *ps); /* {0} is closed already */

#endif
