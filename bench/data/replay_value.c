#include <ctype.h>
#include <stdint.h>
#include <time.h>

#include "data/replay_rows.h"

enum { MAX_TOKENS = 10000000 };

static int shown(struct str s)
{
    return (int)(s.n < 40 ? s.n : 40);
}

static bool is_digit(char c)
{
    return isdigit((unsigned char)c);
}

/* Digits at the beginning of *s, as a number; false where there are none or too many. */
static bool take_number(struct str *s, int64_t *v)
{
    size_t n = 0;

    *v = 0;
    for (; n < s->n && is_digit(s->p[n]); n++)
        if (__builtin_mul_overflow(*v, 10, v) ||
            __builtin_add_overflow(*v, s->p[n] - '0', v))
            return false;
    s->p += n;
    s->n -= n;
    return n > 0;
}

/* ".25" of a unit, in ns; digits that no unit can show are left out. */
static ns_t take_fraction(struct str *s, ns_t unit)
{
    ns_t place = unit, v = 0;

    if (!s->n || *s->p != '.')
        return 0;
    for (s->p++, s->n--; s->n && is_digit(*s->p); s->p++, s->n--) {
        place /= 10;
        v += place * (*s->p - '0');
    }
    return v;
}

static bool take_char(struct str *s, const char *any)
{
    if (!s->n || !strchr(any, *s->p))
        return false;
    s->p++;
    s->n--;
    return true;
}

/* "2023-11-16 18:17:03.9799600", with T for the space and a zone if one likes. */
static bool take_date(struct str *s, ns_t *at)
{
    int64_t v[6];
    ns_t fraction;
    struct tm tm;

    for (int i = 0; i < 6; i++)
        if (!take_number(s, &v[i]) || v[i] > 9999 ||
            (i < 5 && !take_char(s, i < 2    ? "-"
                                    : i == 2 ? " T"
                                             : ":")))
            return false;
    fraction = take_fraction(s, NS_PER_S);
    if (v[0] < 1970 || v[0] > 2200 || /* what ns of 64 bits can count */
        v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 ||
        v[5] > 60)
        return false;
    tm = (struct tm){ .tm_year = (int)v[0] - 1900,
                      .tm_mon = (int)v[1] - 1,
                      .tm_mday = (int)v[2],
                      .tm_hour = (int)v[3],
                      .tm_min = (int)v[4],
                      .tm_sec = (int)v[5] };
    *at = (ns_t)timegm(&tm) * NS_PER_S + fraction;
    return true;
}

/* Only differences count, and a trace has one zone. */
static bool take_zone(struct str *s)
{
    int64_t v;

    if (!s->n || take_char(s, "Z"))
        return true;
    if (!take_char(s, "+-") || !take_number(s, &v))
        return false;
    return !take_char(s, ":") || take_number(s, &v);
}

int replay_time(struct str text, ns_t unit, ns_t *at, struct err *err)
{
    struct str s = str_trim(text);
    ns_t fraction;
    bool number;

    if (!unit) {
        if (take_date(&s, at) && take_zone(&s) && !s.n)
            return 0;
        return err_set(err, ERR_PARSE,
                       "\"%.*s\" is no date and time; expected one as 2023-11-16 "
                       "18:17:03.97",
                       shown(text), text.p);
    }
    number = take_number(&s, at);
    fraction = take_fraction(&s, unit);
    if (number && !s.n && !__builtin_mul_overflow(*at, unit, at) &&
        !__builtin_add_overflow(*at, fraction, at))
        return 0;
    return err_set(err, ERR_PARSE, "\"%.*s\" is no time; expected a number as 27482.5",
                   shown(text), text.p);
}

int replay_tokens(struct str text, uint32_t *n, struct err *err)
{
    struct str s = str_trim(text);
    int64_t v;
    bool number = take_number(&s, &v);

    if (take_fraction(&s, NS_PER_S) || !number || s.n)
        return err_set(err, ERR_PARSE,
                       "\"%.*s\" is no count of tokens; expected a whole "
                       "number",
                       shown(text), text.p);
    if (v > MAX_TOKENS)
        return err_set(err, ERR_PARSE, "%.*s tokens are too many; expected at most %d",
                       shown(text), text.p, MAX_TOKENS);
    *n = (uint32_t)v;
    return 0;
}
