#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "load/engine_private.h"

/* Requests that leave in a row before the loop looks at something else: a burst must not
 * keep answers waiting. */
enum { DUE_AT_ONCE = 4, SLOTS_AT_ONCE = 4 };

/* What is made ahead, at most. */
enum { AHEAD = 64, AHEAD_BYTES = 4 << 20 };

ns_t worker_now(const struct worker *w)
{
    return clock_now(w->engine->config.clock) - w->engine->config.t0;
}

static const struct phase *phase_of(const struct worker *w)
{
    return &w->engine->config.cell->phases[w->phase];
}

static struct phase_state *state_of(const struct worker *w)
{
    return &w->engine->phases[w->phase];
}

static void at_time(const struct worker *w, struct loop_timer *t, ns_t at)
{
    loop_timer_at(t, w->engine->config.t0 + at);
}

/*
 * The phase ends then, or earlier if somebody has said so. An end that has come stays:
 * other workers may have begun the next phase there, and all must begin it at the same
 * moment.
 */
static void end_by(struct worker *w, ns_t at)
{
    ns_t known = atomic_load(&state_of(w)->end), now = worker_now(w);

    while ((known == NS_ABSENT || (at < known && now < known)) &&
           !atomic_compare_exchange_weak(&state_of(w)->end, &known, at))
        ;
}

static bool has_sessions(const struct worker *w)
{
    return workload_has_sessions(&w->engine->config.cell->workload);
}

/* Open loop: the next request of ours; NULL: no other comes. */
static struct shot *next_open(struct worker *w)
{
    ns_t due;

    while (arrival_next(&w->arrival, &due)) {
        uint64_t k = w->arrivals++;
        struct shot *s;

        w->last_due = due;
        if (k % w->engine->n_workers != w->number)
            continue;
        s = shot_new(w, w->phase, k);
        s->due = w->begin + due;
        return s;
    }
    if (phase_of(w)->requests && w->arrivals == phase_of(w)->requests && !has_sessions(w))
        end_by(w, w->begin + w->last_due);
    return NULL;
}

/* Closed loop: the k-th request, or NULL where the phase has had all it asks for. */
static struct shot *next_closed(struct worker *w)
{
    uint64_t k = atomic_fetch_add(&state_of(w)->next_k, 1);

    if (phase_of(w)->requests && k >= phase_of(w)->requests)
        return NULL;
    return shot_new(w, w->phase, k);
}

static bool add_ahead(struct worker *w)
{
    struct shot *s = phase_of(w)->open ? next_open(w) : next_closed(w);

    if (!s)
        return false;
    s->next = NULL;
    *w->ahead_tail = s;
    w->ahead_tail = &s->next;
    w->n_ahead++;
    w->ahead_bytes += s->body.cap;
    return true;
}

/*
 * How many may wait. A closed loop that counts its requests makes none ahead: one that were
 * dropped at the end of the phase would be missing.
 */
static size_t most_ahead(const struct worker *w)
{
    if (phase_of(w)->open)
        return AHEAD;
    if (phase_of(w)->requests)
        return 0;
    return w->n_slots < AHEAD ? w->n_slots : AHEAD;
}

static bool wants_more_ahead(const struct worker *w)
{
    return !w->stopping && w->n_ahead < most_ahead(w) &&
           (!w->n_ahead || w->ahead_bytes < AHEAD_BYTES);
}

static struct shot *first_ahead(struct worker *w)
{
    if (!w->ahead && !add_ahead(w))
        return NULL;
    return w->ahead;
}

static struct shot *take_ahead(struct worker *w)
{
    struct shot *s = first_ahead(w);

    if (!s)
        return NULL;
    w->ahead = s->next;
    if (!w->ahead)
        w->ahead_tail = &w->ahead;
    w->n_ahead--;
    w->ahead_bytes -= s->body.cap;
    if (wants_more_ahead(w))
        at_time(w, w->ahead_timer, 0);
    return s;
}

static void drop_ahead(struct worker *w)
{
    while (w->ahead) {
        struct shot *s = w->ahead;

        w->ahead = s->next;
        shot_drop(s);
    }
    w->ahead_tail = &w->ahead;
    w->n_ahead = w->ahead_bytes = 0;
    loop_timer_cancel(w->ahead_timer);
    loop_timer_cancel(w->due_timer);
}

/* One a turn: a long prompt takes its time. */
static void make_ahead(void *ctx)
{
    struct worker *w = ctx;

    if (wants_more_ahead(w) && add_ahead(w) && wants_more_ahead(w))
        at_time(w, w->ahead_timer, 0);
}

static void await_due(struct worker *w)
{
    const struct shot *s = w->stopping ? NULL : first_ahead(w);

    if (s)
        at_time(w, w->due_timer, s->due);
}

/* What is due by then leaves, `most` at once. */
static void submit_due(struct worker *w, ns_t until, uint64_t most)
{
    const struct shot *s;

    while (most-- && (s = first_ahead(w)) && s->due <= until) {
        shot_submit(take_ahead(w));
        shots_pump(w);
    }
}

static void phase_check(struct worker *w);

static void due_now(void *ctx)
{
    struct worker *w = ctx;

    submit_due(w, worker_now(w), DUE_AT_ONCE);
    await_due(w);
    phase_check(w);
}

static void wake_all(struct engine *e)
{
    for (unsigned i = 0; i < e->n_workers; i++)
        loop_wake(e->workers[i].loop);
}

static void slot_send(struct slot *slot, ns_t due)
{
    struct worker *w = slot->worker;
    struct shot *s = take_ahead(w);

    if (!s && has_sessions(w)) /* others talk on: see session_over */
        return;
    if (!s) {
        end_by(w, worker_now(w));
        wake_all(w->engine);
        return;
    }
    s->due = due;
    s->slot = slot;
    slot->busy = true;
    shot_submit(s);
    shots_pump(w);
}

/* What a free slot does in this phase: send, wait, or nothing. */
static void slot_next(struct slot *slot)
{
    struct worker *w = slot->worker;
    ns_t from = slot->free_at > w->begin ? slot->free_at - w->begin : 0;
    ns_t at, end = atomic_load(&state_of(w)->end);

    if (w->stopping || phase_of(w)->open)
        return;
    at = profile_slot_begin(phase_of(w), slot->number, from);
    if (at == NS_ABSENT || (end != NS_ABSENT && w->begin + at >= end))
        return;
    if (w->begin + at <= worker_now(w))
        slot_send(slot, w->begin + at);
    else
        at_time(w, slot->timer, w->begin + at);
}

static void slot_due(void *ctx)
{
    struct slot *slot = ctx;

    if (!slot->busy)
        slot_next(slot);
}

/* Has the phase had all the requests it asks for? Then nobody need think about another. */
static bool exhausted(const struct worker *w, uint32_t phase)
{
    uint64_t requests = w->engine->config.cell->phases[phase].requests;

    return requests && atomic_load(&w->engine->phases[phase].next_k) >= requests;
}

/* A phase that counts sessions ends with the last of them, and not when that begins. */
static void session_over(struct worker *w, const struct shot *s, ns_t at)
{
    uint64_t wanted = w->engine->config.cell->phases[s->began_phase].requests;
    uint64_t n = atomic_fetch_add(&w->engine->phases[s->began_phase].sessions, 1) + 1;

    if (n != wanted || s->began_phase != w->phase || w->stopping)
        return;
    end_by(w, at);
    wake_all(w->engine);
}

void worker_shot_over(struct worker *w, struct shot *s, ns_t at)
{
    struct slot *slot = s->slot;

    if (s->turn)
        session_over(w, s, at);

    if (!slot)
        return;
    slot->busy = false;
    slot->free_at = at;
    if (!exhausted(w, s->phase))
        slot->free_at += w->engine->config.cell->phases[s->phase].think;
    /* From the loop, not from here: a slot whose requests fail at once must not recurse. */
    if (w->stopping)
        return;
    if (slot->free_at <= worker_now(w))
        loop_timer_soon(slot->timer);
    else
        at_time(w, slot->timer, slot->free_at);
}

static void begin_open(struct worker *w)
{
    const struct engine_config *c = &w->engine->config;

    arrival_init(&w->arrival, phase_of(w), c->seed,
                 (uint64_t)c->round * w->engine->n_phases + w->phase);
    w->arrivals = 0;
    w->last_due = 0;
    await_due(w);
}

/*
 * A closed loop has no schedule for its beginning: idle slots are brought up one after the
 * other, each free, and so due, when its turn comes. Few at a time, or the answers to the
 * first would wait for the last.
 */
static void bring_up(void *ctx)
{
    struct worker *w = ctx;
    int most = SLOTS_AT_ONCE;

    for (; w->slots_up < w->n_slots; w->slots_up++) {
        struct slot *slot = &w->slots[w->slots_up];
        ns_t now = worker_now(w);

        if (slot->busy || w->stopping || phase_of(w)->open)
            continue;
        if (!most--) {
            at_time(w, w->up_timer, 0);
            return;
        }
        loop_timer_cancel(slot->timer);
        slot->free_at = slot->free_at > now ? slot->free_at : now;
        slot_next(slot);
    }
}

static void begin_phase(struct worker *w, ns_t begin)
{
    const struct phase *p = phase_of(w);

    w->begin = begin;
    atomic_store(&state_of(w)->begin, begin);
    if (p->duration != NS_ABSENT)
        end_by(w, begin + p->duration);
    w->slots_up = 0;
    if (p->open)
        begin_open(w);
    else
        bring_up(w);
}

/* Nothing new from here on; what is open has until the deadline. */
static void load_over(struct worker *w, ns_t at)
{
    w->stopping = true;
    drop_ahead(w);
    shots_drop_turns(w);
    loop_timer_cancel(w->phase_timer);
    at_time(w, w->drain_timer, at + w->engine->config.cell->limits.drain);
    worker_check_end(w);
}

static void phase_check(struct worker *w)
{
    while (!w->stopping) {
        ns_t end = atomic_load(&state_of(w)->end);

        if (end == NS_ABSENT)
            return;
        if (worker_now(w) < end) {
            at_time(w, w->phase_timer, end);
            return;
        }
        if (phase_of(w)->open)
            submit_due(w, end, UINT64_MAX);
        shots_submit_turns(w, end);
        shots_pump(w);
        drop_ahead(w);
        if (w->phase == w->engine->last_phase) {
            load_over(w, end);
            return;
        }
        w->phase++;
        begin_phase(w, end);
    }
}

static void phase_due(void *ctx)
{
    phase_check(ctx);
}

/* It belongs to the phase in which it is due, and to none where the load is over by then.
 */
void worker_turn_due(struct worker *w, struct shot *s)
{
    phase_check(w);
    if (s->state != SHOT_BETWEEN)
        return;
    s->phase = w->phase;
    shot_submit(s);
    shots_pump(w);
}

static void pace_due(void *ctx)
{
    shots_pump(ctx);
}

static void drain_due(void *ctx)
{
    struct worker *w = ctx;

    w->halted = true;
    shots_cut(w);
    worker_check_end(w);
}

static void health_due(void *ctx)
{
    struct worker *w = ctx;

    lag_report(w);
    at_time(w, w->health_timer, worker_now(w) + NS_PER_S);
}

static void woken(void *ctx)
{
    struct worker *w = ctx;
    int stop = atomic_load(&w->engine->stop);

    if (!stop) {
        phase_check(w);
        return;
    }
    w->halted = true;
    if (!w->stopping) {
        end_by(w, worker_now(w));
        load_over(w, worker_now(w));
    }
    shots_cut_queue(w);
    if (stop == STOP_CUT)
        shots_cut(w);
    worker_check_end(w);
}

void worker_check_end(struct worker *w)
{
    if (w->stopping && !w->open_shots)
        loop_stop(w->loop);
}

static void open_timers(struct worker *w)
{
    w->phase_timer = loop_timer_new(w->loop, phase_due, w);
    w->due_timer = loop_timer_new(w->loop, due_now, w);
    w->ahead_timer = loop_timer_new(w->loop, make_ahead, w);
    w->up_timer = loop_timer_new(w->loop, bring_up, w);
    w->pace_timer = loop_timer_new(w->loop, pace_due, w);
    w->drain_timer = loop_timer_new(w->loop, drain_due, w);
    w->health_timer = loop_timer_new(w->loop, health_due, w);
    loop_timer_urgent(w->due_timer);
    loop_on_wake(w->loop, woken, w);
    loop_on_turn(w->loop, lag_turn, w);
}

/* The part of `total` that worker `number` of n has. */
static uint64_t share(uint64_t total, unsigned number, unsigned n)
{
    return total / n + (number < total % n);
}

static void open_slots(struct worker *w)
{
    const struct engine *e = w->engine;
    uint64_t most = 0;

    for (size_t i = 0; i < e->n_phases; i++) {
        const struct phase *p = &e->config.cell->phases[i];
        uint64_t n = p->open ? 0 : profile_max_slots(p);

        most = n > most ? n : most;
    }
    w->n_slots = share(most, w->number, e->n_workers);
    w->slots = mem_array(w->n_slots, sizeof(*w->slots));
    for (size_t i = 0; i < w->n_slots; i++) {
        struct slot *slot = &w->slots[i];

        slot->worker = w;
        slot->number = i * e->n_workers + w->number;
        slot->timer = loop_timer_new(w->loop, slot_due, slot);
    }
}

static struct wire *open_wire(struct worker *w, struct err *err)
{
    const struct engine_config *c = &w->engine->config;
    struct wire_config config = {
        .loop = w->loop,
        .clock = c->clock,
        .t0 = c->t0,
        .cell = c->cell,
        .endpoint = c->endpoint,
        .demand = w->engine->demand,
        .base_url = c->base_url,
        .key = c->key,
        .send_id = c->send_id,
        .trace = c->trace,
        .connections = (unsigned)w->cap,
        .on_read = lag_read,
        .ctx = w,
    };

    return wire_open(&config, err);
}

static int worker_open(struct worker *w, struct engine *e, unsigned number, struct err *err)
{
    w->engine = e;
    w->number = number;
    w->phase = e->config.first_phase;
    w->queue_tail = &w->queue;
    w->ahead_tail = &w->ahead;
    w->cap = share(e->config.cell->limits.in_flight, number, e->n_workers);
    w->released = mem_array(w->cap, sizeof(*w->released));
    buf_init(&w->messages, 0);
    buf_init(&w->extra, 0);
    w->loop = loop_open(e->config.clock, err);
    if (!w->loop)
        return -1;
    w->wire = open_wire(w, err);
    if (!w->wire)
        return -1;
    open_timers(w);
    open_slots(w);
    return 0;
}

static void free_timer(struct loop_timer *t)
{
    if (t)
        loop_timer_free(t);
}

static void worker_close(struct worker *w)
{
    if (w->wire)
        wire_close(w->wire);
    shots_free(w);
    for (size_t i = 0; i < w->n_slots; i++)
        free_timer(w->slots[i].timer);
    free_timer(w->phase_timer);
    free_timer(w->due_timer);
    free_timer(w->ahead_timer);
    free_timer(w->up_timer);
    free_timer(w->pace_timer);
    free_timer(w->drain_timer);
    free_timer(w->health_timer);
    if (w->loop)
        loop_close(w->loop);
    lag_free(w);
    free(w->slots);
    free(w->released);
    buf_free(&w->messages);
    buf_free(&w->extra);
}

static void preconnected(void *ctx)
{
    struct worker *w = ctx;

    loop_stop(w->loop);
}

/* As many as the load will want at once, as far as that can be told beforehand. */
static unsigned wanted_connections(const struct worker *w)
{
    enum { GUESS = 64 };
    uint64_t n = w->n_slots ? w->n_slots : GUESS;

    return (unsigned)(n < w->cap ? n : w->cap);
}

static void *worker_main(void *worker)
{
    struct worker *w = worker;
    struct engine *e = w->engine;

    thread_prompt();
    if (e->config.cell->connection.policy == CONNECTION_PRECONNECT) {
        wire_preconnect(w->wire, wanted_connections(w), preconnected, w);
        loop_run(w->loop);
    }
    if (!engine_start_line(e))
        return NULL;
    lag_init(w);
    health_due(w);
    begin_phase(w, atomic_load(&e->phases[w->phase].begin));
    phase_check(w);
    woken(w);
    loop_run(w->loop);
    lag_report(w);
    if (atomic_fetch_sub(&e->running, 1) == 1)
        mailbox_ring(e->config.mailbox);
    return NULL;
}

static unsigned worker_count(const struct cell *cell)
{
    uint64_t n = cell->connection.threads ? cell->connection.threads : 1;

    return (unsigned)(n < cell->limits.in_flight ? n : cell->limits.in_flight);
}

static void worker_wake(struct worker *w)
{
    loop_wake(w->loop);
}

const struct worker_kind worker_requests = {
    .count = worker_count,
    .open = worker_open,
    .main = worker_main,
    .wake = worker_wake,
    .close = worker_close,
};
