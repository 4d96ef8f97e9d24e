#include <math.h>

#include "base/mem.h"
#include "reports/plot.h"
#include "reports/rank.h"

#include <stdlib.h>

/* Does its number stand to the left of it: is the one that comes nearest on the right? */
static bool is_left(const struct offer *o, size_t n, size_t i)
{
    double nearest = INFINITY;
    bool left = false;

    for (size_t k = 0; k < n; k++) {
        double across = log(o[k].ttft / o[i].ttft), up = log(o[k].tps / o[i].tps);
        double away = hypot(across, up);

        if (k == i || !o[k].known || !(away < nearest))
            continue;
        nearest = away;
        left = across > 0 || (!(across < 0) && k > i);
    }
    return left;
}

bool sketch_pareto(struct sketch *d, const struct subject *s, size_t n)
{
    struct offer *o = mem_array(n, sizeof(*o));
    size_t with = 0, best = 0;
    uint64_t answers = 0;
    double ttft = 0, least = INFINITY, tps = 0;
    bool priced = false;

    sketch_block(d, "offers");
    for (size_t i = 0; i < n; i++) {
        o[i] = offer_of(&s[i]);
        with += o[i].known;
        answers += o[i].known ? subject_group(&s[i])->metrics[METRIC_TTFT].n : 0;
        priced |= isfinite(o[i].price);
    }
    for (size_t i = 0; i < n; i++) {
        bool front = offer_is_best(o, n, i);

        if (!o[i].known)
            continue;
        best += front;
        ttft = fmax(ttft, o[i].ttft);
        least = fmin(least, o[i].ttft);
        tps = fmax(tps, o[i].tps);
        sketch_row(d, "%.6g %.6g %.6g %zu %d %d", o[i].ttft, o[i].tps, o[i].price, i + 1,
                   front, is_left(o, n, i));
    }
    sketch_end(d);
    free(o);
    if (!with) {
        sketch_say(d, "none of them has a median of both first token and speed");
        return false;
    }
    sketch_wide_axis(d, "ttft", least, ttft);
    sketch_axis(d, "tps", tps);
    sketch_set(d, "priced", priced);
    sketch_say(d,
               "Better is to the left and up%s. Numbers are those of the ranking. Filled: "
               "none of the others is at least as good in all%s (Pareto front, %zu of "
               "%zu). Medians, whose intervals stand in the ranking, of ",
               priced ? "; the smaller a circle, the cheaper" : "", priced ? " three" : "",
               best, with);
    sketch_say_count(d, answers, "answer.", "answers.");
    return true;
}
