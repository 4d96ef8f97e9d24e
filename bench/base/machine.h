#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stdint.h>

#include "base/sysinfo.h"

/*
 * The machine as far as it decides what load can be carried: read from /proc and /sys under
 * `root` ("" but in tests) and asked of the system. Unknown is "" or -1.
 */
struct machine {
    struct sysinfo sys; /* the limits; asked of this system whatever the root */
    char host[128];
    char kernel[192];
    char boot_id[64];
    char cpu[128];
    char clock_source[32];
    char governor[32];       /* of the frequency of the first core */
    int64_t cores;           /* online */
    int64_t cpu_limit_milli; /* cgroup: thousandths of a core; -1: no limit is known */
    int64_t load_milli;      /* load average of the last minute, thousandths */
    int64_t somaxconn;
    int64_t rmem_max; /* tcp_rmem and tcp_wmem, the last figure */
    int64_t wmem_max;
};

void machine_read(struct machine *s, const char *root);

/*
 * Connections a second that can be opened to one address for long, where each is used once:
 * a port rests for TIME_WAIT_S after it, unless the system takes it again after a second.
 * -1: not known.
 */
enum { TIME_WAIT_S = 60 };
int64_t machine_connections_per_s(const struct sysinfo *sys);

#endif
