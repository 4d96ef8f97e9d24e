#include "data/warning.h"

#include <string.h>

#include "data/summary.h"
#include "runs.h"
#include "test.h"

#define MS NS_PER_MS

struct fixture {
    struct run run;
    struct recorder *rec;
    struct journal_sink to;
    struct summary s;
};

/* A run of which the instrument has nothing to say. */
static void start(struct fixture *f)
{
    runs_make(&f->run, 1, 1, false, "");
    f->run.host.cores = 2;
    f->rec = recorder_open(&f->run);
    f->to = recorder_sink(f->rec);
    runs_phase(&f->to, 0, 1, true);
    for (uint64_t k = 0; k < 500; k++) {
        struct record r = runs_record(&f->run, 0, k, 20 * MS, NULL);

        f->to.record(f->to.ctx, &r);
    }
    runs_phase(&f->to, 0, 1, false);
    f->to.end(f->to.ctx, &(struct run_end){ .at = 100 * NS_PER_S,
                                            .detail = "",
                                            .cpu = NS_ABSENT,
                                            .sim_late_p99 = NS_ABSENT,
                                            .sim_cpu = NS_ABSENT });
    summary_make(&f->s, &f->run, f->rec);
    f->s.health.worker_ns = 50 * NS_PER_S;
    f->s.health.counters[HEALTH_READS] = 10000;
    f->s.health.counters[HEALTH_KERNEL_STAMPS] = 9990;
    f->s.health.counters[HEALTH_CLOCK_NS] = 50 * NS_PER_S;
    f->s.health.counters[HEALTH_RAW_CLOCK_NS] = 50 * NS_PER_S;
    f->s.health.in_flight_max = 5;
}

static void stop(struct fixture *f)
{
    summary_free(&f->s);
    recorder_close(f->rec);
    run_free(&f->run);
}

static void set_dropped(struct summary *s)
{
    s->health.facts.dropped = 1;
}

static void set_flips(struct summary *s)
{
    s->health.facts.flips_verdict = true;
}

static void set_freeze(struct summary *s)
{
    s->health.freeze = (struct freeze){ 12 * NS_PER_S, 300 * MS };
    s->health.counters[HEALTH_FREEZES] = 2;
    s->health.counters[HEALTH_FROZEN_NS] = 310 * MS;
    s->health.facts.figures[HEADLINE_STALL] =
        (struct health_figure){ 20 * MS, 0, 290 * MS };
    s->total.disturbed = 3;
}

static void set_late(struct summary *s)
{
    s->health.facts.figures[HEADLINE_TTFT] = (struct health_figure){ 20 * MS, 3 * MS, 0 };
}

static void set_late_at_all(struct summary *s)
{
    s->health.e = 2 * MS;
}

static void set_simulator(struct summary *s)
{
    s->health.facts.sim_late_p99 = 2 * MS;
}

static void set_busy(struct summary *s)
{
    s->health.busiest_ppm = 930000;
}

static void set_slow_clock(struct summary *s)
{
    s->health.counters[HEALTH_CLOCK_NS] = 50 * NS_PER_S - 30 * MS;
}

static void set_rate(struct summary *s)
{
    s->groups[1].load.has_rate = true;
    s->groups[1].load.asked = 10;
    s->groups[1].load.rate = 8;
    s->groups[1].tally.span = 50 * NS_PER_S;
}

static void set_not_reused(struct summary *s)
{
    s->cells[0].measured.metrics[METRIC_TCP].n = 60;
}

static void set_merged(struct summary *s)
{
    s->total.frames = 100;
    s->total.frames_shared = 60;
}

static void set_not_cold(struct summary *s)
{
    s->run->cells[0].cold = true;
    s->cells[0].measured.tally.with_cached = 500;
    s->cells[0].measured.tally.cache_hits = 40;
}

static void set_coarse_polls(struct summary *s)
{
    struct summary_metric *m = s->cells[0].measured.metrics;

    m[METRIC_BATCH_TOTAL].n = m[METRIC_BATCH_RESOLUTION].n = 1;
    m[METRIC_BATCH_TOTAL].mean = 10 * NS_PER_S;
    m[METRIC_BATCH_RESOLUTION].max = 2 * NS_PER_S;
}

static void set_batches_left(struct summary *s)
{
    s->cells[0].batches.n_open = 1;
    s->cells[0].batches.more_open = 1;
}

struct counted {
    enum health_counter id;
    uint64_t n;
};

TEST(every_warning_is_said_when_its_cause_is_there_and_alone)
{
    static const struct {
        const char *id;
        void (*set)(struct summary *s);
        struct counted counter; /* where there is no function */
        const char *says;
    } cases[] = {
        { "dropped", set_dropped, { 0, 0 }, "1 record could not be written" },
        { "no_descriptors", NULL, { HEALTH_FD_EXHAUSTED, 3 }, "3 attempts" },
        { "no_ports", NULL, { HEALTH_PORTS_EXHAUSTED, 1 }, "1 attempt found" },
        { "verdict_in_doubt", set_flips, { 0, 0 }, "within the error" },
        { "freeze",
          set_freeze,
          { 0, 0 },
          "the client stood still for 300 ms at 12.0 s, the longest of 2 times, 310 ms in "
          "all; 3 attempts of 500 were touched; greatest stall ±290 ms" },
        { "late", set_late, { 0, 0 }, "the client was late: ttft ±3.00 ms" },
        { "late", set_late_at_all, { 0, 0 }, "sends and stamps ±2.00 ms" },
        { "simulator_late", set_simulator, { 0, 0 }, "p99 2.00 ms" },
        { "busy_thread", set_busy, { 0, 0 }, "93 % of a core" },
        { "throttled", NULL, { HEALTH_THROTTLED_NS, 2 * NS_PER_S }, "2.00 s in all" },
        { "run_queue", NULL, { HEALTH_RUNQUEUE_NS, 3 * NS_PER_S }, "6.0 %" },
        { "steal", NULL, { HEALTH_STEAL_NS, 3 * NS_PER_S }, "3.0 % of this machine's" },
        { "no_kernel_stamps", NULL, { HEALTH_KERNEL_STAMPS, 9000 }, "10.0 % of reads" },
        { "stamps_replaced", NULL, { HEALTH_STAMPS_REPLACED, 11 }, "11 stamps" },
        { "clock_slewed", set_slow_clock, { 0, 0 }, "600 ppm slower" },
        { "tcp_drops", NULL, { HEALTH_TCP_BACKLOG_DROPS, 1 }, "dropped 1 segment" },
        { "retransmits", NULL, { HEALTH_TCP_RETRANSMITS, 101 }, "101 segments again" },
        { "rate_not_reached", set_rate, { 0, 0 }, "10/s were asked of steady, 8/s left" },
        { "not_reused", set_not_reused, { 0, 0 }, "60 of 500 requests" },
        { "not_cold", set_not_cold, { 0, 0 }, "40 of 500 answers" },
        { "coarse_polls", set_coarse_polls, { 0, 0 }, "up to 2.00 s late, 20 % of" },
        { "batches_left", set_batches_left, { 0, 0 }, "2 batches may still run" },
        { "merged", set_merged, { 0, 0 }, "60 % of frames" },
        { "clock_stepped", NULL, { HEALTH_CLOCK_STEPS, 1 }, "set 1 time" },
    };
    size_t said = 0;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture f;

        start(&f);
        if (cases[i].set)
            cases[i].set(&f.s);
        else
            f.s.health.counters[cases[i].counter.id] = cases[i].counter.n;
        warnings_make(&f.s);
        if (f.s.n_warnings != 1 || strcmp(f.s.warnings[0].row->id, cases[i].id) ||
            !strstr(f.s.warnings[0].text, cases[i].says))
            fail_msg("%s: %zu said: %s", cases[i].id, f.s.n_warnings,
                     f.s.n_warnings ? f.s.warnings[0].text : "");
        said += !i || strcmp(cases[i].id, cases[i - 1].id) != 0;
        stop(&f);
    }
    assert_int_equal(said, n_warnings);
}

TEST(a_calm_run_has_nothing_to_warn_of)
{
    static const struct counted small[] = {
        { HEALTH_STAMPS_REPLACED, 10 },
        { HEALTH_KERNEL_STAMPS, 9600 },
        { HEALTH_RUNQUEUE_NS, 2 * NS_PER_S },
        { HEALTH_STEAL_NS, NS_PER_S },
        { HEALTH_TCP_RETRANSMITS, 9 },
        { HEALTH_TCP_COLLAPSED, 100 },
        { HEALTH_FREEZES, 1 }, /* nothing was due, nothing came */
        { HEALTH_RAW_CLOCK_NS, 50 * NS_PER_S + 20 * MS },
    };

    for (size_t i = 0; i < COUNT(small); i++) {
        struct fixture f;

        start(&f);
        f.s.health.counters[small[i].id] = small[i].n;
        f.s.health.freeze.length = 300 * MS;
        warnings_make(&f.s);
        if (f.s.n_warnings)
            fail_msg("case %zu: %s", i, f.s.warnings[0].text);
        stop(&f);
    }
}

TEST(a_freeze_that_touched_no_attempt_is_not_blamed_for_what_is_off)
{
    struct fixture f;

    start(&f);
    set_freeze(&f.s);
    set_late(&f.s);
    f.s.total.disturbed = 0;
    warnings_make(&f.s);
    assert_int_equal(f.s.n_warnings, 1);
    assert_string_equal(f.s.warnings[0].row->id, "late");
    stop(&f);
}

TEST(stamps_that_were_not_asked_for_are_not_missed)
{
    struct fixture f;

    start(&f);
    f.run.cells[0].read_stamps = true;
    f.s.health.counters[HEALTH_KERNEL_STAMPS] = 0;
    warnings_make(&f.s);
    assert_int_equal(f.s.n_warnings, 0);
    assert_int_equal(summary_stamps_used(&f.s), STAMPS_READ);
    assert_int_equal(summary_stamps_asked(&f.s), STAMPS_READ);
    stop(&f);
}

TEST(the_worst_warning_stands_first)
{
    for (size_t i = 1; i < n_warnings; i++)
        assert_true(warnings[i].level <= warnings[i - 1].level);
}
