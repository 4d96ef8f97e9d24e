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
 *     struct script_scratch scratch = { 0 };
 *     struct script s;
 *     script_init(&s, &exchange, &setting, &scratch);
 *     do {
 *         wait until script_due(&s);
 *         then = script_write(&s, now, &out, &kinds);
 *         send(out);
 *     } while (then == THEN_MORE);
 *     script_free(&s);
 *     script_scratch_free(&scratch);
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

/* Where writes are made, of any number of scripts: empty between two of them. */
struct script_scratch {
    struct buf text; /* of the frame that is being made */
    struct buf json;
    struct buf body;
};

/* What every frame asks for comes first: of thousands of scripts none stays in the caches.
 */
struct script {
    const struct exchange *x;
    const struct script_setting *setting;
    struct script_scratch *scratch;
    enum stage stage;
    enum channel channel;
    ns_t due;
    ns_t shift; /* by stalls */
    bool incident_over;
    bool call_begun;
    uint32_t said[N_CHANNELS];
    uint64_t events;
    uint64_t outputs;
    int64_t prefix_s; /* seconds after the begin that it tells */
    struct buf prefix;
    struct buf held; /* written byte by byte */
    struct cadence cadence;
    struct volley volley; /* the output that comes next */

    size_t call;        /* the tool call that comes next ... */
    size_t call_at;     /* ... from this byte of its arguments on; in fragments only */
    size_t tool_events; /* of the server's own tools */
    size_t held_at;
    enum then held_then;
    struct frame_gzip gzip;
};

/* All but the script itself must outlive it. */
void script_init(struct script *s, const struct exchange *x,
                 const struct script_setting *setting, struct script_scratch *scratch);
void script_free(struct script *s);

/* Zeroed to begin with. */
void script_scratch_free(struct script_scratch *scratch);

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

/* Bytes of arguments that the next chunk of a tool call holds. */
size_t script_call_piece(const struct script *s);

/* So many of them have been written: does the call go on? Else the next comes. */
bool script_call_goes_on(struct script *s, size_t n);

/* Set s->due for the stage that comes next. */
void script_plan(struct script *s);

#endif
