#ifndef EXPORTERS_TIMELINE_ATTEMPT_H
#define EXPORTERS_TIMELINE_ATTEMPT_H

#include "data/record.h"
#include "exporters/trace_events.h"

/*
 * An attempt on a timeline: a slice from start to end, in it those of its parts, and its
 * moments; of its frames the first `frames`, how many more there were is in the arguments.
 * It has a start and an end, and the track is free in between.
 */
void timeline_attempt(struct trace_events *t, const struct record *r, const char *phase,
                      uint32_t pid, uint32_t tid, uint64_t frames);

#endif
