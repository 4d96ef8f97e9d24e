#include "base/json.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_DEPTH = 64 };

void json_init(struct json *j, const char *p, size_t n)
{
    *j = (struct json){ .p = p, .end = p + n };
}

static bool damage(struct json *j)
{
    j->bad = true;
    j->p = j->end;
    return false;
}

static void space(struct json *j)
{
    while (j->p < j->end &&
           (*j->p == ' ' || *j->p == '\n' || *j->p == '\r' || *j->p == '\t'))
        j->p++;
}

enum json_kind json_kind(struct json *j)
{
    space(j);
    if (j->p == j->end)
        return JSON_IS_BAD;
    switch (*j->p) {
    case '{':
        return JSON_IS_OBJECT;
    case '[':
        return JSON_IS_ARRAY;
    case '"':
        return JSON_IS_STRING;
    case 't':
    case 'f':
        return JSON_IS_BOOL;
    case 'n':
        return JSON_IS_NULL;
    default:
        return *j->p == '-' || (*j->p >= '0' && *j->p <= '9') ? JSON_IS_NUMBER
                                                              : JSON_IS_BAD;
    }
}

static bool open_bracket(struct json *j, enum json_kind want)
{
    enum json_kind type = json_kind(j);

    if (type != want) {
        json_skip(j);
        return false;
    }
    if (j->depth == MAX_DEPTH)
        return damage(j);
    j->p++;
    j->depth++;
    j->first = true;
    return true;
}

bool json_open_object(struct json *j)
{
    return open_bracket(j, JSON_IS_OBJECT);
}

bool json_open_array(struct json *j)
{
    return open_bracket(j, JSON_IS_ARRAY);
}

/* Stands before a member: at the closing bracket (consumed, false), or at the member. */
static bool next_member(struct json *j, char closing)
{
    if (j->bad)
        return false;
    space(j);
    if (j->p == j->end)
        return damage(j);
    if (*j->p == closing) {
        j->p++;
        j->depth--;
        j->first = false;
        return false;
    }
    if (!j->first) {
        if (*j->p != ',')
            return damage(j);
        j->p++;
        space(j);
    }
    j->first = false;
    return true;
}

/*
 * The first byte that needs a closer look: a quote, a backslash or a control character. Of
 * eight bytes at once those are marked in their top bits; a borrow can mark wrongly only
 * what stands behind the first.
 */
static const char *plain(const char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

    for (; end - p >= 8; p += 8) {
        uint64_t w, quote, slash, marks;

        memcpy(&w, p, sizeof(w));
        w = le64toh(w);
        quote = w ^ ones * '"';
        slash = w ^ ones * '\\';
        marks = (((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                 ((w - ones * 0x20) & ~w)) &
                tops;
        if (marks)
            return p + __builtin_ctzll(marks) / 8;
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

static bool hex4(const char *p, const char *end, unsigned *v)
{
    *v = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        unsigned digit;

        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (unsigned)((c | 32) - 'a' + 10);
        else
            return false;
        *v = *v << 4 | digit;
    }
    return true;
}

/* Just behind the opening quote: to behind the closing one. */
static bool scan_string(struct json *j, struct str *raw)
{
    const char *p = j->p;
    unsigned unit;

    raw->p = p;
    for (;;) {
        p = plain(p, j->end);
        if (p == j->end || (unsigned char)*p < 0x20)
            return damage(j);
        if (*p == '"')
            break;
        p++;
        if (p == j->end || !strchr("\"\\/bfnrtu", *p) || !*p)
            return damage(j);
        if (*p++ == 'u') {
            if (!hex4(p, j->end, &unit))
                return damage(j);
            p += 4;
        }
    }
    raw->n = (size_t)(p - raw->p);
    j->p = p + 1;
    return true;
}

bool json_key(struct json *j, struct str *key)
{
    if (!next_member(j, '}'))
        return false;
    if (j->p == j->end || *j->p != '"')
        return damage(j);
    j->p++;
    if (!scan_string(j, key))
        return false;
    space(j);
    if (j->p == j->end || *j->p != ':')
        return damage(j);
    j->p++;
    return true;
}

bool json_item(struct json *j)
{
    if (!next_member(j, ']'))
        return false;
    space(j);
    if (j->p == j->end || *j->p == ']')
        return damage(j);
    return true;
}

bool json_text(struct json *j, struct str *raw)
{
    *raw = (struct str){ "", 0 };
    if (json_kind(j) != JSON_IS_STRING) {
        json_skip(j);
        return false;
    }
    j->p++;
    j->first = false;
    return scan_string(j, raw);
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* RFC 8259: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool scan_number(struct json *j, struct str *text, bool *whole)
{
    const char *p = j->p, *from;

    *whole = true;
    if (p < j->end && *p == '-')
        p++;
    from = p;
    p = digits(p, j->end);
    if (p == from || (*from == '0' && p - from > 1))
        return damage(j);
    if (p < j->end && *p == '.') {
        *whole = false;
        from = ++p;
        p = digits(p, j->end);
        if (p == from)
            return damage(j);
    }
    if (p < j->end && (*p | 32) == 'e') {
        *whole = false;
        p++;
        if (p < j->end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        p = digits(p, j->end);
        if (p == from)
            return damage(j);
    }
    *text = (struct str){ j->p, (size_t)(p - j->p) };
    j->p = p;
    j->first = false;
    return true;
}

static bool number(struct json *j, struct str *text, bool *whole)
{
    if (json_kind(j) != JSON_IS_NUMBER) {
        json_skip(j);
        return false;
    }
    return scan_number(j, text, whole);
}

/* strtod wants a NUL. Only a number of hundreds of digits costs an allocation. */
static double to_double(struct str s)
{
    char copy[128];
    char *text = s.n < sizeof(copy) ? copy : mem_alloc(s.n + 1);
    double v;

    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    v = strtod(text, NULL);
    if (text != copy)
        free(text);
    return v;
}

static int64_t saturated(double v)
{
    if (v >= 0x1p63)
        return INT64_MAX;
    if (v <= -0x1p63)
        return INT64_MIN;
    return (int64_t)v;
}

static int64_t to_int(struct str s)
{
    bool minus = s.n && s.p[0] == '-';
    uint64_t v = 0;
    uint64_t most = minus ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

    for (size_t i = minus; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');

        if (v > (most - digit) / 10) {
            v = most;
            break;
        }
        v = v * 10 + digit;
    }
    if (minus)
        return v == most ? INT64_MIN : -(int64_t)v;
    return (int64_t)v;
}

bool json_int(struct json *j, int64_t *v)
{
    struct str text;
    bool whole;

    if (!number(j, &text, &whole))
        return false;
    *v = whole ? to_int(text) : saturated(to_double(text));
    return true;
}

bool json_double(struct json *j, double *v)
{
    struct str text;
    bool whole;

    if (!number(j, &text, &whole))
        return false;
    *v = to_double(text);
    return true;
}

/* Decimal seconds without exponent go digit by digit, so that no rounding of doubles shows.
 */
static bool decimal_ns(struct str s, int64_t *ns)
{
    const char *point = memchr(s.p, '.', s.n);
    size_t whole = point ? (size_t)(point - s.p) : s.n;
    int64_t fraction = 0;

    if (memchr(s.p, 'e', s.n) || memchr(s.p, 'E', s.n) || s.p[0] == '-' || whole > 9)
        return false;
    for (size_t i = whole + 1, scale = 0; scale < 9; i++, scale++)
        fraction = fraction * 10 + (point && i < s.n ? s.p[i] - '0' : 0);
    *ns = to_int((struct str){ s.p, whole }) * 1000000000 + fraction;
    return true;
}

bool json_ns(struct json *j, int64_t *ns)
{
    struct str text;
    bool whole;

    if (!number(j, &text, &whole))
        return false;
    if (!decimal_ns(text, ns))
        *ns = saturated(round(to_double(text) * 1e9));
    return true;
}

static bool word(struct json *j, const char *text)
{
    size_t n = strlen(text);

    if ((size_t)(j->end - j->p) < n || memcmp(j->p, text, n))
        return damage(j);
    j->p += n;
    j->first = false;
    return true;
}

bool json_bool(struct json *j, bool *v)
{
    if (json_kind(j) != JSON_IS_BOOL) {
        json_skip(j);
        return false;
    }
    *v = *j->p == 't';
    return word(j, *v ? "true" : "false");
}

static void skip_members(struct json *j, bool object)
{
    struct str key;

    if (object) {
        if (json_open_object(j))
            while (json_key(j, &key))
                json_skip(j);
        return;
    }
    if (json_open_array(j))
        while (json_item(j))
            json_skip(j);
}

void json_skip(struct json *j)
{
    struct str text;
    bool whole;

    if (j->bad)
        return;
    switch (json_kind(j)) {
    case JSON_IS_BAD:
        damage(j);
        return;
    case JSON_IS_NULL:
        word(j, "null");
        return;
    case JSON_IS_BOOL:
        word(j, *j->p == 't' ? "true" : "false");
        return;
    case JSON_IS_NUMBER:
        scan_number(j, &text, &whole);
        return;
    case JSON_IS_STRING:
        j->p++;
        j->first = false;
        scan_string(j, &text);
        return;
    case JSON_IS_ARRAY:
        skip_members(j, false);
        return;
    case JSON_IS_OBJECT:
        skip_members(j, true);
        return;
    }
}

bool json_raw(struct json *j, struct str *raw)
{
    space(j);
    raw->p = j->p;
    json_skip(j);
    if (j->bad) {
        *raw = (struct str){ "", 0 };
        return false;
    }
    raw->n = (size_t)(j->p - raw->p);
    return true;
}

bool json_done(const struct json *j)
{
    struct json rest = *j;

    space(&rest);
    return !j->bad && !j->depth && rest.p == rest.end;
}

static int put_utf8(struct buf *out, unsigned c)
{
    char b[4];

    if (c < 0x80)
        return buf_char(out, (char)c);
    if (c < 0x800) {
        b[0] = (char)(0xC0 | c >> 6);
        b[1] = (char)(0x80 | (c & 0x3F));
        return buf_add(out, b, 2);
    }
    if (c < 0x10000) {
        b[0] = (char)(0xE0 | c >> 12);
        b[1] = (char)(0x80 | (c >> 6 & 0x3F));
        b[2] = (char)(0x80 | (c & 0x3F));
        return buf_add(out, b, 3);
    }
    b[0] = (char)(0xF0 | c >> 18);
    b[1] = (char)(0x80 | (c >> 12 & 0x3F));
    b[2] = (char)(0x80 | (c >> 6 & 0x3F));
    b[3] = (char)(0x80 | (c & 0x3F));
    return buf_add(out, b, 4);
}

/* p stands behind \u; returns how many bytes of the text the code point took from there. */
static size_t code_point(const char *p, const char *end, unsigned *c)
{
    unsigned low;

    hex4(p, end, c);
    if (*c < 0xD800 || *c > 0xDFFF)
        return 4;
    if (*c <= 0xDBFF && end - p >= 10 && p[4] == '\\' && p[5] == 'u' &&
        hex4(p + 6, end, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        *c = 0x10000 + ((*c - 0xD800) << 10) + (low - 0xDC00);
        return 10;
    }
    *c = 0xFFFD;
    return 4;
}

int json_unescape(struct str raw, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = raw.p, *end = raw.p + raw.n;
    int failed = 0;

    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        const char *stop = slash ? slash : end;
        unsigned c;

        failed |= buf_add(out, p, (size_t)(stop - p));
        if (!slash || slash + 1 >= end)
            break;
        p = slash + 2;
        if (slash[1] == 'u') {
            p += code_point(p, end, &c);
            failed |= put_utf8(out, c);
        } else {
            const char *at = strchr(from, slash[1]);

            failed |= buf_char(out, at ? to[at - from] : slash[1]);
        }
    }
    return failed ? -1 : 0;
}
