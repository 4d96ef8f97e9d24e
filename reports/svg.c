#include "reports/svg.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/tame.h"
#include "base/utf8.h"
#include "reports/palette.h"

/* --- text ---------------------------------------------------------------------------- */

static void put_char(struct buf *out, const char *p, size_t n)
{
    if (*p == '&')
        buf_str(out, "&amp;");
    else if (*p == '<')
        buf_str(out, "&lt;");
    else if (*p == '>')
        buf_str(out, "&gt;");
    else if (*p == '"')
        buf_str(out, "&quot;");
    else if (*p == '\'')
        buf_str(out, "&#39;");
    else
        buf_add(out, p, n);
}

void markup_put(struct buf *out, const char *text)
{
    size_t left = strlen(text);
    char *copy = mem_strdup(text);

    tame(copy, left, false);
    for (const char *p = copy; left;) {
        size_t n = utf8_length((const unsigned char *)p, left);

        if (n)
            put_char(out, p, n);
        else
            buf_str(out, "\xEF\xBF\xBD");
        n = n ? n : 1;
        p += n;
        left -= n;
    }
    free(copy);
}

/* --- elements ------------------------------------------------------------------------ */

static const char *const elements[] = { "g",    "path",    "text",     "tspan",
                                        "use",  "circle",  "polyline", "rect",
                                        "defs", "polygon", "line" };

static const char *const attributes[] = {
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "color",
    "d",
    "points",
    "transform",
    "font-size",
    "font-weight",
    "font-style",
    "text-anchor",
    "x",
    "y",
    "width",
    "height",
    "cx",
    "cy",
    "r",
    "shape-rendering",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "xml:space",
    "id",
    "xlink:href",
};

static bool among(struct str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(s, list[i]))
            return true;
    return false;
}

#define AMONG(s, list) among(s, list, sizeof(list) / sizeof((list)[0]))

/* rgb(  0, 114, 178) -> #0072b2, black -> ink. */
static void put_value(struct buf *out, struct str v)
{
    char text[32] = "";
    unsigned r, g, b;

    if (v.n < sizeof(text))
        memcpy(text, v.p, v.n);
    if (sscanf(text, "rgb( %u, %u, %u)", &r, &g, &b) == 3)
        buf_printf(out, "#%02x%02x%02x", r & 255, g & 255, b & 255);
    else if (str_is(v, "black"))
        buf_str(out, "#1f2328");
    else
        for (size_t i = 0; i < v.n; i++)
            if (!strchr("<>&\"'", v.p[i]))
                buf_char(out, v.p[i]);
}

static void put_attribute(struct buf *out, struct str name, struct str value,
                          const char *prefix)
{
    value = str_trim(value);
    if (str_is(name, "id")) {
        buf_printf(out, " id=\"%s-%.*s\"", prefix, (int)value.n, value.p);
    } else if (str_is(name, "xlink:href")) {
        if (value.n && *value.p == '#')
            buf_printf(out, " href=\"#%s-%.*s\"", prefix, (int)value.n - 1, value.p + 1);
    } else if (AMONG(name, attributes)) {
        buf_printf(out, " %.*s=\"", (int)name.n, name.p);
        put_value(out, value);
        buf_char(out, '"');
    }
}

/* The inside of a tag behind its name: name = 'value' again and again. */
static void put_attributes(struct buf *out, const char *p, const char *end,
                           const char *prefix)
{
    while (p < end) {
        struct str name, value;
        char quote;

        while (p < end && (isspace((unsigned char)*p) || *p == '/'))
            p++;
        name.p = p;
        while (p < end && *p != '=' && !isspace((unsigned char)*p))
            p++;
        name.n = (size_t)(p - name.p);
        while (p < end && *p != '"' && *p != '\'')
            p++;
        if (p >= end)
            return;
        quote = *p++;
        value.p = p;
        while (p < end && *p != quote)
            p++;
        value.n = (size_t)(p - value.p);
        p++;
        put_attribute(out, name, value, prefix);
    }
}

static struct str tag_name(const char *p, const char *end)
{
    struct str s = { p, 0 };

    while (p + s.n < end && (isalnum((unsigned char)p[s.n]) || p[s.n] == ':'))
        s.n++;
    return s;
}

/* Groups of gnuplot's that hold nothing. */
static void drop_empty(struct buf *out, size_t opened)
{
    out->len = opened;
    out->p[out->len] = '\0';
}

enum { MAX_DEPTH = 32 };

struct walk {
    struct buf *out;
    const char *prefix;
    bool in_text;
    size_t opened[MAX_DEPTH]; /* where the open groups began, and where their insides did */
    size_t inside[MAX_DEPTH];
    size_t depth;
};

static void put_end(struct walk *w, struct str name)
{
    bool group = str_is(name, "g") || str_is(name, "defs");

    if (str_is(name, "text"))
        w->in_text = false;
    if (group && w->depth)
        w->depth--;
    if (group && w->depth < MAX_DEPTH && w->out->len == w->inside[w->depth])
        drop_empty(w->out, w->opened[w->depth]);
    else
        buf_printf(w->out, "</%.*s>", (int)name.n, name.p);
}

static void put_start(struct walk *w, struct str name, const char *end, bool closed)
{
    size_t at = w->out->len;

    buf_printf(w->out, "<%.*s", (int)name.n, name.p);
    put_attributes(w->out, name.p + name.n, end, w->prefix);
    buf_str(w->out, closed ? "/>" : ">");
    if (closed)
        return;
    if (str_is(name, "text"))
        w->in_text = true;
    if (!str_is(name, "g") && !str_is(name, "defs"))
        return;
    if (w->depth < MAX_DEPTH) {
        w->opened[w->depth] = at;
        w->inside[w->depth] = w->out->len;
    }
    w->depth++;
}

/* Past the end tag of an element that is left out with all that it holds. */
static const char *skip(const char *p, struct str name)
{
    char want[32];
    const char *end;

    snprintf(want, sizeof(want), "</%.*s>", (int)(name.n < 20 ? name.n : 20), name.p);
    end = strstr(p, want);
    return end ? end + strlen(want) : p;
}

static void put_elements(struct walk *w, const char *p)
{
    for (;;) {
        const char *open = strchr(p, '<'), *end = open ? strchr(open, '>') : NULL;
        struct str name;
        bool closing;

        if (!end)
            return;
        if (w->in_text) /* gnuplot escapes it; elsewhere it is the white of layout */
            buf_add(w->out, p, (size_t)(open - p));
        closing = open[1] == '/';
        name = tag_name(open + 1 + closing, end);
        p = end + 1;
        if (str_is(name, "svg") && closing)
            return;
        if (!AMONG(name, elements))
            p = closing || end[-1] == '/' ? p : skip(p, name);
        else if (closing)
            put_end(w, name);
        else
            put_start(w, name, end, end[-1] == '/');
    }
}

/* "0 0 560 350" */
static void put_box(struct buf *out, const char *raw)
{
    const char *box = strstr(raw, "viewBox=");
    double w = 560, h = 350;

    if (box)
        sscanf(box + 9, "0 0 %lf %lf", &w, &h);
    buf_printf(out, " viewBox=\"0 0 %g %g\"", w, h);
}

void svg_put(struct buf *out, const struct buf *raw, const char *prefix, const char *title,
             bool alone)
{
    struct walk w = { .out = out, .prefix = prefix };
    const char *start = raw->len ? strstr(raw->p, "<svg") : NULL;

    if (!start || !(start = strchr(start, '>')))
        return;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
               "aria-labelledby=\"%s-title\" font-family=\"system-ui, sans-serif\"",
               prefix);
    put_box(out, raw->p);
    buf_printf(out, "><title id=\"%s-title\">", prefix);
    markup_put(out, title);
    buf_str(out, "</title>");
    if (alone) {
        buf_str(out, "<style>@media (prefers-color-scheme: dark){svg{background:#14181f}");
        palette_put_dark(out);
        buf_str(out, "}</style>");
    }
    put_elements(&w, start + 1);
    buf_str(out, "</svg>\n");
}
