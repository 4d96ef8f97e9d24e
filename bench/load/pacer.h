#ifndef LOAD_PACER_H
#define LOAD_PACER_H

#include "base/clock.h"
#include "data/catalogue.h"
#include "data/rate_limit.h"
#include "data/record.h"

/*
 * Holds attempts back so that the server has no reason to refuse them: the client's copy of
 * the buckets of one model and tier (requests, tokens, seconds of audio; rate_limit.h).
 * Starts from the catalogue, learns from headers and refusals; what is not known lets pass.
 * Shared by all workers, locked inside; who waits in which order is up to the caller.
 *
 *     ns_t again = pacer_admit(p, need, now);
 *     if (again) ask again at that time; else send
 *     ... pacer_settle(p, need, used, record.limits, now);
 */
struct pacer;

/* Pacers of a run by model and tier: limits outlive trials. */
struct pacers;

/* The catalogue (NULL: none) must outlive them. */
struct pacers *pacers_open(const struct catalogue *c);
void pacers_close(struct pacers *ps);

/*
 * The one of that model (NULL: not told), tier (NULL: on_demand) and plan (NULL: free),
 * made on first use; it lives until pacers_close. flex has ten times the limits; of other
 * tiers nothing is known beforehand.
 */
struct pacer *pacers_get(struct pacers *ps, const char *model, const char *tier,
                         const char *plan, ns_t now);

/*
 * Take what a request needs (of tokens the prompt and the most it may generate: the server
 * may reserve that) from all buckets. 0: taken. Else nothing was taken, and there is no use
 * in asking before the time that comes back, which is above now.
 */
ns_t pacer_admit(struct pacer *p, struct rate_need need, ns_t now);

/*
 * The answer has come: took was taken, used is what it was in the end (-1: not told, then
 * what was taken stays booked). limits: N_LIMITS triples from its headers.
 */
void pacer_settle(struct pacer *p, struct rate_need took, struct rate_need used,
                  const struct limit *limits, ns_t now);

/*
 * It was refused by a limit (429): kind "TPM", "RPD", ... or "" where not told; wait as
 * announced, NS_ABSENT: not. Comes instead of pacer_settle.
 */
void pacer_refused(struct pacer *p, struct rate_need took, const char *kind, ns_t wait,
                   const struct limit *limits, ns_t now);

/* How long until that would be admitted; 0: now. For retries. */
ns_t pacer_wait(struct pacer *p, struct rate_need need, ns_t now);

#endif
