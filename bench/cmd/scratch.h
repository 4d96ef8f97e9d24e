#ifndef CMD_SCRATCH_H
#define CMD_SCRATCH_H

#include "base/err.h"

/* A private temporary directory, under TMPDIR or /tmp, that goes away with all in it. */
enum { SCRATCH_PATH = 320 };

struct scratch {
    char path[256];
};

/* name stands in that of the directory. */
int scratch_open(struct scratch *s, const char *name, struct err *err);
void scratch_close(struct scratch *s);

/* PATH/FILE into path, which it returns; and remove it, with what is in it. */
const char *scratch_path(const struct scratch *s, const char *file,
                         char path[SCRATCH_PATH]);
void scratch_drop(const struct scratch *s, const char *file);

#endif
