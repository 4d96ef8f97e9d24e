#ifndef DATA_CELL_NAME_H
#define DATA_CELL_NAME_H

#include "base/buf.h"
#include "data/scenario.h"

/*
 * A cell by what sets it apart from the others, short enough for a table:
 * "openai/gpt-oss-20b policy=sdk". What is the same in all of them is left out; models and
 * tiers are known by sight, of other keys the last part is named. `cells` holds the n_keys
 * keys of each of the n_cells cells.
 */
void cell_name_put(struct buf *out, const struct cell_key *const *cells, size_t n_cells,
                   size_t n_keys, size_t cell);

/*
 * The same for a column of a table. Where a name of any cell would be wider than that, all
 * leave out what tells them apart least, one after the other until they fit: long values
 * are called by their place ("messages=#2"), models without their owner, keys by their
 * last word (effort=none of reasoning_effort).
 */
void cell_name_put_short(struct buf *out, const struct cell_key *const *cells,
                         size_t n_cells, size_t n_keys, size_t cell, size_t columns);

#endif
