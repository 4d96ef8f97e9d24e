#ifndef CMD_DOCTOR_LOAD_H
#define CMD_DOCTOR_LOAD_H

#include "cmd/launch.h"
#include "cmd/scratch.h"
#include "data/doctor.h"

/*
 * Loads that `doctor` puts on the simulator, each with a simulator and a run of its own in
 * a temporary directory.
 */
struct doctor_bench {
    struct scratch dir;
    int client_core; /* -1: not pinned */
    int sim_core;
    const struct interrupts *interrupts;
};

/*
 * A directory of our own, and cores where there are two. keep: NULL, or the directory to
 * leave what was measured in, KIND-LOAD-TRY and KIND-LOAD-TRY.truth.jsonl. -1 where there
 * is no directory.
 */
int doctor_bench_open(struct doctor_bench *b, const char *keep,
                      const struct interrupts *interrupts, struct err *err);
void doctor_bench_close(struct doctor_bench *b);

enum { DOCTOR_FRAMES_PER_S = 50 }; /* of each stream */

/* r->asked streams (try r->tries) for that long, each answer of so many frames; started out
 * of step. */
int doctor_load_streams(const struct doctor_bench *b, struct doctor_rung *r, ns_t duration,
                        int tokens, struct err *err);

/* r->asked requests per second for that long. */
int doctor_load_rate(const struct doctor_bench *b, struct doctor_rung *r, ns_t duration,
                     struct err *err);

/* CPU time of `requests` requests of so many frames without a network, each. */
int doctor_load_null(const struct doctor_bench *b, int requests, int frames, ns_t *cpu,
                     struct err *err);

#endif
