#include <math.h>

#include "reports/plot.h"

static const char *const share_names[COURSE_SHARES] = { "none",  "1-25",  "25-50",
                                                        "50-75", "75-99", "100" };

static double quantile(const struct course *c, size_t share, double q)
{
    double below = 0, want = q * (double)c->shares[share];

    for (size_t i = 0; i < COURSE_FINE; i++) {
        double n = c->by_share[share][i];

        if (n > 0 && below + n >= want)
            return ((double)course_fine(i) +
                    (want - below) / n * (double)(course_fine(i + 1) - course_fine(i))) /
                   NS_PER_MS;
        below += n;
    }
    return NAN;
}

bool sketch_cache(struct sketch *d, const struct subject *s, size_t n)
{
    const struct course *c = subject_course(s);
    const struct summary_rate *tokens = &subject_group(s)->rates[RATE_CACHE_TOKENS];
    uint64_t all = 0;

    (void)n;
    for (size_t i = 0; i < COURSE_SHARES; i++)
        all += c->shares[i];
    if (!all) {
        sketch_say(d, "no answer told how much of its prompt came from the cache");
        return false;
    }
    if (c->shares[0] == all) {
        sketch_say(d, "none of ");
        sketch_say_count(d, all, "prompt", "prompts");
        sketch_say(d, " came from the cache, not even in part");
        return false;
    }
    sketch_block(d, "shares");
    for (size_t i = 0; i < COURSE_SHARES; i++)
        sketch_row(d, "%s %.6g %.6g %.6g %.6g", share_names[i],
                   (double)c->shares[i] * 100 / (double)all, quantile(c, i, 0.25),
                   quantile(c, i, 0.5), quantile(c, i, 0.75));
    sketch_end(d);
    sketch_say(d,
               "Above: time to first token by how much of the prompt was cached: median, "
               "and the middle half of requests. Below: how many of ");
    sketch_say_count(d, all, "request", "requests");
    sketch_say(d, " each column is of.");
    if (tokens->present)
        sketch_say(d, " In all %.1f %% of prompt tokens were cached.", tokens->value / 1e4);
    return true;
}
