#ifndef REPORTS_ANSWER_H
#define REPORTS_ANSWER_H

#include "data/summary.h"

/*
 * What a cell found, in a sentence or a few, for the first screen of every report; nothing
 * where it did not look for that. All there are, in the order they are told.
 */
typedef void answer_fn(struct buf *out, const struct summary *s, uint32_t cell);
enum { N_ANSWERS = 2 };
extern answer_fn *const answers[N_ANSWERS];

/*
 * What the searches of a cell found, as a sentence: "Answer: holds up to 17.2/s ± 0.4/s:
 * ..."; of a matrix with the cell's name. Nothing where it did not search.
 */
void answer_put(struct buf *out, const struct summary *s, uint32_t cell);

#endif
