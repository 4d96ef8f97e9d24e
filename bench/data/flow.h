#ifndef DATA_FLOW_H
#define DATA_FLOW_H

#include <stddef.h>

#include "data/record.h"

/*
 * Tokens over the time of a trial, whatever the phase of the request they belong to: those
 * of an answer are spread evenly between its first and its last output, or are all there at
 * its end where it was not streamed. In windows of a second; where more than FLOW_WINDOWS
 * would be needed neighbours are merged, so the memory is bounded.
 *
 *     struct flow f = { .begin = begin };
 *     flow_add(&f, record);
 *     n = flow_windows(&f, from, to, tokens);
 *     flow_free(&f);
 */
enum { FLOW_WINDOWS = 4096 };

struct flow {
    ns_t begin; /* when the first window does */
    double *tokens;
    size_t room;
    unsigned shift; /* a window lasts 2^shift seconds */
};

void flow_free(struct flow *f);
void flow_add(struct flow *f, const struct record *r);

ns_t flow_width(const struct flow *f);

/*
 * Tokens of each window that lies wholly in from..to, at most FLOW_WINDOWS; how many there
 * are, and in *first when the first of them begins.
 */
size_t flow_windows(const struct flow *f, ns_t from, ns_t to, double *tokens, ns_t *first);

#endif
