#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "data/catalogue.h"
#include "data/scenario.h"

/*
 * What a scenario is going to do, before anything is sent. Counts of open loops are exact
 * up to chance; where answers' speed decides (closed loops, time of the last answers) they
 * are estimates from the catalogue's speeds. Unknown is -1.
 */
struct plan_limit {
    const char *name;  /* "RPM", "TPD", ...; NULL: none trips */
    int64_t limit;     /* per its window */
    ns_t after;        /* since the run began */
    double sustained;  /* requests per second that no known limit minds; 0: unknown */
    const char *model; /* the limits hold for these together */
    const char *tier;
    const char *plan;
};

/* One trial of a cell. */
struct plan_cell {
    const struct cell *cell;
    const struct model *model; /* NULL: not in the catalogue */
    uint64_t requests;
    uint64_t measured;   /* of them, in measured phases */
    bool estimated;      /* requests depend on how fast answers come */
    int64_t prompt;      /* tokens of one request, mean */
    int64_t completion;  /* most tokens it may generate, or a guess */
    bool completion_max; /* the former */
    ns_t latency;        /* of one request, estimate */
    ns_t time;
    int64_t cost_nusd; /* of the trial; -1: unknown */
};

struct plan {
    struct arena arena;
    const struct scenario *scenario; /* borrowed */
    struct plan_cell *cells;         /* one for each of the scenario's */
    size_t n_cells;
    uint64_t trials;
    uint64_t requests; /* first attempts, of the whole run */
    bool estimated;
    int64_t tokens_in;
    int64_t tokens_out;
    ns_t time;
    int64_t cost_nusd;         /* -1: a price is unknown */
    struct plan_limit *limits; /* one for each model and tier */
    size_t n_limits;
    const char **warnings;
    size_t n_warnings;
};

void plan_make(struct plan *p, const struct scenario *s, const struct catalogue *c);
void plan_free(struct plan *p);

void plan_text(struct buf *out, const struct plan *p);
void plan_json(struct buf *out, const struct plan *p);

/* Tokens an answer of the cell is expected to have at most: asked for, else the model's
 * usual. */
int64_t plan_completion(const struct request_spec *spec, const struct model *m,
                        bool *is_max);

#endif
