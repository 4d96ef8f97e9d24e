#ifndef CMD_DOCTOR_AA_H
#define CMD_DOCTOR_AA_H

#include <stdbool.h>

#include "cmd/launch.h"

/* `doctor --aa`: a scenario against itself. */
struct doctor_aa {
    const char *scenario; /* NULL: a short one of our own against the simulator */
    size_t trials;        /* of each side */
    bool json;
    bool quiet;
    const struct interrupts *interrupts;
};

/* An exit code, or -1 with *err. */
int doctor_aa(const struct doctor_aa *aa, struct err *err);

#endif
