#ifndef LOAD_ENGINE_H
#define LOAD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/endpoint.h"
#include "base/clock.h"
#include "base/err.h"
#include "data/catalogue.h"
#include "data/journal.h"
#include "data/scenario.h"
#include "load/budget.h"
#include "load/mailbox.h"
#include "load/pacer.h"
#include "load/prompts.h"

/*
 * One trial: puts a cell's load on the target with N workers that share nothing but a
 * counter, the budget and the pacer. Records and health go to the mailbox, which is rung
 * when the trial has ended.
 *
 *     struct engine *e = engine_open(&config, &err);
 *     while (!engine_done(e)) ... mailbox_wait, mailbox_take ...
 *     engine_phase(e, p, &begin, &end);
 *     engine_close(e);
 */
struct engine;

struct engine_config {
    const struct clock *clock;
    ns_t t0; /* start of the run */
    const struct cell *cell;
    uint32_t cell_no;
    uint32_t trial_no;
    uint32_t round;
    uint32_t first_phase;  /* the load is that of phases_run phases from here on ... */
    uint32_t phases_run;   /* ... 0: of all that there are */
    uint32_t first_worker; /* number of its first worker in health samples */
    uint64_t seed;
    double words_per_token;
    const struct endpoint *endpoint;
    const char *base_url;
    const char *key;
    bool send_id;
    const char *trace; /* id of the run, for the header traceparent; NULL: not sent */
    const struct model *model; /* NULL: not in the catalogue */
    const struct prompts *prompts;
    struct pacer *pacer; /* NULL: no pacing */
    struct budget_state *budget;
    struct mailbox *mailbox;
    size_t queue_bytes; /* request bodies that a worker's queue may hold */
};

/* Everything in config must outlive the engine. The load begins before this returns. */
struct engine *engine_open(const struct engine_config *config, struct err *err);
void engine_close(struct engine *e); /* only when done */

bool engine_done(const struct engine *e);

/* From any thread: no new requests; what is under way is drained, or cut at once. */
void engine_stop(struct engine *e, bool cut);

/* Has the budget refused a request? */
bool engine_out_of_budget(const struct engine *e);

unsigned engine_threads(const struct engine *e);
uint64_t engine_in_flight(const struct engine *e);

/* When the phase began (NS_ABSENT: not yet), and with what; the end is right once done. */
void engine_phase(const struct engine *e, uint32_t phase, struct phase_event *begin,
                  struct phase_event *end);

#endif
