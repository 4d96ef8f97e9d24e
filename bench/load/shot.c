#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/error.h"
#include "base/mem.h"
#include "base/rng.h"
#include "load/body.h"
#include "load/engine_private.h"
#include "load/plan.h"
#include "load/retry.h"

static const struct engine_config *config_of(const struct shot *s)
{
    return &s->worker->engine->config;
}

static struct shot *take(struct worker *w)
{
    struct shot *s = w->free_shots;

    if (s) {
        w->free_shots = s->next;
        return s;
    }
    s = mem_alloc(sizeof(*s));
    s->worker = w;
    buf_init(&s->body, 0);
    s->all_next = w->all_shots;
    w->all_shots = s;
    return s;
}

static void make_prompt(struct shot *s)
{
    struct worker *w = s->worker;
    const struct engine_config *c = config_of(s);

    buf_clear(&w->messages);
    buf_clear(&w->extra);
    if (s->turn > 1)
        session_prompt(s->session, &w->messages, &w->extra);
    else
        prompts_make(c->prompts, c->round, c->words_per_token,
                     prompts_number(s->began_phase, s->k), &w->messages, &w->extra,
                     &s->info);
}

static void build_body(struct shot *s)
{
    struct worker *w = s->worker;
    const struct engine_config *c = config_of(s);
    struct body_parts parts = { c->endpoint, &c->cell->request, &w->engine->head,
                                &w->engine->tail };

    make_prompt(s);
    buf_clear(&s->body);
    body_put(&s->body, &parts, &w->messages, &w->extra, &s->info);
}

/* Of what has no tokens: a clip, or a text that is to be spoken; -1: neither. */
static int64_t audio_cost(const struct shot *s, ns_t audio, int64_t characters)
{
    const struct model *m = config_of(s)->model;

    return audio != NS_ABSENT ? catalogue_audio_cost(m, audio)
                              : catalogue_text_cost(m, characters);
}

static int64_t expected_cost(const struct shot *s, int64_t completion)
{
    if (config_of(s)->endpoint->takes != PROMPT_MESSAGES)
        return audio_cost(s, s->info.audio, s->info.characters);
    return catalogue_cost(config_of(s)->model, s->info.estimated_tokens, 0, completion);
}

/* What is counted in tokens tells how many it used; audio is paid for where it was
 * answered.
 */
static int64_t cost_of(const struct shot *s, const struct record *r)
{
    const struct model *m = config_of(s)->model;
    int64_t completion;

    if (!m)
        return -1;
    if (config_of(s)->endpoint->takes != PROMPT_MESSAGES && outcomes[r->outcome].latency)
        return audio_cost(s, r->audio.sent, r->characters);
    completion = config_of(s)->endpoint->tokenless ? 0 : r->tokens.completion;
    if (r->tokens.prompt < 0 || completion < 0)
        return -1;
    return catalogue_cost(m, r->tokens.prompt, r->tokens.cached, completion);
}

/* For budget and pacing: the server may reserve the most it may generate. */
static void expect(struct shot *s)
{
    const struct engine_config *c = config_of(s);
    bool is_max;
    int64_t completion = s->info.max_completion;

    if (completion < 0)
        completion = plan_completion(&c->cell->request, c->model, &is_max);
    s->expected_tokens = s->info.estimated_tokens + (completion > 0 ? completion : 0);
    s->expected_cost = c->model ? expected_cost(s, completion) : -1;
    s->need = (struct rate_need){ {
        [LIMIT_REQUESTS] = 1,
        [LIMIT_TOKENS] = (double)s->expected_tokens,
        [LIMIT_AUDIO_SECONDS] = rate_audio_need(s->info.audio),
    } };
}

/* The first request of a session; behind build_body, which has left its prompt there. */
static void begin_session(struct shot *s)
{
    struct worker *w = s->worker;

    if (!s->session) {
        s->session = mem_alloc(sizeof(*s->session));
        session_init(s->session);
    }
    session_begin(s->session, &w->engine->sessions, prompts_number(s->phase, s->k),
                  &w->messages, &w->extra);
}

struct shot *shot_new(struct worker *w, uint32_t phase, uint64_t k)
{
    struct shot *s = take(w);
    bool sessions = workload_has_sessions(&w->engine->config.cell->workload);

    s->state = SHOT_MADE;
    s->slot = NULL;
    s->transfer = NULL;
    s->turn = sessions;
    s->req = record_req(w->engine->config.trial_no, phase, sessions ? k * RECORD_TURNS : k);
    s->phase = s->began_phase = phase;
    s->k = k;
    s->try_no = 1;
    s->due = s->free_at = s->ready = NS_ABSENT;
    memset(s->held, 0, sizeof(s->held));
    build_body(s);
    if (sessions)
        begin_session(s);
    expect(s);
    return s;
}

static void give_back(struct shot *s)
{
    s->state = SHOT_FREE;
    s->next = s->worker->free_shots;
    s->worker->free_shots = s;
}

void shot_drop(struct shot *s)
{
    give_back(s);
}

void shot_submit(struct shot *s)
{
    struct worker *w = s->worker;

    if (s->state == SHOT_MADE)
        s->began = s->due;
    if (s->state == SHOT_MADE || s->state == SHOT_BETWEEN) {
        s->free_at = s->due;
        w->open_shots++;
        atomic_fetch_add(&w->engine->phases[s->phase].planned, 1);
    }
    s->state = SHOT_QUEUED;
    if (w->queue_bytes > w->engine->config.queue_bytes)
        buf_free(&s->body);
    w->queue_bytes += s->body.cap;
    s->next = NULL;
    *w->queue_tail = s;
    w->queue_tail = &s->next;
}

static void over(struct shot *s, ns_t at)
{
    struct worker *w = s->worker;

    w->open_shots--;
    worker_shot_over(w, s, at);
    give_back(s);
}

static void identify(const struct shot *s, struct record *r)
{
    const struct engine_config *c = config_of(s);

    record_init(r);
    r->req = s->req;
    r->try_no = s->try_no;
    r->cell = c->cell_no;
    r->trial = c->trial_no;
    r->phase = s->phase;
    r->turn = s->turn;
    r->at[MOMENT_DUE] = s->due;
    memcpy(r->held, s->held, sizeof(r->held));
    r->tokens.planned = s->info.planned_tokens;
    r->tokens.words = s->info.words;
    r->audio.sent = s->info.audio;
    r->characters = s->info.characters;
    r->images = s->info.images ? (int64_t)s->info.images : -1;
}

/* Never sent, or not sent again: it was still held when the trial ended. */
static void cut_unsent(struct shot *s)
{
    struct record r;
    ns_t now = worker_now(s->worker);

    identify(s, &r);
    r.final = true;
    r.outcome = OUTCOME_CUT;
    r.at[MOMENT_END] = now;
    mailbox_put_record(config_of(s)->mailbox, record_copy(&r));
    over(s, now);
}

/* A clip that was refused took nothing of the seconds; tokens below 0: not told. */
static struct rate_need used_of(const struct shot *s, const struct record *r,
                                int64_t tokens)
{
    struct rate_need used = s->need;

    used.of[LIMIT_TOKENS] = (double)tokens;
    if (r->http_status >= 400 || !r->http_status)
        used.of[LIMIT_AUDIO_SECONDS] = 0;
    return used;
}

static void settle(const struct shot *s, const struct record *r, const struct answer *a)
{
    const struct engine_config *c = config_of(s);
    int64_t used = -1;
    ns_t now = worker_now(s->worker);

    if (r->tokens.prompt >= 0)
        used = r->tokens.prompt + (r->tokens.completion > 0 ? r->tokens.completion : 0);
    else if (r->http_status >= 400 || !r->http_status)
        used = 0;
    budget_settle(c->budget, s->expected_tokens, s->expected_cost, used, r->cost_nusd);
    if (!c->pacer)
        return;
    if (r->outcome == OUTCOME_RATE_LIMITED)
        pacer_refused(c->pacer, s->need, r->limit_kind,
                      a->retry_after != NS_ABSENT ? a->retry_after : a->retry_in, r->limits,
                      now);
    else
        pacer_settle(c->pacer, s->need, used_of(s, r, used), r->limits, now);
}

/* How long the pacer would hold it, now that it knows how the last attempt ended. */
static ns_t own_wait(const struct shot *s)
{
    const struct engine_config *c = config_of(s);

    if (!c->pacer)
        return NS_ABSENT;
    return pacer_wait(c->pacer, s->need, worker_now(s->worker));
}

static bool retried(const struct shot *s, const struct record *r, const struct answer *a,
                    ns_t *wait)
{
    const struct engine_config *c = config_of(s);
    struct rng rng = rng_stream(c->seed, "retry", s->req * 64 + s->try_no);
    struct retry_facts facts = {
        .retry_after = a->retry_after,
        .retry_in = a->retry_in,
        .bucket = own_wait(s),
        .daily = error_is_daily(a),
        .streamed = endpoint_streams(c->endpoint, &c->cell->request),
    };

    if (s->worker->halted || r->outcome == OUTCOME_CUT)
        return false;
    return retry_next(&c->cell->retry, r, &facts, rng_unit(&rng), wait);
}

static void wait_over(void *ctx)
{
    struct shot *s = ctx;

    if (s->state == SHOT_BETWEEN) {
        worker_turn_due(s->worker, s);
        return;
    }
    shot_submit(s);
    shots_pump(s->worker);
}

static void wait_until(struct shot *s, ns_t at)
{
    if (!s->timer)
        s->timer = loop_timer_new(s->worker->loop, wait_over, s);
    loop_timer_at(s->timer, config_of(s)->t0 + at);
}

static void try_again(struct shot *s, ns_t end, ns_t wait)
{
    s->try_no++;
    s->free_at = end + wait;
    s->held[HOLD_RETRY] += s->free_at - s->ready;
    s->state = SHOT_WAITING;
    wait_until(s, s->free_at);
}

/* --- sessions ------------------------------------------------------------------------- */

/* Does another request follow the answer? If not, and the session is whole, *r says so. */
static bool followed(struct shot *s, struct record *r, const struct answer *a, ns_t *wait)
{
    bool whole;

    if (!s->turn || !r->final)
        return false;
    if (session_follow(s->session, &s->worker->engine->sessions, r, a, wait, &s->info,
                       &whole))
        return !s->worker->stopping;
    if (whole)
        r->session = r->at[MOMENT_END] - s->began;
    return false;
}

/* Made now, while the user thinks, and not when it is due. */
static void next_turn(struct shot *s, ns_t end, ns_t wait)
{
    s->worker->open_shots--;
    s->turn = s->session->turn;
    s->req++;
    s->try_no = 1;
    s->due = s->free_at = end + wait;
    s->ready = NS_ABSENT;
    memset(s->held, 0, sizeof(s->held));
    s->state = SHOT_BETWEEN;
    build_body(s);
    expect(s);
    wait_until(s, s->due);
    if (s->due <= worker_now(s->worker))
        loop_timer_soon(s->timer);
}

void shots_submit_turns(struct worker *w, ns_t until)
{
    for (struct shot *s = w->all_shots; s; s = s->all_next)
        if (s->state == SHOT_BETWEEN && s->due <= until) {
            loop_timer_cancel(s->timer);
            s->phase = w->phase;
            shot_submit(s);
        }
}

void shots_drop_turns(struct worker *w)
{
    for (struct shot *s = w->all_shots; s; s = s->all_next)
        if (s->state == SHOT_BETWEEN) {
            loop_timer_cancel(s->timer);
            shot_drop(s);
        }
}

/* --- attempts ------------------------------------------------------------------------- */

static void release_place(struct worker *w, ns_t at)
{
    uint64_t tail;

    w->in_flight--;
    atomic_fetch_sub(&w->engine->in_flight, 1);
    tail = (w->release_head + w->cap - w->in_flight - 1) % w->cap;
    w->released[tail] = at;
}

static void attempt_over(void *ctx, struct transfer *t)
{
    struct shot *s = ctx;
    struct worker *w = s->worker;
    const struct engine_config *c = config_of(s);
    const struct answer *a = transfer_answer(t);
    struct record r;
    ns_t wait, end;
    bool again, more;

    identify(s, &r);
    transfer_fill(t, &r);
    end = r.at[MOMENT_END];
    r.at[MOMENT_READY] = s->ready;
    r.cost_nusd = cost_of(s, &r);
    if (transfer_out_of_descriptors(t))
        w->lag.sample.counters[transfer_out_of_ports(t) ? HEALTH_PORTS_EXHAUSTED
                                                        : HEALTH_FD_EXHAUSTED]++;
    settle(s, &r, a);
    again = retried(s, &r, a, &wait);
    r.final = !again;
    more = followed(s, &r, a, &wait);
    lag_send(w, r.at[MOMENT_START] - s->ready);
    mailbox_put_record(c->mailbox, record_copy(&r));
    s->transfer = NULL;
    release_place(w, end);
    if (again)
        try_again(s, end, wait);
    else if (more)
        next_turn(s, end, wait);
    else
        over(s, end);
    shots_pump(w);
    worker_check_end(w);
}

static ns_t later(ns_t a, ns_t b)
{
    return a > b ? a : b;
}

/*
 * When nothing held the attempt any more, told from what held it and not from when we
 * noticed: our own lateness must show as send lag.
 */
static void book_holds(struct shot *s)
{
    struct worker *w = s->worker;
    ns_t place = later(s->free_at, w->released[w->release_head]);

    s->ready = later(place, w->paced_until);
    s->held[HOLD_CAP] += place - s->free_at;
    s->held[HOLD_PACING] += s->ready - place;
}

static void send(struct shot *s)
{
    struct worker *w = s->worker;
    struct str body = { s->body.p, s->body.len };

    book_holds(s);
    w->release_head = (w->release_head + 1) % w->cap;
    w->in_flight++;
    if (w->in_flight > w->most_in_flight)
        w->most_in_flight = w->in_flight;
    atomic_fetch_add(&w->engine->in_flight, 1);
    if (s->try_no == 1)
        atomic_fetch_add(&w->engine->phases[s->phase].issued, 1);
    s->state = SHOT_WIRE;
    s->transfer = wire_send(w->wire, s->req, s->try_no, body, attempt_over, s);
    lag_waited(w, s->ready, transfer_started(s->transfer));
}

/* May the head of the queue go now? If not, who holds it will call shots_pump again. */
static bool admitted(struct worker *w, struct shot *s)
{
    const struct engine_config *c = config_of(s);

    if (c->pacer) {
        ns_t again = pacer_admit(c->pacer, s->need, worker_now(w));

        if (again) {
            w->paced_until = again;
            loop_timer_at(w->pace_timer, c->t0 + again);
            return false;
        }
    }
    if (budget_take(c->budget, s->expected_tokens, s->expected_cost))
        return true;
    /* The end of the run: what the pacer has booked for it nobody will ask for again. */
    atomic_store(&w->engine->out_of_budget, true);
    engine_stop(w->engine, false);
    return false;
}

void shots_pump(struct worker *w)
{
    while (w->queue && w->in_flight < w->cap && !w->halted) {
        struct shot *s = w->queue;

        if (!admitted(w, s))
            return;
        w->queue = s->next;
        if (!w->queue)
            w->queue_tail = &w->queue;
        w->queue_bytes -= s->body.cap;
        if (!s->body.len)
            build_body(s);
        send(s);
    }
}

void shots_cut_queue(struct worker *w)
{
    struct shot *s = w->queue;

    w->queue = NULL;
    w->queue_tail = &w->queue;
    w->queue_bytes = 0;
    while (s) {
        struct shot *next = s->next;

        cut_unsent(s);
        s = next;
    }
    for (s = w->all_shots; s; s = s->all_next)
        if (s->state == SHOT_WAITING) {
            loop_timer_cancel(s->timer);
            cut_unsent(s);
        }
}

void shots_cut(struct worker *w)
{
    shots_cut_queue(w);
    for (struct shot *s = w->all_shots; s; s = s->all_next)
        if (s->state == SHOT_WIRE)
            transfer_cut(s->transfer);
}

void shots_free(struct worker *w)
{
    while (w->all_shots) {
        struct shot *s = w->all_shots;

        w->all_shots = s->all_next;
        if (s->timer)
            loop_timer_free(s->timer);
        buf_free(&s->body);
        if (s->session)
            session_free(s->session);
        free(s->session);
        free(s);
    }
}
