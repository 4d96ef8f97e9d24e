#ifndef LOAD_BATCH_FILE_H
#define LOAD_BATCH_FILE_H

#include "base/buf.h"
#include "load/engine.h"

/*
 * The form that uploads a batch: requests of the workload as lines of a file. It is never
 * held in memory: each line is made when it is sent, and once before, for the length of the
 * whole. The same lines come out however often it is read.
 *
 *     struct batch_file f;
 *     batch_file_init(&f, &config, &head, &tail);
 *     batch_file_begin(&f, phase, first, n);      // f.size, f.items[i]
 *     batch_file_read(&f, p, room) ...            // 0: its end
 *     batch_file_free(&f);
 */
struct batch_item {
    int64_t planned; /* tokens of its prompt, -1 unless synthetic */
    int64_t words;
    int64_t expected; /* tokens, prompt and the most it may generate */
    int64_t cost;     /* the same in n$; -1: not known */
    bool seen;        /* it was answered */
};

struct batch_file {
    const struct engine_config *config;
    const struct buf *head; /* of the body of each request */
    const struct buf *tail;
    char url[128]; /* of each line */
    uint32_t phase;
    uint64_t first; /* number of its first request in the phase */
    uint64_t n;
    struct batch_item *items;
    uint64_t size; /* of the form, in bytes */
    ns_t sent;     /* when the last of them was read, CLOCK_MONOTONIC; NS_ABSENT: not yet */

    uint64_t next; /* line to be made; n: the end of the form, beyond: nothing more */
    bool begun;
    struct buf piece; /* what is being read */
    size_t at;
    struct buf messages;
    struct buf extra;
    struct buf body;
};

/* All must outlive it. */
void batch_file_init(struct batch_file *f, const struct engine_config *config,
                     const struct buf *head, const struct buf *tail);
void batch_file_free(struct batch_file *f);

void batch_file_begin(struct batch_file *f, uint32_t phase, uint64_t first, uint64_t n);
size_t batch_file_read(void *file, char *p, size_t room);
void batch_file_rewind(void *file);

#endif
