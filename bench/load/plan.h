#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sysinfo.h"
#include "data/catalogue.h"
#include "data/forecast.h"
#include "data/rate_limit.h"
#include "data/scenario.h"
#include "data/search_forecast.h"

/*
 * What a scenario is going to do, before anything is sent. Counts of open loops are exact
 * up to chance; where the speed of answers decides (closed loops, the time of the last
 * answers) they are estimates from the catalogue's speeds. Answers are taken as long as
 * they may be. Unknown is -1.
 *
 *     struct plan p;
 *     if (plan_make(&p, &scenario, &catalogue, &sys, &err)) ...   // a dataset is wrong
 *     plan_text(&out, &p);
 *     plan_free(&p);
 */

/* The rate limits that one model, tier and plan share, and when the load meets one. */
struct plan_limit {
    const char *model;
    const char *tier;
    const char *plan;
    bool known;               /* of any limit */
    double sustained;         /* requests per second that no known limit would mind over
                                 a run as long as this one */
    const char *sustained_by; /* the limit that sets it: "RPM", "TPD", ... */
    const char *name;         /* the limit that is used up first; NULL: none is */
    int64_t limit;            /* its size */
    ns_t after;               /* when, since the run began */
    bool paced;               /* requests are held back then, and not refused */
};

/* A cell, all its trials together. */
struct plan_cell {
    const struct cell *cell;
    const char *name;          /* what sets it apart from the others */
    const struct model *model; /* NULL: not in the catalogue */
    int64_t prompt;            /* tokens of one request, mean; of a session's first */
    int64_t longest;           /* of its last, or of a trace; else the same */
    size_t images;             /* pictures in one request, at most */
    size_t image_bytes;        /* of them, in it */
    int64_t completion;        /* tokens it may generate at most, or a guess */
    ns_t audio;            /* length of the clip of one request; NS_ABSENT: none, unknown */
    int64_t characters;    /* of one request, of text to be spoken; -1: it is none */
    uint64_t upload;       /* bytes of the file that goes up with it; 0: none */
    struct rate_need need; /* what one request takes of the rate limits */
    bool completion_max;   /* the former */
    ns_t latency;          /* of one request, estimate */
    uint64_t requests;     /* first attempts */
    uint64_t measured;     /* of them, those in measured phases */
    bool estimated;        /* how many depends on how fast answers come */
    int64_t tokens_in;
    int64_t tokens_out;
    ns_t audio_in;         /* of all requests; NS_ABSENT: none, or unknown */
    int64_t characters_in; /* likewise; -1 */
    ns_t time;
    int64_t cost_nusd; /* -1: a price is unknown */
    ns_t begin;        /* of its first trial, since the run began; NS_ABSENT: not yet */
    double passed[N_LIMITS];  /* that found room so far, while the plan is walked through */
    struct forecast forecast; /* limits as the catalogue has them, kept or not */
};

struct plan {
    struct arena arena;
    const struct scenario *scenario; /* borrowed, with the catalogue */
    const struct catalogue *catalogue;
    const struct sysinfo *sys;
    struct plan_cell *cells; /* one for each of the scenario's */
    size_t n_cells;
    uint64_t trials;
    struct plan_cell total;    /* of all cells; those sums that mean something */
    struct plan_limit *limits; /* one for each model, tier and plan */
    size_t n_limits;
    bool searches;
    struct search_forecast search; /* of a trial, within its budget of time */
    struct search_forecast
        search_unbound; /* the same without one, with all probes it wants */
    const char **warnings;
    size_t n_warnings;
    size_t n_urgent; /* the first of them, of what is sent; then of what can be claimed */
    size_t cap_warnings;
};

/*
 * -1 where a dataset cannot be read, or where the machine certainly has too few files or
 * ports; what may be too little is warned of. c may be NULL, and sys: then the machine is
 * not asked.
 */
int plan_make(struct plan *p, const struct scenario *s, const struct catalogue *c,
              const struct sysinfo *sys, struct err *err);
void plan_free(struct plan *p);

/* What is foreseen of a cell; nothing where its target keeps no limits. */
struct forecast plan_forecast(const struct plan *p, size_t cell);

void plan_text(struct buf *out, const struct plan *p);
void plan_json(struct buf *out, const struct plan *p); /* one object, indented, with LF */

/*
 * Tokens an answer of the cell is expected to have at most: what is asked for (*is_max),
 * else a usual answer, if the model (NULL: unknown) can give one so long; 0 where answers
 * of the endpoint have none.
 */
int64_t plan_completion(const struct request_spec *spec, const struct model *m,
                        bool *is_max);

#endif
