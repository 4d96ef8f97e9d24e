#ifndef DATA_DIST_H
#define DATA_DIST_H

#include <stdbool.h>

#include "base/rng.h"

/*
 * A distribution of counts as scenarios write it: 512, {uniform: {min, max}},
 * {normal: {mean, cv}}, {lognormal: {mean, cv}}, {exponential: {mean}}; min and max clip.
 */
enum dist_kind {
    DIST_NONE,
    DIST_FIXED,
    DIST_UNIFORM,
    DIST_NORMAL,
    DIST_LOGNORMAL,
    DIST_EXPONENTIAL
};

struct dist {
    enum dist_kind kind;
    double mean; /* of the unclipped distribution; the value of a fixed one */
    double cv;   /* standard deviation / mean */
    double min;
    double max; /* 0: none */
};

/* Which parameters a kind must have. */
enum dist_param { DIST_MEAN = 1, DIST_CV = 2, DIST_MIN = 4, DIST_MAX = 8 };

/* The kinds that scenarios name; the row without a name is the last. */
struct dist_row {
    const char *name;
    enum dist_kind kind;
    unsigned needs; /* of enum dist_param */
    const char *help;
};

extern const struct dist_row dist_rows[];

/*
 * One draw by inverse distribution function of one uniform in (0, 1), rounded to a whole
 * count and clipped; never below 0.
 */
double dist_draw(const struct dist *d, double u);

#endif
