#ifndef LOAD_ENGINE_PRIVATE_H
#define LOAD_ENGINE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/loop.h"
#include "data/hist.h"
#include "load/arrival.h"
#include "load/engine.h"
#include "load/profile.h"
#include "load/session.h"
#include "load/wire.h"

/* What engine.c (the trial), worker.c (the load), shot.c (one request) and lag.c share. */

/* What all workers of a trial share of a phase. Times since the start of the run. */
struct phase_state {
    _Atomic ns_t begin;      /* NS_ABSENT: not known yet */
    _Atomic ns_t end;        /* NS_ABSENT: not known yet */
    _Atomic uint64_t next_k; /* of a closed loop */
    _Atomic uint64_t planned;
    _Atomic uint64_t issued;
    _Atomic uint64_t sessions; /* that began in it and are over */
};

enum engine_start { START_NOT_YET, START_GO, START_NEVER };

struct engine {
    struct engine_config config;
    const struct worker_kind *kind;
    struct phase_state *phases;
    size_t n_phases;
    uint32_t last_phase; /* with which the load ends */
    struct buf head;     /* of request bodies */
    struct buf tail;
    struct demand *demand; /* of the output; NULL: none */
    struct session_rules sessions;
    struct worker *workers;
    unsigned n_workers;
    atomic_uint running;
    atomic_int stop; /* 0, STOP_DRAIN, STOP_CUT */
    atomic_bool out_of_budget;
    _Atomic uint64_t in_flight;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t moved;
    unsigned n_ready; /* workers at the start line */
    enum engine_start start;
    unsigned n_over; /* workers that are through with their batches, of all phases */
};

enum { STOP_DRAIN = 1, STOP_CUT = 2 };

/*
 * What the threads of a trial are. Requests that go one by one have workers with loops;
 * those that go as lines of files have some that take batch after batch.
 */
struct worker_kind {
    unsigned (*count)(const struct cell *cell);
    int (*open)(struct worker *w, struct engine *e, unsigned number, struct err *err);
    void *(*main)(void *worker);
    void (*wake)(struct worker *w); /* engine.stop has changed; from any thread */
    void (*close)(struct worker *w);
};

extern const struct worker_kind worker_requests; /* worker.c */
extern const struct worker_kind worker_batches;  /* batch_worker.c */

enum shot_state {
    SHOT_FREE,
    SHOT_MADE,    /* its body is built, it is not due yet */
    SHOT_QUEUED,  /* due; the cap or the pacer may hold it */
    SHOT_WIRE,    /* an attempt is under way */
    SHOT_WAITING, /* for the moment of its next attempt */
    SHOT_BETWEEN, /* two requests of its session: the next is made, and not due yet */
};

/*
 * One request, from before its due time to the end of its final attempt; in a session those
 * that follow from it as well, one after the other.
 */
struct shot {
    struct shot *next; /* in the queue or the free list */
    struct shot *all_next;
    struct worker *worker;
    enum shot_state state;
    struct transfer *transfer; /* while SHOT_WIRE */
    struct loop_timer *timer;  /* while SHOT_WAITING or SHOT_BETWEEN */
    struct slot *slot;         /* closed loop, NULL in an open one */
    struct session *session;   /* NULL: none yet, or requests stand alone */
    uint32_t turn;             /* of it, from 1; 0: it stands alone */
    ns_t began;                /* its first request was due */
    uint64_t req;
    uint64_t k;           /* in the phase in which it, or its session, began */
    uint32_t began_phase; /* that one */
    uint32_t phase;       /* in which it is due */
    uint32_t try_no;
    ns_t due;
    ns_t free_at; /* due, or end of the retry wait */
    ns_t ready;
    ns_t held[N_HOLDS];
    struct buf body;
    struct prompt_info info;
    int64_t expected_tokens; /* prompt and the most it may generate */
    struct rate_need need;
    int64_t expected_cost;
};

/* One user of a closed loop. */
struct slot {
    struct worker *worker;
    uint64_t number; /* in the trial */
    bool busy;
    ns_t free_at; /* its last request is over, and its think time */
    struct loop_timer *timer;
};

/* The instrument's own lags since the last sample. */
struct lag {
    struct hist *send;
    struct hist *read;  /* kernel stamp -> our read */
    struct hist *error; /* of the stamps of frames */
    struct hist *turn;
    struct health_sample sample; /* counters so far */
    ns_t frozen_from;            /* of the run: the freeze that is being put together */
    ns_t frozen_to;
    struct thread_figures {
        ns_t cpu;
        uint64_t switches;
        uint64_t switches_own;
        uint64_t runqueue;
    } thread; /* at the last sample */
};

struct worker {
    struct engine *engine;
    unsigned number;
    pthread_t thread;
    struct loop *loop;
    struct wire *wire;
    struct batcher *batcher; /* of worker_batches */

    uint32_t phase;
    ns_t begin; /* of the phase */
    struct loop_timer *phase_timer;

    struct arrival arrival; /* open loop */
    uint64_t arrivals;      /* walked so far, of all workers */
    ns_t last_due;          /* of them, since the phase began */
    struct loop_timer *due_timer;

    struct slot *slots; /* closed loop */
    size_t n_slots;
    size_t slots_up; /* of them, looked at since the phase began */
    struct loop_timer *up_timer;

    struct shot *ahead; /* made ahead of their time, in the order of k */
    struct shot **ahead_tail;
    size_t n_ahead;
    size_t ahead_bytes; /* of their bodies */
    struct loop_timer *ahead_timer;

    struct shot *queue; /* due, waiting for cap or pacing */
    struct shot **queue_tail;
    size_t
        queue_bytes; /* of the bodies in it: beyond a ceiling they are made when they go */
    struct loop_timer *pace_timer;
    ns_t paced_until; /* the pacer held the head of the queue until then */
    uint64_t cap;
    uint64_t in_flight;
    uint64_t most_in_flight; /* since the last health sample */
    ns_t *released; /* ring: since when each of the cap - in_flight free places is free */
    uint64_t release_head;

    struct shot *free_shots;
    struct shot *all_shots;
    uint64_t open_shots; /* queued, on the wire, or waiting for a retry */

    bool stopping; /* no new requests */
    bool halted;   /* and no retries: the run was told to stop */
    struct loop_timer *drain_timer;
    struct loop_timer *health_timer;
    struct lag lag;
    struct buf messages; /* scratch */
    struct buf extra;
};

ns_t worker_now(const struct worker *w); /* since the start of the run */

/*
 * engine.c. A worker is ready: it waits there for the others. False where the load does not
 * begin after all.
 */
bool engine_start_line(struct engine *e);

/* worker.c */
void worker_shot_over(struct worker *w, struct shot *s,
                      ns_t at);                         /* the final attempt ended */
void worker_turn_due(struct worker *w, struct shot *s); /* the next of its session */
void worker_check_end(struct worker *w);

/* shot.c */
struct shot *shot_new(struct worker *w, uint32_t phase, uint64_t k);
void shot_drop(struct shot *s);   /* never sent, not recorded */
void shot_submit(struct shot *s); /* due or retry wait over: into the queue */
void shots_pump(struct worker *w);
void shots_submit_turns(struct worker *w, ns_t until); /* of sessions, due by then */
void shots_drop_turns(struct worker *w);               /* those that were not due */
void shots_cut(struct worker *w);                      /* all that are open */
void shots_cut_queue(struct worker *w);
void shots_free(struct worker *w);

/* lag.c */
void lag_init(struct worker *w);
void lag_free(struct worker *w);
void lag_turn(void *worker, ns_t began, ns_t done);
void lag_send(struct worker *w, ns_t lag);
void lag_waited(struct worker *w, ns_t from, ns_t to); /* something was there to be done */
void lag_read(void *worker, const struct wire_read *read);
void lag_report(struct worker *w); /* a health sample to the mailbox */

#endif
