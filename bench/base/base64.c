#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(const void *p, size_t n, struct buf *out)
{
    const unsigned char *in = p;
    char *to = buf_room(out, (n + 2) / 3 * 4);

    if (!to)
        return -1;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)in[i] << 16;

        three |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
        three |= i + 2 < n ? in[i + 2] : 0;
        *to++ = alphabet[three >> 18];
        *to++ = alphabet[three >> 12 & 63];
        *to++ = i + 1 < n ? alphabet[three >> 6 & 63] : '=';
        *to++ = i + 2 < n ? alphabet[three & 63] : '=';
    }
    *to = '\0';
    out->len += (n + 2) / 3 * 4;
    return 0;
}

/* 0 to 63, or -1. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(const char *p, size_t n, struct buf *out)
{
    size_t pads = 0;
    uint32_t bits = 0;
    char *to;

    if (n % 4)
        return -1;
    while (pads < 2 && pads < n && p[n - pads - 1] == '=')
        pads++;
    to = buf_room(out, n / 4 * 3);
    if (!to)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int six = i < n - pads ? sextet(p[i]) : 0;

        if (six < 0) {
            out->p[out->len] = '\0';
            return -1;
        }
        bits = bits << 6 | (uint32_t)six;
        if (i % 4 == 3) {
            *to++ = (char)(bits >> 16);
            *to++ = (char)(bits >> 8);
            *to++ = (char)bits;
        }
    }
    out->len += n / 4 * 3 - pads;
    out->p[out->len] = '\0';
    return 0;
}
