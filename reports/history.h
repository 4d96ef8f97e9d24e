#ifndef REPORTS_HISTORY_H
#define REPORTS_HISTORY_H

#include "base/buf.h"
#include "data/evidence.h"

/*
 * A figure over kept runs, oldest first: its trend, and where its level changed. Of each
 * run the median of its trials.
 */
struct history_point {
    const char *revision;
    const char *id;
    ns_t at;              /* since 1970 */
    double value, lo, hi; /* median, least and greatest of the trials */
    size_t trials;
    bool changed; /* a new level begins here */
};

struct history {
    const struct slo *figure; /* a rule whose bound does not matter */
    const char *subject;
    const char *cell; /* "" where there is one only */
    struct history_point *points;
    size_t n;
};

/* Marks where the level changed. */
void history_find_changes(struct history *h);

void report_history_text(struct buf *out, const struct history *h, bool colour);
void report_history_json(struct buf *out, const struct history *const *all, size_t n);

#endif
