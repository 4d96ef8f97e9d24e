#ifndef DATA_OUTCOME_H
#define DATA_OUTCOME_H

#include <stdbool.h>

#include "base/str.h"

/* How an attempt ended. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_EMPTY,        /* answered well, but without any visible text or tool call */
    OUTCOME_RATE_LIMITED, /* 429 */
    OUTCOME_TOO_LARGE,    /* 413 */
    OUTCOME_CAPACITY,     /* 498 */
    OUTCOME_OVERLOADED,   /* 502, 503, 504, 52x */
    OUTCOME_SERVER,       /* 500 and other 5xx */
    OUTCOME_GENERATION,   /* json_validate_failed, tool_use_failed, output_parse_failed */
    OUTCOME_BAD_REQUEST,  /* other 4xx */
    OUTCOME_AUTH,         /* 401, 403 */
    OUTCOME_BLOCKED,      /* spend limit */
    OUTCOME_PARTIAL,      /* error event or truncation after output */
    OUTCOME_PROTOCOL,     /* bytes that are not what the endpoint promises */
    OUTCOME_TIMEOUT_CONNECT,
    OUTCOME_TIMEOUT_FIRST,
    OUTCOME_TIMEOUT_IDLE,
    OUTCOME_TIMEOUT_TOTAL,
    OUTCOME_TRANSPORT, /* DNS, connect, TLS, reset: no whole answer */
    OUTCOME_CUT,       /* still running when the trial ended: neither error nor latency */
    N_OUTCOMES
};

/* The only list of outcomes. */
struct outcome_row {
    const char *name; /* in the journal, JSON and tables */
    bool retry;       /* may be retried; day limits are told apart by the policy */
    bool error;       /* counts as an error */
    bool latency;     /* its latency goes into the histograms */
    const char *help;
};

extern const struct outcome_row outcomes[N_OUTCOMES];

/* false where no outcome has that name. */
bool outcome_find(struct str name, enum outcome *o);

#endif
