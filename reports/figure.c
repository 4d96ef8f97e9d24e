#include "reports/figure.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/units.h"

void figure_number(struct buf *out, double v)
{
    if (v >= 999.5)
        units_put_count(out, (uint64_t)llround(v));
    else if (v >= 99.95 || fabs(v - nearbyint(v)) < 1e-9)
        buf_printf(out, "%.0f", v);
    else
        buf_printf(out, v >= 9.995 ? "%.1f" : "%.2f", v);
}

void figure_share(struct buf *out, double ppm)
{
    double percent = ppm / 1e4;

    if (percent <= 0 || percent >= 100)
        buf_printf(out, "%.0f %%", percent);
    else if (percent < 0.0095)
        buf_printf(out, "%.4f %%", percent);
    else if (percent < 0.995 || (percent > 99 && percent < 99.995))
        buf_printf(out, "%.2f %%", percent);
    else
        buf_printf(out, "%.1f %%", percent);
}

void figure_value(struct buf *out, enum unit unit, double value)
{
    switch (unit) {
    case UNIT_NS:
        if (fabs(value) < 1)
            buf_str(out, "0");
        else
            units_put_duration(out, (ns_t)llround(value));
        return;
    case UNIT_MTOKS:
        figure_number(out, value / 1e3);
        return;
    case UNIT_MX:
        figure_number(out, value / 1e3);
        buf_char(out, 'x');
        return;
    case UNIT_MCHARS:
        figure_number(out, value / 1e3);
        return;
    case UNIT_PPM:
        figure_share(out, value);
        return;
    case UNIT_NUSD:
        units_put_money(out, llround(value));
        return;
    case UNIT_BYTES:
        units_put_bytes(out, (uint64_t)(value + 0.5));
        return;
    case UNIT_TOKENS:
    case UNIT_COUNT:
    case N_UNITS:
        figure_number(out, value);
        return;
    }
}

void figure_rate(struct buf *out, enum rate_unit unit, double value)
{
    switch (unit) {
    case RATE_UNIT_PPM:
        figure_share(out, value);
        return;
    case RATE_UNIT_PER_S:
        figure_number(out, value);
        buf_str(out, "/s");
        return;
    case RATE_UNIT_TOKENS_PER_S:
        figure_number(out, value);
        buf_str(out, " tok/s");
        return;
    case RATE_UNIT_NUSD:
        units_put_money(out, llround(value));
        return;
    }
}

/* Take the unit away from the first where the second has the same. */
static void join(struct buf *out, struct buf *lo, const struct buf *hi)
{
    char *a = strrchr(lo->p, ' ');
    const char *b = strrchr(hi->p, ' ');

    if (a && b && !strcmp(a, b)) {
        *a = '\0';
        lo->len = strlen(lo->p);
    }
    buf_printf(out, "%s..%s", lo->p, hi->p);
}

void figure_range(struct buf *out, enum unit unit, int64_t lo, int64_t hi)
{
    struct buf a, b;

    buf_init(&a, 0);
    buf_init(&b, 0);
    buf_str(&a, "");
    buf_str(&b, "");
    if (lo >= 0)
        figure_value(&a, unit, (double)lo);
    if (hi >= 0)
        figure_value(&b, unit, (double)hi);
    else
        buf_str(&b, "∞");
    join(out, &a, &b);
    buf_free(&a);
    buf_free(&b);
}

void figure_rate_range(struct buf *out, enum rate_unit unit, double lo, double hi)
{
    struct buf a = { 0 }, b = { 0 };

    figure_rate(&a, unit, lo);
    figure_rate(&b, unit, hi);
    join(out, &a, &b);
    buf_free(&a);
    buf_free(&b);
}

void figure_stat(struct buf *out, enum unit unit, const struct summary_stat *s)
{
    figure_value(out, unit, (double)s->value);
    buf_str(out, " (");
    figure_range(out, unit, s->lo, s->hi);
    buf_char(out, ')');
}

void figure_sample(struct buf *out, const struct summary_slo *v)
{
    units_put_count(out, v->n);
    if (v->verdict != VERDICT_NO_DATA || v->n >= v->needs)
        return;
    buf_str(out, " of ");
    units_put_count(out, v->needs);
    buf_str(out, " needed");
}

void figure_cost(struct buf *out, const struct tally *t)
{
    if (!t->priced) {
        buf_str(out, t->unpriced ? "unknown" : "–");
        return;
    }
    if (t->unpriced)
        buf_str(out, "≥ ");
    units_put_money(out, t->cost_nusd);
    if (t->unpriced)
        buf_printf(out, " (%" PRIu64 " unpriced)", t->unpriced);
}

const char *figure_or_dash(const char *text)
{
    return text && *text ? text : "–";
}
