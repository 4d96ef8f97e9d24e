#ifndef API_THINK_H
#define API_THINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

/*
 * Models that reason in the open put it at the start of their text, between <think> and
 * </think>; either tag may come in pieces. Visible is what is neither in there nor white
 * space. Once something visible has come, a tag is text like any other. Starts all zero.
 */
struct think {
    bool inside; /* between the tags */
    bool reasoned;
    bool text;   /* something visible has come */
    uint8_t tag; /* so many characters of the tag that would come next were seen */
    ns_t since;  /* when the first of them was */
    ns_t began;  /* when the tag that began the reasoning did */
};

/*
 * A piece of content, a raw JSON string that follows those before it: since when something
 * is visible, where this piece shows that; NS_ABSENT where it shows nothing. That is `at`,
 * or earlier where what came before now turns out to be no tag.
 */
ns_t think_shows(struct think *t, struct str raw, ns_t at);

/* No more content comes: the beginning of a tag that was left over is visible text. */
ns_t think_end(struct think *t);

#endif
