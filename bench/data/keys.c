#include "data/keys.h"

#include <stdarg.h>
#include <stdio.h>

#include "data/nearest.h"

enum { LONGEST_PATH = 128 };

const char *key_leaf(const struct key *k)
{
    const char *dot = strrchr(k->path, '.');

    return dot ? dot + 1 : k->path;
}

const struct key *keys_find(const struct key *keys, size_t n, struct str path)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(path, keys[i].path))
            return &keys[i];
    return NULL;
}

static bool is_below(const char *path, struct str section)
{
    return strlen(path) > section.n && !memcmp(path, section.p, section.n) &&
           path[section.n] == '.';
}

bool keys_is_section(const struct key *keys, size_t n, struct str path)
{
    for (size_t i = 0; i < n; i++)
        if (is_below(keys[i].path, path))
            return true;
    return false;
}

/* What stands behind "load[]." or "workload.input_tokens.*." in a path, else all of it. */
static const char *in_part(const char *path)
{
    const char *end = NULL;

    for (const char *p = path; *p; p++)
        if (*p == '.' && p > path && (p[-1] == ']' || p[-1] == '*'))
            end = p + 1;
    return end ? end : path;
}

static void put_name(const struct keys_reader *r, const struct key *k, char *name,
                     size_t size)
{
    if (r->path && *r->path)
        snprintf(name, size, "%s.%s", r->path, in_part(k->path));
    else
        snprintf(name, size, "%s", k->path);
}

int keys_fail(struct keys_reader *r, const struct key *k, const struct node *n)
{
    char name[LONGEST_PATH];

    put_name(r, k, name, sizeof(name));
    err_at(r->err, "%s", name);
    return node_err_at(r->err, n->mark);
}

int keys_wrong(struct keys_reader *r, const struct key *k, const struct node *n,
               const char *fmt, ...)
{
    va_list ap;

    r->err->code = ERR_PARSE;
    va_start(ap, fmt);
    vsnprintf(r->err->msg, sizeof(r->err->msg), fmt, ap);
    va_end(ap);
    return keys_fail(r, k, n);
}

int keys_want(struct keys_reader *r, const struct key *k, const struct node *n,
              enum node_kind kind)
{
    if (n->kind == kind)
        return 0;
    return keys_wrong(r, k, n, "is %s; expected %s", node_kinds[n->kind],
                      k->type->expected);
}

/* Does the row belong to the part with this prefix, and not to one within it? */
static bool in_prefix(const struct key *k, const char *prefix)
{
    size_t n = strlen(prefix);

    return !strncmp(k->path, prefix, n) && !strpbrk(k->path + n, "[*");
}

/* Names that can stand where the unknown one does: "timeout.total" below "" is "timeout".
 */
static const char *sibling(struct keys_reader *r, const struct key *k, const char *prefix)
{
    size_t n = strlen(prefix);
    size_t end;

    if (strncmp(k->path, prefix, n))
        return NULL;
    end = n + strcspn(k->path + n, ".[");
    return k->path[n] == '*' ? NULL : arena_strndup(r->arena, k->path + n, end - n);
}

static void add(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct err *err, const char *fmt, ...)
{
    size_t used = strlen(err->msg);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(err->msg + used, sizeof(err->msg) - used, fmt, ap);
    va_end(ap);
}

static void add_expected(struct keys_reader *r, const char *prefix)
{
    const char *last = "";

    add(r->err, "; expected one of");
    for (size_t i = 0; i < r->n_keys; i++) {
        const char *name = sibling(r, &r->keys[i], prefix);

        if (!name || !strcmp(name, last))
            continue;
        add(r->err, "%s %s", *last ? "," : "", name);
        last = name;
    }
}

static int unknown(struct keys_reader *r, const struct member *m, const char *prefix)
{
    struct nearest near = nearest_to(str_of(m->key));
    const struct key *rest = NULL;
    const struct key *elsewhere = NULL;

    for (size_t i = 0; i < r->n_keys; i++) {
        const struct key *k = &r->keys[i];
        const char *name = sibling(r, k, prefix);

        if (name)
            nearest_try(&near, name);
        if (name && k->flags & KEY_REST && !strcmp(name, key_leaf(k)))
            rest = k;
        if (!elsewhere && !strcmp(key_leaf(k), m->key))
            elsewhere = k;
    }
    err_set(r->err, ERR_PARSE, "unknown key \"%.80s\"", m->key);
    if (near.best)
        nearest_hint(&near, r->err);
    else if (elsewhere)
        add(r->err, "; did you mean \"%s\"?", elsewhere->path);
    else
        add_expected(r, prefix);
    if (rest && !near.best)
        add(r->err, "; other fields go into %s", rest->path);
    return node_err_at(r->err, m->mark);
}

static int read_value(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *base)
{
    if (node_is_null(n) && k->type != &key_tree)
        return keys_wrong(r, k, n, "has no value; expected %s", k->type->expected);
    if (k->type->read(r, k, n, (char *)base + k->offset))
        return -1;
    r->seen[k - r->keys] = n;
    return 0;
}

static int no_section(struct keys_reader *r, const struct node *n, const char *path)
{
    const char *first = "";

    for (size_t i = 0; i < r->n_keys && !*first; i++)
        if (is_below(r->keys[i].path, str_of(path)))
            first = r->keys[i].path + strlen(path) + 1;
    return node_err(r->err, n->mark, "%s is %s; expected a mapping of keys, as { %s: ... }",
                    path, node_is_null(n) ? "empty" : node_kinds[n->kind], first);
}

static int read_members(struct keys_reader *r, const struct node *map, const char *prefix,
                        void *base)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct member *m = &map->members[i];
        char path[LONGEST_PATH];
        const struct key *k;
        size_t n;

        snprintf(path, sizeof(path), "%s%.64s", prefix, m->key);
        n = strlen(path);
        k = keys_find(r->keys, r->n_keys, (struct str){ path, n });
        if (strpbrk(m->key, ".[*") ||
            (!k && !keys_is_section(r->keys, r->n_keys, (struct str){ path, n })))
            return unknown(r, m, prefix);
        if (k) {
            if (read_value(r, k, m->value, base))
                return -1;
            continue;
        }
        if (m->value->kind != NODE_MAP)
            return no_section(r, m->value, path);
        snprintf(path + n, sizeof(path) - n, ".");
        if (read_members(r, m->value, path, base))
            return -1;
    }
    return 0;
}

static int read_absent(struct keys_reader *r, const struct node *map, const struct key *k,
                       void *base)
{
    char name[LONGEST_PATH];
    const struct node *n;

    if (k->flags & KEY_MUST) {
        put_name(r, k, name, sizeof(name));
        return node_err(r->err, map->mark, "%s is missing; expected %s", name,
                        k->type->expected);
    }
    if (!k->fallback)
        return 0;
    n = node_scalar(r->arena, (struct mark){ "default", 0, 0 }, k->fallback);
    return k->type->read(r, k, n, (char *)base + k->offset);
}

int keys_read(struct keys_reader *r, const struct node *map, const char *prefix, void *base)
{
    r->seen = arena_alloc(r->arena, r->n_keys * sizeof(*r->seen));
    if (map->kind != NODE_MAP)
        return node_err(r->err, map->mark, "this is %s; expected a mapping of keys",
                        node_kinds[map->kind]);
    if (read_members(r, map, prefix, base))
        return -1;
    for (size_t i = 0; i < r->n_keys; i++)
        if (in_prefix(&r->keys[i], prefix) && !r->seen[i] &&
            read_absent(r, map, &r->keys[i], base))
            return -1;
    return 0;
}
