#include <stdio.h>

#include "data/scenario_draft.h"

/* Set along a dotted path of maps. */
static const struct node *put(struct arena *a, const struct node *map, const char *path,
                              const struct node *value)
{
    const char *key = arena_strndup(a, path, strcspn(path, "."));
    const struct mark none = { "", 0, 0 };

    if (!map)
        map = node_map(a, none);
    if (path[strlen(key)])
        value = put(a, node_get(map, key), path + strlen(key) + 1, value);
    return node_with(a, map, key, none, value);
}

static const struct node *get(const struct node *map, const char *path)
{
    char key[64];
    size_t n = strcspn(path, ".");

    snprintf(key, sizeof(key), "%.*s", (int)n, path);
    map = node_get(map, key);
    return path[n] ? get(map, path + n + 1) : map;
}

static const struct node *scalar(struct arena *a, const char *text)
{
    return node_scalar(a, (struct mark){ "", 0, 0 }, text);
}

/* Files get their whole path, so that the run can be repeated from anywhere. */
static const struct node *placed(struct keys_reader *r, const struct key *k,
                                 const struct node *n)
{
    const struct node **items;
    const char *path;
    struct texts paths;

    if (k->type == &key_file && !k->type->read(r, k, n, &path))
        return node_text(r->arena, n->mark, path);
    if (k->type != &key_files || k->type->read(r, k, n, &paths))
        return n;
    items = arena_alloc(r->arena, (paths.n + 1) * sizeof(const struct node *));
    for (size_t i = 0; i < paths.n; i++)
        items[i] = node_text(r->arena, n->items[i]->mark, paths.p[i]);
    return node_list(r->arena, n->mark, items, paths.n);
}

static const struct node *placed_matrix(struct keys_reader *r, const struct node *matrix)
{
    const struct node *out = matrix;

    for (size_t i = 0; i < matrix->n; i++) {
        const struct member *m = &matrix->members[i];
        const struct node *list = m->value;
        const char *path;

        if (path_of_matrix(r, m, &path))
            continue;
        for (size_t v = 0; v < list->n; v++)
            list = node_with_item(r->arena, list, v,
                                  placed(r, path_key(path), list->items[v]));
        out = node_with(r->arena, out, m->key, m->mark, list);
    }
    return out;
}

/* Keys of a section say nothing in a phase that has none of them. */
static bool in_section(const struct node *phase, const char *leaf)
{
    const char *dot = strchr(leaf, '.');
    char section[64];

    snprintf(section, sizeof(section), "%.*s", dot ? (int)(dot - leaf) : 0, leaf);
    return !dot || node_get(phase, section);
}

static const struct node *write_phase(struct keys_reader *r, const struct node *load,
                                      size_t i)
{
    const struct node *in = load->kind == NODE_LIST ? load->items[i] : load;
    static const char prefix[] = "load[].";
    const struct node *out = NULL;

    for (size_t k = 0; k < r->n_keys; k++) {
        const struct key *key = &r->keys[k];
        const char *leaf = key->path + sizeof(prefix) - 1;
        const struct node *n;

        if (strncmp(key->path, prefix, sizeof(prefix) - 1) || strchr(leaf, '*'))
            continue;
        n = get(in, leaf);
        n = n ? placed(r, key, n) : NULL;
        if (!n && !strcmp(leaf, "name"))
            n = scalar(r->arena, phase_name(r->arena, load, i));
        if (!n && !strcmp(leaf, "arrival") && node_get(in, "rate"))
            n = scalar(r->arena, "poisson");
        if (!n && key->fallback && in_section(in, leaf))
            n = scalar(r->arena, key->fallback);
        if (n)
            out = put(r->arena, out, leaf, n);
    }
    return out;
}

static const struct node *write_load(struct keys_reader *r, const struct node *load)
{
    size_t n = load->kind == NODE_LIST ? load->n : 1;
    const struct node **items = arena_alloc(r->arena, n * sizeof(const struct node *));

    for (size_t i = 0; i < n; i++)
        items[i] = write_phase(r, load, i);
    return node_list(r->arena, load->mark, items, n);
}

/* Defaults that depend on other keys are written where all cells have the same. */
static const struct node *computed(const struct scenario *s, struct arena *a,
                                   const char *path)
{
    const struct cell *first = &s->cells[0];
    bool sizes = !strcmp(path, "workload.input_tokens");
    bool key = !strcmp(path, "target.api_key_env");
    bool retries = !strcmp(path, "retry.max");

    if (!strcmp(path, "name"))
        return scalar(a, s->name);
    for (size_t i = 0; i < s->n_cells; i++) {
        const struct cell *c = &s->cells[i];

        sizes = sizes && c->workload.input_tokens.kind == DIST_FIXED &&
                c->workload.input_tokens.mean == first->workload.input_tokens.mean;
        key =
            key && c->target.api_key_env && !strcmp(c->target.api_key_env, "GROQ_API_KEY");
        retries = retries && c->retry.max && c->retry.max == first->retry.max;
    }
    if (sizes)
        return scalar(a, arena_printf(a, "%.0f", first->workload.input_tokens.mean));
    if (key)
        return scalar(a, first->target.api_key_env);
    return retries ? scalar(a, arena_printf(a, "%u", first->retry.max)) : NULL;
}

static const struct node *resolve(const struct scenario *s, struct keys_reader *r,
                                  const struct node *root)
{
    const struct node *out = NULL;

    for (size_t i = 0; i < r->n_keys; i++) {
        const struct key *k = &r->keys[i];
        const struct node *n;

        if (strpbrk(k->path, "[*"))
            continue;
        n = get(root, k->path);
        if (n && k->type == &key_phases)
            n = write_load(r, n);
        else if (n && k->type == &key_matrix)
            n = placed_matrix(r, n);
        else if (n)
            n = placed(r, k, n);
        else
            n = k->fallback ? scalar(r->arena, k->fallback)
                            : computed(s, r->arena, k->path);
        if (n)
            out = put(r->arena, out, k->path, n);
    }
    return out;
}

void scenario_write(struct scenario *s, struct keys_reader *r, const struct node *root)
{
    const struct node *all = resolve(s, r, root);
    struct buf b;

    buf_init(&b, 0);
    if (s->question)
        buf_printf(&b, "# %s\n", s->question);
    node_yaml(&b, all);
    s->resolved = arena_strndup(r->arena, b.p, b.len);
    s->json = node_json_text(r->arena, all);
    buf_free(&b);
}
