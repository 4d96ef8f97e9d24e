#ifndef DATA_SCENARIO_DRAFT_H
#define DATA_SCENARIO_DRAFT_H

#include "data/keys.h"
#include "data/scenario.h"
#include "data/scenario_keys.h"

/*
 * Inside of the scenario reader only: what one tree says, as the rows of scenario_keys fill
 * it, before it is checked as a whole and becomes a cell.
 */

/* A rate or concurrency as written: one value, a ramp between two, or steps. */
struct profile {
    const struct node *at; /* NULL: not written */
    const double *values;
    size_t n;
    bool ramp;
};

struct slos {
    struct slo *p;
    size_t n;
};

/* A rate that is to be found; the phase stands for all its probes. */
struct search_draft {
    struct slos slos;
    double from; /* requests per second */
    double to;
    int64_t within_ppm;
    unsigned probes;
    ns_t settle;
    ns_t budget; /* NS_ABSENT or 0: none */
};

struct phase_draft {
    struct phase phase;
    struct profile rate;
    struct profile concurrency;
    struct search_draft search;
    const char *replay; /* path; NULL: not written */
    const struct node *node;
    const struct node **seen; /* as in struct keys_reader */
};

struct phases {
    struct phase_draft *p;
    size_t n;
};

struct draft {
    const char *name;
    uint64_t seed;
    unsigned repeat;
    bool concurrent;
    bool record_content;
    struct budget budget;
    struct cell cell;
    struct texts image_files;
    struct texts image_urls;
    struct texts headers;
    struct texts sim;
    struct texts session_messages;
    const struct node *body;
    const struct node *messages;
    const struct node *matrix;
    struct phases phases;
    unsigned http;
    struct slos slos;
    struct slos regressions;
    struct slos answer;
    unsigned answer_by;
    const char *answer_against;
    const struct node **seen; /* as in struct keys_reader */
};

/* Types of the table that only scenarios have. */
extern const struct key_type key_target;
extern const struct key_type key_proxy;
extern const struct key_type key_variable;
extern const struct key_type key_headers;
extern const struct key_type key_body;
extern const struct key_type key_messages;
extern const struct key_type key_sizes;
extern const struct key_type key_phases;
extern const struct key_type key_rates;
extern const struct key_type key_slots;
extern const struct key_type key_rate;
extern const struct key_type key_percent;
extern const struct key_type key_arrival;
extern const struct key_type key_matrix;
extern const struct key_type key_slos;
extern const struct key_type key_figures;

/* Name of the phase that is item i of `load`: as written, else "probe" of a search,
 * "phase1", ... */
const char *phase_name(struct arena *a, const struct node *load, size_t i);

/* A whole tree into a draft: its keys one by one, the load, the checks across keys. */
int draft_read(struct draft *d, struct keys_reader *r, const struct node *root);

/* Points, curves and ends of the phases of a draft; checks them. */
int draft_load(struct draft *d, struct keys_reader *r);

/* Is the rate of the phase to be found? */
bool draft_searches(const struct phase_draft *d);

/*
 * Checks the search of the last phase, and puts the phases of its probes behind those that
 * are there, d->cell.n_phases of them.
 */
enum { SEARCH_MOST_PHASES = 2 * SEARCH_MAX_PROBES };
int draft_search(struct draft *d, struct keys_reader *r, struct phase *phases);

/* The curve of a constant rate. */
void draft_constant(struct phase *p, double rate, struct arena *a);

/* The first sentence of the comment that opens a file; NULL where there is none. */
const char *scenario_question(struct arena *a, const char *text, size_t n);

/* "scenarios/chat steady.yaml" is called "chat-steady", no file "run". */
const char *scenario_name(struct arena *a, const char *file);

/* Do the selectors of objectives select something? `at` is where those were written. */
int slos_check(const struct slos *slos, const struct scenario *s, const struct node *at,
               struct err *err);

/* The same of what answers the question: is it there to be told apart by? */
int answer_check(const struct draft *d, const struct scenario *s, struct err *err);

/* Where the value of a key was written; NULL where it was not. */
const struct node *draft_seen(const struct node *const *seen, const char *path);

/*
 * A tree with one value set (NULL: taken away) at a dotted path: "load.steady.rate",
 * "request.body.temperature", "matrix.model", "limits".
 */
int path_set(const struct node **root, struct keys_reader *r, const char *path,
             struct mark mark, const struct node *value);

/* The path for a key of the matrix: "request.model" for "model". -1 where none may be. */
int path_of_matrix(struct keys_reader *r, const struct member *m, const char **path);

/* scenario.resolved and scenario.json of what root says, from a scenario with its cells. */
void scenario_write(struct scenario *s, struct keys_reader *r, const struct node *root);

#endif
