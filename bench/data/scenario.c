#include "data/scenario.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/nearest.h"
#include "data/scenario_draft.h"
#include "data/yaml.h"

enum { MAX_CELLS = 1000, MAX_TRIALS = 10000, MAX_QUESTION = 200 };

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
};

/* What a comment line says, without its # and the spaces around. */
static struct str comment_words(struct str line)
{
    while (line.n && (*line.p == '#' || isspace((unsigned char)*line.p))) {
        line.p++;
        line.n--;
    }
    while (line.n && isspace((unsigned char)line.p[line.n - 1]))
        line.n--;
    return line;
}

/* The first sentence of the comment that opens a file; NULL where there is none. */
static const char *read_question(struct arena *a, const char *text, size_t n)
{
    struct buf b;
    const char *question = NULL;
    const char *end;

    buf_init(&b, 0);
    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        text += 3;
        n -= 3;
    }
    while (n && *text == '#') {
        const char *end_of_line = memchr(text, '\n', n);
        size_t line = end_of_line ? (size_t)(end_of_line - text) : n;
        struct str words = comment_words((struct str){ text, line });

        if (!words.n || b.len + (b.len > 0) + words.n > MAX_QUESTION)
            break;
        buf_add(&b, " ", b.len > 0);
        buf_add(&b, words.p, words.n);
        text += line + (line < n);
        n -= line + (line < n);
    }
    if (b.len) {
        for (end = b.p; *end; end++)
            if ((*end == '?' || *end == '.') && (!end[1] || end[1] == ' ')) {
                end++;
                break;
            }
        question = arena_strndup(a, b.p, (size_t)(end - b.p));
    }
    buf_free(&b);
    return question;
}

/* "scenarios/chat steady.yaml" is called "chat-steady". */
static const char *name_of_file(struct arena *a, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    char *name = arena_strdup(a, slash ? slash + 1 : file ? file : "run");
    char *dot = strrchr(name, '.');

    if (dot && dot > name)
        *dot = '\0';
    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
            *p = '-';
    while (*name && !isalnum((unsigned char)*name))
        name++;
    return *name ? arena_strndup(a, name, strnlen(name, 64)) : "run";
}

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

/* A value of the matrix as a cell names it; of a file its last part, the same anywhere. */
static const char *value_text(struct maker *m, const struct axis *axis,
                              const struct node *n)
{
    const struct key *k = path_key(axis->path);
    const char *text = n->kind == NODE_SCALAR ? n->text.p : node_json_text(m->r.arena, n);
    const char *slash = strrchr(text, '/');

    return k && k->type == &key_file && slash ? slash + 1 : text;
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
        axis->texts[i] = value_text(m, axis, list->items[i]);
        for (size_t k = 0; k < i; k++)
            if (!strcmp(axis->texts[k], axis->texts[i]))
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

/* Does any cell, or measured phase, have this key with this value? */
static bool selects(const struct scenario *s, const struct slo_selector *sel, bool *known)
{
    bool phase = !strcmp(sel->key, "phase");
    bool model = !strcmp(sel->key, "model");
    bool found = false;

    *known = phase || model;
    for (size_t i = 0; i < s->cells[0].n_phases && phase; i++)
        found = found || !strcmp(s->cells[0].phases[i].name, sel->value);
    for (size_t c = 0; c < s->n_cells; c++) {
        const struct cell *cell = &s->cells[c];

        if (model && cell->request.model && !strcmp(cell->request.model, sel->value))
            found = true;
        for (size_t k = 0; k < cell->n_keys; k++)
            if (!strcmp(cell->keys[k].key, sel->key)) {
                *known = true;
                found = found || !strcmp(cell->keys[k].text, sel->value);
            }
    }
    return found;
}

static int no_such_selector(const struct scenario *s, const struct slo_selector *sel,
                            struct err *err)
{
    struct nearest near = nearest_to(str_of(sel->key));

    nearest_try(&near, "phase");
    nearest_try(&near, "model");
    for (size_t k = 0; k < s->cells[0].n_keys; k++)
        nearest_try(&near, s->cells[0].keys[k].key);
    err_set(err, ERR_PARSE,
            "nothing to select by \"%.60s\"; expected a key of the matrix, "
            "model or phase",
            sel->key);
    return nearest_hint(&near, err);
}

static int check_slos(struct scenario *s, const struct slos *slos, const struct node *at,
                      struct err *err)
{
    for (size_t i = 0; i < slos->n; i++)
        for (size_t k = 0; k < slos->p[i].n_selectors; k++) {
            const struct slo_selector *sel = &slos->p[i].selectors[k];
            bool known;

            if (selects(s, sel, &known))
                continue;
            if (known)
                err_set(err, ERR_PARSE, "no cell has %.60s=%.60s", sel->key, sel->value);
            else
                no_such_selector(s, sel, err);
            err_at(err, "\"%.80s\"", slos->p[i].text);
            return node_err_at(err, at->kind == NODE_LIST ? at->items[i]->mark : at->mark);
        }
    return 0;
}

static int take_run(struct maker *m, const struct draft *d)
{
    struct scenario *s = m->s;

    s->name = d->name ? d->name : name_of_file(m->r.arena, s->file);
    s->seed = d->seed;
    s->has_seed = draft_seen(d->seen, "seed") != NULL;
    s->repeat = d->repeat;
    s->concurrent = d->concurrent;
    s->record_content = d->record_content;
    s->budget = d->budget;
    s->slos = d->slos.p;
    s->n_slos = d->slos.n;
    s->regressions = d->regressions.p;
    s->n_regressions = d->regressions.n;
    if (s->n_cells * s->repeat > MAX_TRIALS)
        return node_err(m->r.err, m->root->mark,
                        "%zu cells, each %u times, are more than %d trials", s->n_cells,
                        s->repeat, MAX_TRIALS);
    if (check_slos(s, &d->slos, draft_seen(d->seen, "slo"), m->r.err) ||
        check_slos(s, &d->regressions, draft_seen(d->seen, "regression"), m->r.err))
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
        s->question = read_question(&s->arena, text, n);
        rc = make(&m, settings, n_settings);
    }
    if (rc)
        scenario_free(s);
    return rc;
}

int scenario_read(struct scenario *s, const char *path, const struct setting *settings,
                  size_t n_settings, struct err *err)
{
    struct buf text;
    int rc;

    *s = (struct scenario){ 0 };
    if (yaml_slurp(&text, path, err))
        return -1;
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

void scenario_free(struct scenario *s)
{
    arena_free(&s->arena);
    *s = (struct scenario){ 0 };
}
