#ifndef SIM_BATCH_H
#define SIM_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "sim/fault.h"
#include "sim/http.h"
#include "sim/ident.h"

/*
 * Files, and the batches that are made of them. The state of a batch is a function of the
 * time: whoever asks for it moves it on to now, and its items are answered on the way, each
 * at the moment at which its turn has come. All moments are CLOCK_MONOTONIC.
 */
struct world;
struct exchange;

enum { BATCH_ID = 6 + IDENT_ULID, BATCH_STEP_FAULTS = 16 };

/* What can be wrong with a batch as a whole: bits of setting.batch_odd. */
enum batch_odd {
    BATCH_ODD_FAIL = 1 << 0,
    BATCH_ODD_STUCK = 1 << 1,
    BATCH_ODD_BACKWARDS = 1 << 2,
    BATCH_ODD_REPEATED = 1 << 3,
    BATCH_ODD_STRANGERS = 1 << 4,
    BATCH_ODD_MISSING = 1 << 5,
    BATCH_ODD_LONG_LINE = 1 << 6,
    BATCH_ODD_CUT_LINE = 1 << 7,
    BATCH_ODD_BAD_LINE = 1 << 8,
    BATCH_ODD_BAD_ID = 1 << 9,
    BATCH_ODD_OTHER_ID = 1 << 10,
    BATCH_ODD_NO_ANSWER = 1 << 11, /* it is created, and the answer never comes */
};

/* The bit of that name; 0: there is none. */
uint32_t batch_odd_find(struct str name);
void batch_odd_list(struct buf *out); /* the names, with commas between them */

/* What a call is about: the first one of its kind may meet a fault. */
enum batch_call {
    BATCH_CALL_UPLOAD,
    BATCH_CALL_CREATE,
    BATCH_CALL_LIST,
    BATCH_CALL_POLL,
    BATCH_CALL_CANCEL,
    BATCH_CALL_CONTENT,
    BATCH_CALL_DELETE,
    N_BATCH_CALLS
};
extern const char *const batch_call_names[N_BATCH_CALLS];

struct batch_step_fault {
    enum batch_call call;
    struct fault_choice fault;
};

/* STEP=FAULT[:ARG] */
int batch_step_fault_parse(struct str text, struct batch_step_fault *s, struct err *err);

struct shelf_file {
    char id[BATCH_ID];
    char name[128];
    bool output; /* made by a batch */
    bool gone;
    int64_t created; /* Unix seconds */
    struct buf bytes;
};

struct job_item {
    size_t from; /* of its line within the input file */
    size_t n;
};

struct job {
    char id[BATCH_ID];
    struct shelf_file *input;
    struct shelf_file *output; /* NULL: nothing in it yet */
    struct shelf_file *errors;
    char endpoint[64];
    char window[16];
    char org[160];         /* Authorization of who made it, for its items */
    struct buf complaints; /* JSON objects with commas between: what validation found */
    ns_t created;
    ns_t validated;
    ns_t expires;
    ns_t cancelled; /* when that was asked for; NS_ABSENT: it was not */
    ns_t each;      /* time an item takes */
    ns_t finalizes; /* how long */
    struct job_item *items;
    size_t n;
    size_t done; /* of them; the answers are in the files */
    size_t good;
    uint64_t asked; /* polls */
    bool told;      /* to the truth log */
};

struct shop { /* all that there is of both */
    struct shelf_file **files;
    size_t n_files, cap_files;
    struct job **jobs;
    size_t n_jobs, cap_jobs;
    uint64_t calls[N_BATCH_CALLS];
    struct buf notes; /* lines for the truth log */
};

void shop_free(struct shop *s);

/* The simulator ends: what has not been told of its batches. */
void shop_end(struct world *w, ns_t now);

/* POST /files, GET /files, GET and DELETE /files/{id}, GET /files/{id}/content, and so on
 * with /batches. False where the path is none of these. */
bool shop_route(struct world *w, struct exchange *x, const struct http *http,
                const char *path);

#endif
