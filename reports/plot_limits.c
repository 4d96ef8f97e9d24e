#include <math.h>

#include "reports/plot.h"

/*
 * The straight line through the falling end of what is left: through the last half of the
 * steps that told anything. Where it falls it says when nothing is left.
 */
struct trend {
    double slope; /* % per second */
    double at_0;
    double wall; /* in seconds since the trial began; NAN: none */
    double from;
};

static struct trend trend(const double *t, const double *left, size_t n)
{
    struct trend r = { 0, 0, NAN, 0 };
    double st = 0, sl = 0, stt = 0, stl = 0, m = 0, spread;

    for (size_t i = n / 2; i < n; i++) {
        st += t[i];
        sl += left[i];
        stt += t[i] * t[i];
        stl += t[i] * left[i];
        m++;
    }
    spread = m * stt - st * st;
    if (m < 4 || spread <= 0)
        return r;
    r.slope = (m * stl - st * sl) / spread;
    r.at_0 = (sl - r.slope * st) / m;
    r.from = t[n / 2];
    if (r.slope < 0 && left[n - 1] > 0)
        r.wall = -r.at_0 / r.slope;
    if (r.wall <= t[n - 1] || r.wall > 20 * t[n - 1])
        r.wall = NAN;
    return r;
}

static struct trend put_limit(struct sketch *d, const struct subject *s, const char *block,
                              enum limit_kind k, bool *any)
{
    const struct course *c = subject_course(s);
    double t[COURSE_BINS], left[COURSE_BINS];
    size_t n = 0;

    sketch_block(d, block);
    for (size_t i = 0; i < c->n_bins; i++)
        if (c->bins[i].left_ppm[k] >= 0) {
            t[n] = ((double)i + 0.5) * (double)c->width / NS_PER_S;
            left[n] = (double)c->bins[i].left_ppm[k] / 1e4;
            sketch_row(d, "%.6g %.6g", t[n], left[n]);
            n++;
        }
    sketch_end(d);
    *any |= n > 0;
    return n ? trend(t, left, n) : (struct trend){ 0, 0, NAN, 0 };
}

static uint64_t put_refused(struct sketch *d, const struct course *c,
                            const struct steps *st)
{
    uint64_t n = 0;

    sketch_block(d, "refused");
    for (size_t i = 0; i < st->n; i++) {
        struct course_bin b = steps_sum(c, st, i);

        if (b.ended[OUTCOME_RATE_LIMITED])
            sketch_row(d, "%.6g %u", ((double)i + 0.5) * st->width,
                       b.ended[OUTCOME_RATE_LIMITED]);
        n += b.ended[OUTCOME_RATE_LIMITED];
    }
    sketch_end(d);
    return n;
}

static void say_wall(struct sketch *d, const char *what, const struct trend *t)
{
    if (isfinite(t->wall)) {
        sketch_say(d, " At the pace of the second half no %s are left ", what);
        sketch_say_value(d, UNIT_NS, t->wall * NS_PER_S);
        sketch_say(d, " after the trial began (dashed).");
    }
}

bool sketch_limits(struct sketch *d, const struct subject *s, size_t n)
{
    struct steps st = steps_of(s);
    bool any = false;
    struct trend tokens = put_limit(d, s, "tokens", LIMIT_TOKENS, &any);
    struct trend requests = put_limit(d, s, "requests", LIMIT_REQUESTS, &any);
    uint64_t refused = put_refused(d, subject_course(s), &st);
    double end = (double)st.n * st.width, wall = fmin(tokens.wall, requests.wall);

    (void)n;
    if (!any) {
        sketch_say(d, "the server told no rate limits");
        return false;
    }
    if (sketch_is_few(d, subject_course(s)->told, "answer told of rate limits",
                      "answers told of rate limits"))
        return false;
    sketch_phases(d, s, &st);
    sketch_set(d, "t_wall", fmax(end, isfinite(wall) ? fmin(wall * 1.05, 3 * end) : end));
    sketch_set(d, "tokens_slope", tokens.slope);
    sketch_set(d, "tokens_at_0", tokens.at_0);
    sketch_set(d, "tokens_from", isfinite(tokens.wall) ? tokens.from : 1e9);
    sketch_set(d, "requests_slope", requests.slope);
    sketch_set(d, "requests_at_0", requests.at_0);
    sketch_set(d, "requests_from", isfinite(requests.wall) ? requests.from : 1e9);
    sketch_set(d, "has_refused", refused > 0);
    sketch_say(d, "What was left of each limit, in %% of it, as ");
    sketch_say_count(d, subject_course(s)->told, "answer", "answers");
    sketch_say(d, " told; the least of each ");
    sketch_say_value(d, UNIT_NS, (double)subject_course(s)->width);
    sketch_say(d, ".");
    say_wall(d, "tokens", &tokens);
    say_wall(d, "requests", &requests);
    if (refused) {
        sketch_say(d, " ");
        sketch_say_count(d, refused, "attempt was", "attempts were");
        sketch_say(d, " refused (429, crosses).");
    } else if (!isfinite(wall)) {
        sketch_say(d, " Nothing points to a wall: neither falls for long.");
    }
    return true;
}
