#ifndef DATA_REPLAY_H
#define DATA_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

/*
 * A recorded load: when requests came, and how many tokens they and their answers had. Read
 * from a CSV file with a head, or from JSON lines; which column holds what is told by the
 * table of shapes, from the names in the first line. Rows are put in the order of time, and
 * times count from the first.
 *
 *     const struct replay *cache = NULL;
 *     const struct replay *r = replay_get(&cache, &arena, "trace.csv", &err);
 *     for (i = 0; i < r->n_rows; i++) due = replay_due(r, i, speed);
 */
struct replay_row {
    ns_t at;
    uint32_t input;  /* tokens, at least 1 */
    uint32_t output; /* at least 1 */
    uint32_t block;  /* index of the first in replay.blocks */
    uint32_t n_blocks;
};

enum replay_column {
    REPLAY_TIME,
    REPLAY_INPUT,
    REPLAY_OUTPUT,
    REPLAY_BLOCKS, /* names of pieces of the prompt, equal where the pieces are */
    N_REPLAY_COLUMNS
};

struct replay_shape {
    const char *name;
    const char *columns[N_REPLAY_COLUMNS]; /* NULL: it has none */
    ns_t unit;                             /* of its time; 0: a date with a time of day */
    uint32_t block_tokens;                 /* of each piece */
    const char *help;
};

extern const struct replay_shape replay_shapes[]; /* the last has no name */

struct replay {
    const char *file;
    const struct replay_shape *shape;
    const struct replay_row *rows;
    size_t n_rows; /* at least one */
    const uint32_t *blocks;
    const struct replay *next; /* of the cache */
};

enum { REPLAY_MAX_ROWS = 2 << 20, REPLAY_MAX_BLOCKS = 32 << 20, REPLAY_MAX_LINE = 1 << 20 };

/*
 * Into the arena, once a file: *cache (a const struct replay *, NULL at first) holds those
 * that have been read. NULL with "file:line:column: what is wrong; expected ...".
 */
const struct replay *replay_get(void *cache, struct arena *arena, const char *path,
                                struct err *err);

/* When row i is due, since the first, replayed so much faster. */
ns_t replay_due(const struct replay *r, size_t i, double speed);

/* Of the rows that a phase has: as many as are due by `duration` (NS_ABSENT: all), and
 * `most` at most (0: all); means over them. */
struct replay_facts {
    uint64_t rows;
    double rate;  /* per second */
    double cv;    /* of the gaps; 0 with fewer than three rows */
    double input; /* tokens a request */
    double output;
};
struct replay_facts replay_facts(const struct replay *r, double speed, ns_t duration,
                                 uint64_t most);

#endif
