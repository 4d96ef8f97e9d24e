#ifndef REPORTS_RANK_H
#define REPORTS_RANK_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/plot.h"

/*
 * Cells held against each other: the order of the ranking, the Pareto front, and what to
 * choose for which need.
 */

/* What a cell offers; NaN: not known. */
struct offer {
    bool known;   /* both medians are */
    double ttft;  /* median, ms */
    double tps;   /* median, tokens per second */
    double price; /* of a million tokens, in $ */
};
struct offer offer_of(const struct subject *s);

/* Is none of the others at least as good in all that is known of both, and better in one?
 */
bool offer_is_best(const struct offer *o, size_t n, size_t i);

/* How a cell stands to another by one figure. */
enum stand { STAND_UNKNOWN, STAND_ALIKE, STAND_APART };

/*
 * Can the two be told apart by this percentile? By their trials where both have four or
 * more (Mann-Whitney, 5 %): *trials. Else by whether the intervals of their requests
 * overlap, which is weaker.
 */
enum stand rank_apart(const struct subject *a, const struct subject *b, enum metric_id m,
                      enum stat_id stat, bool *trials);

/* Figures that cells are ranked by. The table is the only list of them. */
struct need {
    const char *name;   /* "Fastest first token" */
    const char *column; /* "ttft p50" */
    enum metric_id metric;
    enum stat_id stat;
    bool price;       /* by that instead */
    bool within_slos; /* of those alone that meet every objective */
};
extern const struct need needs[];
extern const size_t n_needs;

/* The price of a million tokens, as price lists have it; "–" where none is known. */
void rank_put_price(struct buf *out, const struct subject *s);

/* A value to be ranked by, less is better; NaN: it has none, or may not be chosen. */
double need_value(const struct need *need, const struct subject *s);

/* The best, SIZE_MAX where none has a value. */
size_t need_best(const struct need *need, const struct subject *s, size_t n);

/* Is it allowed to be chosen: valid, and answers come? */
bool rank_usable(const struct subject *s);

/* Does a cell meet every objective that names it? False where one lacks data. */
bool rank_meets_slos(const struct subject *s);

/* Sorts the subjects: those that are usable before the others, each by time to first token;
 * what has none is behind. */
void rank_sort(struct subject *s, size_t n);

#endif
