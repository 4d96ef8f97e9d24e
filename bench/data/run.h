#ifndef DATA_RUN_H
#define DATA_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "data/doctor.h"
#include "data/forecast.h"
#include "data/scenario.h"

/*
 * What a run is, as its journal's first line says: everything the recorder, the summary and
 * the reports may know about the scenario. Made once (run_plan) or read back (run_read).
 */
enum { JOURNAL_SCHEMA = 1 };

/* The asked rate per second, or concurrency, in millionths: straight lines between points.
 */
struct run_point {
    ns_t at; /* since the phase began */
    int64_t millionths;
};

/* What a phase asks of a cell. */
struct run_load {
    bool open; /* a rate; else a concurrency */
    const struct run_point *points;
    size_t n_points;
    int64_t cv_ppm; /* of the gaps asked for */
    ns_t duration;  /* NS_ABSENT: by count */
    uint64_t requests;
    bool replay;   /* of a trace: the points are its mean */
    bool sessions; /* rate, concurrency and requests are of sessions */
};

struct run_cell {
    const char *name;
    const struct cell_key *keys;
    size_t n_keys;
    const char *model;
    const char *tier;       /* asked for; NULL: none */
    bool read_stamps;       /* the kernel's were not wanted */
    bool new_connections;   /* each request was to open one */
    bool cold;              /* prompts that have nothing in common: no cache should hit */
    uint64_t shared_prefix; /* tokens that prompts have in common; 0: none, or not known */
    const struct run_load *loads; /* one for each phase */
    size_t n_loads;
    struct forecast forecast;  /* the caller of run_plan sets it */
    struct search_spec search; /* its phases have the loads that their begins tell */
};

struct run_phase {
    const char *name;
    bool measured;
};

struct run_trial {
    uint32_t cell;
    uint32_t round; /* 0-based: which repetition; seeds the workload */
};

struct run_host {
    const char *name;
    const char *cpu;
    int32_t cores;
    const char *kernel;
    const char *tool;    /* version of tokdyno */
    const char *libcurl; /* "" unless the caller of run_plan sets it */
};

struct run {
    struct arena arena;
    const char *id;   /* 32 hex digits, a function of seed, digest and t0_real */
    const char *name; /* of the scenario */
    uint64_t seed;
    ns_t t0_mono; /* CLOCK_MONOTONIC at the start of the run */
    ns_t t0_real;
    const char *digest;   /* of the resolved scenario, 16 hex digits */
    const char *target;   /* base URL without user-info, or "sim:" */
    const char *scenario; /* resolved, JSON */
    const char *question; /* NULL: none */
    struct run_host host;
    struct doctor_figures doctor; /* of this host, if it was asked lately; the caller of
                                     run_plan sets it */
    uint32_t threads;
    bool concurrent; /* the trials of a round run side by side */
    struct run_cell *cells;
    size_t n_cells;
    struct run_trial *trials; /* in the order they are run */
    size_t n_trials;
    struct run_phase *phases;
    size_t n_phases;
    struct slo *slos;
    size_t n_slos;
    uint32_t n_search_slos; /* the last of them: held against each probe of a search */
    struct asked answer;
};

/* ABBA: each round holds every cell once, in an order reversed from round to round. */
void run_plan(struct run *r, const struct scenario *s, ns_t t0_mono, ns_t t0_real);
void run_free(struct run *r);

/* The first line of a journal, with LF; and back, all of it. */
void run_write(const struct run *r, struct buf *out);
int run_read(struct run *r, const char *line, size_t n, struct err *err);

#endif
