#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Quantities as people write them. Readers want the whole text to be one quantity and say
 * in *err what they expected: 0 or -1.
 *
 *   duration  500us, 1.5ms, 30s, 2m, 1h30m, 0        a number without a unit is refused
 *   rate      10/s, 300/min, 5000/h, 0.5/s           per second
 *   count     4000, 4k, 8M, 1.5k                     k = 1e3, M = 1e6, G = 1e9
 *   size      512, 4k, 4KiB, 1MiB                    bytes; k = 1000, KiB = 1024
 *   money     $1.50, 0.0005                          n$ (1e-9 dollars)
 *   percent   0.1%, 60%                              ppm
 */
int units_duration(struct str s, ns_t *ns, struct err *err);
int units_rate(struct str s, double *per_s, struct err *err);
int units_count(struct str s, uint64_t *n, struct err *err);
int units_size(struct str s, uint64_t *bytes, struct err *err);
int units_money(struct str s, int64_t *nusd, struct err *err);
int units_percent(struct str s, int64_t *ppm, struct err *err);

/* For people: three significant digits and the unit that fits ("182 ms", "1.24 s",
 * "$0.0123"). */
void units_put_duration(struct buf *out, ns_t ns);
void units_put_count(struct buf *out, uint64_t n); /* 1,234,567 */
void units_put_money(struct buf *out, int64_t nusd);
void units_put_bytes(struct buf *out, uint64_t bytes);

#endif
