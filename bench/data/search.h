#ifndef DATA_SEARCH_H
#define DATA_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * The search for the knee: the highest rate at which objectives still hold. Pure: it is
 * told what each probe said of its rate and answers which rate to try next, or that no
 * further probe would tell more.
 *
 *     struct search s;
 *     search_init(&s, &range);
 *     while (search_next(&s, &rate))
 *         search_tell(&s, rate, verdict of a probe at that rate);
 *     result = search_result(&s);
 *
 * First the rate is doubled until the objectives are missed, then the bracket is split
 * until it is narrow enough. A probe that cannot decide is made a second time, longer
 * (search_tries). In the end each side of the bracket is probed a second time, so that no
 * single hiccup makes the answer; where the two differ a third one decides, and where one
 * of them cannot tell a third one is asked. A rate that the client cannot carry, twice, is
 * a ceiling of ours and never taken for the server's.
 *
 * Rates are millionths of a request per second, so that equal ones are equal.
 */
enum { SEARCH_MAX_PROBES = 30 };

enum search_verdict {
    SEARCH_MET,        /* the objectives hold, as sure as asked for */
    SEARCH_MISSED,     /* one of them does not */
    SEARCH_UNSURE,     /* the sample cannot tell */
    SEARCH_INVALID,    /* the client could not carry the rate: nothing of the server */
    SEARCH_UNFINISHED, /* stopped on the way; is not told to the search */
    N_SEARCH_VERDICTS
};
extern const char *const search_verdict_names[N_SEARCH_VERDICTS];

struct search_range {
    int64_t from;
    int64_t to;
    int64_t within_ppm; /* the bracket is narrow enough at that share of its lower side */
    uint32_t probes;    /* at most; 1..SEARCH_MAX_PROBES */
};

/*
 * A search as a scenario asks for it. Each probe is a phase, or two where it settles first
 * without being measured. range.probes 0: none.
 */
struct search_spec {
    struct search_range range;
    ns_t duration;  /* of a probe, at least */
    ns_t settle;    /* 0: not at all */
    uint64_t least; /* requests of a probe, at least */
    uint32_t first; /* the phase with which its first probe begins */
    ns_t budget;    /* of time, from its first probe to the end of its last; 0: none */
    ns_t drain;     /* what a probe may take to drain where there is that much time left */
};

/* The phase in which probe i is measured; the one before it settles. */
uint32_t search_phase(const struct search_spec *spec, unsigned i);

/* Is the phase one of a probe, or of its settling? Then its load was not known beforehand.
 */
bool search_has_phase(const struct search_spec *spec, uint32_t phase);

/* How long a probe at that rate lasts, the n-th at it, from 1. */
ns_t search_duration(const struct search_spec *spec, int64_t rate, unsigned n);

/*
 * The same with no more than `left` of the budget, its settling and the least it needs to
 * drain not counted: a second probe may be shortened, though not below the first. 0: none
 * fits.
 */
ns_t search_fit(const struct search_spec *spec, int64_t rate, unsigned n, ns_t left);

/*
 * By how much, in ppm, a rate may be above what a server can do without its queue being
 * called growing: less than what else moves latencies within a probe.
 */
int64_t search_blind_ppm(const struct search_range *range);

struct search {
    struct search_range range;
    unsigned n;
    struct search_step {
        int64_t rate;
        enum search_verdict verdict;
    } steps[SEARCH_MAX_PROBES];
};

void search_init(struct search *s, const struct search_range *range);
void search_tell(struct search *s, int64_t rate, enum search_verdict verdict);
bool search_next(const struct search *s, int64_t *rate);

/* How many probes at that rate have been told. */
unsigned search_tries(const struct search *s, int64_t rate);

enum search_end {
    SEARCH_FOUND,  /* between lo and hi */
    SEARCH_BELOW,  /* not even `from` is surely met */
    SEARCH_ABOVE,  /* `to` is not surely missed */
    SEARCH_CLIENT, /* the client can carry no more than lo: INVALID as a limit of the server
                    */
    SEARCH_OPEN,   /* another probe would have told more */
    N_SEARCH_ENDS
};
extern const char *const search_end_names[N_SEARCH_ENDS];

struct search_result {
    enum search_end end;
    int64_t lo;      /* the highest rate that was met; 0: none */
    int64_t hi;      /* the lowest that was missed; 0: none */
    int64_t ceiling; /* the lowest that the client could not carry; 0: none */
};

struct search_result search_result(const struct search *s);

#endif
