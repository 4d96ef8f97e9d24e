#ifndef API_BATCH_H
#define API_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "api/answer.h"
#include "base/buf.h"
#include "base/str.h"
#include "data/batch.h"

/*
 * The wire of files and batches: JSON in, JSON out. No I/O, no clock. What comes from the
 * server is never trusted: ids that a path must not hold are no ids, texts are masked and
 * short, unknown members skipped.
 */
enum { BATCH_ID_MAX = 96 };

/* Is it an id that may stand in a path: letters, digits, _ and -? */
bool batch_id_is_safe(struct str id);

/* The id of a file object. False where the text is none. */
bool batch_file_object(struct str json, char id[BATCH_ID_MAX]);

/* A batch object. Unix seconds are -1 where absent, ids "". */
struct batch_told {
    char id[BATCH_ID_MAX];
    char input[BATCH_ID_MAX];
    char output[BATCH_ID_MAX];
    char errors[BATCH_ID_MAX];
    enum batch_state state;
    bool bad_id; /* one was there that is none */
    int64_t total;
    int64_t completed;
    int64_t failed;
    int64_t created_at;
    int64_t completed_at;
};

/*
 * False where the text is no batch object with a state. What `errors` says first, in either
 * of its two shapes, goes to the answer's error and error_code.
 */
bool batch_read(struct str json, struct batch_told *b, struct answer *a);

/* A page of the list: each batch of it, and the cursor of the next page, "" at the end. */
bool batch_list_read(struct str json, void (*each)(void *ctx, const struct batch_told *b),
                     void *ctx, struct buf *cursor);

/* The body that creates a batch. */
void batch_create_write(struct buf *out, const char *input, const char *url, ns_t window);

/* A line of the input file, with its line end. body: a JSON object without line ends. */
void batch_item_write(struct buf *out, uint64_t number, const char *url, struct str body);

/*
 * A line of an output or error file: whose it is, and what was answered. All raw, within
 * the line; p is NULL where absent or null. False where the line is no JSON object.
 */
struct batch_line {
    struct str custom_id;
    struct str request_id;
    struct str body;
    struct str error; /* of the line itself: no answer, but this */
    int64_t status;   /* -1: none */
};
bool batch_line_read(struct str line, struct batch_line *l);

/* The number in a custom_id that batch_item_write wrote; false: it is none of ours. */
bool batch_number(struct str custom_id, uint64_t *number);

#endif
