"""Are gaps between arrivals what they claim to be? Tests of fit, from their definitions.

Kolmogorov-Smirnov against a distribution fixed in advance, conditional uniformity, dispersion of
counts, lag-1 autocorrelation. Nothing but the standard library; checked by test_arrivals.py
against published and independently computed values.
"""

import math


def gamma_p(a, x):
    """Lower regularised incomplete gamma function P(a, x)."""
    if x <= 0:
        return 0.0
    if x < a + 1:
        term = total = 1 / a
        n = a
        while abs(term) > abs(total) * 1e-16:
            n += 1
            term *= x / n
            total += term
        return total * math.exp(-x + a * math.log(x) - math.lgamma(a))
    return 1 - _gamma_q_fraction(a, x)


def gamma_q(a, x):
    """Upper tail, exact also where it is tiny."""
    if x <= 0:
        return 1.0
    return 1 - gamma_p(a, x) if x < a + 1 else _gamma_q_fraction(a, x)


def _gamma_q_fraction(a, x):
    """Continued fraction, modified Lentz."""
    tiny = 1e-300
    b = x + 1 - a
    c = 1 / tiny
    d = 1 / b
    h = d
    for i in range(1, 10000):
        an = -i * (i - a)
        b += 2
        d = an * d + b
        d = 1 / (d if abs(d) > tiny else tiny)
        c = b + an / c
        c = c if abs(c) > tiny else tiny
        h *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return h * math.exp(-x + a * math.log(x) - math.lgamma(a))


def exponential_cdf(rate):
    return lambda g: -math.expm1(-rate * g)


def gamma_cdf(shape, rate):
    """Gaps of mean 1/rate and coefficient of variation 1/sqrt(shape)."""
    return lambda g: gamma_p(shape, g * rate * shape)


def ks_distance(values, cdf, floor=0.0):
    """Largest distance of the two distributions, looking only above the floor: below it, the
    way the values were observed may have moved them. That makes the test milder, never wrong."""
    values = sorted(values)
    n = len(values)
    below = sum(v < floor for v in values)
    u = [cdf(v) for v in values[below:]]
    return max([abs(below / n - cdf(floor))] +
               [max((i + 1) / n - v, v - i / n) for i, v in enumerate(u, below)])


def ks_exact(n, d):
    """p of distance d: Marsaglia, Tsang and Wang (2003)."""
    k = int(n * d) + 1
    m = 2 * k - 1
    h = k - n * d
    H = [[1.0 if i - j + 1 >= 0 else 0.0 for j in range(m)] for i in range(m)]
    for i in range(m):
        H[i][0] -= h ** (i + 1)
        H[m - 1][i] -= h ** (m - i)
    if 2 * h > 1:
        H[m - 1][0] += (2 * h - 1) ** m
    for i in range(m):
        for j in range(m):
            if i - j + 1 > 0:
                H[i][j] /= math.factorial(i - j + 1)
    q = _power(H, n)[k - 1][k - 1]
    for i in range(1, n + 1):
        q *= i / n
    return 1 - q


def _times(a, b):
    columns = list(zip(*b))
    return [[sum(x * y for x, y in zip(row, column)) for column in columns] for row in a]


def _power(a, n):
    """a to the n by squaring; n is small enough here for no rescaling to be needed."""
    result = None
    while n:
        if n & 1:
            result = a if result is None else _times(result, a)
        n >>= 1
        if n:
            a = _times(a, a)
    return result


def ks_stephens(n, d):
    """p of distance d for larger n: Stephens (1974)."""
    x = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * d
    if x < 0.2:
        return 1.0
    return max(0.0, min(1.0, 2 * sum((-1) ** (j - 1) * math.exp(-2 * j * j * x * x)
                                     for j in range(1, 101))))


def ks_p(n, d):
    return ks_exact(n, d) if n <= 100 else ks_stephens(n, d)


def fit(gaps, cdf, floor=0.0):
    """p of the gaps coming from this distribution."""
    return ks_p(len(gaps), ks_distance(gaps, cdf, floor))


def uniform(times):
    """p of the times being spread evenly up to the last one, whatever the rate."""
    end = times[-1]
    inside = [t / end for t in times[:-1]]
    return ks_p(len(inside), ks_distance(inside, lambda u: u))


def dispersion(times, windows):
    """X2 and X2/(m-1) of the counts in equal windows: near 1 for Poisson."""
    end = times[-1]
    counts = [0] * windows
    for t in times[:-1]:
        counts[min(windows - 1, int(t / end * windows))] += 1
    mean = sum(counts) / windows
    x2 = sum((c - mean) ** 2 for c in counts) / mean
    return x2, x2 / (windows - 1)


def chi_square_p(x2, degrees):
    """Two-sided."""
    return 2 * min(gamma_p(degrees / 2, x2 / 2), gamma_q(degrees / 2, x2 / 2))


def mean_and_cv(values):
    mean = sum(values) / len(values)
    variance = sum((v - mean) ** 2 for v in values) / (len(values) - 1)
    return mean, math.sqrt(variance) / mean


def autocorrelation_z(values):
    """Lag-1 autocorrelation times sqrt(n): standard normal where gaps are independent."""
    mean = sum(values) / len(values)
    d = [v - mean for v in values]
    r = sum(a * b for a, b in zip(d, d[1:])) / sum(a * a for a in d)
    return r * math.sqrt(len(values))


def gaps_of(times):
    return [b - a for a, b in zip([0] + times[:-1], times)]
