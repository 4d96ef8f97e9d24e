#ifndef REPORTS_GATHER_H
#define REPORTS_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "data/journal.h"
#include "data/labels.h"
#include "data/run.h"

/*
 * What the plots need and the recorder does not keep: the course of a cell over time, a
 * sample of its attempts, its time by region. Fed beside the recorder from the same
 * entries, in memory that depends on the number of cells and trials alone; the same entries
 * give the same state in whatever order attempts ended.
 *
 *     struct gather *g = gather_open(&run);
 *     struct journal_sink sink = gather_sink(g);
 *     sink.record(sink.ctx, r); ...
 *     const struct course *c = gather_course(g, cell);
 *     gather_close(g);
 *
 * Time counts from the begin of the trial, so that the trials of a cell lie upon one
 * another: the same moment is the same load.
 */
enum {
    COURSE_BINS = 128,   /* of time; when it is beyond the last, they get twice as wide */
    COURSE_LEVELS = 152, /* of latency, four an octave, from 1,024 ns */
    COURSE_POINTS = 512, /* attempts kept for the scatter */
    COURSE_SHARES = 6,   /* of cached tokens: none, up to 25, 50, 75, below 100, 100 % */
    COURSE_FINE = 1216,  /* of latency, 32 an octave */
};

struct course_bin {
    uint32_t due;               /* requests, by when they were due */
    uint32_t sent;              /* first attempts, by when they left */
    uint32_t retries;           /* later attempts, by when they left */
    uint32_t ended[N_OUTCOMES]; /* attempts, by when they ended */
    ns_t in_flight;             /* time of attempts in it, summed */
    int64_t tokens;             /* of answers that ended in it */
    int64_t cost_nusd;
    int64_t left_ppm[N_LIMITS]; /* the least that was left of a limit; -1: nothing told */
};

struct course_point {
    uint64_t key;
    int64_t prompt;
    ns_t ttft;
};

/* The parts of a request's time in which it waits for something else each. */
enum part { PART_QUEUE, PART_PREFILL, PART_DECODE, PART_NETWORK, N_PARTS };

struct course_region {
    uint64_t n; /* good attempts of which every part is known */
    double sum[N_PARTS];
};

struct course {
    ns_t width; /* of a bin */
    size_t n_bins;
    bool streamed;   /* the heat is of ttft, else of e2e */
    uint64_t values; /* in the heat */
    struct course_bin bins[COURSE_BINS];
    uint32_t heat[COURSE_BINS][COURSE_LEVELS];

    uint64_t told; /* answers that said what was left of a limit */

    struct course_point points[COURSE_POINTS]; /* a heap, the greatest key first */
    size_t n_points;
    uint64_t of_points; /* that they were drawn from */

    struct labels regions;
    struct course_region by_region[LABELS_MAX + 1];

    uint64_t shares[COURSE_SHARES];
    uint32_t by_share[COURSE_SHARES][COURSE_FINE]; /* ttft */
};

struct gather;
struct gather *gather_open(const struct run *run); /* run is borrowed */
void gather_close(struct gather *g);
struct journal_sink gather_sink(struct gather *g);

const struct course *gather_course(const struct gather *g, uint32_t cell);

/* When a phase of a cell began in its trial; NS_ABSENT: never. */
ns_t gather_phase(const struct gather *g, uint32_t cell, uint32_t phase);

/* Sums; of what was left of a limit the least. */
void course_bin_add(struct course_bin *into, const struct course_bin *b);

/* The least latency of a level, and of a fine one. */
ns_t course_level(size_t level);
ns_t course_fine(size_t fine);

#endif
