#ifndef DATA_SERIES_H
#define DATA_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/metric.h"

/*
 * The values of one metric in the order of the plan, though they are told in the order in
 * which attempts end; in bounded memory. What comes of request k goes into bin k >> shift;
 * when k is beyond the last of SERIES_BINS bins, neighbours are merged and the bins become
 * twice as wide. So the state depends on what was told and not on the order, and up to
 * SERIES_BINS requests each has a bin of its own. Bins of which nothing came are left out.
 *
 *     struct series s = { 0 };
 *     series_add(&s, k, due, &values);
 *     struct sample sample = series_sample(&s);
 *     series_free(&s);
 */
enum { SERIES_BINS = 4096 };

/* Values of one metric in one attempt: one mostly, many for itl. */
struct series_values {
    double n;
    double sum;
    double squares;
};

struct series_bin {
    double n; /* values */
    double sum;
    ns_t first; /* the earliest moment told with any of them */
};

struct series {
    struct series_bin *bins;
    size_t room;
    unsigned shift;
    struct series_values all;
    double requests; /* that values came of */
};

void series_free(struct series *s);
void series_add(struct series *s, uint64_t k, ns_t at, const struct series_values *v);

/*
 * What n values are worth. Neighbours in time are alike (a queue, a neighbour's load, a
 * cold cache), frames of one request even more so; then an interval that takes the n as
 * independent is too narrow.
 *
 * `effective` is n * spread of the values / n times the squared standard error of their
 * mean, as the bins show it: the classical initial positive sequence where each value has
 * its bin; with wider bins and with several values a request, what is alike within a bin is
 * in the spread of the bins. A straight line is taken off before: a drift is no
 * correlation, it is told apart (steady.h). At most n.
 *
 * `used` is the rule, for all intervals and least samples: where chance does not make
 * neighbouring bins as alike as they are (their correlation times the root of their number
 * is above 3) it is `effective`; else, where the bins spread by 3 standard errors more than
 * those of independent values would, the same without what correlation of bins adds; and n
 * where that is not below 80 % of n. Of fewer than 20 requests with several values each
 * nothing can be said: they count as that many requests.
 */
struct sample {
    uint64_t n;
    uint64_t effective;
    uint64_t used;
};

struct sample series_sample(const struct series *s);

/*
 * Means of batches in the order of the plan: each of as many bins, of those that hold
 * something, as make 5 requests or more. At most SERIES_BINS go to mean[], and to first[]
 * when each began; how many is returned. What is left over at the end is no batch.
 */
size_t series_batches(const struct series *s, double *mean, ns_t *first);

/*
 * The course of the metric: the bins that hold something, or as many neighbours together as
 * make at most `most` points of them. Means; k counts requests of the plan.
 */
struct series_point {
    double k;
    double at;
    double value;
};
size_t series_points(const struct series *s, struct series_point *p, size_t most);

#endif
