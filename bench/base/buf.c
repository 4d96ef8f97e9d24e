#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->p)
        b->p[0] = '\0';
}

char *buf_grow(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 64;

    if (b->max && (n > b->max || b->len > b->max - n))
        return NULL;
    if (n > SIZE_MAX / 4 - b->len)
        mem_exhausted();
    while (cap - b->len <= n)
        cap *= 2;
    if (cap != b->cap) {
        b->p = mem_resize(b->p, cap, 1);
        b->cap = cap;
    }
    return b->p + b->len;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

static inline void put_pair(char *p, uint32_t v)
{
    memcpy(p, pairs + v * 2, 2);
}

/* v < 10^8, with its zeros in front. */
static void put_eight(char *p, uint32_t v)
{
    uint32_t high = v / 10000;
    uint32_t low = v % 10000;

    put_pair(p, high / 100);
    put_pair(p + 2, high % 100);
    put_pair(p + 4, low / 100);
    put_pair(p + 6, low % 100);
}

/* Times have many digits, and journals hold little else: eight for each long division. */
int buf_int(struct buf *b, int64_t v)
{
    enum { EIGHT = 100000000 };
    char digits[24];
    size_t i = sizeof(digits);
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    uint32_t rest;

    for (; left >= EIGHT; left /= EIGHT)
        put_eight(digits + (i -= 8), (uint32_t)(left % EIGHT));
    for (rest = (uint32_t)left; rest >= 10; rest /= 100)
        put_pair(digits + (i -= 2), rest % 100);
    if (rest || i == sizeof(digits))
        digits[--i] = (char)('0' + rest);
    if (v < 0)
        digits[--i] = '-';
    return buf_add(b, digits + i, sizeof(digits) - i);
}

/* Into the room that there is; once more only where that is too small. */
int buf_printf(struct buf *b, const char *fmt, ...)
{
    size_t have = b->cap - b->len;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(have ? b->p + b->len : NULL, have, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_room(b, (size_t)n)) {
        if (have)
            b->p[b->len] = '\0';
        return -1;
    }
    if ((size_t)n >= have) {
        va_start(ap, fmt);
        vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    b->len += (size_t)n;
    return 0;
}

char *buf_take(struct buf *b)
{
    char *p;

    buf_add(b, "", 0);
    p = b->p;
    *b = (struct buf){ .max = b->max };
    return p;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n >= b->len) {
        buf_clear(b);
        return;
    }
    memmove(b->p, b->p + n, b->len - n + 1);
    b->len -= n;
}
