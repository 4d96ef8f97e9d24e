#include "base/tame.h"

#include <string.h>

/* Bytes of a colour that begins here; 0: none does. */
static size_t colour(const char *p, size_t n)
{
    size_t i = 2;

    if (n < 3 || p[0] != '\x1b' || p[1] != '[')
        return 0;
    while (i < n && p[i] >= '0' && p[i] <= '9')
        i++;
    return i < n && p[i] == 'm' ? i + 1 : 0;
}

/* Bytes of a control character that begins here; 0: none does. */
static size_t control(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;

    if (*p < 0x20 || *p == 0x7F)
        return *p != '\n';
    if (n > 1 && *p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
        return 2;
    if (n < 3 || *p != 0xE2)
        return 0;
    return (p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
                   (p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xAF)
               ? 3
               : 0;
}

void tame(char *p, size_t n, bool colours)
{
    while (n) {
        size_t kept = colours ? colour(p, n) : 0;
        size_t len = kept ? 0 : control(p, n);
        size_t step = kept ? kept : len ? len : 1;

        memset(p, '?', len);
        p += step;
        n -= step;
    }
}
