#ifndef API_THINK_H
#define API_THINK_H

#include <stdbool.h>

#include "api/answer.h"
#include "base/str.h"

/*
 * Models that reason in the open put it at the start of their text, between <think> and
 * </think>; either tag may come in pieces. Visible is what is neither in there nor white
 * space. Once something visible has come, a tag is text like any other.
 */

/* Does this piece of content, a raw JSON string, show the user something? It is what
 * follows the pieces before it. Sets `answer` where an earlier piece turns out to have. */
bool think_shows(struct answer *a, struct str raw, ns_t at);

/* No more content comes: the beginning of a tag that was left over is visible text. */
void think_end(struct answer *a);

#endif
