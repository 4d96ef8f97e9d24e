#ifndef EXPORTERS_POST_H
#define EXPORTERS_POST_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/str.h"

/*
 * What is to be done about a chunk that was posted: OTLP's rules, which suit others too.
 * No I/O and no clock; times are of any clock that is always the same.
 *
 *     post_begin(&p, now, timeout, longest_wait);
 *     do  ... send ...  while (post_again(&p, &answer, now, &rng, &wait) == POST_LATER);
 */
enum post_result {
    POST_ANSWERED,
    POST_NO_CONNECTION, /* could not be made */
    POST_NO_ANSWER,     /* it was, and broke before an answer was whole */
    POST_TIMED_OUT,
    POST_TOO_LARGE, /* the answer is larger than is read */
    POST_NO_TRUST   /* certificates or their files are not as they must be */
};

struct post_answer {
    enum post_result result;
    int status;       /* of HTTP where it answered */
    ns_t retry_after; /* NS_ABSENT: not told */
};

enum post_verdict {
    POST_TAKEN, /* 2xx */
    POST_LATER, /* the same bytes again, after a wait */
    POST_NEVER  /* not to be sent again */
};

struct post {
    ns_t deadline; /* of all attempts together; INT64_MAX: none */
    ns_t longest;  /* wait that is not asked for by the server */
    unsigned attempts;
};

/* timeout NS_ABSENT: none. */
void post_begin(struct post *p, ns_t now, ns_t timeout, ns_t longest);

/*
 * After an attempt. LATER: *wait says when, and it is before the deadline. A wait that the
 * server asked for is obeyed; others are 1 s, 2 s, 4 s, ... up to the longest, each between
 * half and one and a half of that.
 */
enum post_verdict post_again(struct post *p, const struct post_answer *a, ns_t now,
                             struct rng *rng, ns_t *wait);

/* Retry-After: whole seconds, or a date (real: now by the wall clock). NS_ABSENT: neither.
 */
ns_t post_retry_after(struct str value, ns_t real);

#endif
