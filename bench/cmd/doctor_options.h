#ifndef CMD_DOCTOR_OPTIONS_H
#define CMD_DOCTOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "data/doctor.h"

/* How far the ladders go, and how long a load lasts. */
struct doctor_mode {
    const char *flag; /* NULL: where none is given */
    int64_t streams[DOCTOR_RUNGS];
    int64_t rates[DOCTOR_RUNGS]; /* both end in 0 */
    ns_t stream_time;
    int tokens; /* an answer, so it lasts tokens / DOCTOR_FRAMES_PER_S */
    ns_t rate_time;
    int null_requests;
    ns_t second_tries; /* time for all of them */
};

/* What the command line of `doctor` says. Strings are argv's. */
struct doctor_options {
    const struct doctor_mode *mode;
    bool aa;
    const char *scenario;
    size_t trials;
    const char *keep;
    bool json;
    bool quiet;
    bool help;
};

/* argv ends in NULL. */
int doctor_options_read(struct doctor_options *o, char **argv, struct err *err);
void doctor_options_help(void);

#endif
