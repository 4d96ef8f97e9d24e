#include <math.h>
#include <stdio.h>

#include "reports/history.h"
#include "reports/plot.h"

/* Not in the table of plots: it is of kept runs, not of a run. */
const struct plot plot_history = { "history", "Trend", true, NULL };

enum { PANELS = 8, PANEL_HEIGHT = 210, NAMED = 7, NAME = 7 };

/* What an axis is in: times less than a second are read in ms, and so on. */
struct scale {
    const char *label;
    double per;
};

static struct scale scale_of(const struct slo *f)
{
    if (f->is_rate)
        switch (rates[f->rate].unit) {
        case RATE_UNIT_PPM:
            return (struct scale){ "%", 1e4 };
        case RATE_UNIT_NUSD:
            return (struct scale){ "$", 1e9 };
        case RATE_UNIT_PER_S:
            return (struct scale){ "per second", 1 };
        case RATE_UNIT_TOKENS_PER_S:
            return (struct scale){ "tokens/s", 1 };
        }
    switch (metrics[f->metric].unit) {
    case UNIT_NS:
        return (struct scale){ "ms", NS_PER_MS };
    case UNIT_PPM:
        return (struct scale){ "%", 1e4 };
    case UNIT_NUSD:
        return (struct scale){ "$", 1e9 };
    case UNIT_MTOKS:
        return (struct scale){ "tokens/s", 1e3 };
    case UNIT_MX:
        return (struct scale){ "times", 1e3 };
    case UNIT_MCHARS:
        return (struct scale){ "characters/s", 1e3 };
    case UNIT_COUNT:
        return (struct scale){ "count", 1 };
    case UNIT_TOKENS:
    case N_UNITS:
        break;
    }
    return (struct scale){ "tokens", 1 };
}

static void put_runs(struct sketch *d, const char *block, const struct history *h,
                     double per)
{
    sketch_block(d, block);
    for (size_t i = 0; i < h->n; i++) {
        const struct history_point *p = &h->points[i];

        sketch_row(d, "%zu %.9g %.9g %.9g %d %d", i + 1, p->value / per, p->lo / per,
                   p->hi / per, p->beyond, p->pinned);
    }
    sketch_end(d);
}

/* From its first run to its last, half a step wider; then, behind an empty line, the next.
 */
static void put_levels(struct sketch *d, const char *block, const struct history *h,
                       double per)
{
    size_t end;

    sketch_block(d, block);
    for (size_t i = 0; i < h->n; i = end) {
        double level = history_level(h, i, &end) / per;

        sketch_row(d, "%.1f %.9g\n%.1f %.9g\n", (double)i + 0.6, level, (double)end + 0.4,
                   level);
    }
    sketch_end(d);
}

/* "+15.0%" over each change. */
static void put_changes(struct sketch *d, const char *at, const char *by,
                        const struct history *h)
{
    struct buf where = { 0 }, change = { 0 };

    buf_str(&where, "");
    buf_str(&change, "");
    for (size_t i = 0; i < h->n; i++)
        if (h->points[i].changed) {
            buf_printf(&where, "%.1f ", (double)i + 0.5);
            buf_printf(&change, "%+.1f%% ", history_step(h, i));
        }
    buf_printf(&d->data, "%s = '%s'\n%s = '%s'\n", at, where.p, by, change.p);
    buf_free(&where);
    buf_free(&change);
}

/* Names of runs at so many of them as there is room for; the last is always among them. */
static void put_names(struct sketch *d, const char *name, const struct history *h)
{
    size_t every = (h->n + NAMED - 1) / NAMED;

    buf_printf(&d->data, "%s = '", name);
    for (size_t i = 0; i < h->n; i++) {
        char text[NAME + 1];

        if ((h->n - 1 - i) % every)
            continue;
        snprintf(text, sizeof(text), "%.*s", NAME, history_run(&h->points[i]));
        buf_printf(&d->data, "%zu ", i + 1);
        sketch_word(&d->data, text);
        buf_char(&d->data, ' ');
    }
    buf_str(&d->data, "'\n");
}

static void put_panel(struct sketch *d, size_t k, const struct history *h)
{
    struct scale scale = scale_of(h->figure);
    char names[6][16];
    static const char *const what[] = { "runs", "levels", "at", "by", "names", "cell" };

    for (size_t i = 0; i < 6; i++)
        snprintf(names[i], sizeof(names[i]), "%s%zu", what[i], k);
    put_runs(d, names[0], h, scale.per);
    put_levels(d, names[1], h, scale.per);
    put_changes(d, names[2], names[3], h);
    put_names(d, names[4], h);
    sketch_text(d, names[5], h->cell);
    buf_printf(&d->data, "last%zu = %zu\nbound%zu = ", k, h->n, k);
    if (h->bounded)
        buf_printf(&d->data, "%.9g\n", h->bound / scale.per);
    else
        buf_str(&d->data, "NaN\n");
}

static bool any(const struct history *const *all, size_t n, bool pinned)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < all[i]->n; k++)
            if (pinned ? all[i]->points[k].pinned : all[i]->points[k].beyond)
                return true;
    return false;
}

void sketch_history(struct sketch *d, const struct history *const *all, size_t n)
{
    size_t shown = n < PANELS ? n : PANELS;

    for (size_t i = 0; i < shown; i++)
        put_panel(d, i + 1, all[i]);
    d->height = 70 + PANEL_HEIGHT * (int)shown;
    sketch_set(d, "panels", (double)shown);
    sketch_set(d, "height", d->height);
    sketch_set(d, "bounded", all[0]->bounded);
    sketch_set(d, "has_beyond", any(all, shown, false));
    sketch_set(d, "has_pinned", any(all, shown, true));
    sketch_text(d, "figure", all[0]->subject);
    sketch_text(d, "unit", scale_of(all[0]->figure).label);
    sketch_say(d, "Trend of %s over %zu kept runs", all[0]->subject, all[0]->n);
    if (shown < n)
        sketch_say(d, ", %zu of %zu cells", shown, n);
}
