#ifndef DATA_DOCTOR_H
#define DATA_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/machine.h"
#include "data/fields.h"
#include "data/health.h"

/*
 * What `tokdyno doctor` found: the error of the instrument on this machine by load, and up
 * to which load it is valid. Pure: filled by bench/cmd, printed by reports/doctor.h.
 */
enum { DOCTOR_SCHEMA = 1, DOCTOR_RUNGS = 16 };
#define DOCTOR_FRESH (7 * 24 * 3600 * NS_PER_S) /* so long its figures hold */

/*
 * A percentile is told where its one-sided 95 % limit exists, see doctor_bears; by what is
 * estimated of it with fewer values a load is judged all the same.
 */
struct doctor_spread {
    uint64_t n; /* 0: nothing was measured, all else is 0 */
    ns_t p50;
    ns_t p99;
    ns_t max;
    ns_t p50_lo; /* 95 % confidence intervals; NS_ABSENT: no limit on that side */
    ns_t p50_hi;
    ns_t p99_lo;
    ns_t p99_hi;
};

/* Are n values enough to tell a percentile, 0..100, of them? */
bool doctor_bears(uint64_t n, double percentile);

/* One load of a ladder, measured. */
struct doctor_rung {
    int64_t asked;               /* streams at a time, or requests per second */
    struct doctor_spread first;  /* error of the first output against the truth log */
    struct doctor_spread frames; /* of every output frame */
    struct doctor_spread send;   /* send lag */
    ns_t sim_late_p99;           /* the simulator's own lateness, in none of the above */
    int64_t frames_per_s;        /* seen */
    int64_t cpu_ppm;             /* of a core, of the client */
    uint64_t requests;           /* with an answer */
    uint64_t matched;            /* of them, found in the truth log */
    unsigned tries;              /* one that is not valid is measured twice */
    enum validity told;          /* by the run of itself */
    enum validity validity;      /* by the run and the truth log together */
};

struct doctor_ladder {
    struct doctor_rung rungs[DOCTOR_RUNGS]; /* upwards */
    size_t n;
    int64_t left_out; /* the least that the limit of open files forbade; 0: none */
};

/* What is kept of it for the runs that follow. -1: not known, or of too few values. */
struct doctor_figures {
    int64_t streams;      /* valid up to so many ... */
    int64_t frames_per_s; /* ... of so many frames/s each; errors are those of that load */
    ns_t frame_error_p50;
    ns_t frame_error_p99;
    ns_t frame_error_max;
    ns_t ttft_error_p99;
    ns_t ttft_error_max;
    int64_t streams_not; /* the least that was found not valid */
    int64_t rate;        /* valid up to so many requests/s in an open loop */
    int64_t rate_not;
    ns_t send_lag_p99;
    ns_t send_lag_max;
    int64_t age_s; /* when a run began */
};

extern const struct doctor_figures doctor_unknown;
enum { N_DOCTOR_FIELDS = 13 };
extern const struct field doctor_fields[N_DOCTOR_FIELDS];

struct doctor {
    struct machine machine;
    const char *libcurl;
    bool stamps;     /* the kernel stamps what a socket receives */
    int client_core; /* -1: not pinned */
    int sim_core;
    ns_t made_real;
    int64_t frames_per_s; /* of each stream */
    struct doctor_ladder streams;
    struct doctor_ladder rates;
    ns_t null_request; /* CPU time of a request without frames; -1: not measured */
    ns_t null_frame;   /* of each frame more */
    struct doctor_figures figures;
};

/*
 * One verdict of the run's and that of the truth log: the rule of data/health.h with the
 * errors that were seen.
 */
enum validity doctor_judge(const struct doctor_rung *r, const struct health_facts *facts);

/*
 * The highest rung that is valid; NULL where none is. One below it that is not was
 * disturbed: what carries more carries less.
 */
const struct doctor_rung *doctor_highest(const struct doctor_ladder *l);

/* The one above it, which is not valid; NULL where the ladder ends with the highest. */
const struct doctor_rung *doctor_beyond(const struct doctor_ladder *l);

/* d->figures out of the ladders. */
void doctor_conclude(struct doctor *d);

/*
 * The figures of a document that `doctor` wrote, with their age. 0; 1 where they do not
 * hold here and now: another machine, boot or version, too old; -1 with *err where it is no
 * such document.
 */
int doctor_recall(struct doctor_figures *f, const char *json, size_t n,
                  const struct machine *here, ns_t now_real, struct err *err);

#endif
