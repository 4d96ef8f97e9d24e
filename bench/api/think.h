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

/*
 * A piece of content, a raw JSON string that follows those before it: since when something
 * is visible, where this piece shows that; NS_ABSENT where it shows nothing. That is `at`,
 * or earlier where what came before now turns out to be no tag. Sets `text`.
 */
ns_t think_shows(struct answer *a, struct str raw, ns_t at);

/* No more content comes: the beginning of a tag that was left over is visible text. */
ns_t think_end(struct answer *a);

#endif
