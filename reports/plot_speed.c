#include <math.h>

#include "reports/plot.h"

/* Bars of a distribution: so many over the middle of it, what is beyond in the last. */
enum { MOST_BARS = 40, LEAST_BARS = 8 };

/* As many as the values fill. */
static int bars_of(int64_t n)
{
    int bars = (int)fmin(1.5 * sqrt((double)n), MOST_BARS);

    return bars > LEAST_BARS ? bars : LEAST_BARS;
}

static void put_bars(struct sketch *d, const struct hist *h)
{
    double low = (double)hist_min(h) / 1e3, high = (double)hist_max(h) / 1e3;
    double pad = high > low ? 0 : fmax(1, high * 0.05), width;
    uint64_t bars[MOST_BARS] = { 0 };
    int n = bars_of(h->total);

    low -= pad;
    width = (high + pad - low) / n;
    for (size_t i = hist_next(h, 0); i < h->len; i = hist_next(h, i + 1)) {
        double v = (double)hist_median_equivalent(h, hist_value(h, i)) / 1e3;
        long at = lround(floor((v - low) / width));

        bars[at < 0 ? 0 : at >= n ? n - 1 : at] += (uint64_t)h->counts[i];
    }
    sketch_block(d, "bars");
    for (int i = 0; i < n; i++)
        sketch_row(d, "%.6g %.6g", low + (i + 0.5) * width,
                   (double)bars[i] * 100 / (double)h->total);
    sketch_end(d);
    sketch_set(d, "width", width);
}

bool sketch_speed(struct sketch *d, const struct subject *s, size_t n)
{
    struct hist h;
    bool any = subject_hist(s, METRIC_TPS, &h);
    double middle = (double)hist_percentile(&h, 50);

    (void)n;
    if (any && sketch_is_few(d, (uint64_t)h.total, "answer", "answers")) {
        any = false;
    } else if (any) {
        put_bars(d, &h);
        sketch_set(d, "middle", middle / 1e3);
        sketch_say(d, "Tokens per second between the first and the last token of ");
        sketch_say_count(d, (uint64_t)h.total, "answer", "answers");
        sketch_say(d, "; the line is the median, ");
        sketch_say_value(d, UNIT_MTOKS, middle);
        sketch_say(d, " tokens/s.");
        sketch_say_error(d, s, HEADLINE_TPS);
    } else {
        sketch_say(d, "no streamed answer of two tokens or more told how many it has");
    }
    hist_free(&h);
    return any;
}
