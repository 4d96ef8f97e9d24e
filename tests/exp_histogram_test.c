#include "exporters/exp_histogram.h"

#include <math.h>

#include "test.h"

TEST(exponential_buckets_have_the_published_indices_and_bounds)
{
    static const struct {
        double v;
        int scale;
        int32_t index;
        double lower;
        double upper; /* 0: not said */
    } rows[] = {
        { 1.0, 0, -1, 0.5, 1 },
        { 1.5, 0, 0, 1, 2 },
        { 2.0, 0, 0, 1, 2 },
        { 0.001, 0, -10, 0.0009765625, 0.001953125 },
        { 0.125, 0, -4, 0.0625, 0.125 },
        { 3600, 1, 23, 2896.30938, 4096 },
        { 1e-9, 2, -120, 9.31322575e-10, 1.10753543e-9 },
        { 1e-6, 2, -80, 9.53674316e-7, 1.13411628e-6 },
        { 10.0, 2, 13, 9.51365692, 11.3137085 },
        { 0.118, 3, -25, 0.114625505, 0.125 },
        { 0.125, 3, -25, 0.114625505, 0.125 },
        { 0.125000001, 3, -24, 0.125, 0.136313467 },
        { 0.25, 3, -17, 0.229251011, 0.25 },
        { 1.9, 4, 14, 1.83400809, 1.91520656 },
        { 0.0417, 5, -147, 0.0414136451, 0.0423204858 },
        { 12.5, 6, 233, 12.4720352, 12.6078468 },
        { 0.1, 8, -851, 0.0998413499, 0.100112047 },
        { 0.001, 8, -2552, 0.000997946434, 0.00100065214 },
        { 81.92, 8, 1627, 81.8816773, 82.103681 },
        { 0.25, 20, -2097153, 0, 0 },
        { 5.0, -1, 1, 4, 16 },
        { 0.3, -1, -1, 0.25, 1 },
        { 0.001, -2, -3, 0x1p-12, 0x1p-8 },
        { 1.0, -1, -1, 0.25, 1 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(exp_index(rows[i].v, rows[i].scale), rows[i].index);
        if (!(rows[i].upper > 0))
            continue;
        assert_true(fabs(exp_lower(rows[i].index, rows[i].scale) / rows[i].lower - 1) <
                    6e-9);
        assert_true(fabs(exp_lower(rows[i].index + 1, rows[i].scale) / rows[i].upper - 1) <
                    6e-9);
    }
}

TEST(every_value_lies_in_the_bucket_of_its_index)
{
    for (double v = 1e-9; v < 1e5; v *= 1.0173) {
        for (int scale = -2; scale <= EXP_SCALE; scale++) {
            int32_t i = exp_index(v, scale);

            assert_true(exp_lower(i, scale) < v * (1 + 1e-12));
            assert_true(v <= exp_lower(i + 1, scale) * (1 + 1e-12));
        }
    }
}

/* Indices of buckets that hold something, each as often as it holds. */
static void assert_buckets(const struct exp_hist *h, const int32_t *expected, size_t n)
{
    size_t k = 0;

    for (int i = 0; i < h->n; i++)
        for (uint64_t c = 0; c < h->counts[i]; c++) {
            assert_true(k < n);
            assert_int_equal(h->offset + i, expected[k++]);
        }
    assert_int_equal(k, n);
}

static void record_all(struct exp_hist *h, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        exp_hist_record(h, values[i]);
}

TEST(the_scale_is_the_finest_that_holds_all_values)
{
    static const struct {
        double values[8];
        size_t n;
        int most, scale, at_scale;
        int32_t offset;
        int buckets;
        int32_t filled[8];
        size_t n_filled;
    } rows[] = {
        { { 0.25 }, 1, 160, 20, 20, -2097153, 1, { -2097153 }, 1 },
        { { 0.25, 0.5 }, 2, 160, 20, 7, -257, 129, { -257, -129 }, 2 },
        { { 0.001, 0.004 }, 2, 160, 20, 6, -638, 129, { -638, -510 }, 2 },
        { { 0.001, 0.01, 0.1, 1, 10, 100 },
          6,
          160,
          20,
          3,
          -80,
          134,
          { -80, -54, -27, -1, 26, 53 },
          6 },
        { { 0, 0.125, 0.25, 0.5, 1, 2, 3.5, 4 },
          8,
          11,
          20,
          1,
          -7,
          11,
          { -7, -5, -3, -1, 1, 3, 3 },
          7 },
        { { 100, 10, 1, 0.1, 0.01, 0.001 },
          6,
          160,
          6,
          3,
          -80,
          134,
          { -80, -54, -27, -1, 26, 53 },
          6 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exp_hist h;

        exp_hist_init(&h, 1, rows[i].most, rows[i].scale);
        record_all(&h, rows[i].values, rows[i].n);
        assert_int_equal(h.scale, rows[i].at_scale);
        assert_int_equal(h.offset, rows[i].offset);
        assert_int_equal(h.n, rows[i].buckets);
        assert_int_equal(h.count, rows[i].n);
        assert_buckets(&h, rows[i].filled, rows[i].n_filled);
    }
}

static const double sample[] = { 0.118, 0.121, 0.125, 0.131, 0.142,
                                 0.155, 0.187, 0.250, 0.412, 1.900 };

TEST(a_sample_of_first_tokens_keeps_count_sum_and_ends)
{
    static const int32_t filled[] = { -99, -98, -97, -94, -91, -87, -78, -65, -41, 29 };
    static const uint64_t coarse[] = { 3, 2, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
    struct exp_hist h;

    exp_hist_init(&h, 1, 160, 20);
    record_all(&h, sample, COUNT(sample));
    assert_int_equal(h.scale, 5);
    assert_int_equal(h.n, 129);
    assert_buckets(&h, filled, COUNT(filled));
    assert_int_equal(h.count, 10);
    assert_true(fabs(h.sum - 3.541) < 1e-12);
    assert_true(h.min == 0.118 && h.max == 1.9);
    exp_hist_init(&h, 1, 20, 20);
    record_all(&h, sample, COUNT(sample));
    assert_int_equal(h.scale, 2);
    assert_int_equal(h.offset, -13);
    assert_int_equal(h.n, COUNT(coarse));
    assert_memory_equal(h.counts, coarse, sizeof(coarse));
}

TEST(half_the_resolution_is_what_recording_at_it_gives)
{
    static const int32_t filled[] = { -25, -25, -25, -24, -23, -22, -20, -17, -11, 7 };
    struct exp_hist h, direct;

    exp_hist_init(&h, 1, 160, 5);
    record_all(&h, sample, COUNT(sample));
    exp_hist_downscale(&h, 2);
    assert_int_equal(h.scale, 3);
    assert_int_equal(h.n, 33);
    assert_buckets(&h, filled, COUNT(filled));
    exp_hist_init(&direct, 1, 160, 3);
    record_all(&direct, sample, COUNT(sample));
    assert_memory_equal(&h, &direct, sizeof(h));
}

TEST(odd_offsets_are_merged_by_index_not_by_place)
{
    static const struct {
        int32_t offset;
        uint64_t counts[6];
        int n, by;
        int32_t to;
        uint64_t merged[6];
        int n_merged;
    } rows[] = {
        { -5, { 1, 2, 3, 4 }, 4, 1, -3, { 1, 5, 4 }, 3 },
        { -3, { 7 }, 1, 1, -2, { 7 }, 1 },
        { -1, { 1, 1 }, 2, 1, -1, { 1, 1 }, 2 },
        { -6, { 1, 1, 1, 1, 1, 1 }, 6, 2, -2, { 2, 4 }, 2 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exp_hist h;

        exp_hist_init(&h, 1, 160, 4);
        for (int k = 0; k < rows[i].n; k++)
            exp_hist_add(&h, rows[i].offset + k, 4, rows[i].counts[k]);
        exp_hist_downscale(&h, rows[i].by);
        assert_int_equal(h.offset, rows[i].to);
        assert_int_equal(h.n, rows[i].n_merged);
        assert_memory_equal(h.counts, rows[i].merged,
                            (size_t)h.n * sizeof(*rows[i].merged));
    }
}

TEST(buckets_of_two_scales_add_up_at_the_coarser)
{
    static const double decades[] = { 0.001, 0.01, 0.1, 1, 10, 100 };
    static const int32_t filled[] = { -80, -54, -27, -17, -9, -1, 26, 53 };
    struct exp_hist a, b;

    exp_hist_init(&a, 1, 160, 20);
    exp_hist_record(&a, 0.25);
    exp_hist_record(&a, 0.5);
    exp_hist_init(&b, 1, 160, 20);
    record_all(&b, decades, COUNT(decades));
    for (int i = 0; i < a.n; i++)
        if (a.counts[i])
            exp_hist_add(&b, a.offset + i, a.scale, a.counts[i]);
    assert_int_equal(b.scale, 3);
    assert_int_equal(b.n, 134);
    assert_buckets(&b, filled, COUNT(filled));
}

TEST(buckets_that_lie_far_apart_halve_the_resolution)
{
    static const uint64_t merged[] = { 2, 2, 0, 0, 0, 4, 4 };
    struct exp_hist h;

    exp_hist_init(&h, 1, 8, 2);
    for (int i = 0; i < 4; i++)
        exp_hist_add(&h, -4 + i, 2, 1);
    for (int i = 0; i < 4; i++)
        exp_hist_add(&h, 6 + i, 2, 2);
    assert_int_equal(h.scale, 1);
    assert_int_equal(h.offset, -2);
    assert_int_equal(h.n, COUNT(merged));
    assert_memory_equal(h.counts, merged, sizeof(merged));
}

TEST(what_an_hdr_histogram_holds_goes_where_its_median_lies)
{
    static const struct {
        int64_t us;
        int scale;
        int32_t index;
    } rows[] = {
        { 125000, 3, -24 }, { 125000, 5, -96 }, { 999999, 3, 0 },  { 118, 3, -105 },
        { 1500, 3, -76 },   { 2047, 3, -72 },   { 1900000, 3, 7 }, { 1900000, 5, 29 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exp_hist h;
        struct hist hdr;

        hist_init_standard(&hdr);
        hist_record(&hdr, rows[i].us, 3);
        exp_hist_init(&h, 1e6, 160, rows[i].scale);
        exp_hist_add_hist(&h, &hdr);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.offset, rows[i].index);
        assert_int_equal(h.counts[0], 3);
        assert_int_equal(h.count, 3);
        hist_free(&hdr);
    }
}

TEST(values_in_any_order_give_the_same_buckets)
{
    struct exp_hist up, down;

    exp_hist_init(&up, 1e9, 160, EXP_SCALE);
    exp_hist_init(&down, 1e9, 160, EXP_SCALE);
    for (int64_t i = 0; i < 400; i++) {
        exp_hist_record(&up, (double)(i * i * 7919));
        exp_hist_record(&down, (double)((399 - i) * (399 - i) * 7919));
    }
    assert_int_equal(up.zero, 1);
    assert_memory_equal(&up, &down, sizeof(up));
}

TEST(what_is_no_duration_is_not_taken)
{
    struct exp_hist h;

    exp_hist_init(&h, 1, 160, EXP_SCALE);
    exp_hist_record(&h, -1);
    exp_hist_record(&h, NAN);
    exp_hist_record(&h, INFINITY);
    assert_int_equal(h.count, 0);
    assert_int_equal(h.n, 0);
}
