#ifndef DATA_EVIDENCE_H
#define DATA_EVIDENCE_H

#include "data/hists.h"
#include "data/slo.h"
#include "data/summary.h"

/*
 * What of a run is kept to compare it with others: of each trial and measured phase the
 * counts and the histograms. Made from a summary and its recorder, or read from the store
 * of baselines; owns all of it.
 *
 *     struct evidence *e = evidence_make(&summary, recorder);
 *     evidence_value(&e->trials[0], &rule, &value);
 *     evidence_free(e);
 */
struct evidence_part {
    const char *phase;
    struct tally tally;
    uint64_t attempt_errors; /* attempts that are errors */
    bool open;
    double asked;            /* rate or concurrency; mean */
    double rate;             /* that arrived; below 0: not known */
    double worth[N_METRICS]; /* as how many independent values one counts: 1 at most */
    struct hists hists;
};

struct evidence_trial {
    const char *cell;  /* its name: "model=a service_tier=flex" */
    const char *shown; /* what sets it apart; "" without a matrix */
    const char *model; /* asked for; "" */
    const char *tier;
    uint32_t round;
    struct evidence_part *parts; /* the measured phases */
    size_t n_parts;
};

struct evidence {
    struct arena arena;
    const char *id; /* of the run */
    const char *name;
    const char *source; /* for people: a path, or what it is called in the store */
    const char *digest;
    const char *target;
    const char *scenario; /* resolved, JSON */
    const char *host;     /* name, processor and how many cores */
    const char *tool;
    uint64_t seed;
    ns_t at; /* since 1970 */
    enum validity validity;
    bool complete;          /* ran to its end */
    ns_t e;                 /* error of the instrument; NS_ABSENT */
    double words_per_token; /* 0: no synthetic prompts */
    struct evidence_trial *trials;
    size_t n_trials;
};

struct evidence *evidence_make(const struct summary *s, const struct recorder *r,
                               const char *source);
void evidence_free(struct evidence *e);

/* Could anything be learnt from it about the API? */
bool evidence_is_good(const struct evidence *e);

/*
 * What a trial says about the subject of a rule, over the measured phases the rule selects.
 * Failures count as infinitely bad: as the worst value a histogram can hold.
 */
struct evidence_value {
    bool present; /* there is a value, and the sample bears it */
    double value; /* in the unit of the metric or rate */
    uint64_t n;
    uint64_t needs;  /* 10 beyond the percentile */
    double num, den; /* of a share */
};
void evidence_value(const struct evidence_trial *t, const struct slo *rule,
                    struct evidence_value *v);

/* The values of a percentile as one histogram, failures at the bad end; for two single
 * trials. *counted: as how many independent ones. The caller made *h. */
void evidence_hist(const struct evidence_trial *t, const struct slo *rule, struct hist *h,
                   double *counted);

/* Does the rule's selection mean this trial's cell? */
bool evidence_selects(const struct evidence_trial *t, const struct slo *rule);

#endif
