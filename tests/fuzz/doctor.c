/* A cache that doctor did not write: whatever it holds, reading it does no harm. */
#include "data/doctor.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine here = { .cores = 2 };
    struct doctor_figures f;
    struct err err;
    int rc = doctor_recall(&f, (const char *)data, size, &here, INT64_MAX / 4, &err);

    if (rc && f.streams != -1)
        abort();
    return 0;
}
