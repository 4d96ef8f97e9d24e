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

#endif
