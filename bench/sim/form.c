#include "sim/form.h"

#include <strings.h>

enum { BOUNDARY_MAX = 70 };

static struct str trim(struct str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Up to the mark, which is taken off as well; all of it where there is none. */
static struct str take(struct str *s, const char *mark, size_t n)
{
    const char *at = s->n ? memmem(s->p, s->n, mark, n) : NULL;
    struct str before = { s->p, at ? (size_t)(at - s->p) : s->n };

    s->p += before.n + (at ? n : 0);
    s->n -= before.n + (at ? n : 0);
    return before;
}

/* The value of `; NAME=VALUE` or `; NAME="VALUE"`; {NULL, 0} where there is none. */
static struct str param(struct str header, const char *name)
{
    size_t n = strlen(name);

    take(&header, ";", 1);
    while (header.n) {
        struct str key = trim(take(&header, "=", 1));
        bool quoted = header.n && *header.p == '"';
        struct str value;

        if (quoted) {
            header.p++, header.n--;
            value = take(&header, "\"", 1);
            take(&header, ";", 1);
        } else {
            value = trim(take(&header, ";", 1));
        }
        if (key.n == n && !strncasecmp(key.p, name, n))
            return value;
    }
    return (struct str){ NULL, 0 };
}

int form_open(struct form *f, struct str content_type, struct str body)
{
    static const char type[] = "multipart/form-data";
    struct str boundary = param(content_type, "boundary");

    *f = (struct form){ .rest = body };
    if (content_type.n < sizeof(type) - 1 ||
        strncasecmp(content_type.p, type, sizeof(type) - 1) != 0 || !boundary.n ||
        boundary.n > BOUNDARY_MAX)
        return -1;
    memcpy(f->boundary, "\r\n--", 4);
    memcpy(f->boundary + 4, boundary.p, boundary.n);
    f->boundary_len = boundary.n + 4;
    if (body.n < boundary.n + 2 || memcmp(body.p, f->boundary + 2, boundary.n + 2) != 0)
        return -1;
    f->rest.p += boundary.n + 2;
    f->rest.n -= boundary.n + 2;
    return 0;
}

static void header(struct form_part *part, struct str line)
{
    struct str name = trim(take(&line, ":", 1));

    if (name.n == 19 && !strncasecmp(name.p, "content-disposition", 19)) {
        part->name = param(line, "name");
        part->file = param(line, "filename");
    } else if (name.n == 12 && !strncasecmp(name.p, "content-type", 12)) {
        part->type = trim(line);
    }
}

/* Behind a boundary: "--" ends the form, a line end begins a part. */
bool form_next(struct form *f, struct form_part *part)
{
    struct str line;

    if (f->bad || (f->rest.n >= 2 && !memcmp(f->rest.p, "--", 2)))
        return false;
    *part = (struct form_part){ .type = { "", 0 } };
    f->bad = f->rest.n < 2 || memcmp(f->rest.p, "\r\n", 2) != 0;
    if (f->bad)
        return false;
    take(&f->rest, "\r\n", 2);
    while ((line = take(&f->rest, "\r\n", 2)).n)
        header(part, line);
    f->bad = !part->name.p || !f->rest.n ||
             !memmem(f->rest.p, f->rest.n, f->boundary, f->boundary_len);
    if (f->bad)
        return false;
    part->value = take(&f->rest, f->boundary, f->boundary_len);
    return true;
}
