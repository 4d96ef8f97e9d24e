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

static void inside(struct answer *a, int c)
{
    static const char tag[] = "</think>";

    a->tag = (uint8_t)(c == tag[a->tag] ? a->tag + 1 : c == '<');
    if (!tag[a->tag]) {
        a->in_think = false;
        a->tag = 0;
    }
}

/* Before any text: false where this is some. */
static bool outside(struct answer *a, int c, ns_t at)
{
    static const char tag[] = "<think>";

    if (!a->tag) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            return true;
        a->tag_at = at;
    }
    if (c != tag[a->tag])
        return false;
    if (!tag[++a->tag]) {
        a->in_think = a->reasoned = true;
        a->tag = 0;
    }
    return true;
}

static ns_t text_since(struct answer *a, ns_t at)
{
    a->text = true;
    a->tag = 0;
    return at;
}

ns_t think_shows(struct answer *a, struct str raw, ns_t at)
{
    if (a->text)
        return at;
    while (raw.n) {
        int c = next_unit(&raw);

        if (a->in_think)
            inside(a, c);
        else if (!outside(a, c, at))
            return text_since(a, a->tag_at);
    }
    return NS_ABSENT;
}

ns_t think_end(struct answer *a)
{
    return a->tag && !a->in_think ? text_since(a, a->tag_at) : NS_ABSENT;
}
