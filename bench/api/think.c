#include "api/think.h"

static int hex(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* The next UTF-16 unit, or byte, of a raw string that the scanner has found good. */
static int next_unit(struct str *raw)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *p = raw->p, *at;
    size_t n = *p != '\\' ? 1 : p[1] == 'u' ? 6 : 2;

    raw->p += n;
    raw->n -= n;
    if (n == 1)
        return (unsigned char)*p;
    if (n == 6)
        return hex(p[2]) << 12 | hex(p[3]) << 8 | hex(p[4]) << 4 | hex(p[5]);
    at = strchr(from, p[1]);
    return at ? to[at - from] : p[1];
}

static void inside(struct think *t, int c)
{
    static const char tag[] = "</think>";

    t->tag = (uint8_t)(c == tag[t->tag] ? t->tag + 1 : c == '<');
    if (!tag[t->tag]) {
        t->inside = false;
        t->tag = 0;
    }
}

/* Before any text: false where this is some. */
static bool outside(struct think *t, int c, ns_t at)
{
    static const char tag[] = "<think>";

    if (!t->tag) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            return true;
        t->since = at;
    }
    if (c != tag[t->tag])
        return false;
    if (!tag[++t->tag]) {
        t->inside = t->reasoned = true;
        t->began = t->since;
        t->tag = 0;
    }
    return true;
}

static ns_t text_since(struct think *t, ns_t at)
{
    t->text = true;
    t->tag = 0;
    return at;
}

ns_t think_shows(struct think *t, struct str raw, ns_t at)
{
    if (t->text)
        return at;
    while (raw.n) {
        int c = next_unit(&raw);

        if (t->inside)
            inside(t, c);
        else if (!outside(t, c, at))
            return text_since(t, t->since);
    }
    return NS_ABSENT;
}

ns_t think_end(struct think *t)
{
    return t->tag && !t->inside ? text_since(t, t->since) : NS_ABSENT;
}
