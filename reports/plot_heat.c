#include <math.h>
#include <string.h>

#include "reports/plot.h"

/* The rows and columns of the heat map, and how much falls into each. */
enum { SHADES = 8, PANELS_HEIGHT = 520 };

struct map {
    const struct course *c;
    struct steps st;
    uint32_t most;
};

static uint32_t count(const struct map *m, size_t step, size_t level)
{
    uint32_t n = 0;

    for (size_t i = step * m->st.factor; i < (step + 1) * m->st.factor; i++)
        if (i < m->c->n_bins)
            n += m->c->heat[i][level];
    return n;
}

/* By the logarithm, so that a few slow ones are seen beside many fast ones. */
static int shade(const struct map *m, uint32_t n)
{
    if (!n)
        return 0;
    if (m->most < 2)
        return SHADES / 2;
    return 1 + (int)((SHADES - 1) * log(n) / log(m->most) + 0.5);
}

/* Neighbours in time of the same shade are one rectangle. */
static void put_level(struct sketch *d, const struct map *m, size_t level, int wanted)
{
    double low = (double)course_level(level) / NS_PER_MS;
    double high = (double)course_level(level + 1) / NS_PER_MS;

    for (size_t i = 0; i < m->st.n;) {
        size_t from = i;

        while (i < m->st.n && shade(m, count(m, i, level)) == wanted)
            i++;
        if (i > from)
            sketch_row(d, "%.6g %.6g %.6g %.6g", (double)from * m->st.width,
                       (double)i * m->st.width, low, high);
        else
            i++;
    }
}

static void put_heat(struct sketch *d, struct map *m, size_t *lowest, size_t *highest)
{
    *lowest = COURSE_LEVELS;
    *highest = 0;
    for (size_t l = 0; l < COURSE_LEVELS; l++)
        for (size_t i = 0; i < m->st.n; i++) {
            uint32_t n = count(m, i, l);

            if (n && l < *lowest)
                *lowest = l;
            if (n && l > *highest)
                *highest = l;
            if (n > m->most)
                m->most = n;
        }
    for (int s = 1; s <= SHADES; s++) {
        char name[] = "shade0";

        name[5] = (char)('0' + s);
        sketch_block(d, name);
        for (size_t l = *lowest; l <= *highest; l++)
            put_level(d, m, l, s);
        sketch_end(d);
    }
}

/* Wide enough for two marks at least. */
static void put_axis(struct sketch *d, double low, double high)
{
    static const double NARROW = 2.5, WIDER = 1.6;
    double by = high / low < NARROW ? WIDER : 1;

    sketch_set(d, "low", low / by);
    sketch_set(d, "high", high * by);
}

/* The middle of a step's values, evenly spread within their level. */
static double quantile(const struct map *m, size_t step, double q)
{
    double all = 0, below = 0;

    for (size_t l = 0; l < COURSE_LEVELS; l++)
        all += count(m, step, l);
    if (all < 4 / (1 - q))
        return NAN;
    for (size_t l = 0; l < COURSE_LEVELS; l++) {
        double n = count(m, step, l), want = q * all - below;

        if (n > 0 && want <= n)
            return ((double)course_level(l) +
                    want / n * (double)(course_level(l + 1) - course_level(l))) /
                   NS_PER_MS;
        below += n;
    }
    return NAN;
}

static double errors_of(const struct course_bin *b)
{
    double n = 0;

    for (int o = 0; o < N_OUTCOMES; o++)
        if (outcomes[o].error)
            n += b->ended[o];
    return n;
}

static double left(const struct course_bin *b, enum limit_kind k)
{
    return b->left_ppm[k] < 0 ? NAN : (double)b->left_ppm[k] / 1e4;
}

static bool put_course(struct sketch *d, const struct map *m)
{
    double most = 0, errors = 0;
    bool limits = false;

    sketch_block(d, "course");
    for (size_t i = 0; i < m->st.n; i++) {
        struct course_bin b = steps_sum(m->c, &m->st, i);
        double good = b.ended[OUTCOME_OK] + b.ended[OUTCOME_EMPTY];

        sketch_row(d, "%.6g %.6g %.6g %.6g %.6g %.6g %.6g", ((double)i + 0.5) * m->st.width,
                   quantile(m, i, 0.5), quantile(m, i, 0.9), good / m->st.seconds,
                   errors_of(&b) / m->st.seconds, left(&b, LIMIT_REQUESTS),
                   left(&b, LIMIT_TOKENS));
        most = fmax(most, fmax(good, errors_of(&b)) / m->st.seconds);
        errors += errors_of(&b);
        limits |= b.left_ppm[LIMIT_REQUESTS] >= 0 || b.left_ppm[LIMIT_TOKENS] >= 0;
    }
    sketch_end(d);
    sketch_axis(d, "rate", most);
    sketch_set(d, "has_errors", errors > 0);
    return limits;
}

static void say(struct sketch *d, const struct subject *s, const struct map *m, bool limits)
{
    sketch_say(d, "%s of ",
               m->c->streamed ? "Time to first token" : "Time to whole answer");
    sketch_say_count(d, m->c->values, "good request", "good requests");
    sketch_say(d, " by when they were due; the darker (on a dark page: the brighter) a "
                  "field, the more, on a log scale up to ");
    sketch_say_count(d, m->most, "in", "in");
    sketch_say(d, " ");
    sketch_say_value(d, UNIT_NS, m->st.width * NS_PER_S);
    sketch_say(d, ". ");
    if (subject_trials(s) > 1)
        sketch_say(d, "%u trials lie upon one another. ", subject_trials(s));
    sketch_say(d, "Below: answers and errors per second%s.",
               limits ? ", and what the server said was left of its limits"
                      : " (the server told no limits)");
}

bool sketch_heat(struct sketch *d, const struct subject *s, size_t n)
{
    struct map m = { .c = subject_course(s), .st = steps_of(s) };
    size_t lowest, highest;
    bool limits;

    (void)n;
    if (!m.c->values) {
        sketch_say(d, "no request was answered well");
        return false;
    }
    d->height = PANELS_HEIGHT;
    put_heat(d, &m, &lowest, &highest);
    limits = put_course(d, &m);
    sketch_phases(d, s, &m.st);
    put_axis(d, (double)course_level(lowest) / NS_PER_MS,
             (double)course_level(highest + 1) / NS_PER_MS);
    sketch_set(d, "step", m.st.width);
    sketch_set(d, "has_limits", limits);
    sketch_set(d, "streamed", m.c->streamed);
    say(d, s, &m, limits);
    return true;
}
