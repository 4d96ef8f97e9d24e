"""The tests of fit themselves, against published values and data made of known random numbers."""

import math
import unittest

import arrivals

ALONE = True  # gaps between arrivals are held against their law

MASK = (1 << 64) - 1


def _splitmix64(seed, n):
    for _ in range(n):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def _rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


def units(seed, n):
    """n numbers in [0, 1): xoshiro256** (Blackman and Vigna)."""
    s = list(_splitmix64(seed, 4))
    for _ in range(n):
        yield ((_rotl((s[1] * 5) & MASK, 7) * 9 & MASK) >> 11) * 2.0 ** -53
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = _rotl(s[3], 45)


def exponential_gaps(seed, n, rate):
    return [-math.log1p(-u) / rate for u in units(seed, n)]


def summed(gaps):
    times = []
    total = 0.0
    for g in gaps:
        total += g
        times.append(total)
    return times


class TestsOfFit(unittest.TestCase):
    def near(self, got, want, relative=1e-9):
        self.assertLessEqual(abs(got - want), relative * abs(want) + 1e-12, (got, want))

    def test_exact_and_approximate_p_of_a_distance(self):
        for n, d, exact, stephens in [
                (10, 0.3, 0.2705355748, 0.275268867267421),
                (10, 0.409, 0.0502234081054749, 0.0503869668919797),
                (20, 0.2, 0.352720173623416, 0.361312920289789),
                (50, 0.15, 0.190263665182482, 0.193041651924690),
                (100, 0.1, 0.252692757006390, 0.256221185070104),
                (100, 0.1358, 0.0453598027336051, 0.0453901727337262)]:
            self.near(arrivals.ks_exact(n, d), exact)
            self.near(arrivals.ks_stephens(n, d), stephens)

    def test_incomplete_gamma(self):
        for a, x, want in [(0.1, 0.01, 0.66262125995448), (0.5, 0.5, 0.682689492137086),
                           (1, 1, 0.632120558828558), (2, 3, 0.800851726528544),
                           (10, 8, 0.283375741272989), (100, 110, 0.841721329939913)]:
            self.near(arrivals.gamma_p(a, x), want)
        self.near(arrivals.gamma_q(0.25, 5), 0.00049202512444634)

    def test_ten_values_against_an_exponential(self):
        data = [0.05, 0.11, 0.17, 0.32, 0.33, 0.48, 0.61, 0.77, 0.95, 1.6]
        self.near(arrivals.ks_distance(data, arrivals.exponential_cdf(2)), 0.172707575956951)
        self.near(arrivals.fit(data, arrivals.exponential_cdf(2)), 0.878998847835056)

    def test_a_poisson_process_passes(self):
        gaps = exponential_gaps(20240601, 2000, 4)
        times = summed(gaps)
        self.near(arrivals.fit(gaps, arrivals.exponential_cdf(4)), 0.243996031154611)
        mean, cv = arrivals.mean_and_cv(gaps)
        self.near(mean, 0.240247862575895)
        self.near(cv, 1.02815486926205)
        self.near(arrivals.autocorrelation_z(gaps), -0.242354228463)
        for m, x2, p in [(20, 23.6013006503, 0.423786006872), (50, 58.4037018509, 0.336273094745),
                         (100, 109.304152076, 0.450056592951)]:
            self.near(arrivals.dispersion(times, m)[0], x2)
            self.near(arrivals.chi_square_p(x2, m - 1), p)

    def test_what_is_not_poisson_fails(self):
        gaps = exponential_gaps(20240601, 2000, 4)
        trend = summed(g / (1 + i / 2000) for i, g in enumerate(gaps))
        self.assertLess(arrivals.uniform(trend), 1e-6)
        self.assertLess(arrivals.fit([0.25] * 2000, arrivals.exponential_cdf(4)), 1e-100)
        self.assertLess(arrivals.dispersion(summed([0.25] * 2000), 20)[1], 0.1)
        self.assertLess(arrivals.fit(gaps, arrivals.gamma_cdf(0.25, 4)), 1e-100)
