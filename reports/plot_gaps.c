#include <math.h>

#include "reports/plot.h"

/* The share of values above each, so that the rare long ones are seen. */
static void put_share_above(struct sketch *d, const char *block, const struct hist *h)
{
    int64_t below = 0;
    double last = -1;

    sketch_block(d, block);
    for (size_t i = hist_next(h, 0); i < h->len; i = hist_next(h, i + 1)) {
        double above = (double)(h->total - below) / (double)h->total * 100;
        double ms = (double)hist_value(h, i) / NS_PER_MS;

        below += h->counts[i];
        if (ms < 0.001 || (last > 0 && log(ms / last) < 0.02 && below < h->total))
            continue;
        last = ms;
        sketch_row(d, "%.6g %.6g", ms, above);
    }
    sketch_end(d);
}

static void say(struct sketch *d, const struct tally *t, uint64_t gaps, uint64_t stalls,
                int64_t error)
{
    sketch_say(d, "How many of ");
    sketch_say_count(d, gaps, "gap between frames,", "gaps between frames,");
    sketch_say(d, " and of the longest gaps of ");
    sketch_say_count(d, stalls, "answer,", "answers,");
    sketch_say(d, " were longer than that.");
    if (t->frames_shared && t->frames)
        sketch_say(d, " %.1f %% of frames came together with the one before: no gap.",
                   (double)t->frames_shared * 100 / (double)t->frames);
    if (error > 0) {
        sketch_say(d, " Gaps shorter than ");
        sketch_say_value(d, UNIT_NS, (double)error);
        sketch_say(d, " are within the error of the instrument (grey).");
    }
}

bool sketch_gaps(struct sketch *d, const struct subject *s, size_t n)
{
    struct hist gaps, stalls;
    bool any = subject_hist(s, METRIC_ITL, &gaps);
    enum stat_id stat;
    int64_t error = 0;

    (void)n;
    any = subject_hist(s, METRIC_STALL, &stalls) && any;
    if (any && sketch_is_few(d, (uint64_t)stalls.total, "answer", "answers")) {
        any = false;
    } else if (any) {
        put_share_above(d, "gaps", &gaps);
        put_share_above(d, "stalls", &stalls);
        if (!summary_error(s->summary, subject_group(s), HEADLINE_ITL, &error, &stat))
            error = 0;
        sketch_set(d, "error", (double)error / NS_PER_MS);
        sketch_set(d, "least", fmax(100.0 / (double)gaps.total / 2, 1e-5));
        say(d, &subject_group(s)->tally, (uint64_t)gaps.total, (uint64_t)stalls.total,
            error);
    } else {
        sketch_say(d, "no answer was streamed in two frames or more");
    }
    hist_free(&gaps);
    hist_free(&stalls);
    return any;
}
