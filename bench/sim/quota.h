#ifndef SIM_QUOTA_H
#define SIM_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "sim/meter.h"

/*
 * The rate limits of one organization, model and tier, and the book of all of them.
 *
 *     struct quota *q = quota_get(&book, org, model, flex, &rates, now);
 *     if (quota_admit(q, need, now, &denial)) ...    // 429 or 413: quota_denial_text
 *     quota_show(q, &rates, now, &shown);                      // what the headers say
 *     quota_debit(q, completion, now);                 // once they are generated
 */
enum quota_kind {
    QUOTA_RPM,
    QUOTA_RPD,
    QUOTA_TPM,
    QUOTA_TPD,
    QUOTA_ASH, /* seconds of audio per hour, per day */
    QUOTA_ASD,
    N_QUOTAS
};

/* What a request takes beside itself. */
struct quota_need {
    int64_t tokens;
    int64_t audio_s;
};

/* Limits as configured; 0: none. */
struct quota_rates {
    int64_t limit[N_QUOTAS];
    int64_t announced[N_QUOTAS]; /* what headers tell instead; 0: the limit itself */
    double speed;                /* minutes and days pass so many times faster */
};

struct quota {
    struct meter meters[N_QUOTAS];
};

/* Which limit stopped a request. */
struct quota_denial {
    enum quota_kind kind;
    int64_t limit;
    int64_t used;
    int64_t requested;
    ns_t wait;
    bool too_large; /* it never fits: 413, not 429 */
};

/* The triples of the headers; limit 0: no such header. */
struct quota_shown {
    struct quota_triple {
        int64_t limit;
        int64_t remaining;
        ns_t reset;
    } requests, tokens, audio;
};

struct quota_book {
    struct quota_entry *entries;
    size_t n;
    size_t cap;
};

extern const char *const quota_names[N_QUOTAS]; /* "rpm", ... as settings call them */

void quota_book_free(struct quota_book *b);

/* Made full on first use. Valid until the book is freed. */
struct quota *quota_get(struct quota_book *b, uint64_t org, const char *model, bool flex,
                        const struct quota_rates *rates, ns_t now);

/* Take one request and what it needs, or nothing: -1 with the denial. */
int quota_admit(struct quota *q, struct quota_need need, ns_t now, struct quota_denial *d);

/* More tokens, or fewer (n < 0), once it is known. */
void quota_debit(struct quota *q, int64_t n, ns_t now);

/* As rates announce it, be it true or not. */
void quota_show(struct quota *q, const struct quota_rates *rates, ns_t now,
                struct quota_shown *s);

/* "tokens", "requests" or "seconds": the error's type. */
const char *quota_denial_type(const struct quota_denial *d);
int64_t quota_retry_after_s(const struct quota_denial *d); /* rounded up */
void quota_denial_text(struct buf *out, const struct quota_denial *d, const char *model,
                       const char *org, const char *tier);

#endif
