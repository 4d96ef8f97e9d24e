#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A borrowed piece of text, not NUL-ended. {NULL, 0} is the empty one. */
struct str {
    const char *p;
    size_t n;
};

static inline struct str str_of(const char *s)
{
    return (struct str){ s, strlen(s) };
}

static inline bool str_is(struct str s, const char *literal)
{
    size_t n = strlen(literal);

    return s.n == n && !memcmp(s.p, literal, n);
}

static inline bool str_starts(struct str s, const char *with)
{
    size_t n = strlen(with);

    return s.n >= n && !memcmp(s.p, with, n);
}

/* Without white space (that of ASCII) at both ends. */
static inline struct str str_trim(struct str s)
{
    static const char space[] = " \t\n\v\f\r";

    while (s.n && memchr(space, s.p[s.n - 1], sizeof(space) - 1))
        s.n--;
    while (s.n && memchr(space, *s.p, sizeof(space) - 1)) {
        s.p++;
        s.n--;
    }
    return s;
}

#endif
