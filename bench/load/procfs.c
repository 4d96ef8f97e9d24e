#include "load/procfs.h"

#include <string.h>

#include "base/str.h"

/* The line of the text that begins with `name` and a space, from behind that; NULL: none.
 */
static const char *line_of(const char *text, const char *name)
{
    size_t n = strlen(name);

    for (const char *line = text; *line;) {
        const char *end = strchr(line, '\n');

        if (!strncmp(line, name, n) && line[n] == ' ')
            return line + n;
        if (!end)
            return NULL;
        line = end + 1;
    }
    return NULL;
}

/* The next word of a line; n = 0 where there is none left. */
static struct str word(const char **at)
{
    struct str w;

    *at += strspn(*at, " \t");
    w = (struct str){ *at, strcspn(*at, " \t\n") };
    *at += w.n;
    return w;
}

/* A word that the end of the text cuts may be a part of one. */
static bool number(struct str w, uint64_t *v)
{
    uint64_t sum = 0;

    if (!w.n || w.n > 19 || !w.p[w.n])
        return false;
    for (size_t i = 0; i < w.n; i++) {
        if (w.p[i] < '0' || w.p[i] > '9')
            return false;
        sum = sum * 10 + (uint64_t)(w.p[i] - '0');
    }
    *v = sum;
    return true;
}

bool procfs_field(const char *text, const char *name, unsigned n, uint64_t *v)
{
    const char *at = line_of(text, name);
    struct str w = { "", 0 };

    if (!at)
        return false;
    for (unsigned i = 0; i < n; i++)
        w = word(&at);
    return number(w, v);
}

bool procfs_table(const char *text, const char *table, const char *name, uint64_t *v)
{
    const char *names = line_of(text, table), *values, *end;

    end = names ? strchr(names, '\n') : NULL;
    values = end ? line_of(end + 1, table) : NULL;
    if (!values)
        return false;
    for (;;) {
        struct str n = word(&names), one = word(&values);

        if (!n.n || !one.n)
            return false;
        if (str_is(n, name))
            return number(one, v);
    }
}

/* Is `cpu` among these controllers: "cpuacct,cpu"? */
static bool governs_cpu(struct str list)
{
    for (size_t i = 0; i < list.n;) {
        size_t n = 0;

        while (i + n < list.n && list.p[i + n] != ',')
            n++;
        if (str_is((struct str){ list.p + i, n }, "cpu"))
            return true;
        i += n + 1;
    }
    return false;
}

/* ID:CONTROLLERS:PATH; version 2 has no controllers there. */
bool procfs_cgroup(const char *text, struct buf *path)
{
    struct str second = { NULL, 0 };

    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        const char *a = memchr(line, ':', n);
        const char *b = a ? memchr(a + 1, ':', n - (size_t)(a + 1 - line)) : NULL;

        if (b && line[n]) {
            struct str of = { a + 1, (size_t)(b - a - 1) };
            struct str where = { b + 1, n - (size_t)(b + 1 - line) };

            if (governs_cpu(of)) {
                buf_str(path, "/sys/fs/cgroup/");
                buf_add(path, of.p, of.n);
                buf_add(path, where.p, where.n);
                return true;
            }
            if (!of.n)
                second = where;
        }
        line += n + (line[n] == '\n');
    }
    if (!second.p)
        return false;
    buf_str(path, "/sys/fs/cgroup");
    buf_add(path, second.p, second.n);
    return true;
}
