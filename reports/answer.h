#ifndef REPORTS_ANSWER_H
#define REPORTS_ANSWER_H

#include "data/summary.h"

/*
 * What a cell found, in a sentence or a few, for the first screen of every report; nothing
 * where it did not look for that. All there are, in the order they are told.
 */
typedef void answer_fn(struct buf *out, const struct summary *s, uint32_t cell);
enum { N_ANSWERS = 3 };
extern answer_fn *const answers[N_ANSWERS];

/*
 * What the searches of a cell found: "Answer: holds up to 17.2/s ± 0.4/s: ..."; of a matrix
 * with the cell's name.
 */
void answer_searches(struct buf *out, const struct summary *s, uint32_t cell);

/* What its batches took and cost, the same way: answer_batches.c. */
void answer_batches(struct buf *out, const struct summary *s, uint32_t cell);

/* How such a sentence begins: "Answer: ", or the cell's name. */
void answer_begin(struct buf *out, const struct summary *s, uint32_t cell);

/* The cell that batches are held against: the first that asks one by one; UINT32_MAX: none.
 */
uint32_t answer_one_by_one(const struct summary *s);

/* n$ an answer that ended well; -1: not known. */
double answer_cost_each(const struct tally *t);

#endif
