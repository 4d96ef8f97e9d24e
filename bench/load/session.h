#ifndef LOAD_SESSION_H
#define LOAD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "api/endpoint.h"
#include "base/buf.h"
#include "base/clock.h"
#include "data/record.h"
#include "data/scenario.h"
#include "load/prompts.h"

/*
 * What follows the answer of a request: the next request of the same session, some time
 * later, with all that went before in its prompt. How long a session is, how long its user
 * thinks and what is said are functions of (seed, round, number of the session, turn) and
 * of the answers; so the number of threads changes nothing. No clock, no I/O.
 *
 *     struct session s;
 *     session_init(&s);
 *     session_begin(&s, &rules, number, &prompt, &extra);    // turn 1 has that prompt
 *     while (session_follow(&s, &rules, &record, &answer, &wait, &info, &whole))
 *         ... `wait` behind the end of the answer: session_prompt(&s, &out, &extra)
 *     session_free(&s);
 */
struct session_rules {
    const struct session_spec *spec;
    const struct endpoint *endpoint;
    uint64_t seed;
    uint64_t round;
    double words_per_token;
    const struct prompts *prompts; /* whose rows are the conversations, if they are */
};

struct session {
    struct buf prompt; /* a JSON array of all that was said, without its last bracket */
    struct buf extra;  /* what the first request had behind its prompt, and so has each */
    uint64_t number;   /* prompts_number */
    uint32_t turn;     /* of the request under way or about to be, from 1 */
    uint32_t turns;    /* it has at most */
    uint32_t asked;    /* messages of the user in it */
};

/* What a prompt may grow to: one that would be longer ends its session. */
enum { SESSION_MAX_PROMPT = 16 << 20 };

void session_init(struct session *s);
void session_free(struct session *s);

/* prompt, extra: of the first request, as prompts_make made them. */
void session_begin(struct session *s, const struct session_rules *rules, uint64_t number,
                   const struct buf *prompt, const struct buf *extra);

/*
 * The final attempt of a turn has ended. True: another follows, `*wait` behind its end, and
 * the session stands there; *info of the turn before becomes its own. False: the session is
 * over; *whole: because it has come to its end, and not because an answer failed, was too
 * long to go on from, or called tools that the scenario has no result for.
 */
bool session_follow(struct session *s, const struct session_rules *rules,
                    const struct record *r, const struct answer *a, ns_t *wait,
                    struct prompt_info *info, bool *whole);

/* The whole JSON array of this turn, and what stands behind it. */
void session_prompt(const struct session *s, struct buf *out, struct buf *extra);

/* Few sessions have more requests than that. */
uint32_t session_most_turns(const struct session_spec *spec);

/* Mean number of requests of a session, and of those before each request in it. */
void session_means(const struct session_spec *spec, double *turns, double *before);

#endif
