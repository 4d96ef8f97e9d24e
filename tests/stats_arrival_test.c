#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/stats.h"

static void near(double got, double want, double tolerance, const char *what)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: got %.17g, want %.17g", what, got, want);
}

/* n gaps of a Poisson process, or of a gamma process where shape > 0, and arrivals. */
struct process {
    size_t n;
    double *gap;
    double *at;
};

static struct process process_of(uint64_t seed, size_t n, double rate, double shape)
{
    struct process p = { n, mem_array(n, sizeof(double)), mem_array(n, sizeof(double)) };
    struct rng r = rng_init(seed);
    double at = 0;

    for (size_t i = 0; i < n; i++) {
        p.gap[i] = shape > 0 ? stats_gamma_quantile(shape, rng_open(&r)) / rate
                             : stats_exponential_quantile(rng_unit(&r)) / rate;
        p.at[i] = at += p.gap[i];
    }
    return p;
}

static void process_free(struct process *p)
{
    free(p->gap);
    free(p->at);
}

/* Distance of the gaps from the exponential (shape 0) or gamma distribution. */
static double distance(const struct process *p, double rate, double shape)
{
    double *u = mem_array(p->n, sizeof(*u));
    double d;

    for (size_t i = 0; i < p->n; i++)
        u[i] = shape > 0 ? stats_gamma_p(shape, shape * rate * p->gap[i])
                         : -expm1(-rate * p->gap[i]);
    d = stats_ks_distance(u, p->n);
    free(u);
    return d;
}

TEST(stats_ks_probabilities_meet_the_reference_values)
{
    static const struct {
        size_t n;
        double d, exact, stephens;
    } rows[] = {
        { 10, 0.3, 0.2705355748, 0.275268867267421 },
        { 10, 0.409, 0.0502234081054749, 0.0503869668919797 },
        { 20, 0.2, 0.352720173623416, 0.361312920289789 },
        { 50, 0.15, 0.190263665182482, 0.193041651924690 },
        { 100, 0.1, 0.252692757006390, 0.256221185070104 },
        { 100, 0.1358, 0.0453598027336051, 0.0453901727337262 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        near(stats_ks_exact(rows[i].n, rows[i].d), rows[i].exact, 1e-9, "exact");
        near(stats_ks_stephens(rows[i].n, rows[i].d), rows[i].stephens, 1e-12, "Stephens");
        near(stats_ks_p(rows[i].n, rows[i].d), rows[i].exact, 1e-9, "p");
    }
    near(stats_ks_p(101, 0.1358), stats_ks_stephens(101, 0.1358), 0, "above 100");
}

TEST(stats_ks_probability_falls_from_one_to_zero)
{
    static const size_t sizes[] = { 1, 2, 5, 30, 100, 1000 };

    for (size_t k = 0; k < COUNT(sizes); k++) {
        double before = 1;

        for (int i = 0; i <= 50; i++) {
            double p = stats_ks_p(sizes[k], i / 50.0);

            assert_true(p <= before + 1e-9 && p >= -1e-9);
            before = p;
        }
        assert_true(before < 1e-9);
    }
    /* One value: P(D >= d) = 2 (1 - d) for d >= 1/2. */
    near(stats_ks_exact(1, 0.75), 0.5, 1e-12, "n = 1");
}

TEST(stats_ks_judges_given_data_as_the_reference_does)
{
    static const double data[] = {
        0.95, 0.11, 0.17, 0.32, 0.33, 0.48, 0.61, 0.77, 0.05, 1.6
    };
    double u[COUNT(data)];
    double d;

    for (size_t i = 0; i < COUNT(data); i++)
        u[i] = -expm1(-2 * data[i]);
    d = stats_ks_distance(u, COUNT(u));
    near(d, 0.172707575956951, 1e-12, "D");
    near(stats_ks_p(COUNT(u), d), 0.878998847835056, 1e-10, "p");
}

TEST(stats_ks_sees_the_twenty_unlucky_gaps_of_seed_42)
{
    struct process p = process_of(42, 20, 4, 0);
    double d = distance(&p, 4, 0);

    near(d, 0.383349309737399, 1e-12, "D");
    near(stats_ks_p(20, d), 0.00373986224482, 1e-9, "p");
    process_free(&p);
}

TEST(stats_of_two_thousand_poisson_arrivals_meet_the_reference_values)
{
    static const struct {
        size_t m;
        double x2, p;
    } windows[] = {
        { 20, 23.6013006503, 0.423786006872 },
        { 50, 58.4037018509, 0.336273094745 },
        { 100, 109.304152076, 0.450056592951 },
    };
    struct process p = process_of(20240601, 2000, 4, 0);
    double d = distance(&p, 4, 0);
    double mean, cv, pv, lo, hi, r1, uniform;

    near(p.at[1999], 480.495725152, 1e-11, "last arrival");
    near(d, 0.0228607684442749, 1e-11, "D");
    near(stats_ks_p(2000, d), 0.243996031154611, 1e-10, "p");
    stats_moments(p.gap, 2000, &mean, &cv);
    near(mean, 0.240247862575895, 1e-12, "mean");
    near(cv, 1.02815486926205, 1e-12, "CV");
    near((mean - 0.25) / (cv / (4 * sqrt(2000))), -1.7445153765, 0.03, "z of the mean");

    uniform = stats_arrival_uniformity(p.at, 2000, &pv);
    near(uniform, 0.0256978656498904, 1e-11, "D");
    near(stats_kolmogorov(sqrt(1999) * uniform), 0.142642111312142, 1e-9, "limit p");
    near(pv, stats_ks_stephens(1999, uniform), 0, "p of uniformity");
    for (size_t i = 0; i < COUNT(windows); i++) {
        near(stats_arrival_dispersion(p.at, 2000, windows[i].m, &pv), windows[i].x2, 1e-10,
             "X2");
        near(pv, windows[i].p, 1e-10, "p of dispersion");
    }
    stats_arrival_rate_ci(2000, p.at[1999], 0.95, &lo, &hi);
    near(lo, 3.98192660095, 1e-10, "lower rate");
    near(hi, 4.34675152934, 1e-10, "upper rate");
    r1 = stats_autocorrelation(p.gap, 2000, 1);
    near(r1, -0.00541920529477, 1e-9, "r1");
    near(r1 * sqrt(2000), -0.242354228463, 1e-9, "z of r1");
    process_free(&p);
}

TEST(stats_ks_sees_the_wrong_burstiness_at_once)
{
    struct process p = process_of(7, 2000, 4, 0.25);
    double own = distance(&p, 4, 0.25);
    double other = distance(&p, 4, 0);
    double mean, cv;

    near(own, 0.0248007257596461, 1e-10, "D");
    near(stats_kolmogorov(sqrt(2000) * own), 0.1707, 1e-3, "limit p");
    near(other, 0.328168761098733, 1e-10, "D against the exponential");
    assert_true(stats_ks_p(2000, other) < 1e-100);
    stats_moments(p.gap, 2000, &mean, &cv);
    near(cv, 1.952706794, 1e-8, "CV");
    process_free(&p);
}

TEST(stats_dispersion_tells_bursts_from_even_arrivals)
{
    struct process bursts = process_of(3, 4000, 10, 0.25);
    struct process even = process_of(3, 4000, 10, 100);
    double p;

    assert_true(stats_arrival_dispersion(bursts.at, 4000, 40, &p) / 39 > 2);
    assert_true(p < 1e-3);
    assert_true(stats_arrival_dispersion(even.at, 4000, 40, &p) / 39 < 0.1);
    assert_true(p < 1e-3);
    process_free(&bursts);
    process_free(&even);
}

TEST(stats_uniformity_sees_a_ramp)
{
    struct process p = process_of(5, 1000, 10, 0);
    double pv;

    stats_arrival_uniformity(p.at, p.n, &pv);
    assert_true(pv > 0.001);
    for (size_t i = 0; i < p.n; i++)
        p.at[i] = sqrt(p.at[i]); /* a rate that rises in proportion to time */
    stats_arrival_uniformity(p.at, p.n, &pv);
    assert_true(pv < 1e-9);
    process_free(&p);
}

static const double series[] = {
    322, 322, 297, 318, 290, 281, 302, 306, 267, 256, 236, 265, 253, 253, 238, 231,
    251, 230, 238, 231, 230, 209, 246, 214, 199, 206, 221, 214, 191, 199, 194, 196,
    246, 204, 218, 235, 231, 229, 258, 251, 215, 218, 235, 231, 225, 236, 230, 239,
    255, 241, 211, 250, 258, 239, 213, 224, 236, 250, 258, 246, 239, 210, 207, 210,
    244, 218, 266, 280, 260, 245, 251, 258, 270, 228, 228, 245, 265, 270, 262, 264,
};

TEST(stats_autocorrelation_and_effective_sample_meet_the_reference_values)
{
    static const double r[] = { 0.71921890696322, 0.55097842242235, 0.50760061801284,
                                0.45477344424666, 0.38322377117076, 0.36513925850208 };
    double mean, cv;

    for (size_t i = 0; i < COUNT(r); i++)
        near(stats_autocorrelation(series, COUNT(series), i + 1), r[i], 1e-12, "r");
    stats_moments(series, COUNT(series), &mean, &cv);
    near(mean, 242.6, 1e-14, "mean");
    near(cv * mean, 29.35793943033, 1e-12, "sd");
    near(stats_effective_sample(series, COUNT(series)), 8.7757939389987, 1e-12, "n_eff");
}

TEST(stats_of_arrivals_take_no_data_and_equal_data)
{
    static const double same[] = { 3, 3, 3, 3 };
    double mean = 7, cv = 7, p = 7;

    stats_moments(same, 0, &mean, &cv);
    assert_true(mean == 0 && cv == 0);
    stats_moments(same, 1, &mean, &cv);
    assert_true(mean == 3 && cv == 0);
    assert_true(stats_autocorrelation(same, 4, 1) == 0);
    assert_true(stats_effective_sample(same, 4) == 4);
    assert_true(stats_arrival_uniformity(same, 1, &p) == 0 && p == 1);
    assert_true(stats_arrival_dispersion(same, 1, 10, &p) == 0 && p == 1);
    assert_true(stats_arrival_dispersion(same, 4, 1, &p) == 0 && p == 1);
}
