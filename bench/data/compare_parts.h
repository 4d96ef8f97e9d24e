#ifndef DATA_COMPARE_PARTS_H
#define DATA_COMPARE_PARTS_H

#include "data/compare.h"

/* How a comparison is made, part by part; for compare*.c alone. */

#define COMPARE_CONFIDENCE 0.95
#define COMPARE_ALPHA 0.05
#define COMPARE_GAMMA 0.01 /* see struct stats_gate */

/* The trials of a side that a row is about. */
struct trials {
    const struct evidence_trial **p;
    const struct evidence **run; /* of each */
    size_t n;
};

/*
 * Everything of a row but what depends on the others: values, ratio, p, limit. pairs: the
 * base trial of each head trial, none where n is 0. Allocates in the arena of c.
 */
void compare_make_row(struct compare *c, struct compare_row *row, const struct trials *base,
                      const struct trials *head, const struct trials *pairs,
                      const struct compare_options *o);

/* p-values adjusted for one another, then the verdict of each row. */
void compare_judge(struct compare *c);

bool compare_more_is_better(const struct slo *rule);

#endif
