#include "data/hist.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hist_format.h"

enum { MAX_DIGITS = 5 };

static int bit_length(uint64_t v)
{
    return 64 - __builtin_clzll(v);
}

/* Doublings of the range of bucket 0 until `highest` is inside. */
static int count_buckets(int64_t limit, int64_t highest)
{
    int buckets = 1;

    while (limit <= highest) {
        buckets++;
        if (limit > INT64_MAX / 2)
            break;
        limit *= 2;
    }
    return buckets;
}

int hist_shape(struct hist *h, int64_t lowest, int64_t highest, int digits, struct err *err)
{
    uint64_t steps = 2; /* 2 * 10^digits: a step of 2 may begin there, not before */
    int magnitude, unit;

    *h = (struct hist){ .lowest = lowest, .highest = highest, .digits = digits };
    if (digits < 1 || digits > MAX_DIGITS)
        return err_set(err, ERR_USAGE, "histogram with %d digits: 1 to 5 are possible",
                       digits);
    if (lowest < 1)
        return err_set(err, ERR_USAGE, "histogram from %" PRId64 ": 1 is the least",
                       lowest);
    if (lowest > INT64_MAX / 2 || highest < 2 * lowest)
        return err_set(err, ERR_USAGE,
                       "histogram from %" PRId64 " to %" PRId64
                       ": the highest value is at least twice the lowest",
                       lowest, highest);
    for (int i = 0; i < digits; i++)
        steps *= 10;
    magnitude = bit_length(steps - 1);
    unit = bit_length((uint64_t)lowest) - 1;
    if (magnitude + unit > 62)
        return err_set(err, ERR_USAGE, "histogram from %" PRId64 ": too high for %d digits",
                       lowest, digits);
    h->unit_magnitude = unit;
    h->half_magnitude = magnitude - 1;
    h->sub_buckets = (int64_t)1 << magnitude;
    h->mask = (h->sub_buckets - 1) << unit;
    h->buckets = count_buckets(h->sub_buckets << unit, highest);
    h->len = (size_t)(h->buckets + 1) << h->half_magnitude;
    h->min = INT64_MAX;
    return 0;
}

int hist_init(struct hist *h, int64_t lowest, int64_t highest, int digits, struct err *err)
{
    if (hist_shape(h, lowest, highest, digits, err))
        return -1;
    h->counts = mem_array(h->len, sizeof(*h->counts));
    return 0;
}

void hist_init_standard(struct hist *h)
{
    struct err never;

    hist_init(h, HIST_LOWEST, HIST_HIGHEST, HIST_DIGITS, &never);
}

void hist_free(struct hist *h)
{
    free(h->counts);
    *h = (struct hist){ 0 };
}

void hist_reset(struct hist *h)
{
    if (h->total)
        memset(h->counts, 0, h->len * sizeof(*h->counts));
    h->total = 0;
    h->max = 0;
    h->min = INT64_MAX;
}

bool hist_record_corrected(struct hist *h, int64_t v, int64_t n, int64_t interval)
{
    if (interval <= 0 || v < interval)
        return hist_record(h, v, n);
    /* v / interval records in all; they fit together or not at all. */
    if (n < 0 || v > h->highest || n > (INT64_MAX - h->total) / (v / interval))
        return false;
    hist_record(h, v, n);
    for (int64_t m = v - interval; m >= interval;) {
        /* The values of one bucket go in at once, so a tiny interval does no harm. */
        int64_t low = hist_lowest_equivalent(h, m);
        int64_t same = (m - (low > interval ? low : interval)) / interval + 1;

        hist_record(h, m, n * same);
        m -= same * interval;
    }
    return true;
}

int64_t hist_value(const struct hist *h, size_t index)
{
    int64_t half = h->sub_buckets / 2;
    int64_t bucket = (int64_t)(index >> h->half_magnitude) - 1;
    int64_t sub = ((int64_t)index & (half - 1)) + half;

    if (bucket < 0) {
        sub -= half;
        bucket = 0;
    }
    return sub << (bucket + h->unit_magnitude);
}

int64_t hist_width(const struct hist *h, int64_t v)
{
    return (int64_t)1 << (bit_length((uint64_t)(v | h->mask)) - 1 - h->half_magnitude);
}

int64_t hist_lowest_equivalent(const struct hist *h, int64_t v)
{
    return v & ~(hist_width(h, v) - 1);
}

int64_t hist_highest_equivalent(const struct hist *h, int64_t v)
{
    /* In this order: the next bucket's edge may be past INT64_MAX. */
    return hist_lowest_equivalent(h, v) + (hist_width(h, v) - 1);
}

int64_t hist_median_equivalent(const struct hist *h, int64_t v)
{
    return hist_lowest_equivalent(h, v) + hist_width(h, v) / 2;
}

size_t hist_next(const struct hist *h, size_t from)
{
    while (from < h->len && !h->counts[from])
        from++;
    return from;
}

/* The last index that can hold something. */
static size_t last_index(const struct hist *h)
{
    return hist_index(h, h->max);
}

static bool same_shape(const struct hist *a, const struct hist *b)
{
    return a->unit_magnitude == b->unit_magnitude && a->half_magnitude == b->half_magnitude;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int hist_add(struct hist *into, const struct hist *other, struct err *err)
{
    size_t end = last_index(other) + 1;

    if (hist_lowest_equivalent(other, other->max) > into->highest)
        return err_set(err, ERR_LIMIT,
                       "a histogram up to %" PRId64 " cannot take the value %" PRId64,
                       into->highest, other->max);
    if (other->total > INT64_MAX - into->total)
        return err_set(err, ERR_LIMIT, "the counts of two histograms add up past 2^63");
    if (same_shape(into, other)) {
        for (size_t i = 0; i < end; i++)
            into->counts[i] += other->counts[i];
        into->total += other->total;
        into->max = max_of(into->max, other->max);
        into->min = min_of(into->min, other->min);
        return 0;
    }
    for (size_t i = hist_next(other, 0); i < end; i = hist_next(other, i + 1))
        hist_record(into, hist_value(other, i), other->counts[i]);
    return 0;
}

void hist_find_extremes(struct hist *h)
{
    size_t i = hist_next(h, 1);

    h->min = i < h->len ? hist_value(h, i) : INT64_MAX;
    h->max = 0;
    for (i = hist_next(h, 0); i < h->len; i = hist_next(h, i + 1))
        h->max = hist_highest_equivalent(h, hist_value(h, i));
}

int hist_subtract(struct hist *from, const struct hist *other, struct err *err)
{
    int64_t *left = mem_array(from->len, sizeof(*left));

    memcpy(left, from->counts, from->len * sizeof(*left));
    for (size_t i = hist_next(other, 0); i < other->len; i = hist_next(other, i + 1)) {
        int64_t v = hist_value(other, i);
        size_t at = v > from->highest ? from->len : hist_index(from, v);

        if (at == from->len || left[at] < other->counts[i]) {
            free(left);
            return err_set(err, ERR_LIMIT,
                           "cannot subtract %" PRId64 " counts of the value %" PRId64
                           ": fewer are there",
                           other->counts[i], v);
        }
        left[at] -= other->counts[i];
    }
    from->total -= other->total;
    free(from->counts);
    from->counts = left;
    hist_find_extremes(from);
    return 0;
}

bool hist_equal(const struct hist *a, const struct hist *b)
{
    size_t i = hist_next(a, 0);
    size_t k = hist_next(b, 0);

    if (a->lowest != b->lowest || a->digits != b->digits || a->total != b->total)
        return false;
    for (; i < a->len && k < b->len; i = hist_next(a, i + 1), k = hist_next(b, k + 1))
        if (i != k || a->counts[i] != b->counts[k])
            return false;
    return i == a->len && k == b->len;
}
