#ifndef TESTS_WIRE_EXAMPLES_H
#define TESTS_WIRE_EXAMPLES_H

#include "api/endpoint.h"

/*
 * The examples of tests/wire/: requests and answers written from the reference of the API,
 * not from what the simulator says. A name is that of a file below tests/wire.
 */

/* A stream, in every way that two reads can cut it; want as in chat_stream.h. */
void wire_stream(const struct endpoint *ep, const char *name, const char *want);

/* A body that was not streamed, of that status. */
void wire_body(const struct endpoint *ep, const char *name, int status, const char *want);

/* The endpoint writes just these bytes, around that prompt. */
void wire_request(const struct endpoint *ep, const struct request_spec *spec,
                  const char *prompt, const char *name);

#endif
