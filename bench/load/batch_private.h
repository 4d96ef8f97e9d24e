#ifndef LOAD_BATCH_PRIVATE_H
#define LOAD_BATCH_PRIVATE_H

#include "load/batch.h"

/* What batch.c (the course of a batch), batch_steps.c (its steps) and batch_call.c (one
 * call) share. */

/* One call of the batch under way, with its retries. */
struct batch_ask {
    enum batch_step step;
    struct call_request request; /* without id; ctx of read, rewind and sink is its own */
    unsigned tries;              /* 0: as the retry policy of the scenario says */
    /* A whole body of a status below 300: does it say what it should? NULL: anything. */
    bool (*take)(struct batcher *b, struct str body, struct answer *a);
    /* Before it is made once more; false: no need to. NULL: nothing. */
    bool (*again)(struct batcher *b);
};
enum outcome batch_ask(struct batcher *b, const struct batch_ask *ask, ns_t *start,
                       ns_t *end);

ns_t batch_now(const struct batcher *b); /* of the run */

/* Until then, or until somebody wants us to stop: false. */
bool batch_wait(struct batcher *b, ns_t until);

/* Each of these goes on from what those before it left in *b. False: there is no going on.
 */
bool batch_upload(struct batcher *b);
bool batch_create(struct batcher *b);
bool batch_poll(struct batcher *b);
void batch_cancel(struct batcher *b);
void batch_fetch(struct batcher *b, enum batch_step step, const char *id); /* "": nothing */
void batch_delete(struct batcher *b, const char *id);

#endif
