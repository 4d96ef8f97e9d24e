#ifndef API_DEMAND_H
#define API_DEMAND_H

#include "api/answer.h"
#include "base/buf.h"
#include "data/form.h"

/*
 * What the body of a request demands of the form of its output, and whether an answer is
 * so. Chat completions say it as response_format and tools, Responses as text.format and
 * tools: both are understood. Made once, read by any number of threads.
 *
 *     struct demand *d = demand_open("{\"response_format\":{...}}", NULL);
 *     answer.said.wanted = d;                     // the adapter keeps what was said
 *     form = demand_judge(d, &answer);            // when it has ended
 *     demand_close(d);
 *
 * Rows of a dataset that name a form of their own are not judged by it: what the scenario
 * asks for holds for all.
 */
struct demand;

enum { DEMAND_MOST = 64 << 10 }; /* bytes of a text, or of arguments, that are checked */

/*
 * NULL where nothing is demanded. Keywords of its schemas that are not checked are told in
 * unchecked (NULL: nobody asks), as `pattern, if`.
 */
struct demand *demand_open(const char *body, struct buf *unchecked);
void demand_close(struct demand *d); /* NULL is closed already */

/* Does it offer tools, so that calls are worth counting? */
bool demand_offers_tools(const struct demand *d);

/*
 * The form of an answer that has ended, by what a->said holds, its finish reason and its
 * error; whole: it came as it should. An attempt that came to no output has none.
 */
enum form demand_judge(const struct demand *d, const struct answer *a, bool whole);

#endif
