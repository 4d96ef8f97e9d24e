#include "data/stats.h"

#include <float.h>
#include <math.h>

/* Continued fractions and series of n need about sqrt(n) terms: enough for n = 1e9. */
enum { MAX_TERMS = 200000, MAX_STEPS = 200 };

/* The smallest denominator of Lentz's method, so that it never divides by zero. */
static const double TINY = 1e-300;

static double log_gamma(double a)
{
    int sign;

    return lgamma_r(a, &sign);
}

/*
 * Loader's saddle-point form: what a ln a - a + ln(2 pi a)/2 leaves of ln Gamma(a + 1).
 * It keeps the digits that a difference of two large lgamma would lose.
 */
static double stirling_rest(double a)
{
    double s = a * a;

    if (a < 16)
        return log_gamma(a + 1) - (a + 0.5) * log(a) + a - 0.5 * log(2 * M_PI);
    return (1.0 / 12 -
            (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / s) / s) / s) / s) /
           a;
}

/* x ln(x/m) + m - x, by a series where x is near m and the terms would cancel. */
static double deviance(double x, double m)
{
    double v = (x - m) / (x + m);
    double term = 2 * x * v;
    double sum = (x - m) * v;

    if (fabs(x - m) >= 0.1 * (x + m))
        return x * log(x / m) + m - x;
    for (int j = 1; j < MAX_TERMS; j++) {
        double next;

        term *= v * v;
        next = sum + term / (2 * j + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/* ln of x^a e^-x / Gamma(a), the derivative of P(a, e^y) by y. */
static double log_gamma_slope(double a, double x)
{
    return 0.5 * log(a / (2 * M_PI)) - stirling_rest(a) - deviance(a, x);
}

/* x^a (1-x)^b Gamma(a+b) / (Gamma(a) Gamma(b)), the derivative of I_x by ln(x/(1-x)). */
static double beta_slope(double a, double b, double x)
{
    double n = a + b;
    double ln = stirling_rest(n) - stirling_rest(a) - stirling_rest(b) -
                deviance(a, n * x) - deviance(b, n * (1 - x));

    return exp(ln) * sqrt(a * b / (2 * M_PI * n));
}

/* ln P by its series, x < a + 1: P = slope * sum of x^i / (a (a+1) ... (a+i)). */
static double log_p_series(double a, double x)
{
    double term = 1 / a;
    double sum = term;

    for (int i = 1; i < MAX_TERMS && term > sum * DBL_EPSILON / 4; i++) {
        term *= x / (a + i);
        sum += term;
    }
    return log_gamma_slope(a, x) + log(sum);
}

/* ln Q by its continued fraction (modified Lentz), x >= a + 1. */
static double log_q_fraction(double a, double x)
{
    double b = x + 1 - a;
    double c = 1 / TINY;
    double d = 1 / b;
    double h = d;

    for (int i = 1; i < MAX_TERMS; i++) {
        double step = -i * (i - a);
        double ratio;

        b += 2;
        d = step * d + b;
        d = 1 / (fabs(d) < TINY ? TINY : d);
        c = b + step / c;
        c = fabs(c) < TINY ? TINY : c;
        ratio = d * c;
        h *= ratio;
        if (fabs(ratio - 1) < DBL_EPSILON)
            break;
    }
    return log_gamma_slope(a, x) + log(h);
}

static double log_gamma_p(double a, double x)
{
    return x < a + 1 ? log_p_series(a, x) : log1p(-exp(log_q_fraction(a, x)));
}

static double log_gamma_q(double a, double x)
{
    return x < a + 1 ? log1p(-exp(log_p_series(a, x))) : log_q_fraction(a, x);
}

double stats_gamma_p(double a, double x)
{
    return x <= 0 ? 0 : exp(log_gamma_p(a, x));
}

double stats_gamma_q(double a, double x)
{
    return x <= 0 ? 1 : exp(log_gamma_q(a, x));
}

/* The continued fraction of I_x(a, b) (modified Lentz), good for x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    double h;

    d = 1 / (fabs(d) < TINY ? TINY : d);
    h = d;
    for (int i = 1; i < MAX_TERMS; i++) {
        double even = i * (b - i) * x / ((a + 2 * i - 1) * (a + 2 * i));
        double odd = -(a + i) * (a + b + i) * x / ((a + 2 * i) * (a + 2 * i + 1));
        double ratio;

        d = 1 + even * d;
        d = 1 / (fabs(d) < TINY ? TINY : d);
        c = 1 + even / c;
        c = fabs(c) < TINY ? TINY : c;
        h *= d * c;
        d = 1 + odd * d;
        d = 1 / (fabs(d) < TINY ? TINY : d);
        c = 1 + odd / c;
        c = fabs(c) < TINY ? TINY : c;
        ratio = d * c;
        h *= ratio;
        if (fabs(ratio - 1) < DBL_EPSILON)
            break;
    }
    return h;
}

double stats_beta(double a, double b, double x)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    if (x < (a + 1) / (a + b + 2))
        return beta_slope(a, b, x) * beta_fraction(a, b, x) / a;
    return 1 - beta_slope(b, a, 1 - x) * beta_fraction(b, a, 1 - x) / b;
}

double stats_binomial_pmf(int64_t k, int64_t n, double p)
{
    double x = (double)k, rest = (double)(n - k), all = (double)n;

    if (k < 0 || k > n)
        return 0;
    if (k == 0)
        return exp(all * log1p(-p));
    if (k == n)
        return exp(all * log(p));
    return exp(stirling_rest(all) - stirling_rest(x) - stirling_rest(rest) -
               deviance(x, all * p) - deviance(rest, all * (1 - p))) *
           sqrt(all / (2 * M_PI * x * rest));
}

double stats_normal_cdf(double z)
{
    return erfc(-z * M_SQRT1_2) / 2;
}

/* Acklam's rational approximation, 1e-9, and one Halley step on erfc for the rest. */
static double normal_low(double u)
{
    static const double a[] = { -3.969683028665376e+01, 2.209460984245205e+02,
                                -2.759285104469687e+02, 1.383577518672690e+02,
                                -3.066479806614716e+01, 2.506628277459239e+00 };
    static const double b[] = { -5.447609879822406e+01, 1.615858368580409e+02,
                                -1.556989798598866e+02, 6.680131188771972e+01,
                                -1.328068155288572e+01 };
    static const double c[] = { -7.784894002430293e-03, -3.223964580411365e-01,
                                -2.400758277161838e+00, -2.549732539343734e+00,
                                4.374664141464968e+00,  2.938163982698783e+00 };
    static const double d[] = { 7.784695709041462e-03, 3.224671290700398e-01,
                                2.445134137142996e+00, 3.754408661907416e+00 };
    double z, t, e;

    if (u < 0.02425) {
        t = sqrt(-2 * log(u));
        z = (((((c[0] * t + c[1]) * t + c[2]) * t + c[3]) * t + c[4]) * t + c[5]) /
            ((((d[0] * t + d[1]) * t + d[2]) * t + d[3]) * t + 1);
    } else {
        double q = u - 0.5;

        t = q * q;
        z = (((((a[0] * t + a[1]) * t + a[2]) * t + a[3]) * t + a[4]) * t + a[5]) * q /
            (((((b[0] * t + b[1]) * t + b[2]) * t + b[3]) * t + b[4]) * t + 1);
    }
    e = (stats_normal_cdf(z) - u) * sqrt(2 * M_PI) * exp(z * z / 2);
    return z - e / (1 + z * e / 2);
}

double stats_normal_quantile(double u)
{
    /* 1 - u is exact for u >= 1/2. */
    return u <= 0.5 ? normal_low(u) : -normal_low(1 - u);
}

double stats_exponential_quantile(double u)
{
    return -log1p(-u);
}

/* Where the search for the gamma quantile begins: ln x. */
static double gamma_guess(double a, double u)
{
    double z = stats_normal_quantile(u);
    double base = 1 - 1 / (9 * a) + z / (3 * sqrt(a));

    if (a > 0.5 && base > 0)
        return log(a) + 3 * log(base);
    return (log(u) + log_gamma(a + 1)) / a;
}

/*
 * Newton in y = ln x on the logarithm of the smaller tail, which is nearly straight there.
 * The bracket only tightens; a step that leaves it becomes a bisection.
 */
static double gamma_solve(double a, double u)
{
    double y = gamma_guess(a, u);
    double low = -700, high = log(a + 1) + 7;
    double target = u <= 0.5 ? log(u) : log1p(-u);

    for (int i = 0; i < MAX_STEPS; i++) {
        double x = exp(y);
        double tail = u <= 0.5 ? log_gamma_p(a, x) : log_gamma_q(a, x);
        double h = u <= 0.5 ? tail - target : target - tail;
        double next;

        if (h < 0)
            low = y;
        else
            high = y;
        next = y - h / exp(log_gamma_slope(a, x) - tail);
        if (!(next > low && next < high))
            next = (low + high) / 2;
        if (fabs(next - y) <= DBL_EPSILON * fmax(1, fabs(y)))
            return exp(next);
        y = next;
    }
    return exp(y);
}

/* Shape a, scale 1. */
static double gamma_quantile(double a, double u)
{
    /* As x -> 0, P(a, x) -> x^a / Gamma(a + 1); below this it is that to the last bit. */
    double tiny = (log(u) + log_gamma(a + 1)) / a;

    return tiny < log(1e-290) ? exp(tiny) : gamma_solve(a, u);
}

double stats_gamma_quantile(double shape, double u)
{
    return gamma_quantile(shape, u) / shape;
}

double stats_chi2_quantile(double freedom, double u)
{
    return 2 * gamma_quantile(freedom / 2, u);
}

double stats_beta_quantile(double a, double b, double p)
{
    double low = 0, high = 1;
    double x = a / (a + b);

    for (int i = 0; i < MAX_STEPS; i++) {
        double h = stats_beta(a, b, x) - p;
        double next;

        if (h < 0)
            low = x;
        else
            high = x;
        next = x - h * x * (1 - x) / beta_slope(a, b, x);
        if (!(next > low && next < high))
            next = (low + high) / 2;
        if (fabs(next - x) <= 2 * DBL_EPSILON * x)
            return next;
        x = next;
    }
    return x;
}

double stats_t_quantile(double freedom, double u)
{
    double tail = u < 0.5 ? u : 1 - u;
    double x, t;

    if (u == 0.5)
        return 0;
    /* P(|T| > t) = I_x(v/2, 1/2) with x = v/(v + t^2). */
    x = stats_beta_quantile(freedom / 2, 0.5, 2 * tail);
    t = sqrt(freedom * (1 - x) / x);
    return u < 0.5 ? -t : t;
}
