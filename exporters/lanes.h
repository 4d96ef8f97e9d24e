#ifndef EXPORTERS_LANES_H
#define EXPORTERS_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * Spans that overlap, put side by side: each goes to a lane that is free from its beginning
 * on, so that no two of one lane overlap. Given in the order of their ends, they take as
 * few lanes as there are spans at one time: of the free lanes the one that was left last is
 * taken, and the others stay for spans that began earlier and are still to come. (Earliest
 * end first with the best fit is the optimal schedule of intervals on equal machines.)
 * Another order costs lanes but is never wrong.
 */
struct lane {
    ns_t free_from;
    uint32_t number;
};

struct lanes {
    struct lane *by_end; /* free_from rises */
    size_t n;
    size_t cap;
};

/* Its number, from 0; *fresh: it had not been there before. begin <= end. */
uint32_t lanes_take(struct lanes *l, ns_t begin, ns_t end, bool *fresh);
void lanes_free(struct lanes *l);

#endif
