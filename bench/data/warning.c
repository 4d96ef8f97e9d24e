#include "data/warning.h"

#include <inttypes.h>
#include <math.h>

#include "base/units.h"
#include "data/summary.h"

const char *const warning_level_names[N_WARNING_LEVELS] = {
    [WARNING_NOTE] = "note",
    [WARNING_DOUBT] = "doubt",
    [WARNING_WRONG] = "wrong",
};

static uint64_t counter(const struct summary *s, enum health_counter c)
{
    return s->health.counters[c];
}

static double share(uint64_t part, double of)
{
    return of > 0 ? (double)part / of : 0;
}

static void put_percent(struct buf *out, double share_of_one)
{
    buf_printf(out, share_of_one < 0.1 ? "%.1f %%" : "%.0f %%", share_of_one * 100);
}

/* "3 requests", "1 request" */
static void put_some(struct buf *out, uint64_t n, const char *what)
{
    units_put_count(out, n);
    buf_printf(out, " %s%s", what, n == 1 ? "" : "s");
}

/* --- what makes a run invalid by itself ---------------------------------------------- */

static void dropped(struct buf *out, const struct summary *s)
{
    if (!s->health.facts.dropped)
        return;
    put_some(out, s->health.facts.dropped, "record");
    buf_str(out, " could not be written");
}

static void no_descriptors(struct buf *out, const struct summary *s)
{
    uint64_t n = counter(s, HEALTH_FD_EXHAUSTED);

    if (!n)
        return;
    put_some(out, n, "attempt");
    buf_str(out, " found no free descriptor");
}

static void no_ports(struct buf *out, const struct summary *s)
{
    uint64_t n = counter(s, HEALTH_PORTS_EXHAUSTED);

    if (!n)
        return;
    put_some(out, n, "attempt");
    buf_str(out, " found no free port");
}

static void verdict_in_doubt(struct buf *out, const struct summary *s)
{
    if (s->health.facts.flips_verdict)
        buf_str(out, "an objective lies within the error of the instrument");
}

/* --- lateness ------------------------------------------------------------------------ */

static const char *name_of(enum headline h)
{
    return metrics[headlines[h].of].name;
}

static bool off(const struct summary *s, enum headline h)
{
    return health_judge_figure(&s->health.facts, h) != VALIDITY_VALID;
}

static void put_error(struct buf *out, enum headline h, int64_t error)
{
    buf_printf(out, "%s ±", name_of(h));
    if (metrics[headlines[h].of].unit == UNIT_NS)
        units_put_duration(out, error);
    else
        buf_printf(out, "%.3g tok/s", (double)error / 1e3);
}

/* Figures of whose values more than one in a hundred is off. */
static void late(struct buf *out, const struct summary *s)
{
    const struct health_facts *f = &s->health.facts;
    unsigned n = 0;

    for (int i = 0; i < N_HEADLINES; i++) {
        struct health_facts alone = *f;
        enum headline h = (enum headline)i;

        alone.figures[h].max_error = -1; /* see freeze */
        if (health_judge_figure(&alone, h) == VALIDITY_VALID)
            continue;
        buf_str(out, n++ ? ", " : "the client was late: ");
        put_error(out, h, f->figures[h].error);
    }
    if (!n && !health_is_small(s->health.e, f->ttft_api_median)) {
        buf_str(out, "the client was late: sends and stamps ±");
        units_put_duration(out, s->health.e);
    }
}

static void freeze(struct buf *out, const struct summary *s)
{
    const struct summary_health *h = &s->health;
    unsigned n = 0;

    for (int i = 0; i < N_HEADLINES; i++)
        n += off(s, (enum headline)i);
    if (!n || !h->freeze.length || !s->total.disturbed)
        return;
    buf_str(out, "the client stood still for ");
    units_put_duration(out, h->freeze.length);
    buf_str(out, " at ");
    units_put_duration(out, h->freeze.at);
    if (counter(s, HEALTH_FREEZES) > 1) {
        buf_printf(out, ", the longest of %" PRIu64 " times, ", counter(s, HEALTH_FREEZES));
        units_put_duration(out, (ns_t)counter(s, HEALTH_FROZEN_NS));
        buf_str(out, " in all");
    }
    buf_str(out, "; ");
    put_some(out, s->total.disturbed, "attempt");
    buf_str(out, " of ");
    units_put_count(out, s->total.attempts);
    buf_str(out, " were touched");
    n = 0;
    for (int i = 0; i < N_HEADLINES; i++)
        if (health_max_is_off(&h->facts, (enum headline)i)) {
            buf_str(out, n++ ? ", " : "; greatest ");
            put_error(out, (enum headline)i, h->facts.figures[i].max_error);
        }
}

static void simulator_late(struct buf *out, const struct summary *s)
{
    const struct health_facts *f = &s->health.facts;

    if (health_is_small(f->sim_late_p99, f->ttft_api_median))
        return;
    buf_str(out, "the simulator was late by its own log: p99 ");
    units_put_duration(out, f->sim_late_p99);
}

/* --- why ----------------------------------------------------------------------------- */

static void busy_thread(struct buf *out, const struct summary *s)
{
    if (s->health.busiest_ppm <= 800000)
        return;
    buf_str(out, "a thread of the client used ");
    put_percent(out, (double)s->health.busiest_ppm / 1e6);
    buf_str(out, " of a core");
}

static void run_queue(struct buf *out, const struct summary *s)
{
    double waited = share(counter(s, HEALTH_RUNQUEUE_NS), (double)s->health.worker_ns);

    if (waited <= 0.05)
        return;
    buf_str(out, "the client waited for a processor for ");
    put_percent(out, waited);
    buf_str(out, " of the time");
}

static void steal(struct buf *out, const struct summary *s)
{
    double stolen = share(counter(s, HEALTH_STEAL_NS),
                          (double)counter(s, HEALTH_CLOCK_NS) * s->run->host.cores);

    if (stolen <= 0.02)
        return;
    put_percent(out, stolen);
    buf_str(out, " of this machine's time went to other guests of its host");
}

static void throttled(struct buf *out, const struct summary *s)
{
    if (!counter(s, HEALTH_THROTTLED_NS))
        return;
    buf_printf(out, "the control group was held back %" PRIu64 " times, ",
               counter(s, HEALTH_THROTTLED));
    units_put_duration(out, (ns_t)counter(s, HEALTH_THROTTLED_NS));
    buf_str(out, " in all");
}

static void no_kernel_stamps(struct buf *out, const struct summary *s)
{
    double read =
        1 - share(counter(s, HEALTH_KERNEL_STAMPS) + counter(s, HEALTH_STAMPS_REPLACED),
                  (double)counter(s, HEALTH_READS));

    if (summary_stamps_asked(s) == STAMPS_READ || !counter(s, HEALTH_READS) || read < 0.05)
        return;
    put_percent(out, read);
    buf_str(out, " of reads had no stamp of the kernel");
    if (summary_stamps_asked(s) == STAMPS_MIXED)
        buf_str(out, ", as some cells asked");
}

static void stamps_replaced(struct buf *out, const struct summary *s)
{
    uint64_t n = counter(s, HEALTH_STAMPS_REPLACED);

    if (share(n, (double)counter(s, HEALTH_READS)) <= 0.001)
        return;
    put_some(out, n, "stamp");
    buf_str(out, " of the kernel could not be right and were replaced");
}

static void clock_slewed(struct buf *out, const struct summary *s)
{
    double mono = (double)counter(s, HEALTH_CLOCK_NS);
    double raw = (double)counter(s, HEALTH_RAW_CLOCK_NS);
    double ppm = raw > 0 ? (mono / raw - 1) * 1e6 : 0;

    if (mono < 5e9 || fabs(ppm) <= 500)
        return;
    buf_printf(out, "the clock was made to run %.0f ppm %s", fabs(ppm),
               ppm > 0 ? "faster" : "slower");
}

static void clock_stepped_by(struct buf *out, const struct summary *s)
{
    if (!counter(s, HEALTH_CLOCK_STEPS))
        return;
    buf_str(out, "the wall clock was set ");
    put_some(out, counter(s, HEALTH_CLOCK_STEPS), "time");
}

static void tcp_drops(struct buf *out, const struct summary *s)
{
    static const enum health_counter drops[] = { HEALTH_TCP_RCVQ_DROPS,
                                                 HEALTH_TCP_BACKLOG_DROPS,
                                                 HEALTH_TCP_PRUNED,
                                                 HEALTH_TCP_LISTEN_DROPS };
    uint64_t n = 0;

    for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
        n += counter(s, drops[i]);
    if (!n)
        return;
    buf_str(out, "this machine's TCP, of all programs, dropped ");
    put_some(out, n, "segment");
}

static void retransmits(struct buf *out, const struct summary *s)
{
    uint64_t n = counter(s, HEALTH_TCP_RETRANSMITS);

    if (n < 10 || share(n, (double)counter(s, HEALTH_READS)) <= 0.01)
        return;
    buf_str(out, "this machine's TCP, of all programs, sent ");
    put_some(out, n, "segment");
    buf_str(out, " again");
}

/* --- the load that was asked for ----------------------------------------------------- */

/* Requests that a phase should have had, and the least that chance explains. */
static bool fell_short(const struct run_load *l, const struct summary_group *g, double *had,
                       double *asked)
{
    double span = (double)g->tally.span / NS_PER_S;

    if (!l->open || l->duration == NS_ABSENT || !g->measured || !g->load.has_rate)
        return false;
    *had = g->load.rate;
    *asked = g->load.asked;
    return *had * span <
           fmin(0.99 * *asked * span,
                *asked * span - 1 - 3 * g->load.asked_cv * sqrt(*asked * span));
}

static void rate_not_reached(struct buf *out, const struct summary *s)
{
    const struct run *run = s->run;

    if (!s->ended || s->end.reason != END_DONE)
        return;
    for (size_t i = 0; i < run->n_cells * run->n_phases; i++) {
        double had, asked;

        /* Each probe of a search is judged by itself. */
        if (search_has_phase(&run->cells[i / run->n_phases].search,
                             (uint32_t)(i % run->n_phases)))
            continue;
        if (!fell_short(&run->cells[i / run->n_phases].loads[i % run->n_phases],
                        &s->groups[i], &had, &asked))
            continue;
        buf_printf(out, "%.3g/s were asked of %s, %.3g/s left", asked,
                   run->phases[i % run->n_phases].name, had);
        return;
    }
}

static void not_reused(struct buf *out, const struct summary *s)
{
    uint64_t opened = 0, ok = 0;

    for (size_t c = 0; c < s->run->n_cells; c++)
        if (!s->run->cells[c].new_connections) {
            opened += s->cells[c].measured.metrics[METRIC_TCP].n;
            ok += s->cells[c].measured.tally.ok;
        }
    if (opened <= 2 * s->health.in_flight_max + 10 || opened * 10 <= ok)
        return;
    units_put_count(out, opened);
    buf_str(out, " of ");
    put_some(out, ok, "request");
    buf_str(out, " opened a connection, although they are pooled");
}

/* More than an answer in a hundred, and more than one. */
static void not_cold(struct buf *out, const struct summary *s)
{
    uint64_t hits = 0, told = 0;

    for (size_t c = 0; c < s->run->n_cells; c++)
        if (s->run->cells[c].cold) {
            hits += s->cells[c].measured.tally.cache_hits;
            told += s->cells[c].measured.tally.with_cached;
        }
    if (hits < 2 || hits * 100 <= told)
        return;
    units_put_count(out, hits);
    buf_str(out, " of ");
    put_some(out, told, "answer");
    buf_str(out, " to prompts that have nothing in common came from the prompt cache");
}

/* The cell in which a late poll is most of what a batch took. */
static void coarse_polls(struct buf *out, const struct summary *s)
{
    double worst = 0;
    ns_t late = 0;

    for (size_t c = 0; c < s->run->n_cells; c++) {
        const struct summary_metric *m = s->cells[c].measured.metrics;
        double of = (double)m[METRIC_BATCH_TOTAL].mean;

        if (!m[METRIC_BATCH_TOTAL].n || !(of > 0) ||
            (double)m[METRIC_BATCH_RESOLUTION].max / of <= worst)
            continue;
        late = m[METRIC_BATCH_RESOLUTION].max;
        worst = (double)late / of;
    }
    if (worst <= 0.05)
        return;
    buf_str(out, "polls saw batches change up to ");
    units_put_duration(out, late);
    buf_str(out, " late, ");
    put_percent(out, worst);
    buf_str(out, " of what a batch took");
}

static void batches_left(struct buf *out, const struct summary *s)
{
    uint64_t n = 0;

    for (size_t c = 0; c < s->run->n_cells; c++)
        n += s->cells[c].batches.n_open + s->cells[c].batches.more_open;
    if (!n)
        return;
    buf_printf(out, "%" PRIu64 " batch%s may still run", n, n == 1 ? "" : "es");
}

static void merged(struct buf *out, const struct summary *s)
{
    double together = share(s->total.frames_shared, (double)s->total.frames);

    if (together <= 0.5)
        return;
    put_percent(out, together);
    buf_str(out, " of frames came together with the one before");
}

/* clang-format off */
const struct warning warnings[] = {
    { .id = "dropped", .level = WARNING_WRONG, .say = dropped,
      .when = "records of attempts were lost",
      .means = "The result lacks them.",
      .remedy = "Free disk space and run again." },
    { .id = "no_descriptors", .level = WARNING_WRONG, .say = no_descriptors,
      .when = "attempts could not be sent for want of a descriptor",
      .means = "The API had less load than was asked for.",
      .remedy = "Raise the limit of open files (ulimit -n), or lower the load." },
    { .id = "no_ports", .level = WARNING_WRONG, .say = no_ports,
      .when = "attempts could not be sent for want of a local port",
      .means = "The API had less load than was asked for.",
      .remedy = "Reuse connections (connection.policy: pooled), widen net.ipv4.ip_local_port_range, or lower the load." },
    { .id = "verdict_in_doubt", .level = WARNING_WRONG, .say = verdict_in_doubt,
      .when = "the error of the instrument decides whether an objective is met",
      .means = "It cannot be told whether it is met.",
      .remedy = "Run longer, or on a quieter machine." },
    { .id = "freeze", .level = WARNING_DOUBT, .say = freeze,
      .when = "the client stood still for more than 5 ms, attempts were touched, and a figure is off",
      .means = "What was due or came in that time was sent or seen late: the longest gap, the maximum and p99.9 are those of the client.",
      .remedy = "Run on a machine, or a core, that nothing else uses; read p95 rather than the maximum." },
    { .id = "late", .level = WARNING_DOUBT, .say = late,
      .when = "the error of a headline figure is above 1 ms and 1 % of its median",
      .means = "Differences smaller than that mean nothing.",
      .remedy = "Lower the load, raise connection.threads, use an idle machine; where many "
                "connections are new, open them ahead (connection.policy: preconnect)." },
    { .id = "simulator_late", .level = WARNING_DOUBT, .say = simulator_late,
      .when = "the simulator did not keep its own times",
      .means = "The times are the simulator's lateness, not those it was asked for.",
      .remedy = "Lower the load, or give it a core of its own." },
    { .id = "busy_thread", .level = WARNING_DOUBT, .say = busy_thread,
      .when = "a thread of the client used more than 80 % of a core",
      .means = "A little more load, and the client is what is measured.",
      .remedy = "Raise connection.threads, or lower the load." },
    { .id = "throttled", .level = WARNING_DOUBT, .say = throttled,
      .when = "the control group of the client ran out of its share of the processor",
      .means = "The client stood still meanwhile.",
      .remedy = "Raise the CPU limit of the container or the slice." },
    { .id = "run_queue", .level = WARNING_DOUBT, .say = run_queue,
      .when = "the client's threads waited for a processor for more than 5 % of the time",
      .means = "Sends and reads are late by that.",
      .remedy = "Stop what else runs here, or give the client a core of its own (taskset)." },
    { .id = "steal", .level = WARNING_DOUBT, .say = steal,
      .when = "the host of this virtual machine took more than 2 % of its time",
      .means = "The client stood still meanwhile, and cannot see when.",
      .remedy = "Use a machine with processors of its own." },
    { .id = "no_kernel_stamps", .level = WARNING_DOUBT, .say = no_kernel_stamps,
      .when = "the system gave no receive stamps although they were wanted",
      .means = "Frames have the time at which they were read, which is later on a busy machine.",
      .remedy = "Use Linux 4.x or later without a sandbox that hides SO_TIMESTAMPING." },
    { .id = "stamps_replaced", .level = WARNING_DOUBT, .say = stamps_replaced,
      .when = "more than one stamp in a thousand was impossible",
      .means = "Those frames have the time at which they were read.",
      .remedy = "See whether the wall clock is being set (chronyc tracking)." },
    { .id = "clock_slewed", .level = WARNING_DOUBT, .say = clock_slewed,
      .when = "CLOCK_MONOTONIC ran more than 500 ppm off the hardware's",
      .means = "All times are longer or shorter by that.",
      .remedy = "Wait until the time service has settled." },
    { .id = "not_cold", .level = WARNING_DOUBT, .say = not_cold,
      .when = "prompts without a common beginning hit the prompt cache",
      .means = "Times to first token are those of a mixture: what was meant to be cold is warm.",
      .remedy = "Cells of one round send the same bytes: give each a run of its own with another seed, or wait until the cache has forgotten." },
    { .id = "coarse_polls", .level = WARNING_DOUBT, .say = coarse_polls,
      .when = "the gap between two polls is more than 5 % of what a batch took",
      .means = "Its queue, processing and whole time are too long by up to that.",
      .remedy = "Lower batch.poll.from and batch.poll.to." },
    { .id = "batches_left", .level = WARNING_NOTE, .say = batches_left,
      .when = "nobody saw a batch end that had been created",
      .means = "What it does is paid for, and in no figure of this run.",
      .remedy = "Cancel it: the report names it, with the command." },
    { .id = "tcp_drops", .level = WARNING_NOTE, .say = tcp_drops,
      .when = "the machine's TCP dropped segments for want of room, of whatever program",
      .means = "If they were ours, answers came later by a retransmission, 200 ms or more.",
      .remedy = "Raise net.ipv4.tcp_rmem, or lower the load." },
    { .id = "retransmits", .level = WARNING_NOTE, .say = retransmits,
      .when = "the machine's TCP sent more than one segment again for 100 reads, of whatever program",
      .means = "The way to the server loses packets: high percentiles are the network's.",
      .remedy = "Look at the network; on this machine alone it is a sign of overload." },
    { .id = "rate_not_reached", .level = WARNING_NOTE, .say = rate_not_reached,
      .when = "fewer requests left than chance explains",
      .means = "The figures are of a lower load than was asked for.",
      .remedy = "See what held them: limits.in_flight, pacing, retries." },
    { .id = "not_reused", .level = WARNING_NOTE, .say = not_reused,
      .when = "connections that should be used again were opened anew",
      .means = "ttft and e2e hold the time to connect.",
      .remedy = "See whether the server closes them; connection.policy: new says that it is meant." },
    { .id = "merged", .level = WARNING_NOTE, .say = merged,
      .when = "more than half of the frames came together with the one before",
      .means = "Gaps of 0 and long ones between them: itl is that of bursts.",
      .remedy = "Read tpot instead; the server, or something on the way, gathers frames." },
    { .id = "clock_stepped", .level = WARNING_NOTE, .say = clock_stepped_by,
      .when = "the wall clock was set during the run",
      .means = "Durations are right; dates may not be.",
      .remedy = "None is needed." },
};
/* clang-format on */

const size_t n_warnings = sizeof(warnings) / sizeof(warnings[0]);

void warnings_make(struct summary *s)
{
    s->warnings = arena_alloc(&s->arena, n_warnings * sizeof(*s->warnings));
    s->n_warnings = 0;
    for (size_t i = 0; i < n_warnings; i++) {
        struct buf text = { 0 };

        warnings[i].say(&text, s);
        if (text.len)
            s->warnings[s->n_warnings++] =
                (struct summary_warning){ &warnings[i],
                                          arena_strndup(&s->arena, text.p, text.len) };
        buf_free(&text);
    }
}
