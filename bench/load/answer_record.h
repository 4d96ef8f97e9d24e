#ifndef LOAD_ANSWER_RECORD_H
#define LOAD_ANSWER_RECORD_H

#include "api/answer.h"
#include "data/record.h"

/* What a record says of an answer that has ended, but for its moments and its outcome. The
 * text is borrowed from the answer. */
void record_take_answer(struct record *r, const struct answer *a);

#endif
