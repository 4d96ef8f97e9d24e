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

/* One draw by inverse distribution function of one uniform in (0, 1), clipped. */
double dist_draw(const struct dist *d, double u);

#endif
