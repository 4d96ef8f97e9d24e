#include "data/slo.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "data/nearest.h"

/* The text that is left, and where its strings and complaints go. */
struct reading {
    struct str rest;
    struct arena *arena;
    struct err *err;
};

static void skip_spaces(struct reading *r)
{
    while (r->rest.n && (*r->rest.p == ' ' || *r->rest.p == '\t')) {
        r->rest.p++;
        r->rest.n--;
    }
}

static struct str take(struct reading *r, size_t n)
{
    struct str s = { r->rest.p, n };

    r->rest.p += n;
    r->rest.n -= n;
    return s;
}

static bool take_char(struct reading *r, char c)
{
    skip_spaces(r);
    if (!r->rest.n || *r->rest.p != c)
        return false;
    take(r, 1);
    return true;
}

/* Up to the first of the characters in `end`, without spaces around it. */
static struct str take_until(struct reading *r, const char *end)
{
    struct str s;
    size_t n = 0;

    skip_spaces(r);
    while (n < r->rest.n && !strchr(end, r->rest.p[n]))
        n++;
    s = take(r, n);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static int shown(struct str s)
{
    return (int)(s.n < 60 ? s.n : 60);
}

static int wrong(struct reading *r, struct str at, const char *expected)
{
    if (!at.n)
        return err_set(r->err, ERR_PARSE, "ends too early; expected %s", expected);
    return err_set(r->err, ERR_PARSE, "\"%.*s\" is not expected here; expected %s",
                   shown(at), at.p, expected);
}

static int no_such_name(struct reading *r, struct str name, bool with_rates)
{
    struct nearest near = nearest_to(name);

    for (size_t i = 0; i < N_METRICS; i++)
        nearest_try(&near, metrics[i].name);
    for (size_t i = 0; with_rates && i < N_RATES; i++)
        nearest_try(&near, rates[i].name);
    err_set(r->err, ERR_PARSE, "no metric%s \"%.*s\"", with_rates ? " or rate" : "",
            shown(name), name.p ? name.p : "");
    return nearest_hint(&near, r->err);
}

static int read_op(struct reading *r, enum slo_op *op)
{
    static const struct {
        const char *text;
        enum slo_op op;
    } ops[] = { { "<=", SLO_LE }, { ">=", SLO_GE }, { "<", SLO_LT }, { ">", SLO_GT } };

    skip_spaces(r);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        size_t n = strlen(ops[i].text);

        if (r->rest.n >= n && !memcmp(r->rest.p, ops[i].text, n)) {
            take(r, n);
            *op = ops[i].op;
            return 0;
        }
    }
    return wrong(r, r->rest, "<, <=, > or >=");
}

/* A number with one of these behind it; the last is "". */
static int read_quantity(struct reading *r, struct str s, const char *const *tails,
                         const char *expected, double *v)
{
    struct str rest = s;
    char number[32];
    char *end;
    size_t n;

    while ((n = strlen(*tails)) &&
           (rest.n < n || memcmp(rest.p + rest.n - n, *tails, n) != 0))
        tails++;
    rest.n -= n;
    while (rest.n && rest.p[rest.n - 1] == ' ')
        rest.n--;
    if (rest.n && rest.n < sizeof(number) && strspn(rest.p, "0123456789.") >= rest.n) {
        memcpy(number, rest.p, rest.n);
        number[rest.n] = '\0';
        *v = strtod(number, &end);
        if (!*end)
            return 0;
    }
    return wrong(r, rest, expected);
}

/* Tokens per second: "300 tok/s", "300/s" or "300". */
static int read_speed(struct reading *r, struct str s, double *per_s)
{
    static const char *const tails[] = { "tok/s", "t/s", "/s", "" };

    return read_quantity(r, s, tails, "tokens per second, as 300 tok/s", per_s);
}

static int read_factor(struct reading *r, struct str s, double *v)
{
    static const char *const tails[] = { "x", "" };

    return read_quantity(r, s, tails, "a factor, as 150x", v);
}

static int read_characters(struct reading *r, struct str s, double *per_s)
{
    static const char *const tails[] = { "char/s", "/s", "" };

    return read_quantity(r, s, tails, "characters per second, as 100 char/s", per_s);
}

static int read_metric_value(struct reading *r, enum unit unit, struct str s, double *v)
{
    int64_t whole = 0;
    uint64_t count = 0;
    double speed = 0;
    int rc = -1;

    switch (unit) {
    case UNIT_NS:
        rc = units_duration(s, &whole, r->err);
        break;
    case UNIT_PPM:
        rc = units_percent(s, &whole, r->err);
        break;
    case UNIT_NUSD:
        rc = units_money(s, &whole, r->err);
        break;
    case UNIT_TOKENS:
    case UNIT_BYTES:
    case UNIT_COUNT:
        rc = units_count(s, &count, r->err);
        whole = (int64_t)(count < INT64_MAX ? count : INT64_MAX);
        break;
    case UNIT_MTOKS:
        rc = read_speed(r, s, &speed);
        whole = (int64_t)(speed * 1000 + 0.5);
        break;
    case UNIT_MX:
        rc = read_factor(r, s, &speed);
        whole = (int64_t)(speed * 1000 + 0.5);
        break;
    case UNIT_MCHARS:
        rc = read_characters(r, s, &speed);
        whole = (int64_t)(speed * 1000 + 0.5);
        break;
    case N_UNITS:
        break;
    }
    *v = (double)whole;
    return rc;
}

static int read_rate_value(struct reading *r, enum rate_unit unit, struct str s, double *v)
{
    int64_t whole;

    switch (unit) {
    case RATE_UNIT_PPM:
        if (units_percent(s, &whole, r->err))
            return -1;
        *v = (double)whole;
        return 0;
    case RATE_UNIT_NUSD:
        if (units_money(s, &whole, r->err))
            return -1;
        *v = (double)whole;
        return 0;
    case RATE_UNIT_PER_S:
        return units_rate(s, v, r->err);
    case RATE_UNIT_TOKENS_PER_S:
        return read_speed(r, s, v);
    }
    return -1;
}

/* p95, mean or max. */
static int read_stat(struct reading *r, struct slo *slo)
{
    struct str word = take_until(r, " \t[<>=+-");
    char number[16];
    char *end;

    if (str_is(word, "mean") || str_is(word, "max")) {
        slo->stat = str_is(word, "mean") ? SLO_MEAN : SLO_MAX;
        return 0;
    }
    if (word.n < 2 || word.n >= sizeof(number) || *word.p != 'p' ||
        strspn(word.p + 1, "0123456789.") < word.n - 1)
        return wrong(r, word.n ? word : r->rest,
                     "p50, p95, p99.9 (any percentile), mean or max");
    memcpy(number, word.p + 1, word.n - 1);
    number[word.n - 1] = '\0';
    slo->stat = SLO_PERCENTILE;
    slo->percentile = strtod(number, &end);
    if (*end || slo->percentile <= 0 || slo->percentile > 99.99)
        return wrong(r, word, "a percentile above p0 and up to p99.99");
    return 0;
}

/* (ttft<300ms, tpot<20ms) behind goodput. */
static int read_bounds(struct reading *r, struct slo *slo)
{
    if (!take_char(r, '('))
        return wrong(r, r->rest, "what is good, as goodput(ttft<300ms,tpot<20ms) > 95%");
    do {
        struct slo_bound *b = &slo->bounds[slo->n_bounds];
        struct str name = take_until(r, "<>=,) \t");
        double v;

        if (slo->n_bounds == sizeof(slo->bounds) / sizeof(slo->bounds[0]))
            return err_set(r->err, ERR_PARSE, "goodput takes at most %zu bounds",
                           slo->n_bounds);
        if (!metric_find(name, &b->metric))
            return no_such_name(r, name, false);
        if (read_op(r, &b->op) ||
            read_metric_value(r, metrics[b->metric].unit, take_until(r, ",)"), &v))
            return -1;
        b->value = (int64_t)v;
        slo->n_bounds++;
    } while (take_char(r, ','));
    if (!take_char(r, ')'))
        return wrong(r, r->rest, "a comma or )");
    return 0;
}

/* A word alone is a tier: [flex] is [service_tier=flex]. */
static int read_selector(struct reading *r, struct slo_selector *s)
{
    struct str key = take_until(r, "=,]");
    struct str value = key;

    if (!key.n)
        return wrong(r, r->rest, "a selector, as [service_tier=flex]");
    if (take_char(r, '=')) {
        value = take_until(r, ",]");
        if (!value.n)
            return wrong(r, r->rest, "a value behind =, as [service_tier=flex]");
    } else {
        key = str_of("service_tier");
    }
    s->key = arena_strndup(r->arena, key.p, key.n);
    s->value = arena_strndup(r->arena, value.p, value.n);
    return 0;
}

/* [service_tier=flex,phase=steady], or nothing. */
static int read_selectors(struct reading *r, struct slo *slo)
{
    if (!take_char(r, '['))
        return 0;
    do {
        if (slo->n_selectors == sizeof(slo->selectors) / sizeof(slo->selectors[0]))
            return err_set(r->err, ERR_PARSE, "at most %zu selectors", slo->n_selectors);
        if (read_selector(r, &slo->selectors[slo->n_selectors]))
            return -1;
        slo->n_selectors++;
    } while (take_char(r, ','));
    if (!take_char(r, ']'))
        return wrong(r, r->rest, "a comma or ]");
    return 0;
}

/* +20%, or -20% where more is better: by how much it may be worse. */
static int read_worsening(struct reading *r, struct slo *slo)
{
    bool more = slo->is_rate ? rates[slo->rate].more_is_better
                             : metrics[slo->metric].more_is_better;
    char sign = *take(r, 1).p;
    int64_t ppm;

    if (sign != (more ? '-' : '+'))
        return err_set(r->err, ERR_PARSE,
                       "%s is better %s; expected %s, the allowed worsening",
                       slo->is_rate ? rates[slo->rate].name : metrics[slo->metric].name,
                       more ? "when higher" : "when lower", more ? "-20%" : "+20%");
    if (units_percent(take_until(r, ""), &ppm, r->err))
        return -1;
    slo->relative = true;
    slo->op = more ? SLO_GE : SLO_LE;
    slo->value = (double)ppm;
    return 0;
}

/*
 * A metric that is a share of each request has its like over all of them: `cache_hit > 60%`
 * without a percentile is that rate.
 */
static bool is_share_of_all(struct reading *r, struct slo *slo)
{
    skip_spaces(r);
    if (slo->metric != METRIC_CACHE_HIT || !r->rest.n || !strchr("<>+-", *r->rest.p))
        return false;
    slo->is_rate = true;
    slo->rate = RATE_CACHE_TOKENS;
    return true;
}

static int read_subject(struct reading *r, struct slo *slo)
{
    struct str name = take_until(r, " \t[(<>=+");

    if (rate_find(name, &slo->rate)) {
        slo->is_rate = true;
        if (slo->rate == RATE_GOODPUT && read_bounds(r, slo))
            return -1;
        return read_selectors(r, slo);
    }
    if (!metric_find(name, &slo->metric))
        return no_such_name(r, name, true);
    if (read_selectors(r, slo))
        return -1;
    if (is_share_of_all(r, slo))
        return 0;
    if (read_stat(r, slo))
        return -1;
    return slo->n_selectors ? 0 : read_selectors(r, slo);
}

static int read_limit(struct reading *r, struct slo *slo)
{
    struct str value;

    skip_spaces(r);
    if (r->rest.n && (*r->rest.p == '+' || *r->rest.p == '-'))
        return read_worsening(r, slo);
    if (read_op(r, &slo->op))
        return -1;
    value = take_until(r, "");
    return slo->is_rate
               ? read_rate_value(r, rates[slo->rate].unit, value, &slo->value)
               : read_metric_value(r, metrics[slo->metric].unit, value, &slo->value);
}

int slo_parse(struct slo *slo, struct str text, struct arena *arena, struct err *err)
{
    struct reading r = { .arena = arena, .err = err };

    *slo = (struct slo){ .text = arena_strndup(arena, text.p, text.n) };
    r.rest = str_of(slo->text);
    if (!read_subject(&r, slo) && !read_limit(&r, slo))
        return 0;
    return err_at(err, "\"%.80s\"", slo->text);
}

int slo_parse_figure(struct slo *slo, struct str text, struct arena *arena, struct err *err)
{
    struct reading r = { .arena = arena, .err = err };

    *slo = (struct slo){ .text = arena_strndup(arena, text.p, text.n) };
    r.rest = str_of(slo->text);
    if (!read_subject(&r, slo)) {
        skip_spaces(&r);
        if (!r.rest.n)
            return 0;
        wrong(&r, r.rest, "a figure and no bound, as ttft p50");
    }
    return err_at(err, "\"%.80s\"", slo->text);
}

uint32_t slo_turn(const struct slo *slo)
{
    for (size_t i = 0; i < slo->n_selectors; i++) {
        const char *text = slo->selectors[i].value;
        char *end;
        unsigned long v;

        if (strcmp(slo->selectors[i].key, "turn") != 0)
            continue;
        v = strtoul(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || !v || v > UINT32_MAX)
            return UINT32_MAX;
        return (uint32_t)v;
    }
    return 0;
}
