#ifndef LOAD_BATCH_ITEMS_H
#define LOAD_BATCH_ITEMS_H

#include "api/answer.h"
#include "base/buf.h"
#include "load/batch_file.h"

/*
 * What came of the requests of a batch: its output and error files, read as they arrive, a
 * line at a time, in memory that does not grow with them. Every request of the file becomes
 * just one record, whatever the server sends: lines of nobody, second lines, damaged and
 * endless ones are counted; who has no line gets the record that batch_items_rest makes.
 *
 *     batch_items_init(&it, &file);
 *     batch_items_begin(&it, worker's cell and phase, due, start);
 *     batch_items_feed(&it, piece) ...; batch_items_file_end(&it);    // of each file
 *     batch_items_rest(&it, OUTCOME_PROTOCOL, 0, "missing", "...");
 *     batch_items_last(&it, &figures);
 *     batch_items_free(&it);
 */
enum { BATCH_MAX_LINE = 8 << 20 };

struct batch_items {
    struct batch_file *file;
    const struct engine_config *config;
    struct answer answer;
    struct buf line; /* that has not ended yet; of one that is too long its beginning */
    bool too_long;
    uint64_t consumed; /* bytes of the file that are over */
    uint64_t skip;     /* of them, those that come again */
    ns_t due;
    ns_t start;
    char id[97];            /* of the batch */
    enum outcome cancelled; /* what a request is that the server says was cancelled */
    struct record *last;    /* the latest one, which may be the last */

    uint64_t answered;
    uint64_t missing;
    uint64_t repeated;
    uint64_t strangers;
    uint64_t damaged;
};

void batch_items_init(struct batch_items *it, struct batch_file *file, struct str key);
void batch_items_free(struct batch_items *it);

/* Those of the file, as it is now. due, start: of the run. */
void batch_items_begin(struct batch_items *it, ns_t due);

/* The file comes once more from its start: what has come of it is passed over. */
void batch_items_again(struct batch_items *it);
void batch_items_feed(struct batch_items *it, struct str piece);
void batch_items_file_end(struct batch_items *it);
void batch_items_drop(struct batch_items *it); /* it broke off: half a line is no line */

/* All that have no answer have this one. status: of the call that it came of; 0: of none.
 */
void batch_items_rest(struct batch_items *it, enum outcome outcome, int status,
                      const char *code, const char *why);

/* The last record carries the figures of the batch; it goes its way. */
void batch_items_last(struct batch_items *it, const struct batch_figures *figures);

#endif
