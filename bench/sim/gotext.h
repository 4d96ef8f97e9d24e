#ifndef SIM_GOTEXT_H
#define SIM_GOTEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"

/*
 * Text as Go's standard library writes it, because the API does: JSON strings with HTML
 * escaping (encoding/json), seconds as float64, time.Duration.
 */

/* Quoted. < > & U+2028 U+2029 are escaped, bytes that are not UTF-8 become \ufffd. */
void gotext_string(struct buf *out, const char *p, size_t n);

/* The same without the quotes. */
void gotext_escape(struct buf *out, const char *p, size_t n);

/* 21100000 -> 0.0211; below 1e-6 with an exponent. */
void gotext_seconds(struct buf *out, ns_t ns);

/* 7.66s, 2m59.56s, 850µs, 1h0m0s, 0s */
void gotext_duration(struct buf *out, ns_t ns);

#endif
