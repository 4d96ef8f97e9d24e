#ifndef DATA_FORECAST_H
#define DATA_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "data/fields.h"
#include "data/rate_limit.h"
#include "data/wall.h"

/*
 * Which rate limit a cell's load was to meet first, as the plan had it before anything was
 * sent, and how that compares with what was met.
 */
struct forecast {
    const char *limit; /* "RPM"; "": none that is known */
    int64_t size;      /* of it; -1 */
    ns_t after;        /* since the cell's load began; NS_ABSENT */
    int64_t requests;  /* that get through until then; -1 */
    int64_t tokens;
    int64_t audio_s;
    bool paced;                   /* the client would hold back, and not be refused */
    int64_t sizes[N_RATE_LIMITS]; /* of all limits, as the catalogue has them; -1 */
};

#define FORECAST_NONE                                                                      \
    {                                                                                      \
        .limit = "", .size = -1, .after = NS_ABSENT, .requests = -1, .tokens = -1,         \
        .audio_s = -1, .sizes = {                                                          \
            -1,                                                                            \
            -1,                                                                            \
            -1,                                                                            \
            -1,                                                                            \
            -1,                                                                            \
            -1                                                                             \
        }                                                                                  \
    }
extern const struct forecast forecast_none;

enum { N_FORECAST_FIELDS = 13 };
extern const struct field forecast_fields[N_FORECAST_FIELDS];

enum forecast_end {
    FORECAST_SILENT,     /* none was foreseen, none was met */
    FORECAST_MET,        /* the one that was foreseen refused */
    FORECAST_OTHER,      /* another one refused first */
    FORECAST_UNFORESEEN, /* one refused, and none was foreseen */
    FORECAST_UNNAMED,    /* a refusal did not say by which */
    FORECAST_EARLY,      /* the load ended before it came so far */
    FORECAST_PACED,      /* the client held back by itself */
    FORECAST_BEYOND,     /* the load went past that place, and was not refused */
    N_FORECAST_ENDS
};
extern const char *const forecast_end_names[N_FORECAST_ENDS];

/* What headers said of the limit that refused. */
enum announced {
    ANNOUNCED_NOTHING,
    ANNOUNCED_RIGHT,
    ANNOUNCED_WRONG, /* another size than is enforced */
    N_ANNOUNCED
};
extern const char *const announced_names[N_ANNOUNCED];

/* The least that was left of a limit. */
struct headroom {
    int64_t size; /* -1: nothing is known */
    int64_t left;
    bool counted; /* by us: no header tells of it */
};

struct forecast_met {
    enum forecast_end end;
    int kind;            /* that refused, of rate_limit_kinds; -1: none, or not named */
    bool compared;       /* there are two figures to compare: */
    int64_t reached_ppm; /* what got through, of what was foreseen to; in what the limit
                            counts, in requests where they are two */
    double enforced_lo;  /* size of the limit that refused, by what got through; 0: not */
    double enforced_hi;  /* known */
    enum announced announced;
    int64_t announced_size; /* -1: none was */
    int64_t announced_left; /* as the refusal's own headers said; -1: they did not */
    struct headroom rooms[N_RATE_LIMITS];
};

/* limits: what headers told in the cell, N_LIMITS of them. */
struct limit_seen;
void forecast_judge(struct forecast_met *m, const struct forecast *f, const struct wall *w,
                    const struct limit_seen *limits);

#endif
