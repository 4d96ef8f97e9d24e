#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* A decimal number without sign or exponent: whole + part, part in [0, 1). */
struct number {
    uint64_t whole;
    double part;
};

struct scale {
    const char *name;
    uint64_t factor;
};

static const struct scale durations[] = {
    { "ns", 1 },
    { "us", NS_PER_US },
    { "ms", NS_PER_MS },
    { "s", NS_PER_S },
    { "m", 60 * NS_PER_S },
    { "min", 60 * NS_PER_S },
    { "h", 3600 * NS_PER_S },
    { NULL, 0 },
};

static const struct scale counts[] = {
    { "", 1 }, { "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 }, { NULL, 0 },
};

static const struct scale sizes[] = {
    { "", 1 },          { "k", 1000 },       { "kB", 1000 },       { "M", 1000000 },
    { "MB", 1000000 },  { "G", 1000000000 }, { "GB", 1000000000 }, { "KiB", 1 << 10 },
    { "MiB", 1 << 20 }, { "GiB", 1 << 30 },  { NULL, 0 },
};

static const struct scale per_seconds[] = {
    { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 }, { NULL, 0 },
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes a number off the front of *s. */
static bool take_number(struct str *s, struct number *n)
{
    size_t i = 0;
    size_t digits = 0;
    double tenth = 0.1;

    *n = (struct number){ 0 };
    for (; i < s->n && is_digit(s->p[i]); i++, digits++) {
        uint64_t d = (uint64_t)(s->p[i] - '0');

        if (n->whole > (UINT64_MAX - d) / 10)
            return false;
        n->whole = n->whole * 10 + d;
    }
    if (i < s->n && s->p[i] == '.') {
        double unit = 1;
        double part = 0;

        for (i++; i < s->n && is_digit(s->p[i]); i++, digits++)
            if (unit > 1e-15) {
                part = part * 10 + (s->p[i] - '0');
                unit *= tenth;
            }
        n->part = part / round(1 / unit);
    }
    s->p += i;
    s->n -= i;
    return digits > 0;
}

/* Takes a word of letters off the front of *s and looks it up; "" may be a row. */
static const struct scale *take_scale(struct str *s, const struct scale *rows)
{
    size_t n = 0;

    while (n < s->n &&
           ((s->p[n] >= 'a' && s->p[n] <= 'z') || (s->p[n] >= 'A' && s->p[n] <= 'Z')))
        n++;
    for (; rows->name; rows++)
        if (str_is((struct str){ s->p, n }, rows->name)) {
            s->p += n;
            s->n -= n;
            return rows;
        }
    return NULL;
}

/* n * factor, rounded to a whole number; false where that passes max. */
static bool scaled(struct number n, uint64_t factor, uint64_t max, uint64_t *v)
{
    uint64_t part = (uint64_t)llround(n.part * (double)factor);

    if (n.whole > max / factor || n.whole * factor > max - part)
        return false;
    *v = n.whole * factor + part;
    return true;
}

/* A few words of *s for a message. */
static int wrong(struct err *err, struct str s, const char *what, const char *expected)
{
    return err_set(err, ERR_PARSE, "\"%.*s\" is not %s; expected %s",
                   (int)(s.n < 60 ? s.n : 60), s.p ? s.p : "", what, expected);
}

int units_duration(struct str s, ns_t *ns, struct err *err)
{
    static const char expected[] = "a number with a unit, as 500ms, 30s, 2m or 1h30m";
    struct str rest = s;
    uint64_t total = 0;

    if (str_is(s, "0")) {
        *ns = 0;
        return 0;
    }
    do {
        const struct scale *unit;
        struct number n;
        uint64_t v;

        if (!take_number(&rest, &n))
            return wrong(err, s, "a duration", expected);
        unit = take_scale(&rest, durations);
        if (!unit || !scaled(n, unit->factor, INT64_MAX - total, &v))
            return wrong(err, s, "a duration", expected);
        total += v;
    } while (rest.n);
    *ns = (ns_t)total;
    return 0;
}

int units_rate(struct str s, double *per_s, struct err *err)
{
    static const char expected[] = "a number per unit of time, as 10/s, 300/min or 0.5/s";
    struct str rest = s;
    const struct scale *times;
    const struct scale *per;
    struct number n;

    if (!take_number(&rest, &n))
        return wrong(err, s, "a rate", expected);
    times = take_scale(&rest, counts);
    if (!times || !rest.n || *rest.p != '/')
        return wrong(err, s, "a rate", expected);
    rest.p++;
    rest.n--;
    per = take_scale(&rest, per_seconds);
    if (!per || rest.n)
        return wrong(err, s, "a rate", expected);
    *per_s = ((double)n.whole + n.part) * (double)times->factor / (double)per->factor;
    return 0;
}

static int whole(struct str s, const struct scale *rows, uint64_t max, uint64_t *v)
{
    const struct scale *unit;
    struct number n;

    if (!take_number(&s, &n))
        return -1;
    unit = take_scale(&s, rows);
    if (!unit || s.n || (unit->factor == 1 && n.part > 0))
        return -1;
    return scaled(n, unit->factor, max, v) ? 0 : -1;
}

int units_count(struct str s, uint64_t *n, struct err *err)
{
    if (whole(s, counts, UINT64_MAX, n))
        return wrong(err, s, "a count", "a whole number, as 4000, 4k or 1.5M");
    return 0;
}

int units_size(struct str s, uint64_t *bytes, struct err *err)
{
    if (whole(s, sizes, INT64_MAX, bytes))
        return wrong(err, s, "a size", "a number of bytes, as 512, 4k or 1MiB");
    return 0;
}

int units_money(struct str s, int64_t *nusd, struct err *err)
{
    struct str rest = s;
    struct number n;
    uint64_t v;

    if (rest.n && *rest.p == '$') {
        rest.p++;
        rest.n--;
    }
    if (!take_number(&rest, &n) || rest.n || !scaled(n, 1000000000, INT64_MAX, &v))
        return wrong(err, s, "an amount of money", "dollars, as $1.50 or 0.0005");
    *nusd = (int64_t)v;
    return 0;
}

int units_percent(struct str s, int64_t *ppm, struct err *err)
{
    struct str rest = s;
    struct number n;
    uint64_t v;

    if (!take_number(&rest, &n) || !str_is(rest, "%") || !scaled(n, 10000, INT64_MAX, &v))
        return wrong(err, s, "a percentage", "a number with %, as 0.1% or 60%");
    *ppm = (int64_t)v;
    return 0;
}

/* Decimals that show three significant digits of v, which is below 1000. */
static int decimals(double v)
{
    return v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2;
}

void units_put_duration(struct buf *out, ns_t ns)
{
    static const struct {
        const char *unit;
        double factor;
    } rows[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
    const char *sign = ns < 0 ? "-" : "";
    double v = fabs((double)ns);
    int64_t s = llround(v / 1e9);

    if (s >= 3600) {
        buf_printf(out, "%s%" PRId64 "h%02" PRId64 "m", sign, s / 3600, s / 60 % 60);
        return;
    }
    if (s >= 120) {
        buf_printf(out, "%s%" PRId64 "m%02" PRId64 "s", sign, s / 60, s % 60);
        return;
    }
    if (v < 1000) {
        buf_printf(out, "%s%.0f ns", sign, v);
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double u = v / rows[i].factor;

        if (u < 999.5 || i == 2) {
            buf_printf(out, "%s%.*f %s", sign, decimals(u), u, rows[i].unit);
            return;
        }
    }
}

void units_put_count(struct buf *out, uint64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf_char(out, ',');
        buf_char(out, digits[i]);
    }
}

void units_put_money(struct buf *out, int64_t nusd)
{
    double v = fabs((double)nusd) / 1e9;

    buf_str(out, nusd < 0 ? "-$" : "$");
    if (v >= 99.5) {
        units_put_count(out, (uint64_t)llround(v));
        return;
    }
    if (v >= 1 || nusd == 0)
        buf_printf(out, "%.*f", v >= 9.995 ? 1 : 2, v);
    else
        buf_printf(out, "%.*f", 2 - (int)floor(log10(v)), v);
}

void units_put_bytes(struct buf *out, uint64_t bytes)
{
    static const char *const units[] = { "kB", "MB", "GB", "TB" };
    double v = (double)bytes / 1000;
    size_t i = 0;

    if (bytes < 1000) {
        buf_printf(out, "%" PRIu64 " B", bytes);
        return;
    }
    for (; v >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
        v /= 1000;
    buf_printf(out, "%.*f %s", decimals(v), v, units[i]);
}
