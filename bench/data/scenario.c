#include "data/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/places.h"
#include "data/scenario_draft.h"
#include "data/yaml.h"

enum { MAX_CELLS = 1000, MAX_TRIALS = 10000 };

/* One axis of the matrix: where its values go, and each as a cell names it. */
struct axis {
    const struct member *member;
    const char *path;
    const char **texts;
};

/* Everything that making the cells needs. */
struct maker {
    struct scenario *s;
    struct keys_reader r;
    const struct node *root;
    const struct axis *axes;
    size_t n_axes;
    const struct replay *replays; /* read so far: cells share them */
};

static const char *folder_of(struct arena *a, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;

    return slash ? arena_strndup(a, file, (size_t)(slash - file) + (slash == file)) : NULL;
}

static int apply(struct maker *m, const struct setting *set)
{
    struct mark mark = { set->flag, 0, 0 };
    const struct node *value;

    if (!mark.file)
        mark.file = arena_printf(m->r.arena, "--set %.100s", set->key);
    if (yaml_value(&value, m->r.arena, mark.file, set->value, m->r.err))
        return -1;
    if (node_is_null(value) && value->text.n)
        value = NULL;
    return path_set(&m->root, &m->r, set->key, mark, value);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "a.png,b.png" */
static const char *files_text(struct maker *m, const struct node *list)
{
    const char *text = "";

    for (size_t i = 0; i < list->n; i++)
        text = arena_printf(
            m->r.arena, "%s%s%s", text, i ? "," : "",
            list->items[i]->kind == NODE_SCALAR ? last_part(list->items[i]->text.p) : "");
    return text;
}

/*
 * A value of the matrix as a cell names it; of a file its last part, the same anywhere. A
 * mapping is called by its type (response_format=json_schema); where another is as well,
 * with its place behind (json_schema-4).
 */
static const char *value_text(struct maker *m, const struct axis *axis,
                              const struct node *n)
{
    const struct key *k = path_key(axis->path);
    const struct node *type = node_get(n, "type");
    const char *text;

    if (k && k->type == &key_files && n->kind == NODE_LIST)
        return files_text(m, n);
    if (type && type->kind == NODE_SCALAR)
        return type->text.p;
    text = n->kind == NODE_SCALAR ? n->text.p : node_json_text(m->r.arena, n);
    return k && k->type == &key_file ? last_part(text) : text;
}

static bool is_taken(const struct axis *axis, const char *text, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!strcmp(axis->texts[k], text))
            return true;
    return false;
}

/* Item i has the text that names it; false where an earlier item is the same. */
static bool name_value(struct maker *m, struct axis *axis, const struct node *list,
                       size_t i)
{
    const char *json = node_json_text(m->r.arena, list->items[i]);

    axis->texts[i] = value_text(m, axis, list->items[i]);
    if (!is_taken(axis, axis->texts[i], i))
        return true;
    for (size_t k = 0; k < i; k++)
        if (!strcmp(node_json_text(m->r.arena, list->items[k]), json))
            return false;
    axis->texts[i] = node_get(list->items[i], "type")
                         ? arena_printf(m->r.arena, "%s-%zu", axis->texts[i], i + 1)
                         : json;
    return list->items[i]->kind != NODE_SCALAR && !is_taken(axis, axis->texts[i], i);
}

static int read_axis(struct maker *m, const struct member *member, struct axis *axis)
{
    const struct node *list = member->value;

    if (list->kind != NODE_LIST || !list->n)
        return node_err(m->r.err, list->mark,
                        "matrix.%.100s is %s; expected a list of values", member->key,
                        list->kind == NODE_LIST ? "empty" : node_kinds[list->kind]);
    axis->member = member;
    if (path_of_matrix(&m->r, member, &axis->path))
        return -1;
    axis->texts = arena_alloc(m->r.arena, list->n * sizeof(*axis->texts));
    for (size_t i = 0; i < list->n; i++) {
        if (node_check_json(list->items[i], m->r.err))
            return -1;
        if (!name_value(m, axis, list, i))
            return node_err(m->r.err, list->items[i]->mark,
                            "matrix.%.100s holds %.100s twice", member->key,
                            axis->texts[i]);
    }
    return 0;
}

static int read_axes(struct maker *m)
{
    const struct node *matrix = node_get(m->root, "matrix");
    size_t cells = 1;
    struct axis *axes;

    if (!matrix)
        return 0;
    if (matrix->kind != NODE_MAP || !matrix->n)
        return node_err(m->r.err, matrix->mark, "matrix is %s; expected %s",
                        matrix->kind == NODE_MAP ? "empty" : node_kinds[matrix->kind],
                        key_matrix.expected);
    axes = arena_alloc(m->r.arena, matrix->n * sizeof(*axes));
    for (size_t i = 0; i < matrix->n; i++) {
        if (read_axis(m, &matrix->members[i], &axes[i]))
            return -1;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(axes[k].path, axes[i].path))
                return node_err(m->r.err, matrix->members[i].mark,
                                "matrix.%.80s and matrix.%.80s are the same",
                                matrix->members[k].key, matrix->members[i].key);
        cells *= matrix->members[i].value->n;
        if (cells > MAX_CELLS)
            return node_err(m->r.err, matrix->mark, "the matrix has more than %d cells",
                            MAX_CELLS);
    }
    m->axes = axes;
    m->n_axes = matrix->n;
    m->s->n_cells = cells;
    return 0;
}

/* A setting that every cell would replace is not what the user means. */
static int check_settings(struct maker *m, const struct setting *settings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m->n_axes; k++)
            if (!strcmp(settings[i].key, m->axes[k].path))
                return err_set(m->r.err, ERR_USAGE,
                               "%s%s: the matrix varies it; expected --set matrix.%s=[...]",
                               settings[i].flag ? settings[i].flag : "--set ",
                               settings[i].flag ? "" : settings[i].key,
                               m->axes[k].member->key);
    return 0;
}

/* Cell i of the product: the last key of the matrix turns fastest. */
static int make_cell(struct maker *m, size_t i, struct draft *d)
{
    struct cell_key *keys = arena_alloc(m->r.arena, m->n_axes * sizeof(*keys));
    struct cell *cell = &m->s->cells[i];
    const struct node *root = m->root;
    const char *name = "";
    size_t rest = i;

    for (size_t a = m->n_axes; a-- > 0;) {
        const struct axis *axis = &m->axes[a];
        const struct node *list = axis->member->value;
        size_t v = rest % list->n;

        rest /= list->n;
        keys[a].key = axis->member->key;
        keys[a].text = axis->texts[v];
        keys[a].json = node_json_text(m->r.arena, list->items[v]);
        if (path_set(&root, &m->r, axis->path, list->items[v]->mark, list->items[v]))
            return -1;
    }
    for (size_t a = 0; a < m->n_axes; a++)
        name = arena_printf(m->r.arena, "%s%s%s=%s", name, a ? " " : "", keys[a].key,
                            keys[a].text);
    if (draft_read(d, &m->r, root))
        return -1;
    *cell = d->cell;
    cell->name = m->n_axes ? name : "all";
    cell->keys = keys;
    cell->n_keys = m->n_axes;
    return 0;
}

static int make_cells(struct maker *m, struct draft *first)
{
    struct scenario *s = m->s;

    s->cells = arena_alloc(m->r.arena, s->n_cells * sizeof(*s->cells));
    for (size_t i = 0; i < s->n_cells; i++) {
        struct draft d;

        if (make_cell(m, i, i ? &d : first))
            return -1;
    }
    return 0;
}

/* Those of a search stand last. */
static void take_slos(struct maker *m, const struct draft *d)
{
    const struct slos *own = &d->slos, *search = &d->phases.p[d->phases.n - 1].search.slos;
    struct scenario *s = m->s;

    s->n_search_slos = search->n;
    s->n_slos = own->n + search->n;
    s->slos = arena_alloc(m->r.arena, (s->n_slos ? s->n_slos : 1) * sizeof(*s->slos));
    for (size_t i = 0; i < s->n_slos; i++)
        s->slos[i] = i < own->n ? own->p[i] : search->p[i - own->n];
}

static int take_run(struct maker *m, const struct draft *d)
{
    struct scenario *s = m->s;

    s->name = d->name ? d->name : scenario_name(m->r.arena, s->file);
    s->seed = d->seed;
    s->has_seed = draft_seen(d->seen, "seed") != NULL;
    s->repeat = d->repeat;
    s->concurrent = d->concurrent;
    s->record_content = d->record_content;
    s->budget = d->budget;
    take_slos(m, d);
    s->regressions = d->regressions.p;
    s->n_regressions = d->regressions.n;
    s->answer = (struct asked){ d->answer.p, d->answer.n, d->answer_by, d->answer_against };
    if (s->n_cells * s->repeat > MAX_TRIALS)
        return node_err(m->r.err, m->root->mark,
                        "%zu cells, each %u times, are more than %d trials", s->n_cells,
                        s->repeat, MAX_TRIALS);
    if (slos_check(&d->slos, s, draft_seen(d->seen, "slo"), m->r.err) ||
        slos_check(&d->regressions, s, draft_seen(d->seen, "regression"), m->r.err) ||
        answer_check(d, s, m->r.err))
        return -1;
    return 0;
}

static int make(struct maker *m, const struct setting *settings, size_t n)
{
    struct draft first;

    if (m->root->kind != NODE_MAP)
        return node_err(m->r.err, m->root->mark, "this is %s; expected a mapping of keys",
                        node_kinds[m->root->kind]);
    m->s->n_cells = 1;
    m->r.own = &m->replays;
    for (size_t i = 0; i < n; i++)
        if (apply(m, &settings[i]))
            return -1;
    if (read_axes(m) || check_settings(m, settings, n) || make_cells(m, &first) ||
        take_run(m, &first))
        return -1;
    scenario_write(m->s, &m->r, m->root);
    return 0;
}

static struct maker maker_of(struct scenario *s, const char *file, struct err *err)
{
    *s = (struct scenario){ 0 };
    s->file = file ? arena_strdup(&s->arena, file) : NULL;
    return (struct maker){
        .s = s,
        .r = { .arena = &s->arena,
               .keys = scenario_keys,
               .n_keys = n_scenario_keys,
               .file = s->file,
               .folder = folder_of(&s->arena, file),
               .err = err },
    };
}

int scenario_parse(struct scenario *s, const char *file, const char *text, size_t n,
                   const struct setting *settings, size_t n_settings, struct err *err)
{
    struct maker m = maker_of(s, file, err);
    int rc = yaml_tree(&m.root, &s->arena, s->file ? s->file : "scenario", text, n, err);

    if (!rc) {
        s->question = scenario_question(&s->arena, text, n);
        rc = make(&m, settings, n_settings);
    }
    if (rc)
        scenario_free(s);
    return rc;
}

/* Nothing there: was a scenario meant that comes with the program? */
static int hint_at_shipped(const char *path, struct err *err)
{
    size_t used = strlen(err->msg);
    char shipped[4096];

    if (access(path, F_OK) && places_scenario(path, shipped, sizeof(shipped)))
        snprintf(err->msg + used, sizeof(err->msg) - used, "; did you mean %s?", shipped);
    return -1;
}

int scenario_read(struct scenario *s, const char *path, const struct setting *settings,
                  size_t n_settings, struct err *err)
{
    struct buf text;
    int rc;

    *s = (struct scenario){ 0 };
    if (yaml_slurp(&text, path, err))
        return hint_at_shipped(path, err);
    rc = scenario_parse(s, path, text.p, text.len, settings, n_settings, err);
    buf_free(&text);
    return rc;
}

int scenario_from_flags(struct scenario *s, const struct setting *settings,
                        size_t n_settings, struct err *err)
{
    struct maker m = maker_of(s, NULL, err);
    bool load = false;
    int rc;

    for (size_t i = 0; i < n_settings; i++)
        load = load || !strncmp(settings[i].key, "load", 4);
    m.root = node_map(&s->arena, (struct mark){ "command line", 0, 0 });
    rc = load ? make(&m, settings, n_settings)
              : err_set(err, ERR_USAGE,
                        "no load; expected --rate 5/s or --concurrency 10, and "
                        "--duration 30s");
    if (rc)
        scenario_free(s);
    return rc;
}

bool scenario_has_key(const char *path)
{
    return path_key(path) != NULL;
}

void scenario_free(struct scenario *s)
{
    arena_free(&s->arena);
    *s = (struct scenario){ 0 };
}
