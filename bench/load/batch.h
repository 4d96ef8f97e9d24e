#ifndef LOAD_BATCH_H
#define LOAD_BATCH_H

#include "api/batch.h"
#include "load/batch_items.h"
#include "load/call.h"

/*
 * One batch from its file to its last answer: upload, create, polls, output, errors; its
 * calls and its end go to the mailbox as struct batch_event, its requests as records. For a
 * thread of its own, which waits where the server makes it wait. A call that fails is data.
 *
 *   POST that fails     again as the scenario's retry policy says; where no answer came to
 *                       the one that creates, the list is asked first whether it did
 *   poll that fails     is a poll that saw nothing; a dozen in a row end it
 *   GET of a file       is made up to four times: what it holds was paid for
 *   told to stop        the batch is cancelled, and what it has done is fetched, within
 *                       limits.drain; then it is left, and its last event says so
 */
struct batcher {
    struct worker *worker;
    const struct engine_config *config;
    struct caller *caller;
    struct batch_file file;
    struct batch_items items;

    uint64_t number; /* of the batch in its phase */
    uint64_t calls;
    ns_t due;
    struct batch_told told; /* latest */
    enum batch_state state; /* the farthest that was seen */
    char file_id[BATCH_ID_MAX];
    struct buf cursor; /* of the next page of a list */
    uint64_t polls;
    uint64_t backwards;
    ns_t created; /* end of the call that created it; NS_ABSENT: it was not */
    ns_t begun;   /* first seen worked off */
    ns_t ended;   /* first seen over */
    ns_t looked;  /* start of the latest poll that told something */
    ns_t resolution;
    ns_t stop_by;  /* told to stop: until then; NS_ABSENT: not told */
    ns_t reported; /* the latest health sample */
    bool leaving;  /* it is being cancelled, fetched, cleaned up */

    enum outcome failed; /* of the call that ended it early ... */
    int failed_status;
    char failed_code[64];
    char failed_why[256]; /* ... and what it said */
};

int batcher_open(struct batcher *b, struct worker *w, struct err *err);
void batcher_close(struct batcher *b);

/* n requests of the phase from number `first` on, as its batch `number`. */
void batcher_run(struct batcher *b, uint32_t phase, uint64_t number, uint64_t first,
                 uint64_t n);

/* Shall nothing new begin? */
bool batcher_stopping(const struct batcher *b);

#endif
