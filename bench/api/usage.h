#ifndef API_USAGE_H
#define API_USAGE_H

#include "api/answer.h"
#include "base/json.h"

/*
 * The "usage" object into tokens and server times. The same totals may come several times
 * in an answer: what is read last counts, and what is not there stays as it was. Anything
 * but an object is skipped.
 */
void usage_read(struct answer *a, struct json *j);

#endif
