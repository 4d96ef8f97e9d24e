#include "load/drive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "base/mem.h"
#include "load/engine.h"
#include "load/ratio.h"
#include "load/seek.h"
#include "load/system_health.h"
#include "load/wire.h"

enum { QUEUE_BYTES = 64 << 20, UNREACHABLE_AFTER = 10 };

#define TURN (50 * NS_PER_MS) /* how often we look at what the workers have done */

/* Signs that the target is of no use, seen in the records as they pass. */
struct target_watch {
    uint64_t answered; /* attempts with any HTTP answer */
    uint64_t good;
    uint64_t unreachable;
    uint64_t refused; /* 401, 403 */
    bool blocked;
    char why[256];
};

/* A trial under way. */
struct running {
    struct engine *engine;
    struct seek seek; /* which part of it */
    uint32_t trial;
    uint32_t begun; /* phases before this one have begun, and that has been journaled */
};

struct driving {
    struct drive *drive;
    struct target_watch watch;
    struct ratio ratio;
    struct pacers *pacers;
    struct budget_state budget;
    struct running *running;
    size_t n_running;
    double words_per_token;
    uint32_t first_worker;
    struct system_health system;
    ns_t system_due;
    enum end_reason reason;
    bool stopped;
    struct err err; /* why a trial could not be started */
};

static void watch_record(void *ctx, const struct record *r)
{
    struct driving *d = ctx;
    struct target_watch *w = &d->watch;
    const struct cell *cell = &d->drive->scenario->cells[r->cell];

    if (r->tokens.words > 0 && r->tokens.prompt > 0)
        ratio_add(&d->ratio, cell->request.model, r->tokens.words,
                  r->tokens.prompt - prompts_overhead(&cell->workload));
    w->answered += r->http_status > 0;
    w->good += outcomes[r->outcome].latency;
    w->refused += r->outcome == OUTCOME_AUTH;
    w->blocked |= r->outcome == OUTCOME_BLOCKED;
    w->unreachable +=
        (r->outcome == OUTCOME_TRANSPORT && strcmp(r->error_code, WIRE_NO_SOCKET) != 0) ||
        r->outcome == OUTCOME_TIMEOUT_CONNECT;
    if ((r->outcome == OUTCOME_AUTH || r->outcome == OUTCOME_BLOCKED || !w->answered) &&
        r->error[0])
        snprintf(w->why, sizeof(w->why), "%s", r->error);
}

/* No further request can tell more: nobody answers, or we are not let in. */
static bool target_useless(const struct target_watch *w)
{
    if (w->blocked)
        return true;
    if (!w->answered)
        return w->unreachable >= UNREACHABLE_AFTER;
    return w->refused && !w->good && w->refused == w->answered;
}

static const char *tier_of(const struct run *run, uint32_t cell)
{
    return run->cells[cell].tier;
}

static ns_t now(const struct driving *d)
{
    return clock_now(d->drive->clock) - d->drive->run->t0_mono;
}

static struct pacer *pacer_of(struct driving *d, const struct cell *cell, uint32_t cell_no)
{
    /* Batches have limits of their own, which no header tells. */
    if (!cell->limits.pace_to_rate_limits || !cell->request.model ||
        endpoint_find(cell->request.endpoint)->carries)
        return NULL;
    return pacers_get(d->pacers, cell->request.model, tier_of(d->drive->run, cell_no),
                      cell->target.plan, now(d));
}

/* Rounded as the journal tells it, so that it can be asked for again. */
static double words_per_token(const struct driving *d, const struct cell *cell)
{
    double fixed = cell->workload.words_per_token;

    return fixed > 0 ? (double)llround(fixed * 1e6) / 1e6 : d->words_per_token;
}

/* The part of the trial that its seek is at. */
static int start_part(struct driving *d, struct running *r)
{
    struct drive *drive = d->drive;
    const struct run_trial *t = &drive->run->trials[r->trial];
    const struct cell *cell = &r->seek.cell;
    struct engine_config config = {
        .clock = drive->clock,
        .t0 = drive->run->t0_mono,
        .cell = cell,
        .cell_no = t->cell,
        .trial_no = r->trial,
        .round = t->round,
        .first_phase = r->seek.first,
        .phases_run = r->seek.n,
        .first_worker = d->first_worker,
        .seed = drive->run->seed,
        .words_per_token = words_per_token(d, cell),
        .endpoint = endpoint_find(cell->request.endpoint),
        .base_url = drive->targets[t->cell].base_url,
        .key = drive->targets[t->cell].key,
        .send_id = drive->targets[t->cell].send_id,
        .trace = cell->target.traceparent ? drive->run->id : NULL,
        .model = cell->request.model
                     ? catalogue_model(drive->catalogue, cell->request.model)
                     : NULL,
        .prompts = drive->prompts->of_cell[t->cell],
        .pacer = pacer_of(d, cell, t->cell),
        .budget = &d->budget,
        .mailbox = &drive->collector->mailbox,
        .queue_bytes = QUEUE_BYTES,
    };

    r->begun = r->seek.first;
    r->engine = engine_open(&config, &d->err);
    if (!r->engine)
        return -1;
    d->first_worker += engine_threads(r->engine);
    return 0;
}

static int start_trial(struct driving *d, uint32_t trial)
{
    struct drive *drive = d->drive;
    struct running *r = &d->running[d->n_running];

    *r = (struct running){ .trial = trial };
    seek_open(&r->seek, &drive->scenario->cells[drive->run->trials[trial].cell], drive->run,
              drive->recorder, trial);
    if (!seek_next(&r->seek, now(d)) || start_part(d, r)) {
        seek_close(&r->seek);
        return -1;
    }
    d->n_running++;
    return 0;
}

/* A phase has begun before its first record is in the mailbox. */
static void journal_begins(void *driving)
{
    struct driving *d = driving;

    for (size_t i = 0; i < d->n_running; i++) {
        struct running *r = &d->running[i];
        struct phase_event begin, end;

        for (; r->begun < r->seek.first + r->seek.n; r->begun++) {
            engine_phase(r->engine, r->begun, &begin, &end);
            if (begin.at == NS_ABSENT)
                break;
            collector_phase(d->drive->collector, &begin);
        }
    }
}

static void journal_ends(struct driving *d, const struct running *r)
{
    struct phase_event begin, end;

    for (uint32_t p = r->seek.first; p < r->begun; p++) {
        engine_phase(r->engine, p, &begin, &end);
        collector_phase(d->drive->collector, &end);
    }
}

static void stop_all(struct driving *d, enum end_reason reason, bool cut)
{
    if (!d->stopped)
        d->reason = reason;
    d->stopped = true;
    for (size_t i = 0; i < d->n_running; i++)
        if (d->running[i].engine)
            engine_stop(d->running[i].engine, cut);
}

static void look_for_stops(struct driving *d)
{
    struct drive *drive = d->drive;

    if (*drive->interrupts)
        stop_all(d, END_INTERRUPTED, *drive->interrupts > 1);
    if (drive->collector->failed && !d->stopped)
        stop_all(d, END_DISK, true);
    if (!d->stopped && target_useless(&d->watch))
        stop_all(d, END_TARGET, false);
    for (size_t i = 0; i < d->n_running && !d->stopped; i++)
        if (engine_out_of_budget(d->running[i].engine))
            stop_all(d, END_BUDGET, false);
}

static bool all_done(const struct driving *d)
{
    for (size_t i = 0; i < d->n_running; i++)
        if (!engine_done(d->running[i].engine))
            return false;
    return true;
}

static uint64_t in_flight(const struct driving *d)
{
    uint64_t n = 0;

    for (size_t i = 0; i < d->n_running; i++)
        n += engine_in_flight(d->running[i].engine);
    return n;
}

/* The health of the machine, once a second; last: now. */
static void watch_machine(struct driving *d, bool last)
{
    struct drive *drive = d->drive;
    ns_t now = clock_now(drive->clock);
    struct health_sample *h;

    if (now < d->system_due && !last)
        return;
    d->system_due = now + NS_PER_S;
    h = mem_alloc(sizeof(*h));
    h->at = now - drive->run->t0_mono;
    h->worker = HEALTH_MACHINE;
    h->trial = d->running[0].trial;
    system_health_sample(&d->system, h);
    mailbox_put_health(&drive->collector->mailbox, h);
}

/* Until the parts under way have drained and all they recorded has been taken. */
static void attend(struct driving *d)
{
    struct drive *drive = d->drive;
    struct collector *c = drive->collector;

    collector_start(c, drive->clock, journal_begins, d);
    while (!all_done(d)) {
        mailbox_wait(&c->mailbox, TURN);
        collector_enter(c);
        look_for_stops(d);
        watch_machine(d, false);
        if (drive->tick)
            drive->tick(drive->ctx, in_flight(d));
        collector_leave(c);
    }
    watch_machine(d, true);
    collector_stop(c);
    look_for_stops(d);
    for (size_t i = 0; i < d->n_running; i++) {
        journal_ends(d, &d->running[i]);
        engine_close(d->running[i].engine);
        d->running[i].engine = NULL;
    }
}

/* The ratio is fixed for a round, so that its cells send the same bytes. */
static void fix_ratio(struct driving *d)
{
    const struct scenario *s = d->drive->scenario;
    const char **models = mem_array(s->n_cells, sizeof(*models));
    size_t n = 0;

    for (size_t i = 0; i < s->n_cells; i++)
        if (s->cells[i].request.model)
            models[n++] = s->cells[i].request.model;
    d->words_per_token = ratio_round(&d->ratio, models, n);
    free(models);
}

/* The next trial of the plan, or where all cells run at once the next round. */
static uint32_t start_next(struct driving *d, uint32_t t)
{
    const struct run *run = d->drive->run;
    uint32_t round = run->trials[t].round;

    do {
        if (start_trial(d, t++))
            stop_all(d, END_FAILED, true);
    } while (!d->stopped && run->concurrent && t < run->n_trials &&
             run->trials[t].round == round);
    return t;
}

/* Of the only trial under way: cells that run side by side do not search. */
static bool next_part(struct driving *d)
{
    struct running *r = &d->running[0];

    if (d->n_running != 1 || !seek_next(&r->seek, now(d)))
        return false;
    if (!start_part(d, r))
        return true;
    stop_all(d, END_FAILED, true);
    return false;
}

static void end_trials(struct driving *d)
{
    for (size_t i = 0; i < d->n_running; i++)
        seek_close(&d->running[i].seek);
    d->n_running = 0;
}

static void run_trials(struct driving *d)
{
    const struct run *run = d->drive->run;

    for (uint32_t t = 0; t < run->n_trials && !d->stopped;) {
        if (!t || run->trials[t - 1].round != run->trials[t].round)
            fix_ratio(d);
        t = start_next(d, t);
        attend(d);
        while (!d->stopped && next_part(d))
            attend(d);
        end_trials(d);
    }
}

static void close_driving(struct driving *d)
{
    free(d->running);
    pacers_close(d->pacers);
    ratio_free(&d->ratio);
    budget_free(&d->budget);
}

static void put_detail(struct driving *d, char *detail, size_t n)
{
    enum budget_kind kind;

    detail[0] = '\0';
    switch (d->reason) {
    case END_TARGET:
        snprintf(detail, n, "%s", d->watch.why);
        break;
    case END_BUDGET:
        kind = budget_exhausted(&d->budget);
        snprintf(detail, n, "%s", kind < N_BUDGETS ? budget_names[kind] : "");
        break;
    case END_DISK:
        snprintf(detail, n, "%s", d->drive->collector->err.msg);
        break;
    case END_FAILED:
        snprintf(detail, n, "%s", d->err.msg);
        break;
    case END_DONE:
    case END_INTERRUPTED:
    case N_END_REASONS:
        break;
    }
}

enum end_reason drive_run(struct drive *drive, char *detail, size_t n)
{
    struct driving d = { .drive = drive, .reason = END_DONE };

    ratio_init(&d.ratio);
    budget_init(&d.budget, &drive->scenario->budget);
    d.pacers = pacers_open(drive->catalogue);
    d.running = mem_array(drive->scenario->n_cells, sizeof(*d.running));
    collector_add_sink(drive->collector,
                       (struct journal_sink){ .record = watch_record, .ctx = &d });
    system_health_init(&d.system, drive->clock);
    run_trials(&d);
    collector_drop_sink(drive->collector);
    collector_flush(drive->collector);
    if (d.reason == END_DONE && !d.watch.answered && d.watch.unreachable)
        d.reason = END_TARGET;
    if (d.reason == END_DONE && drive->collector->failed)
        d.reason = END_DISK;
    put_detail(&d, detail, n);
    close_driving(&d);
    return d.reason;
}
