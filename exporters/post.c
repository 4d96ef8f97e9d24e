#include "exporters/post.h"

#include <stddef.h>
#include <string.h>

/* Seconds that any wait is cut to: about 30 years, and no overflow. */
enum { LONGEST = 1000000000 };

void post_begin(struct post *p, ns_t now, ns_t timeout, ns_t longest)
{
    *p = (struct post){ .longest = longest };
    p->deadline = timeout == NS_ABSENT ? INT64_MAX : now + timeout;
}

static bool may_retry(const struct post_answer *a)
{
    switch (a->result) {
    case POST_ANSWERED:
        return a->status == 429 || a->status == 502 || a->status == 503 || a->status == 504;
    case POST_NO_CONNECTION:
    case POST_NO_ANSWER:
    case POST_TIMED_OUT:
        return true;
    case POST_TOO_LARGE:
    case POST_NO_TRUST:
        return false;
    }
    return false;
}

static ns_t backoff(const struct post *p, struct rng *rng)
{
    ns_t wait = NS_PER_S;

    for (unsigned i = 1; i < p->attempts && wait < p->longest; i++)
        wait *= 2;
    if (wait > p->longest)
        wait = p->longest;
    return (ns_t)((double)wait * (0.5 + rng_unit(rng)));
}

enum post_verdict post_again(struct post *p, const struct post_answer *a, ns_t now,
                             struct rng *rng, ns_t *wait)
{
    bool told = a->result == POST_ANSWERED && a->retry_after != NS_ABSENT;

    p->attempts++;
    if (a->result == POST_ANSWERED && a->status >= 200 && a->status < 300)
        return POST_TAKEN;
    if (!may_retry(a))
        return POST_NEVER;
    *wait = told ? a->retry_after : backoff(p, rng);
    return *wait < p->deadline - now ? POST_LATER : POST_NEVER;
}

/* --- Retry-After -------------------------------------------------------------------- */

/* n digits at *p, which moves on; -1 where there are none. */
static int digits(const char **p, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++, ++*p) {
        if (**p < '0' || **p > '9')
            return -1;
        v = v * 10 + **p - '0';
    }
    return v;
}

/* Days since 1970 of a date of the Gregorian calendar, by counting in years from March. */
static int64_t days(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int m = month <= 2 ? month + 9 : month - 3;

    return 365LL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int month_of(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++)
        if (!strncmp(names + i * 3, name, 3))
            return i + 1;
    return 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" in seconds since 1970; -1: it is none. */
static int64_t date(struct str s)
{
    char text[30];
    const char *p = text + 5;
    int day, month, year, hour, minute, second;

    if (s.n != 29 || memcmp(s.p + 25, " GMT", 4) || memcmp(s.p + 3, ", ", 2))
        return -1;
    memcpy(text, s.p, 29);
    text[29] = '\0';
    day = digits(&p, 2);
    month = month_of(++p);
    p += 4;
    year = digits(&p, 4);
    p++;
    hour = digits(&p, 2);
    p++;
    minute = digits(&p, 2);
    p++;
    second = digits(&p, 2);
    if (day < 1 || day > 31 || !month || year < 1970 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    return days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}

ns_t post_retry_after(struct str value, ns_t real)
{
    struct str s = str_trim(value);
    int64_t seconds = 0, at;
    size_t i;

    for (i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        if (seconds < 1000000000)
            seconds = seconds * 10 + s.p[i] - '0';
    if (i && i == s.n)
        return (seconds < LONGEST ? seconds : LONGEST) * NS_PER_S;
    at = date(s);
    if (at < 0 || at > INT64_MAX / NS_PER_S)
        return NS_ABSENT;
    return at * NS_PER_S > real ? at * NS_PER_S - real : 0;
}
