#include "base/utf8.h"

#include <stdbool.h>

static bool tail(const unsigned char *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return false;
    return true;
}

size_t utf8_length(const unsigned char *p, size_t left)
{
    size_t n = *p < 0x80   ? 1
               : *p < 0xC2 ? 0
               : *p < 0xE0 ? 2
               : *p < 0xF0 ? 3
               : *p < 0xF5 ? 4
                           : 0;

    if (!n || n > left || !tail(p, n))
        return 0;
    if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F) ||
        (*p == 0xF0 && p[1] < 0x90) || (*p == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}
