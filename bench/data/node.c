#include "data/node.h"

#include <stdarg.h>
#include <stdio.h>

const char *const node_kinds[] = { "a value", "a list", "a mapping" };

struct node *node_scalar(struct arena *a, struct mark mark, const char *text)
{
    struct node *n = node_text(a, mark, text);

    n->plain = true;
    return n;
}

struct node *node_text(struct arena *a, struct mark mark, const char *text)
{
    struct node *n = arena_alloc(a, sizeof(*n));

    *n = (struct node){ NODE_SCALAR, mark, str_of(text), .weight = 1 };
    return n;
}

struct node *node_list(struct arena *a, struct mark mark, const struct node *const *items,
                       size_t n)
{
    struct node *list = arena_alloc(a, sizeof(*list));

    *list = (struct node){ NODE_LIST, mark, .items = items, .n = n, .weight = 1 };
    for (size_t i = 0; i < n; i++)
        list->weight += items[i]->weight;
    return list;
}

struct node *node_map(struct arena *a, struct mark mark)
{
    struct node *map = arena_alloc(a, sizeof(*map));

    *map = (struct node){ NODE_MAP, mark, .weight = 1 };
    return map;
}

const struct member *node_member(const struct node *map, struct str key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (str_is(key, map->members[i].key))
            return &map->members[i];
    return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
    const struct member *m = node_member(map, str_of(key));

    return m ? m->value : NULL;
}

struct node *node_with(struct arena *a, const struct node *map, const char *key,
                       struct mark mark, const struct node *value)
{
    struct member *members = arena_alloc(a, (map->n + 1) * sizeof(*members));
    struct node *copy = node_map(a, map->mark);
    bool found = false;
    size_t n = 0;

    for (size_t i = 0; i < map->n; i++) {
        struct member m = map->members[i];

        if (!strcmp(m.key, key)) {
            found = true;
            m.mark = mark;
            m.value = value;
        }
        if (m.value)
            members[n++] = m;
    }
    if (!found && value)
        members[n++] = (struct member){ key, mark, value };
    copy->members = members;
    copy->n = n;
    for (size_t i = 0; i < n; i++)
        copy->weight += members[i].value->weight;
    return copy;
}

struct node *node_with_item(struct arena *a, const struct node *list, size_t i,
                            const struct node *value)
{
    const struct node **items = arena_alloc(a, list->n * sizeof(const struct node *));

    memcpy(items, list->items, list->n * sizeof(const struct node *));
    items[i] = value;
    return node_list(a, list->mark, items, list->n);
}

char *node_place(struct arena *a, struct mark mark)
{
    return mark.line ? arena_printf(a, "%s:%u:%u", mark.file, mark.line, mark.column)
                     : arena_strdup(a, mark.file);
}

int node_err_at(struct err *err, struct mark mark)
{
    int rc = mark.line ? err_at(err, "%s:%u:%u", mark.file, mark.line, mark.column)
                       : err_at(err, "%s", mark.file);

    for (char *p = err->msg; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return rc;
}

int node_err(struct err *err, struct mark mark, const char *fmt, ...)
{
    va_list ap;

    err->code = ERR_PARSE;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    return node_err_at(err, mark);
}
