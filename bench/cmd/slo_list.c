#include "cmd/slo_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_FILE = 1 << 20 };

void slo_list_free(struct slo_list *l)
{
    free(l->p);
    arena_free(&l->arena);
}

static int take_one(struct slo_list *l, struct str text, bool relative, struct err *err)
{
    struct slo slo;

    if (slo_parse(&slo, text, &l->arena, err))
        return -1;
    if (slo.relative && !relative)
        return err_set(
            err, ERR_PARSE,
            "\"%s\" allows a worsening, which is for `compare`; expected a bound, "
            "as \"ttft p95 < 400ms\"",
            slo.text);
    if (!slo.relative && relative && !(slo.is_rate && rates[slo.rate].proportion))
        return err_set(err, ERR_PARSE,
                       "\"%s\" is an objective, which is for `check`; expected an allowed "
                       "worsening, as \"ttft p95 +20%%\"",
                       slo.text);
    l->p = mem_grow(l->p, l->n, &l->cap, sizeof(*l->p));
    l->p[l->n++] = slo;
    return 0;
}

/* What of a line is an objective: n = 0 where nothing is. */
static struct str meat(const char *line, size_t n)
{
    const char *comment = memchr(line, '#', n);
    struct str s = str_trim((struct str){ line, comment ? (size_t)(comment - line) : n });

    if (str_starts(s, "- "))
        s = str_trim((struct str){ s.p + 2, s.n - 2 });
    if (s.n >= 2 && (*s.p == '"' || *s.p == '\'') && s.p[s.n - 1] == *s.p)
        s = (struct str){ s.p + 1, s.n - 2 };
    if (s.n && s.p[s.n - 1] == ':')
        s.n = 0;
    return s;
}

static int take_lines(struct slo_list *l, const char *path, const char *p, size_t n,
                      bool relative, struct err *err)
{
    size_t before = l->n;

    for (size_t at = 0, line = 1; at < n; line++) {
        const char *end = memchr(p + at, '\n', n - at);
        size_t len = end ? (size_t)(end - p) - at : n - at;
        struct str s = meat(p + at, len);

        if (s.n && take_one(l, s, relative, err))
            return err_at(err, "%s:%zu", path, line);
        at += len + 1;
    }
    return l->n > before ? 0 : err_set(err, ERR_PARSE, "%s names no objective", path);
}

static int take_file(struct slo_list *l, const char *path, bool relative, struct err *err)
{
    FILE *f = fopen(path, "re");
    char *text;
    size_t n;
    int rc;

    if (!f)
        return err_set(err, ERR_IO, "%s is neither an objective nor a file: %s", path,
                       strerror(errno));
    text = mem_alloc(MAX_FILE + 1);
    n = fread(text, 1, MAX_FILE + 1, f);
    if (ferror(f))
        rc = err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    else if (n > MAX_FILE)
        rc = err_set(err, ERR_LIMIT, "%s is longer than 1 MiB: is it a list of objectives?",
                     path);
    else
        rc = take_lines(l, path, text, n, relative, err);
    fclose(f);
    free(text);
    return rc;
}

/* Every objective has a space or an operator in it; a path that has, is written ./path. */
static bool is_written_out(const char *arg)
{
    return *arg != '/' && *arg != '.' && strpbrk(arg, " <>=+[(");
}

int slo_list_take(struct slo_list *l, const char *arg, bool relative, struct err *err)
{
    if (!*arg)
        return err_set(err, ERR_USAGE, "an objective is missing, as '%s'",
                       relative ? "ttft p95 +20%" : "ttft p95 < 400ms");
    return is_written_out(arg) ? take_one(l, str_of(arg), relative, err)
                               : take_file(l, arg, relative, err);
}
