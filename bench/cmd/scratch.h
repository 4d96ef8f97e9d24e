#ifndef CMD_SCRATCH_H
#define CMD_SCRATCH_H

#include <stdbool.h>

#include "base/err.h"

/*
 * A private temporary directory, under TMPDIR or /tmp, that goes away with all in it; or
 * one that is kept, with all that was put there.
 */
enum { SCRATCH_PATH = 320 };

struct scratch {
    char path[256];
    bool kept;
};

/* name stands in that of the directory; keep, where not NULL, is one to make and keep. */
int scratch_open(struct scratch *s, const char *name, const char *keep, struct err *err);
void scratch_close(struct scratch *s);

/* PATH/FILE into path, which it returns; and remove it, with what is in it, unless kept. */
const char *scratch_path(const struct scratch *s, const char *file,
                         char path[SCRATCH_PATH]);
void scratch_drop(const struct scratch *s, const char *file);

#endif
