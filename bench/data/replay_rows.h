#ifndef DATA_REPLAY_ROWS_H
#define DATA_REPLAY_ROWS_H

#include "base/str.h"
#include "data/replay.h"

/* Inside of the trace reader: lines of a file into rows, in the order of the file. */

struct replay_rows {
    const struct replay_shape *shape; /* NULL until the first line was seen */
    bool json;                        /* each line is an object */
    size_t places[N_REPLAY_COLUMNS];  /* number of the field in a line of CSV */
    struct replay_row *rows;
    size_t n_rows;
    size_t cap_rows;
    uint32_t *blocks;
    size_t n_blocks;
    size_t cap_blocks;
};

/*
 * A line without its end, not empty. -1 with what is wrong, and *column where it is, from
 * 1.
 */
int replay_rows_line(struct replay_rows *rows, struct str line, size_t *column,
                     struct err *err);
void replay_rows_free(struct replay_rows *rows);

/* A time of the shape's kind, in ns since some moment; a count of tokens. */
int replay_time(struct str text, ns_t unit, ns_t *at, struct err *err);
int replay_tokens(struct str text, uint32_t *n, struct err *err);

#endif
