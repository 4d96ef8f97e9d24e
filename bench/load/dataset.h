#ifndef LOAD_DATASET_H
#define LOAD_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "load/images.h"

/*
 * Prompts from a JSONL file, one object a line, blank lines skipped:
 *
 *   {"messages": [{"role": "user", "content": "..."}]}
 *   {"prompt": "..."}                              one user message
 *   {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {...}}
 *
 * The last is the batch form; of its body the messages, model and limit are taken, and
 * every other member is sent along, except those the scenario sets itself. Other members of
 * the first two forms are ignored.
 */
struct dataset_row {
    struct str messages;     /* JSON array, compact */
    struct str extra;        /* "" or `,"temperature":0.2`, compact */
    struct image_use images; /* pictures in the messages */
    const char *model;       /* NULL: none */
    int64_t max_completion;  /* -1: not said, or the scenario says it */
};

struct dataset {
    struct arena arena;
    struct dataset_row *rows;
    size_t n_rows; /* at least one */
};

enum { DATASET_MAX_ROW = 16 << 20, DATASET_MAX_FILE = 1 << 30 };

/* scenario_body: JSON object whose members win. -1 with "file:line: what is wrong". */
int dataset_open(struct dataset *d, const char *path, const char *scenario_body,
                 struct err *err);
void dataset_close(struct dataset *d);

#endif
