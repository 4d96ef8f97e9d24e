#ifndef DATA_NOISE_H
#define DATA_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/summary.h"

/*
 * The same scenario on two sides, A and B, trial by trial: how much its headline figures
 * vary where nothing has changed, and so what a comparison can tell from noise at best.
 *
 *     struct noise n;
 *     noise_init(&n, 5);
 *     noise_add(&n, NOISE_A, 0, &summary); ... of each trial of both sides
 *     noise_conclude(&n, seed);
 *     use(n.rows);
 *     noise_free(&n);
 */
enum noise_side { NOISE_A, NOISE_B, N_NOISE_SIDES };
enum { NOISE_MOST_TRIALS = 100, N_NOISE_FIGURES = 9 };

/*
 * With fewer trials a side no difference of the sides passes the floor: apart by d with no
 * other noise, s = d / 2 * sqrt(2N / (2N - 1)), and t * s * sqrt(2 / N) > d up to N = 3.
 */
enum { NOISE_LEAST_TO_DIFFER = 4 };

/* A headline figure: a percentile of a metric, or a rate. The only list of them. */
struct noise_figure {
    const char *name;
    enum metric_id metric;
    enum stat_id stat;
    bool is_rate;
    enum rate_id rate;
};
extern const struct noise_figure noise_figures[N_NOISE_FIGURES];

/* One figure in one cell. Shares are of the figure: 0.03 is 3 %. */
struct noise_row {
    const struct noise_figure *figure;
    size_t cell;
    double values[N_NOISE_SIDES][NOISE_MOST_TRIALS]; /* above 0; 0: not known */
    bool whole;        /* every trial has one; else what follows is 0 */
    double median;     /* of all */
    double log_sd;     /* of ln of all values */
    double parametric; /* floors, see data/stats_noise.h */
    double empirical;
    double floor;    /* the larger */
    double distance; /* of A and B */
    bool differs;    /* by more than the floor */
};

struct noise {
    size_t trials; /* of each side */
    char **cells;  /* their names; "" without a matrix */
    size_t n_cells;
    struct noise_row *rows; /* a figure each, cell by cell */
    size_t n_rows;
    size_t n_whole;
    size_t n_differ;
    size_t invalid;  /* trials that were not valid */
    size_t degraded; /* of the others */
};

void noise_init(struct noise *n, size_t trials); /* 2 to NOISE_MOST_TRIALS */
void noise_free(struct noise *n);

/* Trial `trial` of a side, the measured phases of each cell. All have the same cells. */
void noise_add(struct noise *n, enum noise_side side, size_t trial,
               const struct summary *s);

/* The figures of every row, once all trials are there. */
void noise_conclude(struct noise *n, uint64_t seed);

#endif
