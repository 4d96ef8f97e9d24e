#include "load/engine.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fds.h"
#include "base/mem.h"
#include "load/engine_private.h"

/* Open beside the connections, at most: journal, loops, pipes. */
enum { OTHER_FILES = 64 };

static void free_all(struct engine *e)
{
    for (unsigned i = 0; i < e->n_workers; i++)
        e->kind->close(&e->workers[i]);
    pthread_cond_destroy(&e->moved);
    pthread_mutex_destroy(&e->lock);
    buf_free(&e->head);
    buf_free(&e->tail);
    demand_close(e->demand);
    free(e->workers);
    free(e->phases);
    free(e);
}

static struct engine *make(const struct engine_config *config)
{
    struct engine *e = mem_alloc(sizeof(*e));

    e->config = *config;
    e->kind = config->endpoint->carries ? &worker_batches : &worker_requests;
    e->n_phases = config->cell->n_phases;
    e->last_phase = config->phases_run ? config->first_phase + config->phases_run - 1
                                       : (uint32_t)e->n_phases - 1;
    e->phases = mem_array(e->n_phases, sizeof(*e->phases));
    for (size_t i = 0; i < e->n_phases; i++) {
        atomic_init(&e->phases[i].begin, NS_ABSENT);
        atomic_init(&e->phases[i].end, NS_ABSENT);
    }
    e->n_workers = e->kind->count(config->cell);
    e->workers = mem_array(e->n_workers, sizeof(*e->workers));
    atomic_init(&e->running, e->n_workers);
    buf_init(&e->head, 0);
    buf_init(&e->tail, 0);
    e->sessions = (struct session_rules){
        .spec = &config->cell->workload.session,
        .endpoint = config->endpoint,
        .seed = config->seed,
        .round = config->round,
        .words_per_token = config->words_per_token,
        .prompts = config->prompts,
    };
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->moved, NULL);
    return e;
}

bool engine_start_line(struct engine *e)
{
    bool go;

    pthread_mutex_lock(&e->lock);
    e->n_ready++;
    pthread_cond_broadcast(&e->moved);
    while (e->start == START_NOT_YET)
        pthread_cond_wait(&e->moved, &e->lock);
    go = e->start == START_GO;
    pthread_mutex_unlock(&e->lock);
    return go;
}

/* Signals are for the collector's thread alone. How many there are; *why where not all. */
static unsigned make_threads(struct engine *e, int *why)
{
    sigset_t all, before;
    unsigned n = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    *why = 0;
    while (n < e->n_workers && !*why) {
        *why = pthread_create(&e->workers[n].thread, NULL, e->kind->main, &e->workers[n]);
        n += !*why;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return n;
}

/* All at once when all are ready, or none. */
static int start_threads(struct engine *e, struct err *err)
{
    int why;
    unsigned n = make_threads(e, &why);

    pthread_mutex_lock(&e->lock);
    while (e->n_ready < n)
        pthread_cond_wait(&e->moved, &e->lock);
    atomic_store(&e->phases[e->config.first_phase].begin,
                 clock_now(e->config.clock) - e->config.t0);
    e->start = why ? START_NEVER : START_GO;
    pthread_cond_broadcast(&e->moved);
    pthread_mutex_unlock(&e->lock);
    if (!why)
        return 0;
    for (unsigned i = 0; i < n; i++)
        pthread_join(e->workers[i].thread, NULL);
    return err_set(err, ERR_LIMIT, "%u of %u threads: %s; lower connection.threads", n,
                   e->n_workers, strerror(why));
}

struct engine *engine_open(const struct engine_config *config, struct err *err)
{
    struct engine *e = make(config);
    bool failed;

    fds_reserve(config->cell->limits.in_flight + OTHER_FILES);
    failed = config->endpoint->prepare(&config->cell->request, &e->head, &e->tail, err);
    e->demand = demand_open(config->cell->request.body, NULL);

    for (unsigned i = 0; i < e->n_workers && !failed; i++)
        failed = e->kind->open(&e->workers[i], e, i, err);
    if (failed || start_threads(e, err)) {
        free_all(e);
        return NULL;
    }
    return e;
}

void engine_close(struct engine *e)
{
    for (unsigned i = 0; i < e->n_workers; i++)
        pthread_join(e->workers[i].thread, NULL);
    free_all(e);
}

bool engine_done(const struct engine *e)
{
    return !atomic_load(&e->running);
}

void engine_stop(struct engine *e, bool cut)
{
    int want = cut ? STOP_CUT : STOP_DRAIN, now = atomic_load(&e->stop);

    while (now < want && !atomic_compare_exchange_weak(&e->stop, &now, want))
        ;
    for (unsigned i = 0; i < e->n_workers; i++)
        e->kind->wake(&e->workers[i]);
}

bool engine_out_of_budget(const struct engine *e)
{
    return atomic_load(&e->out_of_budget);
}

unsigned engine_threads(const struct engine *e)
{
    return e->n_workers;
}

uint64_t engine_in_flight(const struct engine *e)
{
    return atomic_load(&e->in_flight);
}

void engine_phase(const struct engine *e, uint32_t phase, struct phase_event *begin,
                  struct phase_event *end)
{
    const struct phase_state *p = &e->phases[phase];
    const struct phase *asked = &e->config.cell->phases[phase];

    *begin = (struct phase_event){
        .at = atomic_load(&p->begin),
        .trial = e->config.trial_no,
        .phase = phase,
        .begin = true,
        .words_per_token = e->config.words_per_token,
        .rate = asked->searched ? llround(asked->points[0].value * 1e6) : 0,
        .duration = asked->searched ? asked->duration : 0,
    };
    *end = *begin;
    end->begin = false;
    end->at = atomic_load(&p->end);
    end->planned = atomic_load(&p->planned);
    end->issued = atomic_load(&p->issued);
}
