#include <math.h>
#include <string.h>

#include "base/units.h"
#include "load/plan_private.h"
#include "load/profile.h"

/*
 * Descriptors beside those of the streams: FEW are always there, and with these and a few
 * more a thread the program is at ease.
 */
enum { FEW_FILES = 16, SOME_FILES = 48, FILES_PER_THREAD = 16 };

/* Streams that share a connection of HTTP/2, as servers commonly allow. */
enum { SHARED = 100 };

/* A stream's memory without its prompt; of the prompt a token; of the answer a frame; of
 * what is uploaded a byte, with the room that its buffer grows into. */
enum { STREAM_BYTES = 40 * 1024, PROMPT_BYTES = 5, FRAME_BYTES = 4, UPLOAD_BYTES = 2 };

/* How long a closed connection keeps its port, and where the system may take it earlier. */
enum { TIME_WAIT_S = 60, REUSED_S = 1 };

/* Connections at once. */
struct needs {
    uint64_t surely; /* closed loops without pauses hold them whatever answers are like */
    uint64_t likely; /* as answers are expected to come */
    uint64_t most;   /* what the cap lets through */
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t greatest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Little's law: requests at once = rate * latency. */
static struct needs needs_of_phase(const struct plan_cell *c, const struct phase *ph)
{
    uint64_t cap = c->cell->limits.in_flight ? c->cell->limits.in_flight : UINT64_MAX;
    double busy = (double)c->latency / (double)(c->latency + ph->think);
    double peak = profile_peak(ph);
    double likely = ceil(ph->open ? peak * (double)c->latency / NS_PER_S : peak * busy);
    struct needs n = { .likely = likely < 1e15 ? (uint64_t)likely : (uint64_t)1e15 };

    if (ph->requests)
        cap = least(cap, ph->requests);
    n.most = ph->open ? cap : least(profile_max_slots(ph), cap);
    n.likely = least(n.likely, n.most);
    n.surely = ph->open || ph->think ? 0 : n.most;
    return n;
}

static uint64_t connections(const struct cell *c, uint64_t streams)
{
    bool shared = c->connection.http == 2 && c->connection.policy != CONNECTION_NEW;

    return shared ? streams / SHARED + (streams % SHARED != 0) : streams;
}

static struct needs needs_of_cell(const struct plan_cell *c)
{
    struct needs n = { 0 };

    for (size_t i = 0; i < c->cell->n_phases; i++) {
        struct needs ph = needs_of_phase(c, &c->cell->phases[i]);

        n.surely = greatest(n.surely, connections(c->cell, ph.surely));
        n.likely = greatest(n.likely, connections(c->cell, ph.likely));
        n.most = greatest(n.most, connections(c->cell, ph.most));
    }
    return n;
}

static const char *url_of(const struct cell *c)
{
    return c->target.base_url ? c->target.base_url : "";
}

/* The cell's, and of those that run at the same time; of all targets or of its own. */
static struct needs needs_of(const struct plan *p, const struct plan_cell *c, bool own)
{
    struct needs n = needs_of_cell(c);

    for (size_t i = 0; p->scenario->concurrent && i < p->n_cells; i++) {
        const struct plan_cell *other = &p->cells[i];
        struct needs more;

        if (other == c || (own && strcmp(url_of(other->cell), url_of(c->cell))))
            continue;
        more = needs_of_cell(other);
        n.surely += more.surely;
        n.likely += more.likely;
        n.most += more.most;
    }
    return n;
}

static const char *host_of(const struct cell *c)
{
    const char *scheme = strstr(url_of(c), "://");

    return scheme ? scheme + 3 : url_of(c);
}

static bool is_sim(const struct cell *c)
{
    return !strncmp(url_of(c), "sim:", 4);
}

/* A name may stand for several addresses, of which each has all ports. */
static bool is_one_address(const struct cell *c)
{
    const char *host = host_of(c);
    const char *end = host + strspn(host, "0123456789.:");

    if (c->target.proxy)
        return false;
    return is_sim(c) || *host == '[' || (end > host && (*end == '/' || !*end));
}

static bool is_loopback(const struct cell *c)
{
    const char *host = host_of(c);

    return is_sim(c) || !strncmp(host, "127.", 4) || !strncmp(host, "[::1]", 5) ||
           !strncmp(host, "localhost", 9);
}

static uint64_t some_files(const struct plan *p, uint64_t connections)
{
    uint64_t threads = 0;

    for (size_t i = 0; i < p->n_cells; i++) {
        uint64_t n = p->cells[i].cell->connection.threads;

        threads = p->scenario->concurrent ? threads + n : greatest(threads, n);
    }
    return connections + SOME_FILES + threads * FILES_PER_THREAD;
}

static void warn_files(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct sysinfo *sys = r->plan->sys;
    uint64_t most = needs_of(r->plan, c, false).most;
    uint64_t want = some_files(r->plan, most);

    if (sys->files_hard < 0 || want <= (uint64_t)sys->files_hard)
        return;
    plan_remark(r, c,
                "up to %llu connections at once (limits.in_flight) need %llu open files, "
                "%lld are allowed: where that many are wanted, requests fail; raise the "
                "limit (as root `ulimit -n %llu`; systemd: LimitNOFILE=%llu) or lower "
                "limits.in_flight",
                (unsigned long long)most, (unsigned long long)want,
                (long long)sys->files_hard, (unsigned long long)want,
                (unsigned long long)want);
}

static void warn_pooled(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct sysinfo *sys = r->plan->sys;
    uint64_t likely = needs_of(r->plan, c, true).likely;

    if (likely > (uint64_t)sys->ports)
        plan_remark(r, c,
                    "about %llu connections at once, %lld local ports for each address of "
                    "the target: the rest fail; widen net.ipv4.ip_local_port_range, or use "
                    "more addresses",
                    (unsigned long long)likely, (long long)sys->ports);
}

/* Requests per second at the busiest, of the cell and those beside it with its target. */
static double peak_rate(const struct plan *p, const struct plan_cell *c)
{
    double sum = 0;

    for (size_t i = 0; i < p->n_cells; i++) {
        const struct plan_cell *k = &p->cells[i];
        double peak = 0;

        if (k != c &&
            (!p->scenario->concurrent || strcmp(url_of(k->cell), url_of(c->cell))))
            continue;
        for (size_t j = 0; j < k->cell->n_phases; j++) {
            const struct phase *ph = &k->cell->phases[j];
            double each = (double)(k->latency + ph->think) / NS_PER_S;

            peak = fmax(peak, ph->open ? profile_peak(ph) : profile_peak(ph) / each);
        }
        sum += peak;
    }
    return sum;
}

/* Each request takes a port, and the connection that it closes keeps it for a while. */
static void warn_new(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct sysinfo *sys = r->plan->sys;
    bool reused = sys->tw_reuse == TW_REUSE_ALL ||
                  (sys->tw_reuse == TW_REUSE_LOOPBACK && is_loopback(c->cell));
    double wait = reused ? REUSED_S : TIME_WAIT_S;
    double rate = peak_rate(r->plan, c);
    double open = (double)needs_of(r->plan, c, true).likely;
    double left = (double)sys->ports - open; /* for those that wait */
    double waiting = fmin(rate * wait, (double)r->plan->total.requests);

    if (waiting <= left)
        return;
    plan_remark(r, c,
                "connection.policy new: %.0f requests/s leave %.0f ports waiting (%.0f s "
                "each), %lld are there for each address of the target: about %.0f s into "
                "the run connections fail; use connection.policy pooled%s, or a wider "
                "net.ipv4.ip_local_port_range",
                rate, waiting, wait, (long long)sys->ports, fmax(left, 0) / rate,
                reused ? "" : ", or net.ipv4.tcp_tw_reuse=1");
}

static void warn_memory(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct sysinfo *sys = r->plan->sys;
    double each = STREAM_BYTES + (double)c->prompt * PROMPT_BYTES +
                  (double)c->completion * FRAME_BYTES + (double)c->upload * UPLOAD_BYTES;
    double need = each * (double)needs_of(r->plan, c, false).likely;
    struct buf b = { 0 };

    if (sys->memory < 0 || need <= (double)sys->memory)
        return;
    buf_str(&b, "prompts and answers under way need about ");
    units_put_bytes(&b, (uint64_t)fmin(need, 1e18));
    buf_str(&b, " of memory, available are ");
    units_put_bytes(&b, (uint64_t)sys->memory);
    plan_remark(r, c, "%s: lower the concurrency or limits.in_flight, or send less", b.p);
    buf_free(&b);
}

static void warn_cores(struct plan_remarks *r, const struct plan_cell *c)
{
    unsigned threads = c->cell->connection.threads;
    long long cores = r->plan->sys->cores;

    if (cores > 0 && threads > cores)
        plan_remark(r, c,
                    "connection.threads %u on %lld core%s: threads that share a core make "
                    "each other late",
                    threads, cores, cores == 1 ? "" : "s");
}

void plan_warn_machine(struct plan_remarks *r, const struct plan_cell *c)
{
    if (!r->plan->sys)
        return;
    warn_files(r, c);
    if (r->plan->sys->ports >= 0) {
        if (c->cell->connection.policy == CONNECTION_NEW)
            warn_new(r, c);
        else
            warn_pooled(r, c);
    }
    warn_memory(r, c);
    warn_cores(r, c);
}

static int too_few_files(const struct sysinfo *sys, uint64_t surely, struct err *err)
{
    uint64_t want = surely + SOME_FILES + FILES_PER_THREAD;

    return err_set(err, ERR_LIMIT,
                   "a concurrency of %llu needs %llu open files, %lld are allowed; raise "
                   "the limit (as root `ulimit -n %llu`; systemd: LimitNOFILE=%llu; "
                   "docker: --ulimit nofile=%llu) or lower the concurrency",
                   (unsigned long long)surely, (unsigned long long)want,
                   (long long)sys->files_hard, (unsigned long long)want,
                   (unsigned long long)want, (unsigned long long)want);
}

int plan_check_machine(const struct plan *p, struct err *err)
{
    const struct sysinfo *sys = p->sys;

    for (size_t i = 0; sys && i < p->n_cells; i++) {
        const struct plan_cell *c = &p->cells[i];
        uint64_t surely = needs_of(p, c, false).surely;

        if (sys->files_hard >= 0 && surely + FEW_FILES > (uint64_t)sys->files_hard)
            return too_few_files(sys, surely, err);
        surely = needs_of(p, c, true).surely;
        if (sys->ports >= 0 && is_one_address(c->cell) && surely > (uint64_t)sys->ports)
            return err_set(err, ERR_LIMIT,
                           "a concurrency of %llu needs as many local ports, %lld are "
                           "there (net.ipv4.ip_local_port_range less what is reserved); "
                           "widen the range, use more addresses, or lower the concurrency",
                           (unsigned long long)surely, (long long)sys->ports);
    }
    return 0;
}
