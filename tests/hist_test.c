#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "data/hist.h"

/* A latency-like histogram: lognormal around `median`, with some zeros. */
static struct hist sample(uint64_t seed, int64_t highest, int digits, double median, int n)
{
    struct rng r = rng_init(seed);
    struct hist h;
    struct err err;

    assert_int_equal(hist_init(&h, 1, highest, digits, &err), 0);
    for (int i = 0; i < n; i++) {
        double v = rng_lognormal(&r, median, 1);

        hist_record(&h, rng_below(&r, 50) ? (int64_t)v : 0, 1 + (int64_t)rng_below(&r, 3));
    }
    return h;
}

static int64_t sum_of_counts(const struct hist *h)
{
    int64_t sum = 0;

    for (size_t i = 0; i < h->len; i++)
        sum += h->counts[i];
    return sum;
}

static const struct {
    int64_t lowest, highest;
    int digits;
} shapes[] = {
    { 1, 2, 1 },          { 1, 100000, 1 },
    { 1, 3600000000, 2 }, { HIST_LOWEST, HIST_HIGHEST, HIST_DIGITS },
    { 3, 1000000, 3 },    { 1000, 3600000000000, 3 },
    { 1, 1000000, 4 },    { 1, 10000000, 5 },
    { 1, INT64_MAX, 2 },  { 1 << 20, INT64_MAX, 3 },
};

/* Any value up to `highest`, all magnitudes alike. */
static int64_t any_value(struct rng *r, int64_t highest)
{
    int64_t v = (int64_t)(rng_next(r) >> (1 + rng_below(r, 63)));

    return v > highest ? v % highest : v;
}

TEST(hist_buckets_hold_their_values_and_touch_their_neighbours)
{
    struct rng r = rng_init(7);

    for (size_t k = 0; k < COUNT(shapes); k++) {
        struct hist h;
        struct err err;

        assert_int_equal(
            hist_shape(&h, shapes[k].lowest, shapes[k].highest, shapes[k].digits, &err), 0);
        for (int i = 0; i < 20000; i++) {
            int64_t v = any_value(&r, h.highest);
            int64_t low = hist_lowest_equivalent(&h, v);
            int64_t high = hist_highest_equivalent(&h, v);
            int64_t unit = (int64_t)1 << h.unit_magnitude;

            assert_true(low <= v && v <= high);
            assert_true(high - low == hist_width(&h, v) - 1);
            assert_true(hist_value(&h, hist_index(&h, v)) == low);
            assert_true(hist_index(&h, high) == hist_index(&h, v));
            assert_true(hist_index(&h, v) < h.len);
            if (low > 0)
                assert_true(hist_index(&h, low - 1) + 1 == hist_index(&h, v));
            /* Kept apart to the digits asked for, or to the unit. */
            assert_true(hist_width(&h, v) <= unit ||
                        (double)hist_width(&h, v) * pow(10, h.digits) <= (double)v);
        }
    }
}

TEST(hist_index_rises_with_the_value)
{
    for (size_t k = 0; k < COUNT(shapes); k++) {
        struct hist h;
        struct err err;

        hist_shape(&h, shapes[k].lowest, shapes[k].highest, shapes[k].digits, &err);
        for (size_t i = 1; i < h.len; i++) {
            assert_true(hist_value(&h, i) > hist_value(&h, i - 1));
            assert_true(hist_index(&h, hist_value(&h, i)) == i);
        }
    }
}

TEST(hist_percentiles_do_not_fall_and_end_at_the_maximum)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct hist h = sample(seed, HIST_HIGHEST, HIST_DIGITS, 2e8, 3000);
        int64_t before = 0;

        for (int i = 0; i <= 10000; i++) {
            int64_t v = hist_percentile(&h, i / 100.0);

            assert_true(v >= before);
            before = v;
        }
        assert_true(hist_percentile(&h, 100) == hist_max(&h));
        assert_true(hist_percentile(&h, 0) == hist_min(&h));
        assert_true(hist_percentile(&h, -3) == hist_min(&h));
        assert_true(hist_percentile(&h, 300) == hist_max(&h));
        assert_true(h.total == sum_of_counts(&h));
        hist_free(&h);
    }
}

TEST(hist_percentile_covers_its_share_and_no_bucket_less)
{
    struct hist h = sample(3, HIST_HIGHEST, HIST_DIGITS, 2e8, 3000);
    static const double ps[] = { 1, 10, 50, 90, 95, 99, 99.9 };

    for (size_t i = 0; i < COUNT(ps); i++) {
        int64_t v = hist_percentile(&h, ps[i]);

        assert_true(hist_percentile_at_or_below(&h, v) >= ps[i]);
        assert_true(hist_percentile_at_or_below(&h, hist_lowest_equivalent(&h, v) - 1) <
                    ps[i]);
    }
    hist_free(&h);
}

TEST(hist_value_at_rank_takes_the_edge_asked_for_and_clamps_the_rank)
{
    struct hist h;

    hist_init_standard(&h);
    assert_int_equal(hist_value_at_rank(&h, 1, true), 0);
    hist_record(&h, 5000, 2);
    hist_record(&h, 100000, 1);
    assert_int_equal(hist_value_at_rank(&h, 0, false), 5000);
    assert_int_equal(hist_value_at_rank(&h, 2, false), 5000);
    assert_int_equal(hist_value_at_rank(&h, 2, true), 5003);
    assert_int_equal(hist_value_at_rank(&h, 3, false), 99968);
    assert_int_equal(hist_value_at_rank(&h, 3, true), 100031);
    assert_int_equal(hist_value_at_rank(&h, 9, true), 100031);
    hist_free(&h);
}

TEST(hist_rank_stays_between_one_and_the_total)
{
    assert_int_equal(hist_rank(0, 50), 0);
    assert_int_equal(hist_rank(1, 0), 1);
    assert_int_equal(hist_rank(1, 100), 1);
    assert_true(hist_rank(INT64_MAX, 100) > INT64_MAX - 4096);
    assert_int_equal(hist_rank(10, 200), 10);
    assert_int_equal(hist_rank(10, -1), 1);
}

TEST(hist_counts_between_two_values_inclusive_of_both)
{
    struct hist h;

    hist_init_standard(&h);
    for (int64_t v = 0; v < 1000; v++)
        hist_record(&h, v, 2);
    assert_int_equal(hist_count_between(&h, 10, 19), 20);
    assert_int_equal(hist_count_between(&h, 0, 0), 2);
    assert_int_equal(hist_count_between(&h, -5, 4), 10);
    assert_int_equal(hist_count_between(&h, 990, INT64_MAX), 20);
    assert_int_equal(hist_count_between(&h, 20, 10), 0);
    assert_int_equal(hist_count_between(&h, -9, -5), 0);
    assert_true(hist_percentile_at_or_below(&h, 499) == 50);
    assert_true(hist_percentile_at_or_below(&h, INT64_MAX) == 100);
    assert_true(hist_percentile_at_or_below(&h, -1) == 0);
    hist_reset(&h);
    assert_true(hist_percentile_at_or_below(&h, 0) == 100);
    assert_int_equal(hist_count_between(&h, 0, 1000), 0);
    hist_free(&h);
}

TEST(hist_refuses_what_is_out_of_range_and_stays_as_it_was)
{
    static const struct {
        int64_t v, n;
    } bad[] = {
        { -1, 1 },        { INT64_MIN, 1 }, { 1001, 1 },
        { INT64_MAX, 1 }, { 5, -1 },        { 5, INT64_MAX },
    };
    struct hist h;
    struct err err;

    hist_init(&h, 1, 1000, 3, &err);
    assert_true(hist_record(&h, 1000, 1));
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(hist_record(&h, bad[i].v, bad[i].n));
        assert_false(hist_record_corrected(&h, bad[i].v, bad[i].n, 2));
        assert_int_equal(h.total, 1);
        assert_int_equal(sum_of_counts(&h), 1);
        assert_int_equal(hist_max(&h), 1000);
        assert_int_equal(hist_min(&h), 1000);
    }
    hist_free(&h);
}

TEST(hist_says_which_parameters_are_not_possible)
{
    static const struct {
        int64_t lowest, highest;
        int digits;
        const char *says;
    } bad[] = {
        { 1, 1000, 0, "0 digits" },
        { 1, 1000, 6, "6 digits" },
        { 0, 1000, 3, "from 0" },
        { 600, 1000, 3, "twice the lowest" },
        { INT64_MAX / 2 + 1, INT64_MAX, 3, "twice the lowest" },
        { (int64_t)1 << 52, INT64_MAX, 3, "too high for 3 digits" },
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct hist h;
        struct err err;

        assert_int_equal(hist_init(&h, bad[i].lowest, bad[i].highest, bad[i].digits, &err),
                         -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.msg, bad[i].says));
    }
}

TEST(hist_of_nothing_answers_zero)
{
    struct hist h;

    hist_init_standard(&h);
    assert_int_equal(h.len, 38912);
    assert_int_equal(hist_min(&h), 0);
    assert_int_equal(hist_max(&h), 0);
    assert_true(hist_mean(&h) == 0 && hist_stddev(&h) == 0);
    assert_int_equal(hist_percentile(&h, 50), 0);
    assert_int_equal(hist_next(&h, 0), h.len);
    hist_free(&h);
}

TEST(hist_reset_leaves_an_empty_histogram)
{
    struct hist h = sample(1, HIST_HIGHEST, HIST_DIGITS, 1e6, 500);
    struct hist empty;

    hist_init_standard(&empty);
    hist_reset(&h);
    assert_true(hist_equal(&h, &empty));
    assert_int_equal(sum_of_counts(&h), 0);
    assert_int_equal(hist_max(&h), 0);
    hist_record(&h, 77, 1);
    assert_int_equal(hist_min(&h), 77);
    hist_free(&h);
    hist_free(&empty);
}

TEST(hist_merge_is_the_histogram_of_all_values_in_either_order)
{
    struct hist a = sample(1, HIST_HIGHEST, HIST_DIGITS, 1e6, 2000);
    struct hist b = sample(2, HIST_HIGHEST, HIST_DIGITS, 5e6, 1000);
    struct hist ab, ba;
    struct err err;

    hist_init_standard(&ab);
    hist_init_standard(&ba);
    hist_add(&ab, &a, &err);
    hist_add(&ab, &b, &err);
    hist_add(&ba, &b, &err);
    hist_add(&ba, &a, &err);
    assert_true(hist_equal(&ab, &ba));
    assert_int_equal(ab.total, a.total + b.total);
    assert_int_equal(ab.total, sum_of_counts(&ab));
    assert_true(hist_max(&ab) ==
                (hist_max(&a) > hist_max(&b) ? hist_max(&a) : hist_max(&b)));
    assert_int_equal(ab.min, ba.min);
    for (size_t i = 0; i < ab.len; i++)
        assert_int_equal(ab.counts[i], a.counts[i] + b.counts[i]);

    assert_int_equal(hist_subtract(&ab, &b, &err), 0);
    assert_true(hist_equal(&ab, &a));
    assert_int_equal(hist_max(&ab), hist_max(&a));
    assert_int_equal(hist_min(&ab), hist_min(&a));
    hist_free(&a);
    hist_free(&b);
    hist_free(&ab);
    hist_free(&ba);
}

TEST(hist_add_and_subtract_take_themselves)
{
    struct hist h = sample(4, 1000000, 2, 1000, 100);
    int64_t total = h.total;
    struct err err;

    assert_int_equal(hist_add(&h, &h, &err), 0);
    assert_int_equal(h.total, 2 * total);
    assert_int_equal(sum_of_counts(&h), 2 * total);
    assert_int_equal(hist_subtract(&h, &h, &err), 0);
    assert_int_equal(h.total, 0);
    assert_int_equal(hist_max(&h), 0);
    hist_free(&h);
}

/* Two shapes with a value that the first cannot take or does not have. */
TEST(hist_add_and_subtract_are_all_or_nothing)
{
    static const struct {
        int64_t a_highest, b_highest;
        int b_digits;
        int64_t v;
    } rows[] = {
        { 100000, 1000000, 3, 200000 }, /* other buckets */
        { 100000, 110000, 3, 105000 },  /* the same buckets, but above the highest */
        { 100000, 1000000, 2, 200000 }, /* other digits */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hist a, b, before;
        struct err err;

        hist_init(&a, 1, rows[i].a_highest, 3, &err);
        hist_init(&before, 1, rows[i].a_highest, 3, &err);
        hist_init(&b, 1, rows[i].b_highest, rows[i].b_digits, &err);
        hist_record(&a, 50, 1);
        hist_record(&before, 50, 1);
        hist_record(&b, 50, 1);
        hist_record(&b, rows[i].v, 1);
        assert_int_equal(hist_add(&a, &b, &err), -1);
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(hist_equal(&a, &before));
        assert_int_equal(hist_subtract(&a, &b, &err), -1);
        assert_int_equal(err.code, ERR_LIMIT);
        assert_true(hist_equal(&a, &before));
        hist_free(&a);
        hist_free(&b);
        hist_free(&before);
    }
}

TEST(hist_subtract_counts_all_buckets_that_fall_into_one)
{
    struct hist coarse, fine;
    struct err err;

    hist_init(&coarse, 1, 100000, 1, &err);
    hist_init(&fine, 1, 100000, 3, &err);
    hist_record(&coarse, 1000, 2);
    for (int64_t v = 1000; v < 1003; v++)
        hist_record(&fine, v, 1);
    assert_int_equal(hist_index(&coarse, 1000), hist_index(&coarse, 1002));
    assert_int_equal(hist_subtract(&coarse, &fine, &err), -1);
    assert_int_equal(coarse.total, 2);
    hist_free(&coarse);
    hist_free(&fine);
}

TEST(hist_add_refuses_totals_past_the_range_of_counts)
{
    struct hist a, b;
    struct err err;

    hist_init(&a, 1, 1000, 2, &err);
    hist_init(&b, 1, 1000, 2, &err);
    hist_record(&a, 5, INT64_MAX - 1);
    hist_record(&b, 7, 2);
    assert_int_equal(hist_add(&a, &b, &err), -1);
    assert_true(a.total == INT64_MAX - 1);
    hist_free(&a);
    hist_free(&b);
}

TEST(hist_equality_ignores_the_length_of_the_array_alone)
{
    struct hist a, b;
    struct err err;

    hist_init(&a, 1, 100000, 3, &err);
    hist_init(&b, 1, 1000000000, 3, &err);
    hist_record(&a, 5000, 3);
    hist_record(&b, 5000, 3);
    assert_true(hist_equal(&a, &b));
    assert_true(hist_equal(&b, &a));
    hist_record(&b, 9000000, 1);
    assert_false(hist_equal(&a, &b));
    hist_record(&a, 5, 1);
    assert_false(hist_equal(&a, &b));
    hist_free(&b);
    hist_init(&b, 1, 100000, 2, &err);
    hist_record(&b, 5000, 3);
    hist_record(&b, 5, 1);
    assert_false(hist_equal(&a, &b));
    hist_free(&a);
    hist_free(&b);
}

/* The rule as it is defined: one record after another. */
static void correct_slowly(struct hist *h, int64_t v, int64_t n, int64_t interval)
{
    hist_record(h, v, n);
    for (int64_t m = v - interval; interval > 0 && m >= interval; m -= interval)
        hist_record(h, m, n);
}

TEST(hist_correction_by_buckets_is_that_of_one_value_after_another)
{
    struct rng r = rng_init(11);

    for (int i = 0; i < 300; i++) {
        struct hist fast, slow;
        int64_t v = (int64_t)rng_below(&r, 200000);
        int64_t interval =
            (int64_t)rng_below(&r, 1 + (uint64_t)v / (1 + rng_below(&r, 300)));
        struct err err;

        hist_init(&fast, 1, 1000000, 2, &err);
        hist_init(&slow, 1, 1000000, 2, &err);
        assert_true(hist_record_corrected(&fast, v, 3, interval));
        correct_slowly(&slow, v, 3, interval);
        assert_true(hist_equal(&fast, &slow));
        assert_int_equal(hist_max(&fast), hist_max(&slow));
        assert_int_equal(hist_min(&fast), hist_min(&slow));
        hist_free(&fast);
        hist_free(&slow);
    }
}

TEST(hist_correction_adds_what_a_stall_hid)
{
    static const struct {
        int64_t v, interval, total;
    } rows[] = {
        { 1000000, 10000, 100 }, { 19999, 10000, 1 }, { 20000, 10000, 2 },
        { 10000, 10000, 1 },     { 9999, 10000, 1 },  { 1000000, 0, 1 },
        { 1000000, -5, 1 },      { 0, 10, 1 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hist h;

        hist_init_standard(&h);
        assert_true(hist_record_corrected(&h, rows[i].v, 1, rows[i].interval));
        assert_int_equal(h.total, rows[i].total);
        hist_free(&h);
    }
}

TEST(hist_correction_by_a_tiny_interval_ends)
{
    struct hist h;

    hist_init_standard(&h);
    assert_true(hist_record_corrected(&h, HIST_HIGHEST, 1, 1));
    assert_true(h.total == HIST_HIGHEST);
    assert_true(sum_of_counts(&h) == HIST_HIGHEST);
    assert_false(hist_record_corrected(&h, HIST_HIGHEST, 200000, 1));
    assert_true(h.total == HIST_HIGHEST);
    hist_free(&h);
}

TEST(hist_decoder_refuses_every_cut_of_an_encoding)
{
    struct hist h = sample(5, 1000000, 2, 5000, 60);
    struct buf plain, compressed;

    buf_init(&plain, 0);
    buf_init(&compressed, 0);
    hist_encode(&h, &plain);
    hist_encode_compressed(&h, &compressed);
    hist_free(&h);
    for (size_t n = 0; n < plain.len; n++) {
        /* A copy of just that length, so that the sanitizer sees a read past it. */
        char *cut = malloc(n + 1);
        struct err err;

        memcpy(cut, plain.p, n);
        assert_int_equal(hist_decode(&h, cut, n, 100000, &err), -1);
        assert_null(h.counts);
        if (n < compressed.len) {
            memcpy(cut, compressed.p, n);
            assert_int_equal(hist_decode(&h, cut, n, 100000, &err), -1);
            assert_null(h.counts);
        }
        free(cut);
    }
    buf_free(&plain);
    buf_free(&compressed);
}

TEST(hist_decoder_survives_any_single_flipped_bit)
{
    struct hist h = sample(6, 1000000, 2, 5000, 60);
    struct buf plain;

    buf_init(&plain, 0);
    hist_encode(&h, &plain);
    hist_free(&h);
    for (size_t bit = 0; bit < 8 * plain.len; bit++) {
        struct err err;

        plain.p[bit / 8] = (char)(plain.p[bit / 8] ^ 1 << bit % 8);
        if (!hist_decode(&h, plain.p, plain.len, 100000, &err)) {
            assert_true(h.total == sum_of_counts(&h));
            assert_true(h.len <= 100000);
        }
        hist_free(&h);
        plain.p[bit / 8] = (char)(plain.p[bit / 8] ^ 1 << bit % 8);
    }
    buf_free(&plain);
}

TEST(hist_decoder_names_the_encodings_it_cannot_read)
{
    static const struct {
        unsigned char cookie[4];
        const char *says;
    } rows[] = {
        { { 0x1c, 0x84, 0x93, 0x08 }, "V0" },      { { 0x1c, 0x84, 0x93, 0x29 }, "V0" },
        { { 0x1c, 0x84, 0x93, 0x01 }, "V1" },      { { 0x1c, 0x84, 0x93, 0x22 }, "V1" },
        { { 0x0c, 0x72, 0x12, 0x4f }, "doubles" }, { { 1, 2, 3, 4 }, "0x01020304" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hist h;
        struct err err;

        assert_int_equal(hist_decode(&h, rows[i].cookie, 4, 100000, &err), -1);
        assert_non_null(strstr(err.msg, rows[i].says));
    }
}

TEST(hist_decoder_takes_counts_above_the_highest_value_that_fit_the_array)
{
    struct hist h, loose;
    struct buf bytes;
    struct err err;

    hist_init(&h, 1, 100000, 3, &err);
    h.highest = 131071; /* as writers do that check the array only */
    hist_record(&h, 131071, 2);
    h.highest = 100000;
    buf_init(&bytes, 0);
    hist_encode(&h, &bytes);
    assert_int_equal(hist_decode(&loose, bytes.p, bytes.len, 100000, &err), 0);
    assert_int_equal(loose.total, 2);
    assert_int_equal(hist_max(&loose), 131071);
    assert_int_equal(hist_percentile(&loose, 50), 131071);
    buf_free(&bytes);
    hist_free(&h);
    hist_free(&loose);
}
