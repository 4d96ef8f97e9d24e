#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "load/batch_private.h"
#include "load/engine_private.h"
#include "load/retry.h"

ns_t batch_now(const struct batcher *b)
{
    return clock_now(b->config->clock) - b->config->t0;
}

static struct engine *engine_of(const struct batcher *b)
{
    return b->worker->engine;
}

bool batcher_stopping(const struct batcher *b)
{
    const struct engine *e = engine_of(b);

    return atomic_load(&e->stop) || atomic_load(&e->out_of_budget);
}

/* A budget that is used up ends no batch that is under way; a person does. */
static bool told_to_leave(const struct batcher *b)
{
    const struct engine *e = engine_of(b);
    int stop = atomic_load(&e->stop);

    return stop == STOP_CUT || (stop == STOP_DRAIN && !atomic_load(&e->out_of_budget));
}

/* Is there no time for anything more? */
static bool is_cut(struct batcher *b)
{
    if (!told_to_leave(b))
        return false;
    if (b->stop_by == NS_ABSENT)
        b->stop_by = batch_now(b) + b->config->cell->limits.drain;
    return atomic_load(&engine_of(b)->stop) == STOP_CUT || batch_now(b) >= b->stop_by;
}

/* An upload that nobody will use is cut; what leaves a batch behind is not. */
static bool stops(void *ctx)
{
    struct batcher *b = ctx;

    return is_cut(b) || (told_to_leave(b) && !b->leaving);
}

static void report_health(struct batcher *b)
{
    ns_t now = batch_now(b);

    if (now - b->reported < NS_PER_S)
        return;
    b->reported = now;
    lag_report(b->worker);
}

bool batch_wait(struct batcher *b, ns_t until)
{
    struct engine *e = engine_of(b);
    bool stopped = false;

    while (!stopped && batch_now(b) < until) {
        ns_t most = batch_now(b) + NS_PER_S;
        ns_t at = b->config->t0 + (until < most ? until : most);
        struct timespec ts = { at / NS_PER_S, at % NS_PER_S };

        pthread_mutex_lock(&e->lock);
        if (!stops(b))
            pthread_cond_clockwait(&e->moved, &e->lock, CLOCK_MONOTONIC, &ts);
        pthread_mutex_unlock(&e->lock);
        stopped = stops(b);
        report_health(b);
    }
    return !stopped;
}

/* --- one attempt --------------------------------------------------------------------- */

static void name(const struct batch_event *e, char id[96])
{
    snprintf(id, 96, "batch-%u-%u-%" PRIu64 "-%" PRIu64 "-%s.%u", e->trial, e->phase,
             e->batch, e->call, batch_step_names[e->step], e->try_no);
}

static void begin_event(struct batcher *b, struct batch_event *e, enum batch_step step)
{
    batch_event_init(e);
    e->step = step;
    e->cell = b->config->cell_no;
    e->trial = b->config->trial_no;
    e->phase = b->file.phase;
    e->batch = b->number;
    e->call = b->calls;
    e->id = b->told.id;
}

static enum outcome judge(struct batcher *b, const struct batch_ask *ask, struct call *c)
{
    struct answer *a = &c->answer;
    struct str body = { c->body.p ? c->body.p : "", c->body.len };
    bool good = c->whole && a->status >= 200 && a->status < 300;

    if (good && ask->take && !ask->take(b, body, a)) {
        a->damaged = true;
        if (!a->error.len)
            answer_text(a, &a->error, str_of("the answer is not what the API promises"));
    }
    a->text = good;
    if (ask->step == BATCH_POLL || ask->step == BATCH_CREATE || ask->step == BATCH_CANCEL)
        a->failed = false; /* errors of a batch object are the batch's, not the call's */
    return error_classify(a, c->end, good && !a->damaged);
}

static void tell(struct batcher *b, struct batch_event *e, const struct call *c)
{
    const struct answer *a = &c->answer;

    e->http_status = a->status;
    e->bytes_up = c->bytes_up;
    e->bytes_down = c->bytes_down;
    e->id = b->told.id;
    e->request_id = answer_string(&a->request_id);
    e->error_code = answer_string(&a->error_code);
    e->error = a->error.len ? a->error.p : c->why;
    if (e->step == BATCH_POLL || e->step == BATCH_CREATE || e->step == BATCH_CANCEL)
        e->state = outcomes[e->outcome].latency ? b->told.state : BATCH_NONE;
    if (e->step == BATCH_UPLOAD && b->file.sent != NS_ABSENT)
        e->sent = b->file.sent - b->config->t0;
    mailbox_put_batch(b->config->mailbox, batch_event_copy(e));
}

/* The latest failure, which is what is said where it was the last word. */
static void remember(struct batcher *b, const struct batch_event *e)
{
    if (e->step == BATCH_FIND)
        return;
    b->failed = e->outcome;
    b->failed_status = e->http_status;
    snprintf(b->failed_code, sizeof(b->failed_code), "%s", e->error_code);
    snprintf(b->failed_why, sizeof(b->failed_why), "%s%s%.200s", batch_step_names[e->step],
             *e->error ? ": " : " failed", e->error);
}

static bool retried(struct batcher *b, const struct batch_ask *ask,
                    const struct batch_event *e, const struct answer *a, ns_t *wait)
{
    const struct engine_config *c = b->config;
    struct rng rng =
        rng_stream(c->seed, "batch.retry", e->batch * 100000 + e->call * 16 + e->try_no);
    struct retry_facts facts = { .retry_after = a->retry_after,
                                 .retry_in = a->retry_in,
                                 .bucket = NS_ABSENT,
                                 .daily = error_is_daily(a) };
    struct retry patient = { .policy = RETRY_RESPECTFUL, .max = ask->tries - 1 };
    struct record r;

    if (outcomes[e->outcome].latency || e->outcome == OUTCOME_CUT || ask->tries == 1)
        return false;
    record_init(&r);
    r.try_no = e->try_no;
    r.outcome = e->outcome;
    if (ask->tries && e->outcome == OUTCOME_PROTOCOL)
        r.outcome = OUTCOME_TRANSPORT; /* what cannot be read now may be whole next time */
    r.http_status = e->http_status;
    return retry_next(ask->tries ? &patient : &c->cell->retry, &r, &facts, rng_unit(&rng),
                      wait);
}

enum outcome batch_ask(struct batcher *b, const struct batch_ask *ask, ns_t *start,
                       ns_t *end)
{
    struct batch_event e;

    begin_event(b, &e, ask->step);
    b->calls++;
    for (e.try_no = 1;; e.try_no++) {
        struct call_request r = ask->request;
        struct call *c;
        char id[96];
        ns_t wait;

        name(&e, id);
        r.id = b->config->send_id ? id : NULL;
        if (r.rewind)
            r.rewind(r.ctx);
        e.start = batch_now(b);
        c = caller_ask(b->caller, &r);
        e.end = batch_now(b);
        e.outcome = judge(b, ask, c);
        tell(b, &e, c);
        report_health(b);
        if (start)
            *start = e.start;
        if (end)
            *end = e.end;
        if (outcomes[e.outcome].latency)
            return e.outcome;
        remember(b, &e);
        if (!retried(b, ask, &e, &c->answer, &wait) || !batch_wait(b, e.end + wait))
            return e.outcome;
        if (ask->again && !ask->again(b))
            return OUTCOME_OK;
    }
}

/* --- life ---------------------------------------------------------------------------- */

int batcher_open(struct batcher *b, struct worker *w, struct err *err)
{
    struct engine *e = w->engine;

    *b = (struct batcher){ .worker = w, .config = &e->config };
    batch_file_init(&b->file, &e->config, &e->head, &e->tail);
    batch_items_init(&b->items, &b->file,
                     e->config.key ? str_of(e->config.key) : (struct str){ NULL, 0 });
    b->caller = caller_open(e->config.cell, e->config.base_url, e->config.key, err);
    if (!b->caller)
        return -1;
    caller_stops(b->caller, stops, b);
    return 0;
}

void batcher_close(struct batcher *b)
{
    caller_close(b->caller);
    buf_free(&b->cursor);
    batch_items_free(&b->items);
    batch_file_free(&b->file);
}
