#include "api/prose.h"

#include <ctype.h>
#include <strings.h>

#include "api/bucket.h"
#include "api/headers.h"

/* Behind the first place where `mark` stands; empty where it does not. */
static struct str behind(struct str text, const char *mark)
{
    size_t n = strlen(mark);

    for (; text.n >= n; text.p++, text.n--)
        if (!strncasecmp(text.p, mark, n))
            return (struct str){ text.p + n, text.n - n };
    return (struct str){ "", 0 };
}

/* How many characters from the start on are of a kind. */
static size_t run(struct str s, int (*is)(int))
{
    size_t n = 0;

    while (n < s.n && is((unsigned char)s.p[n]))
        n++;
    return n;
}

/* The first word of capitals in brackets. */
static struct str kind(struct str message)
{
    struct str rest = behind(message, "(");

    while (rest.n) {
        size_t n = run(rest, isupper);

        if (n >= 2 && n <= 8 && n < rest.n && rest.p[n] == ')')
            return (struct str){ rest.p, n };
        rest = behind(rest, "(");
    }
    return (struct str){ "", 0 };
}

/* The number behind `mark`, which also occurs without one ("Rate limit reached"). */
static int64_t count(struct str message, const char *mark)
{
    struct str rest = behind(message, mark);

    while (rest.n) {
        size_t n = run(rest, isdigit);
        int64_t v = 0;

        for (size_t i = 0; i < n && i < 18; i++)
            v = v * 10 + (rest.p[i] - '0');
        if (n)
            return v;
        rest = behind(rest, mark);
    }
    return -1;
}

static ns_t wait(struct str message)
{
    struct str rest = behind(message, "try again in ");
    size_t n = 0;
    ns_t ns;

    while (n < rest.n && !isspace((unsigned char)rest.p[n]))
        n++;
    while (n && strchr(".,;!", rest.p[n - 1]))
        n--;
    if (!headers_duration((struct str){ rest.p, n }, &ns) || ns < 0)
        return NS_ABSENT;
    return ns < HEADERS_LONGEST ? ns : HEADERS_LONGEST;
}

void prose_read(struct str message, struct prose *prose)
{
    *prose = (struct prose){
        .kind = kind(message),
        .limit = count(message, "limit "),
        .used = count(message, "used "),
        .requested = count(message, "requested "),
        .wait = wait(message),
    };
}

ns_t prose_window(struct str kind_name)
{
    static const struct {
        char last;
        ns_t window;
    } windows[] = {
        { 'M', 60 * NS_PER_S },
        { 'H', 3600 * NS_PER_S },
        { 'D', 86400 * NS_PER_S },
    };

    for (size_t i = 0; kind_name.n && i < sizeof(windows) / sizeof(windows[0]); i++)
        if (kind_name.p[kind_name.n - 1] == windows[i].last)
            return windows[i].window;
    return 0;
}

ns_t prose_wait(const struct prose *p)
{
    ns_t window = prose_window(p->kind);
    struct bucket b;

    if (p->wait != NS_ABSENT)
        return p->wait;
    if (!window || p->limit <= 0 || p->used < 0 || p->requested < 0)
        return NS_ABSENT;
    bucket_init(&b, (double)p->limit, window, 0);
    bucket_learn(&b, p->limit, p->limit > p->used ? p->limit - p->used : 0, 0);
    return bucket_wait(&b, (double)p->requested, 0);
}
