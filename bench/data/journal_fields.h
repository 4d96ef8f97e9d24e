#ifndef DATA_JOURNAL_FIELDS_H
#define DATA_JOURNAL_FIELDS_H

#include "data/fields.h"

/*
 * What stands in each kind of line of a journal, for writing and reading alike. The ctx of
 * the fields_reader is a struct line_reader.
 */
struct line_fields {
    const struct field *table;
    size_t n;
};

extern const struct line_fields line_attempt; /* of struct record */
extern const struct line_fields line_batch;   /* of struct batch_event */
extern const struct line_fields line_phase;   /* of struct phase_event */
extern const struct line_fields line_health;  /* of struct health_sample */
extern const struct line_fields line_end;     /* of struct run_end */

#endif
