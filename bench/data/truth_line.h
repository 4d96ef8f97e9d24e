#ifndef DATA_TRUTH_LINE_H
#define DATA_TRUTH_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * What a line of the simulator's truth log says of a request, as far as it can be held
 * against what the client saw. Moments are of CLOCK_MONOTONIC; NS_ABSENT: did not happen.
 * The log is read here by what docs/simulator.md says of it, with no code of the writer's.
 *
 *     struct truth_line t = { 0 };
 *     if (truth_line_read(&t, line, n))
 *         use(&t);
 *     truth_line_free(&t);
 */
struct truth_line {
    uint64_t req; /* of its id, REQ.TRY */
    uint32_t try_no;
    ns_t arrival; /* its first line was read */
    ns_t *frames; /* departures of frames that hold output */
    size_t n_frames;
    size_t cap;
};

/* False where the line tells of no request that has an id of ours, or is damaged. */
bool truth_line_read(struct truth_line *t, const char *p, size_t n);
void truth_line_free(struct truth_line *t);

#endif
