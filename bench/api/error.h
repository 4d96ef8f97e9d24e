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
 * Fills error, error_type, error_code, error_status, limit_kind, limit_size, retry_in.
 * Never fails. The first error of an attempt stays, later ones are ignored.
 */
void error_body(struct answer *a, struct str body);

/* The value of an "error" member, object or not; also of x_groq.error. */
void error_value(struct answer *a, struct str json);

/* A body that should not be there: the title of an HTML page, the start of a text. */
void error_excerpt(struct str body, struct buf *out, struct str secret);

/*
 * Status, error, end of transfer and completeness (asked for where the transfer is
 * TRANSFER_DONE) to one class. An answer whose end mark has come is whole, even where the
 * connection breaks behind it.
 */
enum outcome error_classify(const struct answer *a, enum transfer_end end, bool complete);

/* Is the limit one of a day (RPD, TPD, ASD, ASPD), which no retry within a run can outwait?
 */
bool error_is_daily(const struct answer *a);

#endif
