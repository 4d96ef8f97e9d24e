#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "data/catalogue.h"
#include "sim/exchange.h"
#include "sim/frame.h"
#include "sim/timing.h"

/*
 * What is written to the socket for one request, and when. Knows no socket and asks no
 * clock: who plays it waits until script_due, calls script_write, sends what came, and
 * goes on until it says that no more follows.
 *
 *     struct script s;
 *     script_init(&s, &exchange, &setting);
 *     do {
 *         wait until script_due(&s);
 *         then = script_write(&s, now, &out, &kinds);
 *         send(out);
 *     } while (then == THEN_MORE);
 *     script_free(&s);
 */
enum then {
    THEN_MORE,
    THEN_DONE,  /* the answer is whole */
    THEN_CLOSE, /* close after it */
    THEN_RESET  /* TCP reset after it */
};

enum stage {
    STAGE_HEAD,
    STAGE_ROLE,
    STAGE_SERVER_TOOLS,
    STAGE_OUTPUT,
    STAGE_TOOL,
    STAGE_FINISH,
    STAGE_USAGE,
    STAGE_DONE,
    STAGE_OVER
};

#define SCRIPT_NEVER INT64_MAX

struct script_setting {
    struct timing_params timing;
    const struct catalogue *catalogue;
    uint64_t seed;
    int64_t real_minus_mono; /* for dates, ns */
    bool flood;              /* everything at once */
    bool response_done;      /* the Responses API ends its streams with [DONE] */
};

struct script {
    const struct exchange *x;
    const struct script_setting *setting;
    enum stage stage;
    ns_t due;
    ns_t shift; /* by stalls */
    bool incident_over;

    struct cadence cadence;
    struct volley volley; /* the output that comes next */
    enum channel channel;
    uint32_t said[N_CHANNELS];
    uint64_t events;
    uint64_t outputs;
    size_t tool_events; /* of the server's own tools */

    struct buf prefix;
    int64_t prefix_s; /* seconds after the begin that it tells */
    struct buf text;  /* of the frame that is being made */
    struct buf json;
    struct buf body;
    struct frame_gzip gzip;

    struct buf held; /* written byte by byte */
    size_t held_at;
    enum then held_then;
};

void script_init(struct script *s, const struct exchange *x,
                 const struct script_setting *setting);
void script_free(struct script *s);

/* When the next write is due; SCRIPT_NEVER: it never comes. */
static inline ns_t script_due(const struct script *s)
{
    return s->due;
}

/* In script_write.c: append the next write to out, and the kind of each frame in it to
 * kinds (a byte each). */
enum then script_write(struct script *s, ns_t now, struct buf *out, struct buf *kinds);

/* Bytes per send of what script_write gives; 0: all in one. */
size_t script_piece(const struct script *s);

/* Between script.c, which knows when, and script_write.c, which knows what. */
const struct fault *script_fault_of(const struct script *s);
bool script_has(const struct script *s, uint32_t odd); /* any of these oddities */
bool script_is_stream(const struct script *s);

/* Has the stream come to where the fault's incident is to happen? */
bool script_incident_is_here(const struct script *s);

/* Set s->due for the stage that comes next. */
void script_plan(struct script *s);

#endif
