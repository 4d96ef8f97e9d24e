#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

void jsonw_init(struct jsonw *w, struct buf *out, int indent)
{
    *w = (struct jsonw){ .out = out, .indent = indent };
}

static void line(struct jsonw *w)
{
    if (!w->indent)
        return;
    buf_char(w->out, '\n');
    for (int i = 0; i < w->depth * w->indent; i++)
        buf_char(w->out, ' ');
}

/* Whatever comes next is a value of its own: comma and line as the place asks for. */
static void before(struct jsonw *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    if (w->comma)
        buf_char(w->out, ',');
    if (w->depth)
        line(w);
}

static void open_bracket(struct jsonw *w, char c, bool array)
{
    before(w);
    buf_char(w->out, c);
    w->depth++;
    assert(w->depth < 64);
    w->arrays = (w->arrays & ~(UINT64_C(1) << w->depth)) | (uint64_t)array << w->depth;
    w->comma = false;
}

void jsonw_object(struct jsonw *w)
{
    open_bracket(w, '{', false);
}

void jsonw_array(struct jsonw *w)
{
    open_bracket(w, '[', true);
}

void jsonw_end(struct jsonw *w)
{
    bool array = w->arrays >> w->depth & 1;
    bool members = w->comma;

    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    if (members)
        line(w);
    buf_char(w->out, array ? ']' : '}');
    w->comma = true;
}

void jsonw_key(struct jsonw *w, const char *key)
{
    jsonw_string(w, key);
    buf_char(w->out, ':');
    if (w->indent)
        buf_char(w->out, ' ');
    w->after_key = true;
}

void jsonw_int(struct jsonw *w, int64_t v)
{
    before(w);
    buf_int(w->out, v);
    w->comma = true;
}

void jsonw_uint(struct jsonw *w, uint64_t v)
{
    before(w);
    if (v <= INT64_MAX)
        buf_int(w->out, (int64_t)v);
    else
        buf_printf(w->out, "%llu", (unsigned long long)v);
    w->comma = true;
}

/* Digits before the point, so that 100 does not become 1e+02; large ones may. */
static int whole_digits(double v)
{
    int n = 1;

    if (fabs(v) < 1e15)
        for (double rest = fabs(v); rest >= 10; rest /= 10)
            n++;
    return n;
}

void jsonw_double(struct jsonw *w, double v)
{
    char text[40];

    if (!isfinite(v)) {
        jsonw_null(w);
        return;
    }
    before(w);
    for (int digits = whole_digits(v); digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);
        if (!(strtod(text, NULL) < v) && !(strtod(text, NULL) > v))
            break;
    }
    buf_str(w->out, text);
    w->comma = true;
}

void jsonw_bool(struct jsonw *w, bool v)
{
    before(w);
    buf_str(w->out, v ? "true" : "false");
    w->comma = true;
}

void jsonw_null(struct jsonw *w)
{
    before(w);
    buf_str(w->out, "null");
    w->comma = true;
}

void jsonw_string(struct jsonw *w, const char *s)
{
    jsonw_text(w, str_of(s));
}

static void escaped(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_char(out, '\\');
        buf_char(out, (char)c);
        return;
    case '\n':
        buf_str(out, "\\n");
        return;
    case '\r':
        buf_str(out, "\\r");
        return;
    case '\t':
        buf_str(out, "\\t");
        return;
    default:
        buf_printf(out, "\\u%04x", c);
    }
}

void jsonw_text(struct jsonw *w, struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n, *plain = p;

    before(w);
    buf_char(w->out, '"');
    while (p < end) {
        size_t n = utf8_length(p, (size_t)(end - p));
        bool c1 = n == 2 && *p == 0xC2 && p[1] < 0xA0;

        if (n && !c1 && *p >= 0x20 && *p != '"' && *p != '\\' && *p != 0x7F) {
            p += n;
            continue;
        }
        buf_add(w->out, plain, (size_t)(p - plain));
        if (n)
            escaped(w->out, p[c1]);
        else
            buf_str(w->out, "\xEF\xBF\xBD");
        plain = p += 1 + c1;
    }
    buf_add(w->out, plain, (size_t)(p - plain));
    buf_char(w->out, '"');
    w->comma = true;
}

void jsonw_raw(struct jsonw *w, struct str json)
{
    before(w);
    buf_add(w->out, json.p, json.n);
    w->comma = true;
}
