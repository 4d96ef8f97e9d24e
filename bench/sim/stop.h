#ifndef SIM_STOP_H
#define SIM_STOP_H

#include <jansson.h>

#include "sim/draft.h"

/* At most four sequences, or one as a string; neither: false. */
bool stop_is_good(const json_t *stop);

/*
 * End the content before the first of the stop sequences in it. NULL: there are none. What
 * the model made of the sequence itself is not part of the answer.
 */
void stop_draft(struct draft *d, const json_t *stop);

#endif
