#ifndef DATA_HISTS_H
#define DATA_HISTS_H

#include "data/hist.h"
#include "data/metric.h"

/*
 * A histogram for each metric, made when its first value comes. Closing encodes them, a few
 * hundred bytes each instead of 304 KiB; recording opens them again.
 */
struct hists_closed {
    char *bytes;
    size_t len;
};

struct hists {
    struct hist *open[N_METRICS];
    struct hists_closed closed[N_METRICS];
};

void hists_free(struct hists *h);

/* The one to record into, opened. */
struct hist *hists_get(struct hists *h, enum metric_id m);

void hists_close(struct hists *h);

/* Add metric m's values to *into; false where there are none. */
bool hists_add(const struct hists *h, enum metric_id m, struct hist *into);

/* What from holds is added to into. */
void hists_copy(struct hists *into, const struct hists *from);

#endif
