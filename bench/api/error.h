#ifndef API_ERROR_H
#define API_ERROR_H

#include "api/answer.h"
#include "base/str.h"
#include "data/outcome.h"

/* Why a transfer ended, as far as the HTTP library tells. */
enum transfer_end {
    TRANSFER_DONE, /* the body ended as HTTP says it should */
    TRANSFER_CONNECT_TIMEOUT,
    TRANSFER_FIRST_TIMEOUT,
    TRANSFER_IDLE_TIMEOUT,
    TRANSFER_TOTAL_TIMEOUT,
    TRANSFER_BROKEN,  /* DNS, connect, TLS, reset, short body */
    TRANSFER_GARBAGE, /* not HTTP, or larger than we accept */
    TRANSFER_CUT
};

/*
 * Body of an answer whose status is 400 or more: JSON error object, HTML or plain text.
 * Fills error, error_type, error_code, limit_kind, retry_in. Never fails.
 */
void error_body(struct answer *a, struct str body);

/* The value of an "error" member, object or not; also of x_groq.error. */
void error_value(struct answer *a, struct str json);

/* The rate-limit prose: kind ("TPM"), limit, used, requested, wait; -1 or "" where not
 * there. */
struct error_prose {
    struct str kind;
    int64_t limit;
    int64_t used;
    int64_t requested;
    ns_t wait;
};
void error_prose(struct str message, struct error_prose *prose);

/* Status, error, end of transfer and completeness to one class. */
enum outcome error_classify(const struct answer *a, enum transfer_end end, bool complete);

/* Is the limit one of a day (RPD, TPD, ASD, ASPD), which no retry within a run can outwait?
 */
bool error_is_daily(const struct answer *a);

#endif
