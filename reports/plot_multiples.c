#include <math.h>
#include <stdio.h>

#include "reports/plot.h"

enum { PANELS = 12, COLUMNS = 3, ROWS = 60, PANEL_HEIGHT = 165 };

static void put_curve(struct sketch *d, size_t number, const struct hist *h, double last)
{
    char name[16];

    snprintf(name, sizeof(name), "c%zu", number);
    sketch_block(d, name);
    for (int i = 0; i <= ROWS && h->total; i++) {
        double x = pow(last, (double)i / ROWS);

        sketch_row(d, "%.6g %.6g", x,
                   (double)hist_percentile(h, (1 - 1 / x) * 100) / NS_PER_MS);
    }
    sketch_end(d);
}

bool sketch_multiples(struct sketch *d, const struct subject *s, size_t n)
{
    size_t shown = n < PANELS ? n : PANELS;
    uint64_t values = 0;
    double longest = 20, low = INFINITY, high = 0;
    struct buf names = { 0 };

    buf_str(&names, "");
    for (size_t i = 0; i < shown; i++) {
        struct hist h;

        subject_hist(&s[i], METRIC_TTFT, &h);
        put_curve(d, i + 1, &h, fmax(2, (double)h.total));
        longest = fmax(longest, (double)h.total);
        values += (uint64_t)h.total;
        if (h.total) {
            low = fmin(low, (double)hist_min(&h) / NS_PER_MS);
            high = fmax(high, (double)hist_max(&h) / NS_PER_MS);
        }
        buf_printf(&names, "%zu/", i + 1);
        sketch_word(&names, s[i].name);
        buf_char(&names, ' ');
        hist_free(&h);
    }
    buf_printf(&d->data, "names = '%s'\n", names.p);
    buf_free(&names);
    if (!values) {
        sketch_say(d, "none of them streamed an answer");
        return false;
    }
    sketch_set(d, "cells", (double)shown);
    sketch_set(d, "x_end", longest);
    d->height = 40 + PANEL_HEIGHT * (int)((shown + COLUMNS - 1) / COLUMNS);
    sketch_set(d, "height", d->height);
    sketch_set(d, "low", fmax(low * 0.9, 1e-3));
    sketch_set(d, "high", fmax(high * 1.1, 2e-3));
    sketch_say(d,
               "Time to first token in ms (log) by percentile (log of what is left); blue "
               "is the cell that the panel is of, grey are the others. ");
    sketch_say_count(d, values, "request in all.", "requests in all.");
    if (shown < n)
        sketch_say(d, " The first %zu of %zu are shown.", shown, n);
    return true;
}
