#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "load/engine_private.h"

static struct hist *new_hist(void)
{
    struct hist *h = mem_alloc(sizeof(*h));

    hist_init_standard(h);
    return h;
}

/* CPU time, switches and run-queue wait of this thread so far. */
static void thread_figures(struct thread_figures *t)
{
    struct rusage u;
    unsigned long long ran = 0, waited = 0;
    FILE *f = fopen("/proc/thread-self/schedstat", "re");

    getrusage(RUSAGE_THREAD, &u);
    t->cpu = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NS_PER_S +
             (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * NS_PER_US;
    t->switches = (uint64_t)u.ru_nivcsw;
    t->switches_own = (uint64_t)u.ru_nvcsw;
    if (f && fscanf(f, "%llu %llu", &ran, &waited) == 2)
        t->runqueue = waited;
    if (f)
        fclose(f);
}

void lag_init(struct worker *w)
{
    struct lag *lag = &w->lag;

    *lag = (struct lag){
        .send = new_hist(), .read = new_hist(), .error = new_hist(), .turn = new_hist()
    };
    lag->sample.worker = w->engine->config.first_worker + w->number;
    lag->sample.trial = w->engine->config.trial_no;
    thread_figures(&lag->thread);
}

void lag_free(struct worker *w)
{
    struct hist *hists[] = { w->lag.send, w->lag.read, w->lag.error, w->lag.turn };

    for (size_t i = 0; i < sizeof(hists) / sizeof(hists[0]); i++) {
        if (hists[i])
            hist_free(hists[i]);
        free(hists[i]);
    }
}

static void record(struct hist *h, ns_t v, int64_t n)
{
    if (n)
        hist_record(h, v < 0 ? 0 : v > HIST_HIGHEST ? HIST_HIGHEST : v, n);
}

void lag_turn(void *worker, ns_t began, ns_t done)
{
    struct worker *w = worker;

    if (!w->lag.turn) /* connecting ahead of the load */
        return;
    w->lag.sample.counters[HEALTH_TURNS]++;
    record(w->lag.turn, done - began, 1);
}

void lag_send(struct worker *w, ns_t lag)
{
    record(w->lag.send, lag, 1);
}

/* What is known of the freeze under way is all of it. */
static void end_freeze(struct lag *lag)
{
    struct freeze f = { lag->frozen_from, lag->frozen_to - lag->frozen_from };

    lag->frozen_from = lag->frozen_to;
    if (f.length <= HEALTH_FREEZE)
        return;
    lag->sample.counters[HEALTH_FREEZES]++;
    lag->sample.counters[HEALTH_FROZEN_NS] += (uint64_t)f.length;
    if (f.length > lag->sample.freeze.length)
        lag->sample.freeze = f;
}

/* Waits that overlap are of one freeze. */
void lag_waited(struct worker *w, ns_t from, ns_t to)
{
    struct lag *lag = &w->lag;
    bool open = lag->frozen_to > lag->frozen_from;

    if (to - from <= HEALTH_FREEZE)
        return;
    if (from > lag->frozen_to) {
        end_freeze(lag);
        lag->frozen_from = from;
    } else if (open && from < lag->frozen_from) {
        lag->frozen_from = from;
    }
    if (to > lag->frozen_to)
        lag->frozen_to = to;
}

void lag_read(void *worker, const struct wire_read *read)
{
    struct worker *w = worker;
    uint64_t *counters = w->lag.sample.counters;

    if (!w->lag.read)
        return;
    counters[HEALTH_READS]++;
    counters[HEALTH_KERNEL_STAMPS] += read->kind == STAMP_KERNEL;
    counters[HEALTH_STAMPS_REPLACED] += read->kind == STAMP_REPLACED;
    if (read->lag != NS_ABSENT)
        record(w->lag.read, read->lag, 1);
    record(w->lag.error, read->error, read->in_doubt);
    record(w->lag.error, 0, read->events - read->in_doubt);
    if (read->in_doubt && read->error > HEALTH_FREEZE)
        lag_waited(w, read->since, read->at);
}

static void count(struct lag *lag, struct health_sample *h)
{
    struct thread_figures now = lag->thread;

    thread_figures(&now);
    h->counters[HEALTH_CPU_NS] = (uint64_t)(now.cpu - lag->thread.cpu);
    h->counters[HEALTH_SWITCHES] = now.switches - lag->thread.switches;
    h->counters[HEALTH_SWITCHES_OWN] = now.switches_own - lag->thread.switches_own;
    h->counters[HEALTH_RUNQUEUE_NS] = now.runqueue - lag->thread.runqueue;
    lag->thread = now;
}

void lag_report(struct worker *w)
{
    struct health_sample *h = mem_alloc(sizeof(*h));
    struct lag *lag = &w->lag;

    end_freeze(lag);
    *h = lag->sample;
    lag->sample.freeze = (struct freeze){ 0 };
    h->at = worker_now(w);
    h->in_flight = (uint32_t)w->most_in_flight;
    w->most_in_flight = w->in_flight;
    count(lag, h);
    h->send_lag = lag->send;
    h->read_lag = lag->read;
    h->stamp_error = lag->error;
    h->turn = lag->turn;
    lag->send = new_hist();
    lag->read = new_hist();
    lag->error = new_hist();
    lag->turn = new_hist();
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        lag->sample.counters[i] = 0;
    mailbox_put_health(w->engine->config.mailbox, h);
}
