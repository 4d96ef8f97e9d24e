#ifndef EXPORTERS_EXP_HISTOGRAM_H
#define EXPORTERS_EXP_HISTOGRAM_H

#include <stdint.h>

#include "data/hist.h"

/*
 * The exponential histogram of OpenTelemetry: bucket i of scale s holds (b^i, b^(i+1)],
 * b = 2^(2^-s). It begins at its finest scale and halves its resolution whenever its
 * buckets no longer span all values, which loses nothing: two buckets become one.
 *
 * Values are recorded as they were counted (ns, tokens) and put into the bucket of value /
 * unit (seconds, tokens). count, sum, min and max are of the values, not of the buckets.
 *
 * Scale 6 is the finest that 3 digits of an HDR histogram can fill: finer, more than a
 * tenth of its buckets would lie across a boundary.
 */
enum { EXP_BUCKETS = 160, EXP_SCALE = 6 };

struct exp_hist {
    double unit;
    int most;       /* buckets, at most EXP_BUCKETS */
    int scale;      /* now */
    int32_t offset; /* index of counts[0] */
    int n;          /* of counts in use, 0: none */
    uint64_t zero;
    uint64_t count;
    double sum; /* as counted: exact up to 2^53 */
    double min;
    double max;
    uint64_t counts[EXP_BUCKETS];
};

void exp_hist_init(struct exp_hist *h, double unit, int most, int scale);

void exp_hist_record(struct exp_hist *h, double value); /* negative: not taken */

/*
 * All that a histogram holds, each bucket at its median-equivalent value; min and max are
 * its buckets' edges, and sum that of the medians.
 */
void exp_hist_add_hist(struct exp_hist *h, const struct hist *from);

/* n more in bucket i of a scale at least as fine; touches nothing but the buckets. */
void exp_hist_add(struct exp_hist *h, int32_t i, int scale, uint64_t n);

/* Half the resolution, `by` times. */
void exp_hist_downscale(struct exp_hist *h, int by);

int32_t exp_index(double v, int scale); /* v > 0, finite */
double exp_lower(int32_t i, int scale); /* exclusive lower end of bucket i */

#endif
