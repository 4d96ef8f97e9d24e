#ifndef CMD_FLOORS_H
#define CMD_FLOORS_H

#include "base/arena.h"
#include "base/err.h"
#include "data/compare.h"

/* The noise floors in a file that `tokdyno doctor --aa --format json` wrote. */
int floors_read(const char *path, struct arena *arena, struct compare_floor **floors,
                size_t *n, struct err *err);

#endif
