#include "data/steady.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/stats.h"

const char *const steady_names[N_STEADY] = {
    [STEADY_UNKNOWN] = "unknown",
    [STEADY_STEADY] = "steady",
    [STEADY_WARM_UP] = "warm-up",
    [STEADY_DRIFT] = "drift",
};

enum { LEAST_PART = 8 };

/* How far apart two means have to be: by chance they are that with DOUBT; of the second. */
static const double DOUBT = 6e-5, MATERIAL = 0.05, CONFIDENCE = 0.95;

/* The standard error of the mean of m values, and of how many independent ones it is. */
struct error {
    double of_mean;
    double n;
};

/* What is left of the values when a straight line is taken off them. */
static void take_line_off(const double *y, size_t m, double *to)
{
    double mean, cv, slope = 0, squares = 0, middle = ((double)m - 1) / 2;

    stats_moments(y, m, &mean, &cv);
    for (size_t i = 0; i < m; i++) {
        slope += ((double)i - middle) * (y[i] - mean);
        squares += ((double)i - middle) * ((double)i - middle);
    }
    slope /= squares;
    for (size_t i = 0; i < m; i++)
        to[i] = y[i] - mean - slope * ((double)i - middle);
}

/*
 * How unsure the mean is by noise alone: a line is taken off each quarter, so that a level
 * that decays or climbs is not taken for noise that is slow.
 */
static struct error error_of(const double *y, size_t m)
{
    size_t parts = m < 2 * LEAST_PART ? 1 : m < 4 * LEAST_PART ? 2 : 4;
    double *flat = mem_array(m, sizeof(*flat)), squares = 0;
    struct error e;

    for (size_t i = 0; i < parts; i++) {
        size_t from = i * m / parts, to = (i + 1) * m / parts;

        take_line_off(y + from, to - from, flat + from);
    }
    for (size_t i = 0; i < m; i++)
        squares += flat[i] * flat[i];
    e.n = stats_effective_sample(flat, m);
    e.of_mean = sqrt(squares / ((double)m - 2 * (double)parts) / e.n);
    free(flat);
    return e;
}

/* Standard errors that only chance goes beyond. */
static double beyond(const struct error *e, double chance)
{
    return stats_t_quantile(fmax(1, e->n - 1), 1 - chance / 2);
}

static double mean_of(const double *y, size_t m)
{
    double mean, cv;

    stats_moments(y, m, &mean, &cv);
    return mean;
}

static bool material(double a, double b)
{
    return fabs(a - b) > MATERIAL * fabs(b);
}

/* The error of the rest tells what that of so few as were cut would be. */
static bool is_warm_up(const double *y, size_t m, size_t cut, struct steady *s)
{
    struct error rest = error_of(y + cut, m - cut);
    double error = rest.of_mean * sqrt((double)m / (double)cut);

    s->before = mean_of(y, m);
    s->after = mean_of(y + cut, m - cut);
    return material(s->before, s->after) &&
           fabs(mean_of(y, cut) - s->after) > beyond(&rest, DOUBT) * error &&
           fabs(s->before - s->after) > beyond(&rest, 1 - CONFIDENCE) * rest.of_mean;
}

/* Each half has twice the variance of the whole, their difference four times. */
static bool is_drift(const double *y, size_t m, struct steady *s)
{
    struct error e = error_of(y, m);

    s->before = mean_of(y, m / 2);
    s->after = mean_of(y + m / 2, m - m / 2);
    return material((s->before + s->after) / 2, s->after) &&
           fabs(s->before - s->after) > beyond(&e, DOUBT) * 2 * e.of_mean;
}

struct steady steady_judge(const double *y, size_t m)
{
    struct steady s = { .batches = (uint32_t)m }, rest;
    double at_0, at_cut;

    if (m < STEADY_MIN_BATCHES)
        return s;
    s.cut = (uint32_t)stats_mser(y, m, &at_0, &at_cut);
    if (s.cut && s.cut < m / 2 && is_warm_up(y, m, s.cut, &s) &&
        !is_drift(y + s.cut, m - s.cut, &rest)) {
        s.verdict = STEADY_WARM_UP;
    } else if (is_drift(y, m, &s)) {
        s.verdict = STEADY_DRIFT;
    } else {
        s.verdict = STEADY_STEADY;
        s.before = s.after = mean_of(y, m);
    }
    return s;
}
