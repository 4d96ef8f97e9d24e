#include <math.h>

#include "reports/plot.h"

/* The asked load of a phase at a moment of it: a straight line between two points. */
static double asked_at(const struct run_load *l, ns_t at)
{
    for (size_t i = 0; i + 1 < l->n_points; i++) {
        const struct run_point *a = &l->points[i], *b = &l->points[i + 1];

        if (at >= a->at && at <= b->at && b->at > a->at)
            return ((double)a->millionths + (double)(b->millionths - a->millionths) *
                                                (double)(at - a->at) /
                                                (double)(b->at - a->at)) /
                   1e6;
    }
    return l->n_points == 1 ? (double)l->points[0].millionths / 1e6 : NAN;
}

/* The phase that is under way; -1: none any more. */
static int phase_at(const struct subject *s, ns_t at)
{
    int found = -1;

    for (uint32_t p = 0; p < s->run->n_phases; p++) {
        ns_t begin = gather_phase(s->gather, s->cell, p);
        const struct run_load *l = &s->run->cells[s->cell].loads[p];

        if (begin != NS_ABSENT && at >= begin &&
            (l->duration == NS_ABSENT || at < begin + l->duration))
            found = (int)p;
    }
    return found;
}

struct wanted {
    double rate;
    double in_flight;
};

static struct wanted asked(const struct subject *s, ns_t at)
{
    struct wanted a = { NAN, NAN };
    int p = phase_at(s, at);
    const struct run_load *l = p < 0 ? NULL : &s->run->cells[s->cell].loads[p];

    if (l && !search_has_phase(&s->run->cells[s->cell].search, (uint32_t)p))
        *(l->open ? &a.rate : &a.in_flight) =
            asked_at(l, at - gather_phase(s->gather, s->cell, (uint32_t)p));
    return a;
}

static void say_group(struct sketch *d, const struct subject *s)
{
    for (uint32_t p = 0; p < s->run->n_phases; p++) {
        const struct summary_group *g = &s->summary->groups[s->cell * s->run->n_phases + p];
        const struct summary_load *l = &g->load;

        if (!g->begun || !g->measured || !l->has_rate)
            continue;
        sketch_say(d, " %s: asked %.3g%s, left %.3g/s, in flight %.3g",
                   s->run->phases[p].name, l->asked, l->open ? "/s" : " at a time", l->rate,
                   l->concurrency);
        if (l->has_cv)
            sketch_say(d, ", gap CV %.2f (asked %.2f)", l->cv, l->asked_cv);
        sketch_say(d, ".");
    }
}

bool sketch_arrivals(struct sketch *d, const struct subject *s, size_t n)
{
    const struct course *c = subject_course(s);
    struct steps st = steps_of(s);
    uint64_t sent = 0;
    double rate = 0, flight = 0;
    bool open = false, closed = false;

    (void)n;
    sketch_block(d, "load");
    for (size_t i = 0; i < st.n; i++) {
        struct course_bin b = steps_sum(c, &st, i);
        double middle = ((double)i + 0.5) * st.width;
        struct wanted a = asked(s, (ns_t)(middle * NS_PER_S));

        sketch_row(d, "%.6g %.6g %.6g %.6g %.6g", middle, a.rate, b.sent / st.seconds,
                   a.in_flight, (double)b.in_flight / NS_PER_S / st.seconds);
        rate = fmax(rate, fmax(b.sent / st.seconds, isfinite(a.rate) ? a.rate : 0));
        flight = fmax(flight, (double)b.in_flight / NS_PER_S / st.seconds);
        sent += b.sent;
        open |= isfinite(a.rate);
        closed |= isfinite(a.in_flight);
    }
    sketch_end(d);
    if (!sent) {
        sketch_say(d, "no request was sent");
        return false;
    }
    sketch_phases(d, s, &st);
    sketch_set(d, "step", st.width);
    sketch_axis(d, "rate", rate);
    sketch_axis(d, "flight", flight);
    sketch_set(d, "open", open);
    sketch_set(d, "closed", closed);
    sketch_say(d, "What the plan asked for, and the ");
    sketch_say_count(d, sent, "request that left", "requests that left");
    sketch_say(d, " (first attempts, per ");
    sketch_say_value(d, UNIT_NS, st.width * NS_PER_S);
    sketch_say(d, ").");
    say_group(d, s);
    return true;
}
