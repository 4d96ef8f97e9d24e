#ifndef LOAD_PROCFS_H
#define LOAD_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What the texts of /proc and of control groups say. Pure: the caller reads the files. Each
 * is false, and leaves *v alone, where the text does not say it.
 */

/* Field `n` of the line that begins with `name`, counted from 1: /proc/stat. */
bool procfs_field(const char *text, const char *name, unsigned n, uint64_t *v);

/*
 * The value below `name` in the two lines that begin with `table`: /proc/net/netstat and
 * /proc/net/snmp.
 *
 *     TcpExt: SyncookiesSent TCPRcvQDrop
 *     TcpExt: 0 7
 */
bool procfs_table(const char *text, const char *table, const char *name, uint64_t *v);

/*
 * The path of the group that governs the processor, with what stands in front of it on
 * disk:
 * "/sys/fs/cgroup/user.slice"; of /proc/self/cgroup. Nothing is put where there is none.
 */
bool procfs_cgroup(const char *text, struct buf *path);

#endif
