#include "data/series.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/flow.h"
#include "data/stats.h"
#include "test.h"

static struct series_values one(double v)
{
    return (struct series_values){ 1, v, v * v };
}

static void expect_same(const struct series *a, const struct series *b)
{
    assert_int_equal(a->shift, b->shift);
    assert_int_equal(a->room, b->room);
    for (size_t i = 0; i < a->room; i++) {
        assert_true(a->bins[i].n == b->bins[i].n && a->bins[i].sum == b->bins[i].sum);
        assert_true(a->bins[i].n <= 0 || a->bins[i].first == b->bins[i].first);
    }
}

TEST(a_series_does_not_depend_on_the_order_in_which_it_is_told)
{
    static const uint64_t sizes[] = { 1, 64, 65, 4096, 4097, 20000 };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct series forth = { 0 }, back = { 0 }, mixed = { 0 };
        uint64_t n = sizes[i];

        for (uint64_t k = 0; k < n; k++) {
            uint64_t other = k * 7919 % n; /* a prime: every one once */
            struct series_values a = one((double)(k % 977 * 1000));
            struct series_values b = one((double)((n - 1 - k) % 977 * 1000));
            struct series_values c = one((double)(other % 977 * 1000));

            series_add(&forth, k, (ns_t)k * 10, &a);
            series_add(&back, n - 1 - k, (ns_t)(n - 1 - k) * 10, &b);
            series_add(&mixed, other, (ns_t)other * 10, &c);
        }
        expect_same(&forth, &back);
        expect_same(&forth, &mixed);
        series_free(&forth);
        series_free(&back);
        series_free(&mixed);
    }
}

TEST(a_series_has_bounded_memory_whatever_the_number_of_a_request)
{
    struct series s = { 0 };
    struct series_values v = one(5);
    double mean[SERIES_BINS];
    ns_t first[SERIES_BINS];

    for (uint64_t k = 0; k < 10000000000; k += 99999989)
        series_add(&s, k, (ns_t)k, &v);
    assert_true(s.room <= SERIES_BINS);
    assert_true(s.all.n == 101 && s.requests == 101);
    assert_int_equal(series_batches(&s, mean, first), 101);
    assert_true(mean[100] == 5);
    series_free(&s);
}

TEST(batches_hold_five_requests_or_more_and_begin_with_the_earliest)
{
    static const struct {
        uint64_t n;
        size_t batches;
        ns_t second; /* number of the first request of the second batch */
    } rows[] = { { 4, 0, 0 },        { 5, 1, 0 },        { 14, 2, 5 },
                 { 4096, 819, 5 },   { 4098, 683, 6 },   { 10000, 1250, 8 },
                 { 20000, 2500, 8 }, { 40000, 2500, 16 } };
    double mean[SERIES_BINS];
    ns_t first[SERIES_BINS];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct series s = { 0 };

        for (uint64_t k = 0; k < rows[i].n; k++) {
            struct series_values v = one((double)k);

            series_add(&s, k, (ns_t)k, &v);
        }
        assert_int_equal(series_batches(&s, mean, first), rows[i].batches);
        if (rows[i].second)
            assert_int_equal(first[1], rows[i].second);
        series_free(&s);
    }
}

TEST(requests_that_failed_leave_no_hole_in_the_series)
{
    struct series s = { 0 };
    double mean[SERIES_BINS];
    ns_t first[SERIES_BINS];

    for (uint64_t k = 0; k < 100; k += 3) {
        struct series_values v = one(7);

        series_add(&s, k, (ns_t)k, &v);
    }
    assert_int_equal(series_batches(&s, mean, first), 6);
    assert_int_equal(first[1], 15);
    assert_int_equal(series_sample(&s).effective, 34);
    series_free(&s);
}

/* --- what values are worth ----------------------------------------------------------- */

/* n values, each `alike` to the one before, of `each` values a request that share `own`. */
static struct sample sample_of(size_t n, double alike, unsigned each, double own,
                               double trend, uint64_t seed)
{
    struct rng r = rng_stream(seed, "series", n);
    struct series s = { 0 };
    struct sample sample;
    double e = rng_normal(&r);

    for (size_t k = 0; k < n; k++) {
        struct series_values v = { 0 };

        e = alike * e + sqrt(1 - alike * alike) * rng_normal(&r);
        for (unsigned i = 0; i < each; i++) {
            double x = 1000 + trend * (double)k / (double)n;

            x += own > 0 ? own * e + sqrt(1 - own * own) * rng_normal(&r) : e;
            v.n++;
            v.sum += x;
            v.squares += x * x;
        }
        series_add(&s, k, (ns_t)k, &v);
    }
    sample = series_sample(&s);
    series_free(&s);
    return sample;
}

TEST(independent_values_count_as_what_they_are)
{
    static const size_t sizes[] = { 5, 20, 79, 300, 1200, 5000, 20000 };
    unsigned less = 0, all = 0;

    for (size_t i = 0; i < COUNT(sizes); i++)
        for (uint64_t seed = 1; seed <= 60; seed++, all++)
            less += sample_of(sizes[i], 0, 1, 0, 0, seed).used < sizes[i];
    if (less > all / 100)
        fail_msg("%u of %u", less, all);
}

/* An autoregressive series of r is worth (1 - r) / (1 + r) of its number. */
TEST(values_that_are_like_their_neighbours_count_less_by_as_much_as_theory_says)
{
    static const struct {
        size_t n;
        double alike;
    } rows[] = { { 2000, 0.3 }, { 2000, 0.8 },  { 4000, 0.9 },
                 { 9000, 0.8 }, { 40000, 0.6 }, { 100000, 0.9 } };

    for (size_t i = 0; i < COUNT(rows); i++) {
        double want = (1 - rows[i].alike) / (1 + rows[i].alike), share = 0;

        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct sample s = sample_of(rows[i].n, rows[i].alike, 1, 0, 0, seed);

            share += (double)s.used / (double)s.n / 20;
        }
        if (fabs(share / want - 1) > 0.15)
            fail_msg("row %zu: %g, theory says %g", i, share, want);
    }
}

TEST(a_drift_is_no_correlation)
{
    assert_int_equal(sample_of(400, 0, 1, 0, 50, 1).used, 400);
    assert_true(sample_of(400, 0.8, 1, 0, 0.5, 1).used < 100);
}

/* Of m values a request that share a part rho of their variance: n / (1 + (m - 1) rho). */
TEST(frames_of_a_request_count_as_little_as_they_are_alike)
{
    static const struct {
        size_t requests;
        double own;
        uint64_t least, most;
    } rows[] = {
        { 200, 0.01, 9900, 10000 },      /* alike in nothing */
        { 200, 0.7071, 350, 450 },       /* in half: 10,000 / 25.5 */
        { 200, 0.9999, 180, 210 },       /* in all: as many as requests */
        { 10000, 0.7071, 17000, 23000 }, /* wide bins */
        { 10, 0.01, 10, 10 },            /* too few to tell */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t used = sample_of(rows[i].requests, 0, 50, rows[i].own, 0, 3).used;

        if (used < rows[i].least || used > rows[i].most)
            fail_msg("row %zu: %llu", i, (unsigned long long)used);
    }
}

TEST(values_that_are_all_alike_count_as_many_as_they_are)
{
    struct series s = { 0 };
    struct series_values v = one(60e6);

    assert_int_equal(series_sample(&s).used, 0);
    for (uint64_t k = 0; k < 300; k++)
        series_add(&s, k, 0, &v);
    assert_int_equal(series_sample(&s).effective, 300);
    assert_int_equal(series_sample(&s).used, 300);
    series_free(&s);
}

/* --- intervals of dependent values --------------------------------------------------- */

TEST(an_interval_of_dependent_values_has_the_ranks_of_fewer_taken_outwards)
{
    static const struct {
        int64_t n, counted, lo, hi;
        double q;
    } rows[] = {
        { 100, 100, 40, 61, 0.5 },      { 1000, 100, 391, 610, 0.5 },
        { 1000, 100, 961, 1001, 0.99 }, { 5000, 1000, 4911, 4985, 0.99 },
        { 79, 30, 24, 56, 0.5 },        { 5, 0, 0, 6, 0.5 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t lo, hi;

        stats_quantile_ci_of(rows[i].n, rows[i].counted, rows[i].q, 0.95, &lo, &hi);
        if (lo != rows[i].lo || hi != rows[i].hi)
            fail_msg("row %zu: %lld..%lld", i, (long long)lo, (long long)hi);
    }
}

TEST(the_greatest_of_the_counted_is_the_greatest_of_all)
{
    for (int64_t n = 1; n <= 300; n++)
        for (int64_t counted = 1; counted <= n; counted++) {
            int64_t lo, hi, few_lo, few_hi;

            stats_quantile_ci(counted, 0.9, 0.95, &few_lo, &few_hi);
            stats_quantile_ci_of(n, counted, 0.9, 0.95, &lo, &hi);
            assert_int_equal(hi <= n, few_hi <= counted);
            assert_int_equal(hi == n, few_hi == counted);
            assert_true(lo <= hi && (lo == 1) == (few_lo == 1));
        }
}

/* --- tokens over time ---------------------------------------------------------------- */

static struct record answer(ns_t first, ns_t last, int64_t tokens)
{
    struct record r;

    record_init(&r);
    r.at[MOMENT_FIRST] = first;
    r.at[MOMENT_LAST] = last;
    r.at[MOMENT_END] = last;
    r.tokens.completion = tokens;
    return r;
}

TEST(tokens_fall_into_the_seconds_in_which_they_came)
{
    static const double want[] = { 25, 50, 25 + 7, 0 };
    struct flow f = { .begin = 10 * NS_PER_S };
    struct record r = answer(10500 * NS_PER_MS, 12500 * NS_PER_MS, 100);
    double tokens[FLOW_WINDOWS];
    ns_t first;

    flow_add(&f, &r);
    r = answer(NS_ABSENT, 12 * NS_PER_S, 7); /* not streamed */
    r.at[MOMENT_LAST] = NS_ABSENT;
    r.at[MOMENT_END] = 12 * NS_PER_S;
    flow_add(&f, &r);
    assert_int_equal(flow_windows(&f, 10 * NS_PER_S, 14 * NS_PER_S, tokens, &first), 4);
    for (size_t i = 0; i < COUNT(want); i++)
        assert_true(fabs(tokens[i] - want[i]) < 1e-9);
    assert_int_equal(flow_windows(&f, 10 * NS_PER_S + 1, 14 * NS_PER_S - 1, tokens, &first),
                     2);
    assert_int_equal(first, 11 * NS_PER_S);
    assert_true(fabs(tokens[0] - 50) < 1e-9);
    flow_free(&f);
}

TEST(windows_of_a_long_trial_are_longer_and_lose_no_token)
{
    struct flow f = { 0 };
    double tokens[FLOW_WINDOWS], sum = 0;
    ns_t first;
    size_t n;

    for (int64_t s = 0; s < 10000; s++) {
        struct record r = answer(s * NS_PER_S, s * NS_PER_S + NS_PER_S / 2, 3);

        flow_add(&f, &r);
    }
    n = flow_windows(&f, 0, 10000 * NS_PER_S, tokens, &first);
    assert_true(flow_width(&f) == 4 * NS_PER_S && f.room <= FLOW_WINDOWS && n == 2500);
    for (size_t i = 0; i < n; i++)
        sum += tokens[i];
    assert_true(fabs(sum - 30000) < 1e-6);
    flow_free(&f);
}
