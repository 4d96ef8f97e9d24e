#ifndef DATA_HIST_H
#define DATA_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * HDR histogram: counts of non-negative integers, kept apart to a number of significant
 * digits.
 *
 *     struct hist h;
 *     hist_init_standard(&h);
 *     hist_record(&h, 182000000, 1);
 *     ns_t p99 = hist_percentile(&h, 99);
 *     hist_free(&h);
 *
 * Not for two threads at once. A histogram of the standard range is 304 KiB; finished ones
 * are kept encoded (hist_encode), a few hundred bytes.
 */
struct hist {
    int64_t lowest; /* as given */
    int64_t highest;
    int digits;
    int unit_magnitude;
    int half_magnitude;
    int64_t sub_buckets;
    int64_t mask;
    int buckets;
    size_t len; /* of counts */
    int64_t total;
    int64_t max; /* raw; 0: none */
    int64_t min; /* raw, of values above 0; INT64_MAX: none */
    int64_t *counts;
};

/* The range of every metric: 1 ns .. 24 h (or mtok/s, ppm, n$), 3 digits. */
#define HIST_LOWEST 1
#define HIST_HIGHEST 86400000000000LL
enum { HIST_DIGITS = 3 };

/* Sizes only: h->len says how many counts it takes. -1 with ERR_USAGE where not possible.
 */
int hist_shape(struct hist *h, int64_t lowest, int64_t highest, int digits,
               struct err *err);

/* -1 with ERR_USAGE where the parameters are not possible. */
int hist_init(struct hist *h, int64_t lowest, int64_t highest, int digits, struct err *err);
void hist_init_standard(struct hist *h); /* HIST_LOWEST, HIST_HIGHEST, HIST_DIGITS */
void hist_free(struct hist *h);
void hist_reset(struct hist *h);

/* Values of one index are equivalent. v >= 0. */
static inline size_t hist_index(const struct hist *h, int64_t v)
{
    int shift = 63 - __builtin_clzll((uint64_t)(v | h->mask)) - h->half_magnitude;

    return ((size_t)(shift - h->unit_magnitude) << h->half_magnitude) +
           ((size_t)v >> shift);
}

/*
 * n times v. False, and nothing changed, where v < 0, v > highest, n < 0 or the total would
 * pass INT64_MAX: the caller counts it.
 */
static inline bool hist_record(struct hist *h, int64_t v, int64_t n)
{
    if ((uint64_t)v > (uint64_t)h->highest || n < 0 || n > INT64_MAX - h->total)
        return false;
    h->counts[hist_index(h, v)] += n;
    h->total += n;
    if (v > h->max)
        h->max = v;
    if (v < h->min && v > 0)
        h->min = v;
    return true;
}

/*
 * For closed loops that expected a value each `interval`: also v - interval,
 * v - 2 interval, ... down to interval, the values that a stall kept from being sent. Not
 * for latencies that count from when a request was due.
 */
bool hist_record_corrected(struct hist *h, int64_t v, int64_t n, int64_t interval);

int64_t hist_value(const struct hist *h, size_t index); /* lowest that maps to index */
int64_t hist_lowest_equivalent(const struct hist *h, int64_t v);
int64_t hist_highest_equivalent(const struct hist *h, int64_t v);
int64_t hist_median_equivalent(const struct hist *h, int64_t v);
int64_t hist_width(const struct hist *h, int64_t v);

/* All describe buckets, so they are the same after encoding. 0 for an empty histogram. */
int64_t hist_min(const struct hist *h);
int64_t hist_max(const struct hist *h);
double hist_mean(const struct hist *h);
double hist_stddev(const struct hist *h);

/* Smallest bucket with at least p percent at or below it, its upper edge (p 0: lower edge).
 */
int64_t hist_percentile(const struct hist *h, double p);
int64_t hist_rank(int64_t total, double p); /* 1..total */
int64_t hist_value_at_rank(const struct hist *h, int64_t rank, bool upper_edge);
double hist_percentile_at_or_below(const struct hist *h, int64_t v);
int64_t hist_count_between(const struct hist *h, int64_t a, int64_t b);

/*
 * All or nothing: -1 with ERR_LIMIT where a value of the other does not fit / is not there.
 * The same memory for both is allowed.
 */
int hist_add(struct hist *into, const struct hist *other, struct err *err);
int hist_subtract(struct hist *from, const struct hist *other, struct err *err);
bool hist_equal(const struct hist *a, const struct hist *b); /* lowest, digits, counts */

/* Non-empty buckets upwards: for (i = hist_next(h, 0); i < h->len; i = hist_next(h, i +
 * 1)). */
size_t hist_next(const struct hist *h, size_t from);

/* V2 encoding, plain and zlib-compressed; the decoder makes a new histogram in *h. */
void hist_encode(const struct hist *h, struct buf *out);
void hist_encode_compressed(const struct hist *h, struct buf *out);
void hist_encode_base64(const struct hist *h, struct buf *out); /* of the compressed form */

/* max_len: most counts it may have (ERR_LIMIT above it). Nothing is left behind on -1. */
int hist_decode(struct hist *h, const void *p, size_t n, size_t max_len, struct err *err);
int hist_decode_base64(struct hist *h, const char *p, size_t n, size_t max_len,
                       struct err *err);

#endif
