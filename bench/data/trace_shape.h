#ifndef DATA_TRACE_SHAPE_H
#define DATA_TRACE_SHAPE_H

#include "data/run.h"
#include "data/trace_id.h"

/*
 * Whether the requests of a run are spans of its own trace (nested), or traces of their own
 * with a link to it. A function of the run alone, so that all who name a trace agree:
 * nested where no more than a thousand requests are to be expected, unless servers are told
 * of traces of their own.
 */
bool trace_nested(const struct run *run);

/* Does the load send traceparent? */
bool trace_is_sent(const struct run *run);

/* The trace of a request, in a run that is nested or not. */
void trace_id_of(const struct run *run, bool nested, uint64_t req,
                 uint8_t id[TRACE_ID_BYTES]);

#endif
