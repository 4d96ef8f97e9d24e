#ifndef DATA_HEALTH_H
#define DATA_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/hist.h"

/* X(id, name in JSON): what it counts. The only list of them. */
#define HEALTH_COUNTERS(X)                                                                 \
    X(TURNS, "turns")                     /* of the loop */                                \
    X(READS, "reads")                     /* of sockets */                                 \
    X(KERNEL_STAMPS, "kernel_stamps")     /* of reads: those stamped by the kernel */      \
    X(STAMPS_REPLACED, "stamps_replaced") /* impossible ones, see load/stamp.h */          \
    X(CPU_NS, "cpu_ns")                   /* CPU time of the worker's thread */            \
    X(SWITCHES, "switches")               /* involuntary context switches */               \
    X(RUNQUEUE_NS, "runqueue_ns")         /* time runnable but not running (schedstat) */  \
    X(FD_EXHAUSTED, "fd_exhausted")       /* sends without a descriptor or port */         \
    X(CLOCK_STEPS, "clock_steps")         /* jumps of CLOCK_REALTIME by more than 1 ms */

#define HEALTH_ID(id, name) HEALTH_##id,
enum health_counter { HEALTH_COUNTERS(HEALTH_ID) N_HEALTH_COUNTERS };
#undef HEALTH_ID

extern const char *const health_counter_names[N_HEALTH_COUNTERS];

/*
 * The instrument's own state, one sample a second and worker: counters since the sample
 * before, and histograms of ns. Filled by the engine, journaled, summed by the recorder.
 */
struct health_sample {
    ns_t at; /* since the start of the run */
    uint32_t worker;
    uint32_t trial;
    uint64_t counters[N_HEALTH_COUNTERS];
    uint32_t in_flight; /* most at once since the last sample */
    /* All borrowed; NULL: none. */
    struct hist *send_lag;
    struct hist *read_lag;    /* kernel stamp -> our read; empty without kernel stamps */
    struct hist *stamp_error; /* of each frame: how late its stamp may be at most */
    struct hist *turn;        /* length of a loop turn, from waking to waiting */
};

enum validity {
    VALIDITY_VALID,
    VALIDITY_DEGRADED,
    VALIDITY_CLIENT_LIMITED,
    VALIDITY_SIM_LIMITED
};

extern const char
    *const validity_names[]; /* "valid", "degraded", "INVALID: client-limited", ... */

/* What the rule looks at. Everything in ns; NS_ABSENT: nothing was measured. */
struct health_facts {
    ns_t send_lag_p99;
    ns_t stamp_error_p99; /* of frame stamps: of the samples' stamp_error, else the turn's
                             length */
    ns_t ttft_api_median;
    ns_t sim_late_p99;  /* the simulator's own, from its truth log */
    uint64_t dropped;   /* records that could not be written */
    bool flips_verdict; /* adding the error would turn an SLO verdict */
    uint64_t unsent; /* attempts, or whole trials, for which we had no descriptor or port */
};

/*
 * e = send_lag_p99 + stamp_error_p99. valid: e <= max(1 ms, 1 % of the median ttft_api);
 * degraded: e <= max(5 ms, 5 %); else, on any dropped record or unsent attempt, or where
 * adding e would flip a verdict: client-limited. *e is the error of the instrument.
 */
enum validity health_judge(const struct health_facts *f, ns_t *e);

#endif
