#ifndef TESTS_WIRE_EXAMPLE_H
#define TESTS_WIRE_EXAMPLE_H

/*
 * Requests and answers as the API has them, in tests/wire: written from its reference and
 * not by the simulator, which could share a misreading with us.
 */

/* The first request that a scenario makes is this one, as JSON. */
void wire_request_is(const char *scenario, const char *file);

/*
 * An answer of this status to a request with such a body, read in every way that two reads
 * can cut it: "ok, form valid, called 3, calls 1, finish stop". A file of events (.sse) is
 * a stream, any other a body in one piece. Moments are numbers of events.
 */
void wire_answer_is(const char *file, int status, const char *body, const char *want);

/* A request of tests/wire as the body that demand_open reads; free() it. */
char *wire_demand(const char *file);

#endif
