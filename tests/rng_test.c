#include "test.h"

#include <math.h>

#include "base/rng.h"
#include "data/stats.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("got %.17g, want %.17g", got, want);
}

TEST(rng_splitmix64_gives_the_published_numbers)
{
    static const uint64_t of_1234567[] = { 6457827717110365317U, 3203168211198807973U,
                                           9817491932198370423U, 4593380528125082431U,
                                           16408922859458223821U };
    static const uint64_t of_0[] = { 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4,
                                     0x06c45d188009454f, 0xf88bb8a8724c81ec,
                                     0x1b39896a51a8749b };
    uint64_t a = 1234567, b = 0;

    for (size_t i = 0; i < COUNT(of_0); i++) {
        assert_true(splitmix64(&a) == of_1234567[i]);
        assert_true(splitmix64(&b) == of_0[i]);
    }
}

TEST(rng_xoshiro_gives_the_published_numbers)
{
    static const uint64_t want[] = {
        11520,
        0,
        1509978240,
        1215971899390074240,
        1216172134540287360,
        607988272756665600,
        16172922978634559625U,
        8476171486693032832,
    };
    struct rng r = { { 1, 2, 3, 4 } };

    for (size_t i = 0; i < COUNT(want); i++)
        assert_true(rng_next(&r) == want[i]);
}

TEST(rng_is_seeded_through_splitmix64)
{
    static const struct {
        uint64_t seed, out[5];
    } rows[] = {
        { 0,
          { 0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0, 0x6aa594f1262d2d2c,
            0xbba5ad4a1f842e59 } },
        { 1,
          { 0xb3f2af6d0fc710c5, 0x853b559647364cea, 0x92f89756082a4514, 0x642e1c7bc266a3a7,
            0xb27a48e29a233673 } },
        { 42,
          { 0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1, 0xecb8ad4703b360a1,
            0xfde6dc7fe2ec5e64 } },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rng r = rng_init(rows[i].seed);

        for (size_t k = 0; k < 5; k++)
            assert_true(rng_next(&r) == rows[i].out[k]);
    }
}

TEST(rng_uniforms_of_both_kinds_are_those_of_the_reference)
{
    static const double half_open[] = { 0.08386297105988216, 0.3789802506626686,
                                        0.6800434110281394, 0.9246929453253876,
                                        0.9918039142821028 };
    static const double open[] = { 0.08386297105988227, 0.3789802506626686,
                                   0.6800434110281394, 0.9246929453253877,
                                   0.9918039142821028 };
    struct rng a = rng_init(42), b = rng_init(42);

    for (size_t i = 0; i < COUNT(open); i++) {
        assert_true(rng_unit(&a) == half_open[i]);
        assert_true(rng_open(&b) == open[i]);
    }
}

TEST(rng_hashes_names_with_fnv1a)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        { "", 0xcbf29ce484222325 },
        { "a", 0xaf63dc4c8601ec8c },
        { "arrivals", 0xb10bc22ca203cc53 },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(fnv1a64(rows[i].text, strlen(rows[i].text)) == rows[i].hash);
}

TEST(rng_streams_are_those_of_the_reference)
{
    static const struct {
        uint64_t seed, out[2];
    } rows[] = {
        { 0x1be577ee842c4627, { 0xee6504f4418f5d1b, 0xd4600725f3fc9a6e } },
        { 0xbbc92af3c505d812, { 0x0215c97fa1c8204c, 0x6df3936e77ed7b85 } },
        { 0x6810e0fa3308fd2a, { 0x9380375900019fff, 0x3aedadc4c8970d78 } },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rng r = rng_stream(42, "arrivals", i);

        assert_true(rng_stream_seed(42, "arrivals", i) == rows[i].seed);
        assert_true(rng_next(&r) == rows[i].out[0]);
        assert_true(rng_next(&r) == rows[i].out[1]);
    }
}

TEST(rng_below_stays_below_and_favours_none)
{
    static const uint64_t limits[] = { 1, 2, 3, 7, 10 };
    struct rng r = rng_init(9);

    for (size_t k = 0; k < COUNT(limits); k++) {
        enum { DRAWS = 10000 };
        uint64_t n = limits[k];
        double count[10] = { 0 };
        double x2 = 0;

        for (int i = 0; i < DRAWS; i++) {
            uint64_t v = rng_below(&r, n);

            assert_true(v < n);
            count[v]++;
        }
        for (uint64_t v = 0; v < n; v++)
            x2 += pow(count[v] - (double)DRAWS / (double)n, 2) * (double)n / DRAWS;
        if (n > 1)
            assert_true(stats_gamma_q((double)(n - 1) / 2, x2 / 2) > 0.001);
    }
    /* Just above a power of two nearly half of the draws are drawn again. */
    for (int i = 0; i < 1000; i++)
        assert_true(rng_below(&r, ((uint64_t)1 << 63) + 1) <= (uint64_t)1 << 63);
}

TEST(rng_gaps_of_poisson_and_gamma_processes_are_those_of_the_reference)
{
    static const struct {
        double shape; /* 0: exponential, from [0, 1) */
        double gaps[5], sum20;
    } rows[] = {
        { 0,
          { 0.021897332645854393, 0.1190980987696931, 0.2848924879634694,
            0.6465453652467106, 1.2010246475390915 },
          7.050044252353793 },
        { 0.25,
          { 3.33869626998941e-05, 0.0140809070781138, 0.163973504920264, 0.931525630549162,
            2.59498131305897 },
          7.48493893376938 },
        { 0.5,
          { 0.00277207120635244, 0.0611092280184553, 0.247280981453964, 0.790845326497246,
            1.74753000777739 },
          7.414825454371 },
        { 2,
          { 0.059857828624111, 0.164551463022752, 0.29348807668462, 0.530386633086923,
            0.858342834453678 },
          6.60220638233873 },
        { 4,
          { 0.102254384375704, 0.194817753423582, 0.289717414483629, 0.44553232808484,
            0.644707525424712 },
          6.1967561410431 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rng r = rng_init(42);
        double shape = rows[i].shape;
        double sum = 0;

        for (size_t k = 0; k < 20; k++) {
            double gap = shape > 0 ? stats_gamma_quantile(shape, rng_open(&r)) / 4
                                   : stats_exponential_quantile(rng_unit(&r)) / 4;

            if (k < 5)
                near(gap, rows[i].gaps[k], 1e-12);
            sum += gap;
        }
        near(sum, rows[i].sum20, 1e-12);
    }
}

/* The p-value of n values against the standard normal distribution. */
static double normal_p(struct rng *r, double *u, size_t n)
{
    for (size_t i = 0; i < n; i++)
        u[i] = stats_normal_cdf(rng_normal(r));
    return stats_ks_p(n, stats_ks_distance(u, n));
}

TEST(rng_normals_look_normal_over_a_hundred_seeds)
{
    double p[100], u[100];
    int low = 0;

    for (size_t seed = 0; seed < COUNT(p); seed++) {
        struct rng r = rng_init(seed);

        p[seed] = normal_p(&r, u, COUNT(u));
        low += p[seed] < 0.01;
    }
    assert_true(low <= 5);
    /* The p-values of a good generator are uniform themselves. */
    assert_true(stats_ks_p(COUNT(p), stats_ks_distance(p, COUNT(p))) > 0.001);
}

TEST(rng_lognormals_have_the_median_and_the_spread_asked_for)
{
    enum { N = 4001 };
    static double ln[N];
    struct rng r = rng_init(12);
    double mean, cv;

    for (size_t i = 0; i < N; i++)
        ln[i] = log(rng_lognormal(&r, 200, 0.5));
    stats_moments(ln, N, &mean, &cv);
    assert_true(fabs(mean - log(200)) < 4 * 0.5 / sqrt(N));
    assert_true(fabs(cv * mean - 0.5) < 4 * 0.5 / sqrt(2 * N));
}
