#ifndef DATA_HGRM_H
#define DATA_HGRM_H

#include <stdbool.h>

#include "base/buf.h"
#include "data/hist.h"

/*
 * The percentile distribution of a histogram as text, in the layout of HdrHistogram's Java
 * library, which its public plotter reads. `steps` rows to the median, as many again to
 * 75 %, to 87.5 %, ... until all values are covered; 5 is usual, and files to be compared
 * need the same. Values are divided by `scale`: 1e6 makes ms of ns.
 */
void hgrm_put(struct buf *out, const struct hist *h, int steps, double scale);

/* The same rows, comma-separated, without the foot. */
void hgrm_put_csv(struct buf *out, const struct hist *h, int steps, double scale);

#endif
