#include "load/system_health.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/procfs.h"

enum { TEXT = 16 << 10 };

/* What TCP counts, and where it stands. */
static const struct {
    enum health_counter id;
    const char *table;
    const char *name;
} tcp[] = {
    { HEALTH_TCP_RCVQ_DROPS, "TcpExt:", "TCPRcvQDrop" },
    { HEALTH_TCP_BACKLOG_DROPS, "TcpExt:", "TCPBacklogDrop" },
    { HEALTH_TCP_PRUNED, "TcpExt:", "RcvPruned" },
    { HEALTH_TCP_COLLAPSED, "TcpExt:", "TCPRcvCollapsed" },
    { HEALTH_TCP_LISTEN_DROPS, "TcpExt:", "ListenDrops" },
    { HEALTH_TCP_RETRANSMITS, "Tcp:", "RetransSegs" },
};

/* The beginning of a file; "" where it cannot be read. */
static void slurp(const char *path, char text[TEXT])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    size_t len = 0;

    while (fd >= 0 && len < TEXT - 1 && (n = read(fd, text + len, TEXT - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    if (fd >= 0)
        close(fd);
}

static void count_tcp(uint64_t now[N_HEALTH_COUNTERS])
{
    static const char *const files[] = { "/proc/net/netstat", "/proc/net/snmp" };

    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        char text[TEXT];

        slurp(files[f], text);
        for (size_t i = 0; i < sizeof(tcp) / sizeof(tcp[0]); i++)
            procfs_table(text, tcp[i].table, tcp[i].name, &now[tcp[i].id]);
    }
}

/* Of all processors together, in ticks. */
static void count_steal(uint64_t now[N_HEALTH_COUNTERS])
{
    enum { STEAL = 8 };
    long ticks = sysconf(_SC_CLK_TCK);
    uint64_t steal = 0;
    char text[TEXT];

    slurp("/proc/stat", text);
    if (ticks > 0 && procfs_field(text, "cpu", STEAL, &steal))
        now[HEALTH_STEAL_NS] = steal * (uint64_t)(NS_PER_S / ticks);
}

/* A group is held back where any above it is: the one that was most tells. */
static void count_throttling(uint64_t now[N_HEALTH_COUNTERS])
{
    struct buf path = { 0 };
    char text[TEXT];

    slurp("/proc/self/cgroup", text);
    if (!procfs_cgroup(text, &path))
        buf_clear(&path);
    while (path.len > strlen("/sys/fs/cgroup")) {
        uint64_t times = 0, spent = 0;
        size_t len = path.len;

        buf_str(&path, "/cpu.stat");
        slurp(path.p, text);
        procfs_field(text, "nr_throttled", 1, &times);
        if (procfs_field(text, "throttled_usec", 1, &spent))
            spent *= NS_PER_US;
        else
            procfs_field(text, "throttled_time", 1, &spent); /* version 1: in ns */
        if (spent > now[HEALTH_THROTTLED_NS]) {
            now[HEALTH_THROTTLED] = times;
            now[HEALTH_THROTTLED_NS] = spent;
        }
        while (len && path.p[len - 1] != '/')
            len--;
        path.len = len ? len - 1 : 0;
        path.p[path.len] = '\0';
    }
    buf_free(&path);
}

/* The clocks at one moment: a try that was interrupted is made again. */
static void read_clocks(const struct system_health *m, ns_t *mono, ns_t *raw, ns_t *real)
{
    enum { TRIES = 8, CLOSE_ENOUGH = 1000 };
    ns_t best = INT64_MAX;

    for (int i = 0; i < TRIES && best > CLOSE_ENOUGH; i++) {
        ns_t before = clock_now(m->clock), r = clock_raw();
        ns_t date = m->clock->real(m->clock->ctx), after = clock_now(m->clock);

        if (after - before >= best)
            continue;
        best = after - before;
        *mono = before;
        *raw = r;
        *real = date;
    }
}

static void count(struct system_health *m, uint64_t now[N_HEALTH_COUNTERS], ns_t *offset)
{
    ns_t mono = 0, raw = 0, real = 0;

    memcpy(now, m->last, sizeof(m->last));
    count_tcp(now);
    count_steal(now);
    now[HEALTH_THROTTLED] = now[HEALTH_THROTTLED_NS] = 0;
    count_throttling(now);
    read_clocks(m, &mono, &raw, &real);
    now[HEALTH_CLOCK_NS] = (uint64_t)mono;
    now[HEALTH_RAW_CLOCK_NS] = (uint64_t)raw;
    *offset = real - mono;
}

void system_health_init(struct system_health *m, const struct clock *clock)
{
    uint64_t now[N_HEALTH_COUNTERS];

    *m = (struct system_health){ .clock = clock };
    count(m, now, &m->real_offset);
    memcpy(m->last, now, sizeof(now));
}

void system_health_sample(struct system_health *m, struct health_sample *h)
{
    uint64_t now[N_HEALTH_COUNTERS];
    ns_t offset;

    count(m, now, &offset);
    for (int i = 0; i < N_HEALTH_COUNTERS; i++)
        if (now[i] > m->last[i])
            h->counters[i] = now[i] - m->last[i];
    if (llabs(offset - m->real_offset) > NS_PER_MS)
        h->counters[HEALTH_CLOCK_STEPS]++;
    memcpy(m->last, now, sizeof(now));
    m->real_offset = offset;
}
