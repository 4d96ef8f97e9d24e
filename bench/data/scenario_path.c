#include <stdio.h>

#include "data/nearest.h"
#include "data/scenario_draft.h"

enum { LONGEST_PATH = 160 };

static struct str first_part(const char *path)
{
    return (struct str){ path, strcspn(path, ".") };
}

static const char *behind(const char *path, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(path, prefix, n) ? NULL : path + n;
}

static const struct key *row(const char *path)
{
    return keys_find(scenario_keys, n_scenario_keys, str_of(path));
}

/* "workload.input_tokens.lognormal.mean" is the row "workload.input_tokens.*.mean". */
static const struct key *row_of_kind(const char *path)
{
    static const char *const kinds[] = { "workload.input_tokens.", "load[].arrival." };
    char starred[LONGEST_PATH];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *rest = behind(path, kinds[i]);
        const char *param = rest ? strchr(rest, '.') : NULL;

        if (!param)
            continue;
        snprintf(starred, sizeof(starred), "%s*%s", kinds[i], param);
        return row(starred);
    }
    return row(path);
}

const struct key *path_key(const char *path)
{
    const char *rest = behind(path, "load.");
    const struct key *k;
    char phase[LONGEST_PATH];

    if (behind(path, "request.body."))
        return row("request.body");
    if (behind(path, "matrix."))
        return row("matrix");
    if (!rest)
        return row_of_kind(path);
    snprintf(phase, sizeof(phase), "load[].%s", rest);
    k = row_of_kind(phase);
    rest = strchr(rest, '.');
    if (k || !rest)
        return k;
    snprintf(phase, sizeof(phase), "load[]%s", rest);
    return row_of_kind(phase);
}

static int no_such_path(struct keys_reader *r, const char *path, struct mark mark)
{
    const char *leaf = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
    const char *row_like =
        behind(path, "load.") ? arena_printf(r->arena, "load[].%s", leaf) : path;
    struct nearest near = nearest_to(str_of(row_like));
    const char *same = NULL;

    for (size_t i = 0; i < r->n_keys; i++) {
        nearest_try(&near, r->keys[i].path);
        if (!same && !strcmp(key_leaf(&r->keys[i]), leaf))
            same = r->keys[i].path;
    }
    if (!near.best)
        near.best = same;
    err_set(r->err, ERR_PARSE, "unknown key \"%.100s\"", path);
    nearest_hint(&near, r->err);
    return node_err_at(r->err, mark);
}

/* Set along a path through maps; what is no map on the way becomes one. */
static const struct node *set_in_map(struct arena *a, const struct node *node,
                                     const char *path, struct mark mark,
                                     const struct node *value, bool whole)
{
    struct str part = whole ? str_of(path) : first_part(path);
    const char *key = arena_strndup(a, part.p, part.n);

    if (!node || node->kind != NODE_MAP)
        node = node_map(a, mark);
    if (path[part.n])
        value = set_in_map(a, node_get(node, key), path + part.n + 1, mark, value,
                           !strcmp(key, "matrix"));
    return node_with(a, node, key, mark, value);
}

static int no_such_phase(struct keys_reader *r, const struct node *load, struct str name,
                         struct mark mark)
{
    struct nearest near = nearest_to(name);
    size_t n = !load ? 0 : load->kind == NODE_LIST ? load->n : 1;
    char list[200] = "";
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        const char *phase = phase_name(r->arena, load, i);
        int put = snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", phase);

        used += (size_t)put < sizeof(list) - used ? (size_t)put : 0;
        nearest_try(&near, phase);
    }
    if (keys_find(scenario_keys, n_scenario_keys,
                  str_of(arena_printf(r->arena, "load[].%.*s", (int)name.n, name.p))))
        err_set(r->err, ERR_PARSE,
                "there are several phases; expected load.PHASE.%.*s, the phase one of %s",
                (int)name.n, name.p, list);
    else
        err_set(r->err, ERR_PARSE, "no phase \"%.*s\"; expected one of %s",
                (int)(name.n < 60 ? name.n : 60), name.p, n ? list : "those under load");
    nearest_hint(&near, r->err);
    return node_err_at(r->err, mark);
}

static bool is_of_phase(struct str part, struct arena *a)
{
    struct str path = str_of(arena_printf(a, "load[].%.*s", (int)part.n, part.p));

    return keys_find(scenario_keys, n_scenario_keys, path) ||
           keys_is_section(scenario_keys, n_scenario_keys, path);
}

/* Which phase a path behind "load." means, and what of it: "steady.rate", or "rate" alone.
 */
static int find_phase(const struct node *load, struct arena *a, const char **rest,
                      size_t *i)
{
    struct str part = first_part(*rest);
    size_t n = load->kind == NODE_LIST ? load->n : 1;

    for (*i = 0; *i < n; (*i)++)
        if ((*rest)[part.n] && str_is(part, phase_name(a, load, *i))) {
            *rest += part.n + 1;
            return 0;
        }
    *i = 0;
    return n == 1 && path_key(arena_printf(a, "load.%s", *rest)) && is_of_phase(part, a)
               ? 0
               : -1;
}

static int set_in_load(const struct node **root, struct keys_reader *r, const char *rest,
                       struct mark mark, const struct node *value)
{
    const struct node *load = node_get(*root, "load");
    struct str part = first_part(rest);
    const struct node *phase;
    size_t i;

    if (!load || load->kind == NODE_SCALAR)
        load = node_map(r->arena, mark);
    if (find_phase(load, r->arena, &rest, &i))
        return no_such_phase(r, node_get(*root, "load"), part, mark);
    phase = set_in_map(r->arena, load->kind == NODE_LIST ? load->items[i] : load, rest,
                       mark, value, false);
    if (load->kind == NODE_LIST)
        phase = node_with_item(r->arena, load, i, phase);
    *root = node_with(r->arena, *root, "load", load->mark, phase);
    return 0;
}

int path_set(const struct node **root, struct keys_reader *r, const char *path,
             struct mark mark, const struct node *value)
{
    const char *rest = behind(path, "load.");

    if (strlen(path) >= LONGEST_PATH - 8 ||
        (!path_key(path) && !keys_is_section(r->keys, r->n_keys, str_of(path))))
        return no_such_path(r, path, mark);
    if (rest)
        return set_in_load(root, r, rest, mark, value);
    *root = set_in_map(r->arena, *root, path, mark, value, false);
    return 0;
}

int path_of_matrix(struct keys_reader *r, const struct member *m, const char **path)
{
    static const char *const aliases[] = { "model", "stream" };
    const struct key *k;

    *path = m->key;
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (!strcmp(m->key, aliases[i]))
            *path = arena_printf(r->arena, "request.%s", m->key);
    k = path_key(*path);
    if (!strchr(*path, '.')) {
        /* The seed of a model is a field of the API as well, and the one that is meant. */
        if (!strcmp(*path, "seed") ||
            (!k && !keys_is_section(r->keys, r->n_keys, str_of(*path)))) {
            *path = arena_printf(r->arena, "request.body.%s", m->key);
            return 0;
        }
        return node_err(
            r->err, m->mark,
            "\"%s\" cannot vary; expected a field of the request, as model, or a "
            "dotted key, as load.steady.rate",
            m->key);
    }
    if (!k)
        return no_such_path(r, *path, m->mark);
    if (k->flags & KEY_RUN)
        return node_err(r->err, m->mark, "\"%s\" is one for the whole run and cannot vary",
                        m->key);
    return 0;
}
