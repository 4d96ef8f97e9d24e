#include "load/profile.h"

#include <math.h>

/* One straight piece of the curve; the last has no end. */
struct leg {
    ns_t from;
    ns_t to;
    double v0;
    double v1;
};

static double seconds(ns_t t)
{
    return (double)t / NS_PER_S;
}

/* Leg i ends at point i; before the first and behind the last point the curve is flat. */
static struct leg leg_of(const struct phase *p, size_t i)
{
    const struct load_point *points = p->points;
    size_t last = p->n_points - 1;

    if (!i)
        return (struct leg){ 0, points[0].at, points[0].value, points[0].value };
    if (i > last)
        return (struct leg){ points[last].at, INT64_MAX, points[last].value,
                             points[last].value };
    return (struct leg){ points[i - 1].at, points[i].at, points[i - 1].value,
                         points[i].value };
}

static double leg_at(const struct leg *l, ns_t t)
{
    if (l->to == INT64_MAX || l->to <= l->from)
        return l->v1;
    return l->v0 + (l->v1 - l->v0) * ((double)(t - l->from) / (double)(l->to - l->from));
}

/* The leg that holds t: points up to and including t have been passed. */
static size_t leg_index(const struct phase *p, ns_t t)
{
    size_t i = 0;

    while (i < p->n_points && p->points[i].at <= t)
        i++;
    return i;
}

static double leg_area(const struct leg *l, ns_t to)
{
    return (l->v0 + leg_at(l, to)) / 2 * seconds(to - l->from);
}

/*
 * Seconds into the leg at which its own area is `want`: solves v0*t + slope/2*t^2 = want,
 * in the form that survives slope = 0.
 */
static double leg_reach(const struct leg *l, double want)
{
    double slope = 0;
    double root;

    if (l->to != INT64_MAX)
        slope = (l->v1 - l->v0) / seconds(l->to - l->from);
    root = sqrt(fmax(0, l->v0 * l->v0 + 2 * slope * want));
    return 2 * want / (l->v0 + root);
}

/* First whole ns of the leg, not before `from`, at which the value is at least `level`. */
static ns_t leg_crossing(const struct leg *l, double level, ns_t from)
{
    ns_t t = from > l->from ? from : l->from;

    if (leg_at(l, t) >= level)
        return t;
    if (l->v1 < level)
        return NS_ABSENT;
    t = l->from + (ns_t)((level - l->v0) / (l->v1 - l->v0) * (double)(l->to - l->from));
    while (t > l->from && leg_at(l, t - 1) >= level)
        t--;
    while (leg_at(l, t) < level)
        t++;
    return t;
}

double profile_at(const struct phase *p, ns_t t)
{
    struct leg l = leg_of(p, leg_index(p, t));

    return leg_at(&l, t);
}

double profile_area(const struct phase *p, ns_t t)
{
    size_t last = leg_index(p, t);
    double area = 0;
    struct leg l;

    for (size_t i = 0; i < last; i++) {
        l = leg_of(p, i);
        area += leg_area(&l, l.to);
    }
    l = leg_of(p, last);
    return area + leg_area(&l, t);
}

ns_t profile_end(const struct phase *p)
{
    return p->duration == NS_ABSENT ? INT64_MAX : p->duration;
}

bool profile_reach_area(const struct phase *p, double area, struct profile_walk *walk,
                        ns_t *t)
{
    /* Sums of areas are rounded: an event at the very end of a leg still belongs to it. */
    static const double slack = 1e-9;

    for (;;) {
        struct leg l = leg_of(p, walk->leg);
        double want = fmax(0, area - walk->base);
        double whole = l.to == INT64_MAX ? INFINITY : leg_area(&l, l.to);
        double at;
        ns_t reached;

        if (want > whole + slack) {
            walk->base += whole;
            walk->leg++;
            continue;
        }
        if (want > 0 && want < whole && l.to == INT64_MAX && l.v1 <= 0)
            return false;
        at = want <= 0 ? 0 : want >= whole ? seconds(l.to - l.from) : leg_reach(&l, want);
        if (at > seconds(INT64_MAX - l.from) / 2)
            return false;
        reached = l.from + llround(at * NS_PER_S);
        if (reached > profile_end(p))
            return false;
        *t = reached;
        return true;
    }
}

uint64_t profile_slots(const struct phase *p, ns_t t)
{
    return (uint64_t)fmax(0, floor(profile_at(p, t) + 0.5));
}

double profile_peak(const struct phase *p)
{
    ns_t end = profile_end(p);
    double most = fmax(profile_at(p, 0), profile_at(p, end == INT64_MAX ? end : end - 1));

    for (size_t i = 0; i < p->n_points; i++)
        if (p->points[i].at < end)
            most = fmax(most, p->points[i].value);
    return most;
}

uint64_t profile_max_slots(const struct phase *p)
{
    return (uint64_t)floor(fmax(0, profile_peak(p)) + 0.5);
}

ns_t profile_slot_begin(const struct phase *p, uint64_t slot, ns_t from)
{
    double level = (double)slot + 0.5;
    ns_t end = profile_end(p);

    for (size_t i = leg_index(p, from); i <= p->n_points; i++) {
        struct leg l = leg_of(p, i);
        ns_t t = l.to > l.from ? leg_crossing(&l, level, from) : NS_ABSENT;

        /* At its own end a leg has already handed over to the next. */
        if (t != NS_ABSENT && t < l.to)
            return t < end ? t : NS_ABSENT;
    }
    return NS_ABSENT;
}
