#ifndef API_COMPOUND_H
#define API_COMPOUND_H

#include "api/answer.h"
#include "base/json.h"

/*
 * Tools that the server runs itself, and the models behind a system: what an answer tells
 * of them, into answer.compound. Both consume one value, whatever it is.
 */

/*
 * executed_tools of a delta or a message: true where one is in it. A stream names each tool
 * twice, first as it begins and again with its output; `at` is when. NS_ABSENT: not
 * streamed, so nothing is known of their times.
 */
bool compound_tools(struct answer *a, struct json *j, ns_t at);

/* usage_breakdown: null, or the usage of each model call. The last one read counts. */
void compound_breakdown(struct answer *a, struct json *j);

#endif
