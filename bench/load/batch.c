#include "load/batch_private.h"
#include "load/engine_private.h"

enum { BLIND_POLLS = 12 };

static const struct batch_spec *spec_of(const struct batcher *b)
{
    return &b->config->cell->batch;
}

static ns_t gap(const struct batcher *b)
{
    ns_t g = (batch_now(b) - b->created) / 100;

    g = g < spec_of(b)->poll_to ? g : spec_of(b)->poll_to;
    return g > spec_of(b)->poll_from ? g : spec_of(b)->poll_from;
}

/* Until it is over; false: nobody saw that by then. */
static bool poll_until(struct batcher *b, ns_t by)
{
    unsigned blind = 0;

    while (!batch_states[b->state].final && blind < BLIND_POLLS) {
        ns_t next = batch_now(b) + gap(b);

        if (next > by || !batch_wait(b, next))
            return false;
        lag_send(b->worker, batch_now(b) - next);
        blind = batch_poll(b) ? 0 : blind + 1;
    }
    return batch_states[b->state].final;
}

/* What becomes of requests that no line answers, by the last state that was seen. */
static const struct {
    enum outcome outcome;
    const char *code;
    const char *why;
} rests[N_BATCH_STATES] = {
    [BATCH_NONE] = { OUTCOME_TIMEOUT_TOTAL, "batch_left", "nobody saw the batch end" },
    [BATCH_VALIDATING] = { OUTCOME_TIMEOUT_TOTAL, "batch_left",
                           "nobody saw the batch end" },
    [BATCH_IN_PROGRESS] = { OUTCOME_TIMEOUT_TOTAL, "batch_left",
                            "nobody saw the batch end" },
    [BATCH_FINALIZING] = { OUTCOME_TIMEOUT_TOTAL, "batch_left",
                           "nobody saw the batch end" },
    [BATCH_CANCELLING] = { OUTCOME_CUT, "batch_cancelled", "the batch was cancelled" },
    [BATCH_CANCELLED] = { OUTCOME_CUT, "batch_cancelled", "the batch was cancelled" },
    [BATCH_COMPLETED] = { OUTCOME_PROTOCOL, "batch_missing",
                          "the batch was completed, and no line answers this request" },
    [BATCH_EXPIRED] = { OUTCOME_TIMEOUT_TOTAL, "batch_expired",
                        "the batch expired before this request was done" },
    [BATCH_FAILED] = { OUTCOME_BAD_REQUEST, "batch_failed", "the batch failed" },
    [BATCH_UNHEARD_OF] = { OUTCOME_TIMEOUT_TOTAL, "batch_left",
                           "nobody saw the batch end" },
};

static void settle_rest(struct batcher *b)
{
    enum outcome outcome = rests[b->state].outcome;
    const char *code = rests[b->state].code, *why = rests[b->state].why;
    int status = 0;

    if (b->created == NS_ABSENT) {
        outcome = b->failed;
        status = b->failed_status;
        code = b->failed_code;
        why = b->failed_why;
    } else if (b->state == BATCH_FAILED) {
        code = *b->failed_code ? b->failed_code : code;
        why = *b->failed_why ? b->failed_why : why;
    } else if (b->stop_by != NS_ABSENT && !batch_states[b->state].final) {
        outcome = OUTCOME_CUT;
    } else if (outcome == OUTCOME_CUT) {
        outcome = b->items.cancelled;
    }
    batch_items_rest(&b->items, outcome, status, code, why);
}

static ns_t between(ns_t from, ns_t to)
{
    return from == NS_ABSENT || to == NS_ABSENT ? NS_ABSENT : to - from;
}

static struct batch_figures figures(const struct batcher *b, ns_t fetched)
{
    struct batch_figures f = batch_figures_none;

    f.items = (int64_t)b->file.n;
    f.submit = between(b->due, b->created);
    if (b->state != BATCH_COMPLETED)
        return f;
    f.queue = between(b->created, b->begun);
    f.process = between(b->begun, b->ended);
    f.retrieve = between(b->ended, fetched);
    f.total = between(b->due, fetched);
    f.resolution = b->resolution;
    if (b->told.created_at >= 0 && b->told.completed_at >= b->told.created_at)
        f.server = (b->told.completed_at - b->told.created_at) * NS_PER_S;
    return f;
}

static void put_over(struct batcher *b)
{
    struct batch_event e;

    batch_event_init(&e);
    e.step = BATCH_OVER;
    e.cell = b->config->cell_no;
    e.trial = b->config->trial_no;
    e.phase = b->file.phase;
    e.batch = b->number;
    e.call = b->calls;
    e.outcome = rests[b->state].outcome;
    if (b->created == NS_ABSENT)
        e.outcome = b->failed;
    else if (b->state == BATCH_COMPLETED)
        e.outcome = OUTCOME_OK;
    e.start = b->due;
    e.end = batch_now(b);
    e.state = b->state;
    e.id = b->items.id;
    e.error = b->state == BATCH_COMPLETED ? "" : b->failed_why;
    e.left = b->created != NS_ABSENT && !batch_states[b->state].final;
    e.items = b->file.n;
    e.answered = b->items.answered;
    e.missing = b->items.missing;
    e.repeated = b->items.repeated;
    e.strangers = b->items.strangers;
    e.damaged = b->items.damaged;
    e.backwards = b->backwards;
    e.polls = b->polls;
    mailbox_put_batch(b->config->mailbox, batch_event_copy(&e));
}

static void clean_up(struct batcher *b)
{
    if (spec_of(b)->keep_files ||
        (b->created != NS_ABSENT && !batch_states[b->state].final))
        return;
    batch_delete(b, b->file_id);
    batch_delete(b, b->told.output);
    batch_delete(b, b->told.errors);
}

static void follow(struct batcher *b)
{
    ns_t wait = spec_of(b)->wait ? spec_of(b)->wait : spec_of(b)->window;

    if (!poll_until(b, b->created + wait)) {
        b->leaving = true;
        batch_cancel(b);
        poll_until(b, batch_now(b) + b->config->cell->limits.drain);
    }
    /* Who was told to stop has cut them; else they were too slow, or somebody did it. */
    if (b->stop_by == NS_ABSENT)
        b->items.cancelled = b->leaving ? OUTCOME_TIMEOUT_TOTAL : OUTCOME_SERVER;
}

static void reset(struct batcher *b, uint32_t phase, uint64_t number, uint64_t first,
                  uint64_t n)
{
    b->number = number;
    b->calls = b->polls = b->backwards = 0;
    b->told = (struct batch_told){ .created_at = -1, .completed_at = -1 };
    b->state = BATCH_NONE;
    b->file_id[0] = b->failed_code[0] = b->failed_why[0] = '\0';
    b->created = b->begun = b->ended = b->looked = b->stop_by = NS_ABSENT;
    b->resolution = 0;
    b->leaving = false;
    b->failed = OUTCOME_CUT;
    b->failed_status = 0;
    batch_file_begin(&b->file, phase, first, n);
    b->due = batch_now(b); /* from here on: making prompts is no time of the server's */
    batch_items_begin(&b->items, b->due);
}

/* -1: the budget has no room for all of it. */
static int take_budget(struct batcher *b)
{
    for (uint64_t i = 0; i < b->file.n; i++) {
        const struct batch_item *item = &b->file.items[i];

        if (budget_take(b->config->budget, item->expected, item->cost))
            continue;
        while (i--)
            budget_settle(b->config->budget, b->file.items[i].expected,
                          b->file.items[i].cost, 0, 0);
        atomic_store(&b->worker->engine->out_of_budget, true);
        return -1;
    }
    return 0;
}

void batcher_run(struct batcher *b, uint32_t phase, uint64_t number, uint64_t first,
                 uint64_t n)
{
    struct engine *e = b->worker->engine;
    struct batch_figures f;

    reset(b, phase, number, first, n);
    atomic_fetch_add(&e->phases[phase].planned, n);
    if (take_budget(b))
        return;
    atomic_fetch_add(&e->phases[phase].issued, n);
    atomic_fetch_add(&e->in_flight, n);
    b->worker->in_flight = b->worker->most_in_flight = n;
    if (batch_upload(b) && batch_create(b))
        follow(b);
    b->leaving = true;
    batch_fetch(b, BATCH_OUTPUT, b->told.output);
    batch_fetch(b, BATCH_ERRORS, b->told.errors);
    f = figures(b, batch_now(b));
    settle_rest(b);
    batch_items_last(&b->items, &f);
    clean_up(b);
    put_over(b);
    b->worker->in_flight = 0;
    atomic_fetch_sub(&e->in_flight, n);
}
