#ifndef DATA_COMPARE_H
#define DATA_COMPARE_H

#include "data/evidence.h"

/*
 * Two sides, base and head: are they different, by how much, how sure? The unit is the
 * trial: of each figure a trial gives one value, and ranks tell the sides apart.
 *
 *     struct compare c;
 *     compare_make(&c, &base, &head, &rules, &options);
 *     use(c.rows);
 *     compare_free(&c);
 */
enum compare_method {
    COMPARE_NONE,   /* too little of everything */
    COMPARE_RANKS,  /* Mann-Whitney, Hodges-Lehmann */
    COMPARE_PAIRS,  /* signed ranks: trial i of both sides asked the same at the same times
                     */
    COMPARE_SINGLE, /* one trial a side: bootstrap of its requests; says nothing of builds
                     */
    COMPARE_SHARES, /* Fisher's test of counts, which vary as they do from trial to trial */
    N_COMPARE_METHODS
};
extern const char *const compare_method_names[N_COMPARE_METHODS];

enum compare_verdict {
    COMPARE_PASS,
    COMPARE_FAIL,
    COMPARE_INCONCLUSIVE,
    COMPARE_NO_DATA /* the sample of a trial cannot bear the figure */
};

struct compare_side {
    struct evidence *const *runs; /* borrowed */
    size_t n;
};

/* How a figure varies from trial to trial where nothing changed, from somewhere else. */
struct compare_floor {
    const char *cell;    /* "" where there is one only */
    const char *subject; /* "ttft p95", "tps_total": as compare_subject */
    double log_sd;
    size_t values;    /* that it was found from */
    double empirical; /* floor of `trials` against `trials` */
    size_t trials;
};

struct compare_rules {
    const struct slo *p; /* borrowed */
    size_t n;
    bool usual; /* nobody asked for them: what has no data is not missed */
};

struct compare_options {
    const struct compare_floor *floors;
    size_t n_floors;
};

struct compare_values {
    double *p; /* one a trial */
    size_t n;
    double median;
    uint64_t requests; /* in all */
    double num, den;   /* of a share, in all */
};

struct compare_row {
    const struct slo *rule;
    const char *subject; /* "ttft p95" */
    const char *cell;    /* shown; "" */
    bool watched;        /* tells, does not gate */
    struct compare_values base, head;
    enum compare_method method;
    bool has_ratio;
    double ratio; /* above 1 is worse, whatever the figure */
    double lo, hi;
    double confidence;
    bool tested;
    double p;
    double adjusted;   /* by Holm, over the gating rows */
    double threshold;  /* ratio that the rule allows */
    double floor;      /* noise floor as a share; 0: not known */
    double limit;      /* the larger of both */
    double log_sd;     /* of the sides, pooled; of pairs: of their differences */
    double detectable; /* share; 0: not known */
    uint64_t needs;    /* no data: requests a trial */
    size_t trials;     /* inconclusive: so many a side would tell; 0: not known */
    enum compare_verdict verdict;
    bool changed; /* for sure, though it does not fail */
};

/* A remark: told only; forbids a verdict, unless somebody wants one all the same; forbids
 * it. */
enum compare_weight { COMPARE_TOLD, COMPARE_YIELDS, COMPARE_BLOCKS };

/* Why two sides may not be alike beside what is compared. */
struct compare_remark {
    enum compare_weight weight;
    const char *text;
};

struct compare {
    struct arena arena;
    struct compare_row *rows;
    size_t n_rows;
    size_t n_tests;
    struct compare_remark *remarks;
    size_t n_remarks;
    size_t base_trials, head_trials;
    bool paired; /* trials could be paired */
    bool single;
};

/* rules and sides have to outlive it. */
void compare_make(struct compare *c, const struct compare_side *base,
                  const struct compare_side *head, const struct compare_rules *rules,
                  const struct compare_options *o);
void compare_free(struct compare *c);

/* What a rule is about, without its bound: "ttft p95". */
const char *compare_subject(struct arena *arena, const struct slo *rule);

/* The alert thresholds of production readiness, parsed into the arena. */
struct compare_rules compare_usual_rules(struct arena *arena);

/* The regressions of a scenario (JSON); n = 0 where it names none. */
struct compare_rules compare_scenario_rules(const char *scenario, struct arena *arena);

/* One more remark, once; text has to live as long as c->arena. */
void compare_remark(struct compare *c, enum compare_weight weight, const char *text);

/* May these sides be held against one another? (compare_fit.c) */
void compare_fit(struct compare *c, const struct compare_side *base,
                 const struct compare_side *head);

#endif
