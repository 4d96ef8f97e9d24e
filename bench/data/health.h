#ifndef DATA_HEALTH_H
#define DATA_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "data/hist.h"
#include "data/metric.h"

/* X(id, name in JSON): what it counts. The only list of them. */
#define HEALTH_COUNTERS(X)                                                                 \
    X(TURNS, "turns")                     /* of the loop */                                \
    X(READS, "reads")                     /* of sockets */                                 \
    X(KERNEL_STAMPS, "kernel_stamps")     /* of reads: those stamped by the kernel */      \
    X(STAMPS_REPLACED, "stamps_replaced") /* impossible ones, see load/stamp.h */          \
    X(CPU_NS, "cpu_ns")                   /* CPU time of the worker's thread */            \
    X(SWITCHES, "switches")               /* involuntary context switches */               \
    X(SWITCHES_OWN, "switches_own")       /* voluntary ones */                             \
    X(RUNQUEUE_NS, "runqueue_ns")         /* time runnable but not running (schedstat) */  \
    X(FD_EXHAUSTED, "fd_exhausted")       /* sends without a descriptor or memory */       \
    X(PORTS_EXHAUSTED, "ports_exhausted") /* sends without a port of ours left */          \
    X(FREEZES, "freezes")                 /* see struct freeze */                          \
    X(FROZEN_NS, "frozen_ns")             /* how long they were together */                \
    /* of the whole machine, see load/system_health.h */                                   \
    X(CLOCK_STEPS, "clock_steps")             /* jumps of CLOCK_REALTIME, over 1 ms */     \
    X(CLOCK_NS, "clock_ns")                   /* CLOCK_MONOTONIC, ... */                   \
    X(RAW_CLOCK_NS, "raw_clock_ns")           /* ... and the same time unslewed */         \
    X(STEAL_NS, "steal_ns")                   /* of all processors, by other guests */     \
    X(THROTTLED, "throttled")                 /* times our control group was held back */  \
    X(THROTTLED_NS, "throttled_ns")           /* for so long */                            \
    X(TCP_RCVQ_DROPS, "tcp_rcvq_drops")       /* segments dropped: TCPRcvQDrop */          \
    X(TCP_BACKLOG_DROPS, "tcp_backlog_drops") /* TCPBacklogDrop */                         \
    X(TCP_PRUNED, "tcp_pruned")               /* RcvPruned */                              \
    X(TCP_COLLAPSED, "tcp_collapsed")       /* TCPRcvCollapsed: merged for lack of room */ \
    X(TCP_LISTEN_DROPS, "tcp_listen_drops") /* connections refused for lack of room */     \
    X(TCP_RETRANSMITS, "tcp_retransmits")   /* segments sent again */

#define HEALTH_ID(id, name) HEALTH_##id,
enum health_counter { HEALTH_COUNTERS(HEALTH_ID) N_HEALTH_COUNTERS };
#undef HEALTH_ID

extern const char *const health_counter_names[N_HEALTH_COUNTERS];

/*
 * A freeze: for longer than HEALTH_FREEZE the client did not come to what was there to be
 * sent or read, so that sends or stamps are late by that. Sockets that had to wait for
 * their turn, but whose stamps are the kernel's and exact, are none.
 */
#define HEALTH_FREEZE (5 * NS_PER_MS)

struct freeze {
    ns_t at; /* since the start of the run */
    ns_t length;
};

/*
 * The instrument's own state, one sample a second and worker, and one of the machine:
 * counters since the sample before, and histograms of ns. Filled by the engine, journaled,
 * summed by the recorder.
 */
#define HEALTH_MACHINE UINT32_MAX

struct health_sample {
    ns_t at;         /* since the start of the run */
    uint32_t worker; /* HEALTH_MACHINE: no worker's, but the whole machine's */
    uint32_t trial;
    uint64_t counters[N_HEALTH_COUNTERS];
    uint32_t in_flight;   /* most at once since the last sample */
    struct freeze freeze; /* the longest since then; length 0: none */
    /* All borrowed; NULL: none. */
    struct hist *send_lag;
    struct hist *read_lag;    /* kernel stamp -> our read; empty without kernel stamps */
    struct hist *stamp_error; /* of each frame: how late its stamp may be at most */
    struct hist *turn;        /* length of a loop turn, from waking to waiting */
};

/* What those distributions are called and are, but for send_lag, which is a metric too. */
struct health_lag {
    const char *name;
    const char *span;
    const char *of;
    const char *help;
};

enum { N_HEALTH_LAGS = 3 };
extern const struct health_lag health_lags[N_HEALTH_LAGS];

enum validity {
    VALIDITY_VALID,
    VALIDITY_DEGRADED,
    VALIDITY_CLIENT_LIMITED,
    VALIDITY_SIM_LIMITED
};

/* Are the figures those of the server, however rough? */
static inline bool validity_holds(enum validity v)
{
    return v == VALIDITY_VALID || v == VALIDITY_DEGRADED;
}

extern const char
    *const validity_names[]; /* "valid", "degraded", "INVALID: client-limited", ... */

/* A headline figure, in the unit of its metric; -1: not measured. */
struct health_figure {
    int64_t median;    /* of the strictest cell */
    int64_t error;     /* p99 of the errors of its values, or what its sample has of it */
    int64_t max_error; /* by how much its greatest value may be off */
};

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
    struct health_figure figures[N_HEADLINES];
};

/*
 * e = send_lag_p99 + stamp_error_p99. valid: e <= max(1 ms, 1 % of the median ttft_api);
 * degraded: e <= max(5 ms, 5 %); else, on any dropped record or unsent attempt, or where
 * adding e would flip a verdict: client-limited. *e is the error of the instrument.
 *
 * The same limits hold for the error of each headline figure against its own median; and
 * where a greatest value may be off by more than the limit of `degraded`, the run is no
 * better than that.
 */
enum validity health_judge(const struct health_facts *f, ns_t *e);

/* Is an error within the limits of `valid`? Absent is. */
bool health_is_small(ns_t error, ns_t median);

/* What the figure alone would make of the run: valid, degraded or client-limited. */
enum validity health_judge_figure(const struct health_facts *f, enum headline h);

/* May its greatest value be off by more than the limit of `degraded`? */
bool health_max_is_off(const struct health_facts *f, enum headline h);

#endif
