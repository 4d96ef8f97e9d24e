#include <string.h>

#include "base/tame.h"
#include "base/units.h"
#include "data/stats.h"
#include "reports/doctor.h"
#include "reports/text.h"

static void put_count(struct buf *out, int64_t n)
{
    units_put_count(out, n < 0 ? 0 : (uint64_t)n);
}

void report_doctor_figures(struct buf *out, const struct doctor_figures *f)
{
    if (f->streams == 0) {
        buf_str(out, "no number of streams was valid");
        return;
    }
    buf_str(out, f->frame_error_p99 < 0 ? "error at most " : "error p99 ");
    units_put_duration(out,
                       f->frame_error_p99 < 0 ? f->frame_error_max : f->frame_error_p99);
    buf_str(out, " up to ");
    put_count(out, f->streams);
    buf_str(out, " streams × ");
    put_count(out, f->frames_per_s);
    buf_str(out, " frames/s");
}

void report_doctor_age(struct buf *out, int64_t age_s)
{
    static const struct {
        int64_t s;
        const char *name;
    } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
    size_t i = 0;

    while (units[i].s > age_s && units[i].s > 1)
        i++;
    buf_printf(out, "%lld %s", (long long)(age_s / units[i].s), units[i].name);
}

/* --- the answer ----------------------------------------------------------------------- */

static void put_loads(struct buf *out, const struct doctor_figures *f)
{
    if (f->streams > 0) {
        put_count(out, f->streams);
        buf_str(out, f->streams == 1 ? " stream × " : " streams × ");
        put_count(out, f->frames_per_s);
        buf_str(out, " frames/s");
    }
    if (f->rate > 0) {
        buf_str(out, f->streams > 0 ? " and " : "");
        put_count(out, f->rate);
        buf_str(out, " requests/s");
    }
}

/* Too few values have no p99, but a greatest one. */
static void put_error(struct buf *out, ns_t p99, ns_t max)
{
    buf_str(out, p99 < 0 ? "at most " : "");
    units_put_duration(out, p99 < 0 ? max : p99);
    buf_str(out, p99 < 0 ? "" : " (p99)");
}

static void put_errors(struct buf *out, const struct doctor_figures *f)
{
    if (f->streams > 0) {
        buf_str(out, "  frames wrong by ");
        if (f->frame_error_p50 >= 0) {
            units_put_duration(out, f->frame_error_p50);
            buf_str(out, " (p50), ");
        }
        put_error(out, f->frame_error_p99, f->frame_error_max);
        buf_str(out, "; TTFT by ");
        put_error(out, f->ttft_error_p99, f->ttft_error_max);
    }
    if (f->rate > 0) {
        buf_str(out, f->streams > 0 ? "; " : "  ");
        buf_str(out, "sent late by ");
        put_error(out, f->send_lag_p99, f->send_lag_max);
    }
    buf_char(out, '\n');
}

static const char *const causes[] = {
    [VALIDITY_VALID] = "",
    [VALIDITY_DEGRADED] = "the error is too large for a valid run",
    [VALIDITY_CLIENT_LIMITED] =
        "this process is the limit: more connection.threads, or several machines",
    [VALIDITY_SIM_LIMITED] = "the simulator is the limit: more needs a second machine",
};

/* Who is late without having been busy was not let run. */
static const char *cause_of(const struct doctor_rung *r)
{
    ns_t ours = r->send.p99 + (r->frames.p99 > r->first.p99 ? r->frames.p99 : r->first.p99);

    enum { BUSY_PPM = 600000 };

    if (r->validity == VALIDITY_CLIENT_LIMITED && r->cpu_ppm >= 0 && r->cpu_ppm < BUSY_PPM)
        return "this process did not get the processor in time: is the machine busy?";
    if (r->validity == VALIDITY_DEGRADED && r->sim_late_p99 > ours)
        return "the simulator is late itself: a core of its own, or a second machine, "
               "helps";
    return causes[r->validity];
}

static void put_limit(struct buf *out, const struct doctor_ladder *l, const char *what)
{
    const struct doctor_rung *r = doctor_beyond(l);

    if (!r && l->n && !l->left_out) {
        buf_printf(out, "  ");
        put_count(out, l->rungs[l->n - 1].asked);
        buf_printf(out, " %s is the most that was tried\n", what);
    }
    if (!r)
        return;
    buf_str(out, "  at ");
    put_count(out, r->asked);
    buf_printf(out, " %.*s %s\n", (int)strlen(what) - (r->asked == 1), what, cause_of(r));
}

static void put_others(struct buf *out, const struct machine *m, bool colour)
{
    enum { MUCH_MILLI = 500 };
    struct buf b = { 0 };

    if (m->load_milli < MUCH_MILLI)
        return;
    buf_printf(&b,
               "  the machine was busy before (load average %.2f), which makes all worse",
               (double)m->load_milli / 1000);
    style_put(out, STYLE_YELLOW, colour, b.p);
    buf_char(out, '\n');
    buf_free(&b);
}

static void put_end_of_ladder(struct buf *out, const struct doctor *d)
{
    if (d->streams.left_out) {
        buf_str(out, "  ");
        put_count(out, d->streams.left_out);
        buf_str(out, d->streams.left_out == 1 ? " stream was" : " streams were");
        buf_str(out, " not tried: the limit of open files is too low\n");
    }
}

static void put_answer(struct buf *out, const struct doctor *d, bool colour)
{
    const struct doctor_figures *f = &d->figures;
    bool any = f->streams > 0 || f->rate > 0;

    style_put(out, STYLE_BOLD, colour, "tokdyno doctor");
    buf_str(out, ": ");
    if (any) {
        struct buf loads = { 0 };

        buf_str(out, "this machine carries ");
        put_loads(&loads, f);
        style_put(out, STYLE_GREEN, colour, loads.p);
        buf_char(out, '\n');
        buf_free(&loads);
        put_errors(out, f);
    } else {
        style_put(out, STYLE_RED, colour, "this machine carries no load that is valid");
        buf_char(out, '\n');
    }
    put_limit(out, &d->streams, "streams");
    put_limit(out, &d->rates, "requests/s");
    put_end_of_ladder(out, d);
    put_others(out, &d->machine, colour);
}

/* --- the machine ---------------------------------------------------------------------- */

static void put_cores(const struct page *p, const struct doctor *d)
{
    const struct machine *m = &d->machine;
    struct pieces l = { 0 };

    pieces_add(&l, "%lld core%s", (long long)m->cores, m->cores == 1 ? "" : "s");
    if (m->sys.cores >= 0 && m->sys.cores != m->cores)
        pieces_add(&l, "%lld allowed to this process", (long long)m->sys.cores);
    if (m->cpu_limit_milli >= 0)
        pieces_add(&l, "cgroup limit %.3g cores", (double)m->cpu_limit_milli / 1000);
    if (*m->cpu)
        pieces_add(&l, "%s", m->cpu);
    if (*m->governor)
        pieces_add(&l, "governor %s%s", m->governor,
                   strcmp(m->governor, "performance") ? " (performance is steadier)" : "");
    pieces_add(&l, "%s", m->kernel);
    if (*m->clock_source)
        pieces_add(&l, "clock %s", m->clock_source);
    pieces_add(&l, "%.*s", (int)strcspn(d->libcurl, " "), d->libcurl);
    pieces_put(&l, p, 2, STYLE_PLAIN);
}

static void put_pinning(const struct page *p, const struct doctor *d)
{
    struct pieces l = { 0 };

    if (d->client_core < 0)
        pieces_add(&l,
                   "client and simulator share the one core there is: each disturbs the "
                   "other, and an API elsewhere would leave more to the client");
    else
        pieces_add(&l, "pinned: the client to core %d, the simulator to core %d",
                   d->client_core, d->sim_core);
    pieces_put(&l, p, 2, STYLE_PLAIN);
}

static void put_stamps(const struct page *p, const struct doctor *d)
{
    struct pieces l = { 0 };

    pieces_add(&l, d->stamps
                       ? "kernel receive stamps: yes (tried on a loopback socket)"
                       : "kernel receive stamps: no; frames get the time of the read");
    pieces_put(&l, p, 2, d->stamps ? STYLE_PLAIN : STYLE_YELLOW);
}

static void put_files(const struct page *p, const struct doctor *d)
{
    enum { ENOUGH = 16384 };
    const struct machine *m = &d->machine;
    struct pieces l = { 0 };
    struct buf *b = pieces_next(&l);

    if (m->sys.files_hard < 0)
        return;
    buf_str(b, "open files: ");
    if (m->sys.files_hard == SYSINFO_UNLIMITED)
        buf_str(b, "no limit");
    else
        put_count(b, m->sys.files_hard);
    if (m->sys.files_soft < m->sys.files_hard) {
        buf_str(b, " (the soft limit, ");
        put_count(b, m->sys.files_soft);
        buf_str(b, ", is raised by tokdyno itself)");
    }
    if (m->sys.files_hard < ENOUGH)
        pieces_add(&l, "more: sudo prlimit --pid $$ --nofile=%d", ENOUGH);
    pieces_put(&l, p, 2, m->sys.files_hard < ENOUGH ? STYLE_YELLOW : STYLE_PLAIN);
}

static void put_ports(const struct page *p, const struct doctor *d)
{
    const struct machine *m = &d->machine;
    int64_t per_s = machine_connections_per_s(&m->sys);
    struct pieces l = { 0 };
    struct buf *b = pieces_next(&l);

    if (per_s < 0)
        return;
    put_count(b, m->sys.ports);
    buf_str(b, " local ports: policy new carries ");
    put_count(b, per_s);
    buf_printf(b, " new connections/s to an address (TIME_WAIT %d s)",
               m->sys.tw_reuse == TW_REUSE_ALL ? 1 : TIME_WAIT_S);
    pieces_put(&l, p, 2, STYLE_PLAIN);
    b = pieces_next(&l);
    buf_str(b, "sockets: ");
    if (m->somaxconn >= 0)
        buf_printf(b, "somaxconn %lld", (long long)m->somaxconn);
    if (m->rmem_max >= 0 && m->wmem_max >= 0) {
        b = pieces_next(&l);
        buf_str(b, "buffers grow to ");
        units_put_bytes(b, (uint64_t)m->rmem_max);
        buf_str(b, " in, ");
        units_put_bytes(b, (uint64_t)m->wmem_max);
        buf_str(b, " out");
    }
    pieces_put(&l, p, 2, STYLE_PLAIN);
}

static void put_machine(const struct page *p, const struct doctor *d)
{
    text_heading(p, "Machine");
    put_cores(p, d);
    put_pinning(p, d);
    put_stamps(p, d);
    put_files(p, d);
    put_ports(p, d);
}

/* --- the ladders ---------------------------------------------------------------------- */

/* In us, as the heading says. */
static void take_ns(struct table *t, ns_t v, bool known)
{
    struct buf b = { 0 };

    if (known)
        figure_number(&b, (double)v / NS_PER_US);
    else
        buf_str(&b, "–");
    table_take(t, STYLE_PLAIN, &b);
}

static void take_spread(struct table *t, const struct doctor_spread *s)
{
    take_ns(t, s->p50, doctor_bears(s->n, 50));
    take_ns(t, s->p99, doctor_bears(s->n, 99));
    take_ns(t, s->max, s->n);
}

static void take_number(struct table *t, int64_t n)
{
    struct buf b = { 0 };

    put_count(&b, n);
    table_take(t, STYLE_PLAIN, &b);
}

static void take_verdict(struct table *t, const struct doctor_rung *r)
{
    static const struct {
        const char *text;
        enum style style;
    } verdicts[] = {
        [VALIDITY_VALID] = { "valid", STYLE_GREEN },
        [VALIDITY_DEGRADED] = { "degraded", STYLE_YELLOW },
        [VALIDITY_CLIENT_LIMITED] = { "INVALID: client", STYLE_RED },
        [VALIDITY_SIM_LIMITED] = { "INVALID: sim", STYLE_RED },
    };

    table_cell(t, verdicts[r->validity].style, "%s%s", verdicts[r->validity].text,
               r->validity == VALIDITY_VALID && r->tries > 1 ? " (2nd try)" : "");
}

static void take_cpu(struct table *t, int64_t ppm)
{
    if (ppm < 0)
        table_cell(t, STYLE_PLAIN, "–");
    else
        table_cell(t, STYLE_PLAIN, "%lld %%", (long long)(ppm + 5000) / 10000);
}

static void put_heads(struct table *t, const char *const *heads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        table_cell(t, STYLE_DIM, "%s", heads[i]);
}

static void put_streams(const struct page *p, const struct doctor *d)
{
    static const char *const heads[] = { "streams",  "frames/s",  "ttft p50", "p99",
                                         "max",      "frame p50", "p99",      "max",
                                         "sim late", "CPU",       "" };
    struct table t;

    if (!d->streams.n)
        return;
    text_heading(p, "Error against the truth log in us, by streams");
    table_init(&t, "rrrrrrrrrrl");
    put_heads(&t, heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < d->streams.n; i++) {
        const struct doctor_rung *r = &d->streams.rungs[i];

        take_number(&t, r->asked);
        take_number(&t, r->frames_per_s);
        take_spread(&t, &r->first);
        take_spread(&t, &r->frames);
        take_ns(&t, r->sim_late_p99, r->sim_late_p99 >= 0);
        take_cpu(&t, r->cpu_ppm);
        take_verdict(&t, r);
    }
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

/* What a dash in the ladders means, where there is one. */
static void put_dashes(const struct page *p, const struct doctor *d)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < d->streams.n; i++)
        least = d->streams.rungs[i].first.n < least ? d->streams.rungs[i].first.n : least;
    for (size_t i = 0; i < d->rates.n; i++)
        least = d->rates.rungs[i].send.n < least ? d->rates.rungs[i].send.n : least;
    if (!doctor_bears(least, 99))
        buf_printf(p->out, "  –: a p50 needs %lld values, a p99 %lld\n",
                   (long long)stats_min_sample(0.5, 0.95),
                   (long long)stats_min_sample(0.99, 0.95));
}

static void put_rates(const struct page *p, const struct doctor *d)
{
    static const char *const heads[] = { "requests/s", "sent",     "send lag p50", "p99",
                                         "max",        "sim late", "CPU",          "" };
    struct table t;

    if (!d->rates.n)
        return;
    text_heading(p, "Send lateness in us, by rate (open loop)");
    table_init(&t, "rrrrrrrl");
    put_heads(&t, heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < d->rates.n; i++) {
        const struct doctor_rung *r = &d->rates.rungs[i];

        take_number(&t, r->asked);
        take_number(&t, (int64_t)r->requests);
        take_spread(&t, &r->send);
        take_ns(&t, r->sim_late_p99, r->sim_late_p99 >= 0);
        take_cpu(&t, r->cpu_ppm);
        take_verdict(&t, r);
    }
    table_put(&t, p->out, 2, p->colour);
    table_free(&t);
}

static void put_null(const struct page *p, const struct doctor *d)
{
    struct pieces l = { 0 };
    struct buf *b = pieces_next(&l);

    if (d->null_request < 0)
        return;
    text_heading(p, "Without a network (target null:)");
    units_put_duration(b, d->null_request);
    buf_str(b, " of CPU a request");
    b = pieces_next(&l);
    units_put_duration(b, d->null_frame);
    buf_str(b, " a frame; the rest is libcurl's and the kernel's");
    pieces_put(&l, p, 2, STYLE_PLAIN);
}

void report_doctor_text(struct buf *out, const struct doctor *d, bool colour)
{
    struct page p = { .out = out, .colour = colour };
    size_t from = out->len;

    put_answer(out, d, colour);
    put_machine(&p, d);
    put_streams(&p, d);
    put_rates(&p, d);
    put_dashes(&p, d);
    put_null(&p, d);
    tame(out->p + from, out->len - from, colour);
}
