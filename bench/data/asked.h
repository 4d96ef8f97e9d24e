#ifndef DATA_ASKED_H
#define DATA_ASKED_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "data/slo.h"

/*
 * What of a run answers the question that its scenario opens with: a few figures, and what
 * they are told apart by. Reports put them first.
 *
 *   answer: { figures: [ttft p50, tps p50], against: service_tier }
 *   answer: { figures: [ttft p50, cache_hit mean], by: turn }
 */
enum asked_by {
    ASKED_BY_CELL,
    ASKED_BY_PHASE, /* those that are measured, of each cell */
    ASKED_BY_TURN,
    ASKED_BY_REGION,
    N_ASKED_BY
};
extern const char *const asked_by_names[N_ASKED_BY + 1]; /* ends in NULL */

struct asked {
    struct slo *figures; /* without a bound */
    size_t n;            /* 0: nothing is asked for */
    unsigned by;         /* of enum asked_by */
    /*
     * A key of the matrix: each cell is held against the one that differs from it in this
     * key alone and has its first value. NULL: against the first cell.
     */
    const char *against;
};

/* A figure that reports have: a percentile of theirs or the mean, or a rate. */
int asked_parse(struct slo *figure, struct str text, struct arena *arena, struct err *err);

/* Is it kept of the things it is asked of? Turns and regions have a few figures only. */
int asked_is_kept(const struct slo *figure, enum asked_by by, struct err *err);

#endif
