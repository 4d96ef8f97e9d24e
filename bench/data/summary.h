#ifndef DATA_SUMMARY_H
#define DATA_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "data/health.h"
#include "data/recorder.h"
#include "data/run.h"
#include "data/warning.h"

/*
 * What a run says, ready to be printed: made from the recorder, and so from the journal,
 * alone. Owns all it shows but the run; may outlive the recorder.
 *
 *     struct summary s;
 *     summary_make(&s, &run, rec);
 *     report_text(&out, &s, colour);
 *     summary_free(&s);
 */
enum stat_id { STAT_P50, STAT_P90, STAT_P95, STAT_P99, STAT_P999, N_STATS };

struct stat_row {
    const char *name; /* "p99" */
    double q;         /* 0.99 */
};

extern const struct stat_row stat_rows[N_STATS];

/* A percentile, where the sample is large enough to have one. */
struct summary_stat {
    bool present;
    int64_t value;
    int64_t lo; /* 95 % confidence interval; -1: no limit on that side */
    int64_t hi;
    uint64_t needs; /* the least n with which it is present */
};

/*
 * Values of one metric in one group, in the metric's unit. n = 0: all else is 0.
 *
 * `counted` is as how many independent values the n count, n where they do (series.h has
 * the rule). Intervals are of `counted`. So is the least sample in an open loop; in a
 * closed one it is of n, because there requests come in waves, which correlate although
 * they repeat themselves: a wider interval is right, a percentile withheld would not be.
 */
struct summary_metric {
    uint64_t n;
    bool has_effective;
    uint64_t effective; /* as measured, however sure */
    uint64_t counted;
    uint64_t carries; /* what the least sample is held against */
    int64_t min;
    int64_t max;
    int64_t mean;
    int64_t stddev;
    int64_t most; /* nine tenths are at most that, however few they are */
    struct summary_stat stats[N_STATS];
    uint32_t trials;   /* whose median is known */
    int64_t spread_lo; /* least and greatest median of a trial; -1 with fewer than two */
    int64_t spread_hi;
};

/* What a histogram says, percentiles only as far as its sample carries them. */
void summary_metric_of(struct summary_metric *m, const struct hist *h);

/*
 * The error of a headline figure in a group, in the metric's unit: p99 over its values, or
 * the highest percentile that so few have; of gaps that of all frames of the run. False
 * where nothing is known of it. *stat: which it is, STAT_P90 at least.
 */
struct summary;
struct summary_group;
bool summary_error(const struct summary *s, const struct summary_group *g, enum headline h,
                   int64_t *error, enum stat_id *stat);

struct summary_rate {
    bool present;
    double value; /* in the rate's unit, see rate_value */
    bool interval;
    double lo; /* Clopper-Pearson, 95 % */
    double hi;
};

/* The load that was asked for, and the one that arrived. */
struct summary_load {
    bool open;
    bool replay;   /* of a trace, asked for by its means */
    bool sessions; /* what is asked for, and arrives, are beginnings of sessions */
    bool by_count; /* the phase ends with the last of them */
    double asked;  /* requests per second, or concurrency: mean over the phase */
    double asked_first;
    double asked_last;
    double asked_cv;
    uint64_t planned; /* requests due */
    uint64_t issued;  /* of them, given to the API */
    bool has_rate;
    double rate; /* first attempts that left, per second of the phase */
    bool has_cv;
    double cv; /* of the gaps between them, where the asked rate would make them 1 */
    bool has_dispersion;
    double dispersion;  /* variance / mean of counts in windows; 1 is Poisson */
    double concurrency; /* mean number of attempts in flight */
};

enum { N_REGION_METRICS = 4 };
extern const enum metric_id region_metrics[N_REGION_METRICS];

struct summary_region {
    const char *name;
    uint64_t attempts;
    uint64_t errors;
    struct summary_metric metrics[N_REGION_METRICS];
};

/* Requests of sessions by turn; the last holds all beyond it as well. */
struct summary_turn {
    uint32_t turn; /* from 1 */
    uint64_t requests;
    uint64_t errors;
    struct summary_metric metrics[N_TURN_METRICS];
};

struct summary_group {
    uint32_t cell;
    uint32_t trial; /* only in `trials` */
    uint32_t phase; /* not in `measured` */
    bool measured;
    bool begun; /* anything of it is in the journal */
    ns_t begin; /* only in `trials`: since the start of the run, NS_ABSENT: not seen */
    struct tally tally;
    struct outcome_counts outcomes;
    struct summary_metric metrics[N_METRICS];
    struct extreme extremes[N_HEADLINES];
    struct summary_rate rates[N_RATES];
    struct summary_load load;
    struct steady_seen steady;      /* only in `trials` */
    struct summary_region *regions; /* of attempts that named one */
    size_t n_regions;
    struct summary_turn *turns; /* none where requests stand alone; not in `trials` */
    size_t n_turns;
};

struct summary_label {
    const char *name;
    uint64_t n;
};

struct summary_labels {
    struct summary_label *items; /* most frequent first */
    size_t n;
};

struct summary_cell {
    struct summary_labels labels[N_LABELS];
    struct wall wall;
    struct batches batches;
    struct limit_seen limits[N_LIMITS];
    const char *messages[N_OUTCOMES]; /* the first one of that kind; "" where none */
    int64_t words_per_token_ppm;      /* of its last trial; 0: no synthetic prompts */
    struct summary_group measured;    /* its measured phases, all trials */
};

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_NO_DATA, N_VERDICTS };
extern const char *const verdict_names[N_VERDICTS]; /* "pass", "fail", "no data" */

/* One objective in one cell. Failed requests count as infinitely slow. */
struct summary_slo {
    uint32_t slo;
    uint32_t cell; /* UINT32_MAX: its selectors name no cell */
    enum verdict verdict;
    bool has_value;
    bool infinite; /* so many failed that the percentile is one of them */
    double value;  /* in the unit of the metric or rate */
    bool interval; /* 95 % */
    double lo;
    double hi; /* -1: no limit on that side */
    uint64_t n;
    uint64_t needs; /* the least n that bears the claim */
    double error;   /* of the instrument, in the same unit; -1: none is known */
    bool flips;     /* adding it would turn the verdict */
};

struct summary_health {
    enum validity validity;
    ns_t e; /* error of the instrument; NS_ABSENT: nothing was measured */
    struct health_facts facts;
    uint64_t counters[N_HEALTH_COUNTERS];
    struct summary_metric send_lag;
    struct summary_metric read_lag;
    struct summary_metric stamp_error;
    struct summary_metric turn;
    struct freeze freeze; /* the longest; length 0: none */
    ns_t worker_ns;       /* how long the workers were there, added up */
    int64_t busiest_ppm;  /* of a core: the worker that used most */
    uint64_t samples;
    uint64_t in_flight_max;
};

/* Where the times of frames came from, or were to come from. */
enum stamps { STAMPS_NONE, STAMPS_KERNEL, STAMPS_READ, STAMPS_MIXED, N_STAMPS };
extern const char *const stamps_names[N_STAMPS]; /* "none", "kernel", "read", "mixed" */
enum stamps summary_stamps_asked(const struct summary *s);
enum stamps summary_stamps_used(const struct summary *s);

/* The search of a trial. */
struct search_probe;
struct summary_search {
    uint32_t cell;
    uint32_t trial;
    struct search_result result;
    int64_t
        knee_from;   /* where the knee is, as far as the verdicts are right; 0: unknown. */
    int64_t knee_to; /* result.lo and .hi, and what arrived where that was not it */
    struct search_probe *probes; /* in the order they were made */
    size_t n_probes;
    struct summary_slo *values; /* n_search_slos of each probe */
};

/* What the searches of a cell say together; in millionths of a request per second. */
struct summary_capacity {
    uint32_t searches;
    uint32_t found; /* of them: those whose answer has two sides */
    int64_t rate;   /* median of the middles of those; 0: none */
    int64_t error;  /* the knee is that far off it, to either side, in all of them */
    int64_t holds;  /* the lowest of the rates that were met; 0: in one none was */
    int64_t misses; /* the highest of those that were missed, of those found */
};

struct summary_warning {
    const struct warning *row;
    const char *text;
};

struct summary {
    struct arena arena;
    const struct run *run;
    bool ended;         /* the journal has its last line */
    struct run_end end; /* at: the latest moment seen where it has not */
    struct summary_cell *cells;
    struct summary_group *groups; /* [cell * n_phases + phase], all trials together */
    struct summary_group *trials; /* [trial * n_phases + phase] */
    struct tally total;           /* of the measured phases of all cells */
    struct tally all;             /* of all phases */
    struct outcome_counts outcomes;
    struct summary_slo *slos;
    size_t n_slos;
    struct summary_search *searches; /* one a trial; NULL: the run searches for nothing */
    size_t n_searches;
    enum verdict verdict; /* the worst: fail, then no data, then pass */
    struct summary_health health;
    struct summary_warning *warnings; /* the worst first */
    size_t n_warnings;
};

/* Of a run that searches. */
struct summary_capacity summary_capacity(const struct summary *s, uint32_t cell);

void summary_make(struct summary *s, const struct run *run, const struct recorder *r);
void summary_free(struct summary *s);

#endif
