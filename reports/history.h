#ifndef REPORTS_HISTORY_H
#define REPORTS_HISTORY_H

#include "base/buf.h"
#include "data/evidence.h"

/*
 * A figure over kept runs, oldest first: its trend, where its level changed, whether it
 * drifts, and a bound that does not move with it. Of each run the median of its trials.
 */
struct history_point {
    const char *revision;
    const char *id;
    ns_t at;              /* since 1970 */
    double value, lo, hi; /* median, least and greatest of the trials */
    size_t trials;
    bool pinned;
    bool changed; /* a new level begins here */
    bool beyond;  /* the bound */
};

/* What a bound that is a share counts from: the pinned run, else the first one. */
struct history_reference {
    const char *run; /* its revision, else its id; NULL: there is none */
    double value;
};

struct history {
    const struct slo *figure; /* a rule or an objective */
    const char *subject;
    const char *cell; /* "" where there is one only */
    struct history_point *points;
    size_t n;
    struct history_reference reference;

    bool bounded;
    double bound;   /* in the unit of the figure */
    double drift;   /* a run: 0.02 is +2 %; 0 where none is sure */
    double drift_p; /* of the test; 1: nothing to test */
};

/* Finds changes and drift, and, where the figure has a bound (bounded), what is beyond it.
 */
void history_judge(struct history *h, bool bounded);

/* Is the latest run beyond the bound? */
bool history_fails(const struct history *h);

void report_history_text(struct buf *out, const struct history *h, bool colour);
void report_history_json(struct buf *out, const struct history *const *all, size_t n);

/* All of them as one drawing. */
struct sketch;
extern const struct plot plot_history;
void sketch_history(struct sketch *d, const struct history *const *all, size_t n);

/* A revision or, where there is none, the run: what a run is called. */
const char *history_run(const struct history_point *p);

/* The mean level that begins at a point and where it ends; by how many % it differs from
 * the one before it. */
double history_level(const struct history *h, size_t from, size_t *end);
double history_step(const struct history *h, size_t at);

#endif
