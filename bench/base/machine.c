#include "base/machine.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LINE = 512 };

static FILE *open_file(const char *root, const char *path)
{
    char whole[1024];

    snprintf(whole, sizeof(whole), "%s%s", root, path);
    return fopen(whole, "re");
}

/* The first line of a file without its end; "" where there is none. */
static void first_line(const char *root, const char *path, char line[LINE])
{
    FILE *f = open_file(root, path);

    line[0] = '\0';
    if (f && fgets(line, LINE, f))
        line[strcspn(line, "\n")] = '\0';
    if (f)
        fclose(f);
}

static void read_text(const char *root, const char *path, char *text, size_t size)
{
    char line[LINE];

    first_line(root, path, line);
    snprintf(text, size, "%.*s", (int)size - 1, line);
}

/* The n-th number of a line (0 is the first), -1 where there are not so many. */
static int64_t number_of(const char *line, int n)
{
    const char *p = line;

    for (;; n--) {
        char *end;
        long long v = strtoll(p, &end, 10);

        if (end == p)
            return -1;
        if (!n)
            return v;
        p = end;
    }
}

static int64_t read_number(const char *root, const char *path, int n)
{
    char line[LINE];

    first_line(root, path, line);
    return number_of(line, n);
}

static void read_cpu(struct machine *s, const char *root)
{
    FILE *f = open_file(root, "/proc/cpuinfo");
    char line[LINE];

    while (f && fgets(line, sizeof(line), f) && !s->cpu[0]) {
        const char *text = strchr(line, ':');

        if (strncmp(line, "model name", 10) || !text)
            continue;
        text += 1 + strspn(text + 1, " \t");
        snprintf(s->cpu, sizeof(s->cpu), "%.*s", (int)strcspn(text, "\n"), text);
    }
    if (f)
        fclose(f);
}

static int64_t share(int64_t quota, int64_t period)
{
    return quota > 0 && period > 0 ? quota * 1000 / period : -1;
}

static int64_t less(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Of this group and all above it the tightest holds; "max" is no number, so no limit. */
static int64_t limit_v2(const char *root, char *group)
{
    int64_t least = -1;

    for (;;) {
        char path[LINE + 64], line[LINE];
        char *slash = strrchr(group, '/');

        snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", group);
        first_line(root, path, line);
        least = less(least, share(number_of(line, 0), number_of(line, 1)));
        if (!slash)
            return least;
        *slash = '\0';
    }
}

static int64_t limit_v1(const char *root, const char *group)
{
    char quota[LINE + 64], period[LINE + 64];

    snprintf(quota, sizeof(quota), "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", group);
    snprintf(period, sizeof(period), "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", group);
    return share(read_number(root, quota, 0), read_number(root, period, 0));
}

static bool names_cpu(const char *controllers, size_t n)
{
    for (const char *p = controllers; p < controllers + n; p += strcspn(p, ",:") + 1)
        if (!strncmp(p, "cpu", 3) && (p[3] == ',' || p[3] == ':'))
            return true;
    return false;
}

/* Lines of /proc/self/cgroup are ID:CONTROLLERS:GROUP; v2 names no controllers. */
static void read_cpu_limit(struct machine *s, const char *root)
{
    FILE *f = open_file(root, "/proc/self/cgroup");
    char line[LINE];

    s->cpu_limit_milli = -1;
    while (f && fgets(line, sizeof(line), f)) {
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(++controllers, ':') : NULL;
        int64_t limit = -1;

        if (!group)
            continue;
        group[1 + strcspn(group + 1, "\n")] = '\0';
        if (group == controllers)
            limit = limit_v2(root, group + 1);
        else if (names_cpu(controllers, (size_t)(group - controllers)))
            limit = limit_v1(root, group + 1);
        s->cpu_limit_milli = less(s->cpu_limit_milli, limit);
    }
    if (f)
        fclose(f);
}

/* "0.52 0.48 0.40 ..." */
static int64_t load_average(const char *root)
{
    char line[LINE], *end;
    double v;

    first_line(root, "/proc/loadavg", line);
    v = strtod(line, &end);
    return end == line || !(v >= 0 && v < 1e6) ? -1 : (int64_t)(v * 1000 + 0.5);
}

void machine_read(struct machine *s, const char *root)
{
    struct utsname u;

    memset(s, 0, sizeof(*s));
    sysinfo_read(&s->sys);
    gethostname(s->host, sizeof(s->host) - 1);
    if (!uname(&u))
        snprintf(s->kernel, sizeof(s->kernel), "%.90s %.90s", u.sysname, u.release);
    read_text(root, "/proc/sys/kernel/random/boot_id", s->boot_id, sizeof(s->boot_id));
    read_text(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
              s->clock_source, sizeof(s->clock_source));
    read_text(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", s->governor,
              sizeof(s->governor));
    s->load_milli = load_average(root);
    read_cpu(s, root);
    s->cores = sysconf(_SC_NPROCESSORS_ONLN);
    read_cpu_limit(s, root);
    s->somaxconn = read_number(root, "/proc/sys/net/core/somaxconn", 0);
    s->rmem_max = read_number(root, "/proc/sys/net/ipv4/tcp_rmem", 2);
    s->wmem_max = read_number(root, "/proc/sys/net/ipv4/tcp_wmem", 2);
}

int64_t machine_connections_per_s(const struct sysinfo *sys)
{
    if (sys->ports < 0)
        return -1;
    return sys->ports / (sys->tw_reuse == TW_REUSE_ALL ? 1 : TIME_WAIT_S);
}
