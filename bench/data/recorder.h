#ifndef DATA_RECORDER_H
#define DATA_RECORDER_H

#include <stdint.h>

#include "data/arrivals.h"
#include "data/batches.h"
#include "data/hist.h"
#include "data/journal.h"
#include "data/labels.h"
#include "data/metric.h"
#include "data/rate.h"
#include "data/recorder_series.h"
#include "data/run.h"
#include "data/wall.h"

/*
 * Adds up a run: histograms per cell x trial x phase x metric (and region), tallies,
 * limits, health. Fed in the order of the journal, live or from the file; the same entries
 * give the same state. Memory depends on the number of trials, phases and regions, not of
 * requests: histograms of finished trials are kept encoded.
 *
 *     struct recorder *rec = recorder_open(&run);
 *     struct journal_sink sink = recorder_sink(rec);
 *     sink.record(sink.ctx, r); ...
 *     recorder_close(rec);
 */
struct recorder;

struct recorder *recorder_open(const struct run *run); /* run is borrowed */
void recorder_close(struct recorder *r);
struct journal_sink recorder_sink(struct recorder *r);

/* Outcomes of final attempts and of all attempts. */
struct outcome_counts {
    uint64_t final[N_OUTCOMES];
    uint64_t all[N_OUTCOMES];
};

/* What was seen of one rate limit in a cell. */
struct limit_seen {
    int64_t limit;     /* latest; -1: never seen */
    int64_t remaining; /* latest */
    int64_t lowest;    /* lowest remaining seen */
    ns_t reset;        /* latest */
    ns_t at;           /* when the latest was seen */
};

/* Texts of answers that are counted per cell. */
enum label {
    LABEL_TIER,       /* echoed */
    LABEL_EDGE,       /* where the connection was taken */
    LABEL_FINISH,     /* finish_reason */
    LABEL_ERROR_CODE, /* of attempts that are errors */
    LABEL_LIMIT_KIND, /* which limit a 429 or 413 named */
    N_LABELS
};
extern const char *const label_names[N_LABELS];

/* A group is a trial's phase. Every pointer is valid until the next entry or the close. */
const struct tally *recorder_tally(const struct recorder *r, uint32_t trial,
                                   uint32_t phase);
const struct outcome_counts *recorder_outcomes(const struct recorder *r, uint32_t trial,
                                               uint32_t phase);

/*
 * The greatest value of a headline figure, and what it would be if every value were off by
 * the whole error of its own, downwards or upwards.
 */
struct extreme {
    int64_t most;
    int64_t least_most;
    int64_t most_most;
};
void extreme_add(struct extreme *into, const struct extreme *other);
int64_t extreme_error(const struct extreme *x); /* how far `most` may be off */
struct extreme recorder_extreme(const struct recorder *r, uint32_t trial, uint32_t phase,
                                enum headline h);

/*
 * Adds the group's histogram to what is in *h, which the caller made with
 * hist_init_standard; so several groups merge. False where the group has no values.
 */
bool recorder_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                   enum metric_id m, struct hist *h);

/*
 * What the group's values of a metric are worth, and whether they are of a steady state;
 * see recorder_series.h. False: not known, to be taken for as many as they are.
 */
bool recorder_sample(const struct recorder *r, uint32_t trial, uint32_t phase,
                     enum metric_id m, struct sample *s);
struct steady_seen recorder_steady(const struct recorder *r, uint32_t trial,
                                   uint32_t phase);
struct growth recorder_growth(const struct recorder *r, uint32_t trial, uint32_t phase,
                              enum growth_id id);

/* When the phase began and ended, as far as was told: NS_ABSENT else. */
void recorder_phase(const struct recorder *r, uint32_t trial, uint32_t phase,
                    struct phase_event *begin, struct phase_event *end);

/* The load asked of a phase: as the run line says, or its begin where that was a guess. */
const struct run_load *recorder_load(const struct recorder *r, uint32_t trial,
                                     uint32_t phase);

/* Attempts during the phase for which the machine had no descriptor or port. */
uint64_t recorder_unsent(const struct recorder *r, uint32_t trial, uint32_t phase);

/*
 * The load that arrived; and the time all attempts of the group were in flight, summed,
 * with the time that is about: *over, to the end of a phase that lasts by the clock, else
 * to that of its last attempt.
 */
struct arrivals_seen recorder_arrivals(const struct recorder *r, uint32_t trial,
                                       uint32_t phase);
ns_t recorder_in_flight(const struct recorder *r, uint32_t trial, uint32_t phase,
                        ns_t *over);

/* Regions of a group: how many, their names and counts, their histograms (added to *h). */
size_t recorder_regions(const struct recorder *r, uint32_t trial, uint32_t phase);
const char *recorder_region(const struct recorder *r, uint32_t trial, uint32_t phase,
                            size_t region, uint64_t *attempts, uint64_t *errors);
bool recorder_region_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                          size_t region, enum metric_id m, struct hist *h);

/*
 * Turns of sessions, 1 to RECORDER_TURNS, the last together with all beyond it: requests
 * and errors of a group, its histograms (added to *h). False: none was seen.
 */
enum { RECORDER_TURNS = 16, N_TURN_METRICS = 4 };
extern const enum metric_id turn_metrics[N_TURN_METRICS];
bool recorder_turn(const struct recorder *r, uint32_t trial, uint32_t phase, uint32_t turn,
                   uint64_t *requests, uint64_t *errors);
bool recorder_turn_hist(const struct recorder *r, uint32_t trial, uint32_t phase,
                        uint32_t turn, enum metric_id m, struct hist *h);

/* Of a cell, all its trials and phases. */
size_t recorder_labels(const struct recorder *r, uint32_t cell, enum label l,
                       const struct label_count **items);
const struct limit_seen *recorder_limit(const struct recorder *r, uint32_t cell,
                                        enum limit_kind kind);
const struct wall *recorder_wall(const struct recorder *r, uint32_t cell);
const struct batches *recorder_batches(const struct recorder *r, uint32_t cell);
const char *recorder_message(const struct recorder *r, uint32_t cell, enum outcome o);

/* Requests that met every bound of a goodput objective, by number of the objective. */
uint64_t recorder_good(const struct recorder *r, uint32_t trial, uint32_t phase,
                       size_t slo);

/* Health, summed over workers and time. */
struct health_seen {
    uint64_t samples;
    uint64_t counters[N_HEALTH_COUNTERS];
    uint64_t in_flight_max; /* never more: the most of each worker in a second, added up */
    struct freeze freeze;   /* the longest; length 0: none */
    ns_t worker_ns;         /* how long the workers were there, added up */
    int64_t busiest_ppm;    /* of a core: the worker that used most */
    const struct hist *send_lag;
    const struct hist *read_lag; /* kernel stamp -> our read; empty without kernel stamps */
    const struct hist *stamp_error; /* how far stamps of frames may be off; its p99 is
                                       health_facts.stamp_error_p99 */
    const struct hist *turn;
};
void recorder_health(const struct recorder *r, struct health_seen *h);

/* The end line; false, and *end with the latest moment seen, where there is none. */
bool recorder_end(const struct recorder *r, struct run_end *end);

/* The run as it is now, for the live view. Moments are of the journal. */
struct recorder_live {
    ns_t at; /* latest moment seen */
    uint32_t trial;
    uint32_t phase;
    ns_t phase_begin;      /* NS_ABSENT: none has begun */
    uint64_t requests;     /* ended, of the whole run */
    uint64_t errors;       /* of them */
    uint64_t in_flight;    /* as the last health samples said */
    double requests_per_s; /* over the last seconds */
    double tokens_per_s;
    uint64_t ttft_n; /* of the phase under way */
    ns_t ttft_p50;   /* NS_ABSENT: no value yet */
    ns_t ttft_p95;
};
void recorder_live(const struct recorder *r, struct recorder_live *live);

#endif
