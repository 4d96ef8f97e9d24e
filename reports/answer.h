#ifndef REPORTS_ANSWER_H
#define REPORTS_ANSWER_H

#include "data/summary.h"

/*
 * What the searches of a cell found, as a sentence: "Answer: holds up to 17.2/s ± 0.4/s:
 * ..."; of a matrix with the cell's name. Nothing where it did not search.
 */
void answer_put(struct buf *out, const struct summary *s, uint32_t cell);

#endif
