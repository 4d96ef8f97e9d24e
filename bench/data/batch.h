#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "data/outcome.h"

/*
 * Many requests in one file that the server works off when it can: what is journaled of
 * such a batch beside the records of its items, which are requests as any other (record.h).
 */

/* What the server says of it. The table in batch.c is the only list of them. */
enum batch_state {
    BATCH_NONE, /* it said nothing */
    BATCH_VALIDATING,
    BATCH_IN_PROGRESS,
    BATCH_FINALIZING,
    BATCH_CANCELLING,
    BATCH_COMPLETED,
    BATCH_FAILED,
    BATCH_EXPIRED,
    BATCH_CANCELLED,
    BATCH_UNHEARD_OF, /* a word that is no state */
    N_BATCH_STATES
};

struct batch_state_row {
    const char *name; /* as the API writes it */
    int rank;         /* a batch never goes to a lower one */
    bool final;
};

extern const struct batch_state_row batch_states[N_BATCH_STATES];

enum batch_state batch_state_find(struct str name); /* UNHEARD_OF where it is none */

/* The calls that carry a batch, and its end. */
enum batch_step {
    BATCH_UPLOAD, /* POST /files */
    BATCH_CREATE, /* POST /batches */
    BATCH_FIND,   /* GET /batches: was it created after all? */
    BATCH_POLL,   /* GET /batches/{id} */
    BATCH_CANCEL, /* POST /batches/{id}/cancel */
    BATCH_OUTPUT, /* GET /files/{id}/content, of the answers */
    BATCH_ERRORS, /* the same of the errors */
    BATCH_DELETE, /* DELETE /files/{id} */
    BATCH_OVER,   /* nothing more is done about it */
    N_BATCH_STEPS
};

extern const char *const batch_step_names[N_BATCH_STEPS];

/*
 * One call, or the end. Moments are ns since the start of the run, NS_ABSENT where they did
 * not happen. Text is never NULL. Whoever is handed one may read it until the return.
 */
struct batch_event {
    enum batch_step step;
    uint32_t cell;
    uint32_t trial;
    uint32_t phase;
    uint64_t batch; /* its number in the phase, from 0 */
    uint64_t call;  /* running number among its calls */
    uint32_t try_no;
    enum outcome outcome;
    int32_t http_status;
    ns_t start;
    ns_t sent; /* of an upload: all of it was read */
    ns_t end;
    uint64_t bytes_up;
    uint64_t bytes_down;
    enum batch_state state; /* as this answer said; at the end the last */
    const char *id;         /* of the batch; "" until it has one */
    const char *request_id;
    const char *error_code;
    const char *error;

    /* at its end alone */
    bool left;         /* it may still run: nobody saw it end */
    uint64_t items;    /* requests in its file */
    uint64_t answered; /* of them, those with a line */
    uint64_t missing;
    uint64_t repeated;  /* lines of a request that had one */
    uint64_t strangers; /* lines of no request of ours */
    uint64_t damaged;   /* lines that cannot be read */
    uint64_t backwards; /* answers with a state that lay behind */
    uint64_t polls;
};

void batch_event_init(struct batch_event *e);

/* One block that holds the event and its text; free() it. */
struct batch_event *batch_event_copy(const struct batch_event *e);

#endif
