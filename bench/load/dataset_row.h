#ifndef LOAD_DATASET_ROW_H
#define LOAD_DATASET_ROW_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "load/dataset.h"

/*
 * What a row of a dataset asks for; the door to jansson for the load layer. Rows are
 * written into the arena; the state is dead after close, the rows are not.
 */
struct dataset_rows;

/* scenario_body: JSON object whose members win over those of a row; "" stands for {}. */
struct dataset_rows *dataset_rows_open(struct arena *arena, const char *scenario_body);
void dataset_rows_close(struct dataset_rows *rows);

/* One row, in any of the forms of dataset.h. -1 with what is wrong. */
int dataset_row_read(struct dataset_rows *rows, struct str line, struct dataset_row *out,
                     struct err *err);

#endif
