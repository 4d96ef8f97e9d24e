#ifndef CMD_SIMCHILD_H
#define CMD_SIMCHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/err.h"

/*
 * The simulator as a child process of ours: `target: sim:`. It dies with its parent,
 * listens on a loopback port of its own choice and writes the truth log.
 */
struct simchild {
    pid_t pid;
    int control; /* closed: finish */
    char base_url[64];
};

/* flags: for `tokdyno sim`. -1 where it does not say within 10 s where it listens. */
int simchild_start(struct simchild *c, const char *truth_path, const char *catalogue,
                   uint64_t seed, const char *const *flags, size_t n_flags,
                   struct err *err);

/*
 * Let it finish and read what it says of itself in the last line of the truth log.
 * NS_ABSENT where it died before it could say.
 */
void simchild_stop(struct simchild *c, const char *truth_path, ns_t *late_p99, ns_t *cpu);

#endif
