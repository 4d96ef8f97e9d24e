#include "base/sysinfo.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { TEXT = 16 * 1024 };

static const char *skip_space(const char *p)
{
    return p + strspn(p, " \t\n");
}

/* A port number at *p, which moves behind it. */
static bool read_port(const char **p, long *port)
{
    char *end;

    *port = strtol(*p, &end, 10);
    if (end == *p || *port < 0 || *port > UINT16_MAX)
        return false;
    *p = end;
    return true;
}

/* How many ports of first..last stand in from..to. */
static int64_t overlap(long first, long last, long from, long to)
{
    long low = first > from ? first : from, high = last < to ? last : to;

    return high >= low ? high - low + 1 : 0;
}

/* The system writes the list without overlaps. */
int64_t sysinfo_ports(const char *range, const char *reserved)
{
    const char *p = range;
    long first, last, from, to;
    int64_t n;

    if (!read_port(&p, &first) || !read_port(&p, &last) || last < first)
        return -1;
    n = last - first + 1;
    for (p = skip_space(reserved); read_port(&p, &from); p += *p == ',') {
        to = from;
        if (*p == '-' && (p++, !read_port(&p, &to)))
            break;
        n -= overlap(first, last, from, to);
    }
    return n;
}

int64_t sysinfo_memory(const char *meminfo)
{
    static const char key[] = "MemAvailable:";
    const char *at = strstr(meminfo, key);
    char *end;
    long long kib;

    if (!at)
        return -1;
    kib = strtoll(at + sizeof(key) - 1, &end, 10);
    return kib < 0 || strncmp(end, " kB", 3) ? -1 : (int64_t)kib * 1024;
}

/* "" where there is no such file. */
static const char *read_text(const char *path, char text[TEXT])
{
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, TEXT - 1, f) : 0;

    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

static int64_t limit_of(rlim_t limit)
{
    return limit == RLIM_INFINITY || limit > INT64_MAX ? SYSINFO_UNLIMITED : (int64_t)limit;
}

static int64_t count_cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) ? -1 : CPU_COUNT(&set);
}

static int64_t read_reuse(char text[TEXT])
{
    read_text("/proc/sys/net/ipv4/tcp_tw_reuse", text);
    return *text >= '0' && *text <= '2' ? *text - '0' : -1;
}

void sysinfo_read(struct sysinfo *sys)
{
    char text[TEXT], reserved[TEXT];
    struct rlimit files;
    bool known = !getrlimit(RLIMIT_NOFILE, &files);

    read_text("/proc/sys/net/ipv4/ip_local_reserved_ports", reserved);
    *sys = (struct sysinfo){
        .cores = count_cores(),
        .files_soft = known ? limit_of(files.rlim_cur) : -1,
        .files_hard = known ? limit_of(files.rlim_max) : -1,
        .ports = sysinfo_ports(read_text("/proc/sys/net/ipv4/ip_local_port_range", text),
                               reserved),
        .tw_reuse = read_reuse(text),
        .memory = sysinfo_memory(read_text("/proc/meminfo", text)),
    };
}
