#ifndef BASE_SYSINFO_H
#define BASE_SYSINFO_H

#include <stdint.h>

/*
 * What this machine and this process's limits allow, as far as the system tells. What it
 * does not tell is -1.
 *
 *     struct sysinfo sys;
 *     sysinfo_read(&sys);
 */
enum tw_reuse { TW_REUSE_OFF, TW_REUSE_ALL, TW_REUSE_LOOPBACK };

#define SYSINFO_UNLIMITED INT64_MAX

struct sysinfo {
    int64_t cores;      /* this process may run on */
    int64_t files_soft; /* open files; SYSINFO_UNLIMITED where there is no limit */
    int64_t files_hard; /* how far a process may raise it itself */
    int64_t ports; /* local ports that connections may take, for each address they go to */
    int64_t tw_reuse; /* may a port that waits in TIME_WAIT be taken again after 1 s? */
    int64_t memory;   /* bytes that can be had without swapping */
};

void sysinfo_read(struct sysinfo *sys);

/*
 * What the files of /proc/sys/net/ipv4 say: a range ("32768\t60999") and ports and ranges
 * that are kept out of it ("8080,9148-9150", or nothing). -1 where that is no range.
 */
int64_t sysinfo_ports(const char *range, const char *reserved);

/* MemAvailable of /proc/meminfo in bytes; -1 where it does not say. */
int64_t sysinfo_memory(const char *meminfo);

#endif
