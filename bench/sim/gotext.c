#include "sim/gotext.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 sequence at p, 0 where it is not one (RFC 3629). */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    size_t len = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;

    if (p[0] < 0x80)
        return 1;
    if (!len || n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return len;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' &&
           c != '&';
}

static void escape_ascii(struct buf *out, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *at = c ? strchr(from, c) : NULL;

    if (at) {
        buf_char(out, '\\');
        buf_char(out, to[at - from]);
    } else {
        buf_printf(out, "\\u%04x", c);
    }
}

void gotext_escape(struct buf *out, const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;

    while (i < n) {
        size_t plain = i;
        size_t len;

        while (plain < n && is_plain(p[plain]))
            plain++;
        buf_add(out, text + i, plain - i);
        i = plain;
        if (i == n)
            break;
        len = utf8_len(p + i, n - i);
        if (len == 1)
            escape_ascii(out, p[i]);
        else if (!len)
            buf_str(out, "\\ufffd");
        else if (len == 3 && p[i] == 0xE2 && p[i + 1] == 0x80 && (p[i + 2] | 1) == 0xA9)
            buf_str(out, p[i + 2] == 0xA8 ? "\\u2028" : "\\u2029");
        else
            buf_add(out, text + i, len);
        i += len ? len : 1;
    }
}

void gotext_string(struct buf *out, const char *p, size_t n)
{
    buf_char(out, '"');
    gotext_escape(out, p, n);
    buf_char(out, '"');
}

/* v as a decimal fraction of `digits` places, without the zeros at its end. */
static void put_fraction(struct buf *out, ns_t v, int digits)
{
    char text[16] = "";

    for (int i = digits; i--; v /= 10)
        text[i] = (char)('0' + v % 10);
    while (digits && text[digits - 1] == '0')
        digits--;
    if (digits) {
        buf_char(out, '.');
        buf_add(out, text, (size_t)digits);
    }
}

void gotext_seconds(struct buf *out, ns_t ns)
{
    if (ns < 0) {
        buf_char(out, '-');
        ns = -ns;
    }
    if (ns && ns < NS_PER_US) { /* 123 ns: 1.23e-07 */
        int exponent = ns >= 100 ? 7 : ns >= 10 ? 8 : 9;
        ns_t unit = ns >= 100 ? 100 : ns >= 10 ? 10 : 1;

        buf_int(out, ns / unit);
        if (unit > 1)
            put_fraction(out, ns % unit, 9 - exponent);
        buf_printf(out, "e-%02d", exponent);
        return;
    }
    buf_int(out, ns / NS_PER_S);
    put_fraction(out, ns % NS_PER_S, 9);
}

void gotext_duration(struct buf *out, ns_t ns)
{
    static const struct {
        ns_t unit;
        int digits;
        const char *name;
    } small[] = { { NS_PER_MS, 6, "ms" }, { NS_PER_US, 3, "µs" }, { 1, 0, "ns" } };
    ns_t s;

    if (ns < 0) {
        buf_char(out, '-');
        ns = -ns;
    }
    s = ns / NS_PER_S;
    for (size_t i = 0; ns && !s && i < 3; i++)
        if (ns >= small[i].unit) {
            buf_int(out, ns / small[i].unit);
            if (small[i].digits)
                put_fraction(out, ns % small[i].unit, small[i].digits);
            buf_str(out, small[i].name);
            return;
        }
    if (s >= 3600)
        buf_printf(out, "%lldh", (long long)(s / 3600));
    if (s >= 60)
        buf_printf(out, "%lldm", (long long)(s / 60 % 60));
    buf_int(out, s % 60);
    put_fraction(out, ns % NS_PER_S, 9);
    buf_char(out, 's');
}
