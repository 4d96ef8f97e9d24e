#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "load/batch.h"
#include "load/engine_private.h"

/*
 * Threads that take batches of the load, one after the other: as many at once as the phase
 * has concurrency. A phase begins when the batches of the one before are over.
 */
enum { MOST = 64 };

static double concurrency(const struct phase *ph)
{
    double most = 1;

    for (size_t i = 0; i < ph->n_points; i++)
        most = fmax(most, ph->points[i].value);
    return most;
}

static unsigned count(const struct cell *cell)
{
    double most = 1;

    for (size_t i = 0; i < cell->n_phases; i++)
        most = fmax(most, concurrency(&cell->phases[i]));
    return most < MOST ? (unsigned)most : MOST;
}

static int open_worker(struct worker *w, struct engine *e, unsigned number, struct err *err)
{
    w->engine = e;
    w->number = number;
    w->batcher = mem_alloc(sizeof(*w->batcher));
    return batcher_open(w->batcher, w, err);
}

static void close_worker(struct worker *w)
{
    if (w->batcher)
        batcher_close(w->batcher);
    free(w->batcher);
    lag_free(w);
}

static void wake(struct worker *w)
{
    pthread_mutex_lock(&w->engine->lock);
    pthread_cond_broadcast(&w->engine->moved);
    pthread_mutex_unlock(&w->engine->lock);
}

/* Is there another batch in the phase? Its requests are *n from *first on. */
static bool next_batch(const struct worker *w, uint32_t phase, uint64_t *first, uint64_t *n)
{
    struct engine *e = w->engine;
    const struct phase *ph = &e->config.cell->phases[phase];
    uint64_t size = e->config.cell->batch.size;

    if (batcher_stopping(w->batcher) ||
        (ph->duration != NS_ABSENT &&
         worker_now(w) >= atomic_load(&e->phases[phase].begin) + ph->duration))
        return false;
    *first = atomic_fetch_add(&e->phases[phase].next_k, size);
    *n = size;
    if (!ph->requests)
        return true;
    if (*first >= ph->requests)
        return false;
    *n = size < ph->requests - *first ? size : ph->requests - *first;
    return true;
}

/* The last one to come ends the phase, and begins the next. */
static void end_phase(struct worker *w, uint32_t phase)
{
    struct engine *e = w->engine;
    unsigned all = e->n_workers * (phase - e->config.first_phase + 1);

    pthread_mutex_lock(&e->lock);
    if (++e->n_over == all) {
        ns_t now = worker_now(w);

        atomic_store(&e->phases[phase].end, now);
        if (phase < e->last_phase)
            atomic_store(&e->phases[phase + 1].begin, now);
        pthread_cond_broadcast(&e->moved);
    }
    while (e->n_over < all)
        pthread_cond_wait(&e->moved, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

static void *run_worker(void *worker)
{
    struct worker *w = worker;
    struct engine *e = w->engine;
    uint64_t first, n;

    if (!engine_start_line(e))
        return NULL;
    lag_init(w);
    for (uint32_t p = e->config.first_phase; p <= e->last_phase; p++) {
        if (w->number < concurrency(&e->config.cell->phases[p]))
            while (next_batch(w, p, &first, &n))
                batcher_run(w->batcher, p, first / e->config.cell->batch.size, first, n);
        end_phase(w, p);
    }
    lag_report(w);
    if (atomic_fetch_sub(&e->running, 1) == 1)
        mailbox_ring(e->config.mailbox);
    return NULL;
}

const struct worker_kind worker_batches = {
    .count = count,
    .open = open_worker,
    .main = run_worker,
    .wake = wake,
    .close = close_worker,
};
