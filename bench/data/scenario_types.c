#include <stdio.h>

#include "data/nearest.h"
#include "data/scenario_draft.h"

static int read_body(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    static const struct {
        const char *name;
        const char *instead;
    } elsewhere[] = {
        { "stream", "request.stream" },
        { "stream_options", "request.include_usage" },
        { "messages", "workload.messages" },
        { "input", "workload.messages" },
    };
    const struct node **v = field;

    if (keys_want(r, k, n, NODE_MAP))
        return -1;
    if (node_check_json(n, r->err))
        return -1;
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        const struct member *m = node_member(n, str_of(elsewhere[i].name));

        if (m)
            return node_err(r->err, m->mark, "%s.%s cannot be set here; expected %s",
                            k->path, m->key, elsewhere[i].instead);
    }
    *v = n;
    return 0;
}

static int read_messages(struct keys_reader *r, const struct key *k, const struct node *n,
                         void *field)
{
    const struct node **v = field;

    if (keys_want(r, k, n, NODE_LIST))
        return -1;
    if (!n->n)
        return keys_wrong(r, k, n, "is empty; expected %s", k->type->expected);
    if (node_check_json(n, r->err))
        return -1;
    for (size_t i = 0; i < n->n; i++) {
        const struct node *role = node_get(n->items[i], "role");

        if (!role || role->kind != NODE_SCALAR)
            return keys_wrong(r, k, n->items[i], "message %zu has no role; expected %s",
                              i + 1, k->type->expected);
    }
    *v = n;
    return 0;
}

static const struct dist_row *find_dist(const char *name)
{
    for (const struct dist_row *row = dist_rows; row->name; row++)
        if (!strcmp(row->name, name))
            return row;
    return NULL;
}

static int no_such_dist(struct keys_reader *r, const struct key *k, const struct member *m)
{
    struct nearest near = nearest_to(str_of(m->key));

    for (const struct dist_row *row = dist_rows; row->name; row++)
        nearest_try(&near, row->name);
    err_set(r->err, ERR_PARSE,
            "%s: no distribution \"%.60s\"; expected uniform, normal, "
            "lognormal or exponential",
            k->path, m->key);
    nearest_hint(&near, r->err);
    return node_err_at(r->err, m->mark);
}

static int check_dist(struct keys_reader *r, const struct key *k, const struct node *n,
                      const struct dist_row *row, const struct dist *d)
{
    static const struct {
        unsigned param;
        const char *name;
    } params[] = {
        { DIST_MEAN, "mean" },
        { DIST_CV, "cv" },
        { DIST_MIN, "min" },
        { DIST_MAX, "max" },
    };

    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
        if (row->needs & params[i].param && !node_get(n, params[i].name))
            return keys_wrong(r, k, n, "%s needs %s", row->name, params[i].name);
    if (row->kind == DIST_UNIFORM && (node_get(n, "mean") || node_get(n, "cv")))
        return keys_wrong(r, k, n, "uniform is given by min and max alone");
    if (d->max > 0 && d->min > d->max)
        return keys_wrong(r, k, n, "min %g is more than max %g", d->min, d->max);
    return 0;
}

static int read_sizes(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    struct dist *d = field;
    struct keys_reader sub = *r;
    const struct dist_row *row;
    const struct member *m;
    uint64_t fixed;

    if (n->kind == NODE_SCALAR) {
        if (key_count.read(r, k, n, &fixed))
            return -1;
        *d = (struct dist){ .kind = DIST_FIXED, .mean = (double)fixed };
        return 0;
    }
    if (n->kind != NODE_MAP || n->n != 1)
        return keys_wrong(r, k, n, "expected %s", k->type->expected);
    m = &n->members[0];
    row = find_dist(m->key);
    if (!row)
        return no_such_dist(r, k, m);
    *d = (struct dist){ .kind = row->kind };
    sub.path = arena_printf(r->arena, "%s.%s", k->path, row->name);
    if (keys_read(&sub, m->value, "workload.input_tokens.*.", d))
        return -1;
    return check_dist(r, k, m->value, row, d);
}

/* What its lists hold is checked where cells are made of them. */
static int read_matrix(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    const struct node **v = field;

    if (keys_want(r, k, n, NODE_MAP))
        return -1;
    *v = n;
    return 0;
}

static int read_slo(struct keys_reader *r, const struct key *k, const struct node *n,
                    struct slo *slo)
{
    bool relative = !strcmp(k->path, "regression");

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (slo_parse(slo, n->text, r->arena, r->err))
        return keys_fail(r, k, n);
    if (slo->relative != relative)
        return keys_wrong(r, k, n, "\"%.80s\" belongs under %s", slo->text,
                          relative ? "slo" : "regression");
    return 0;
}

static int read_figure(struct keys_reader *r, const struct key *k, const struct node *n,
                       struct slo *figure)
{
    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    return asked_parse(figure, n->text, r->arena, r->err) ? keys_fail(r, k, n) : 0;
}

/* A list of them, or one alone. */
static int read_list(struct keys_reader *r, const struct key *k, const struct node *n,
                     struct slos *v,
                     int (*read)(struct keys_reader *r, const struct key *k,
                                 const struct node *n, struct slo *one))
{
    if (n->kind == NODE_MAP)
        return keys_wrong(r, k, n, "is a mapping; expected %s", k->type->expected);
    v->n = n->kind == NODE_LIST ? n->n : 1;
    v->p = arena_alloc(r->arena, v->n * sizeof(*v->p));
    for (size_t i = 0; i < v->n; i++)
        if (read(r, k, n->kind == NODE_LIST ? n->items[i] : n, &v->p[i]))
            return -1;
    return 0;
}

static int read_slos(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    return read_list(r, k, n, field, read_slo);
}

static int read_figures(struct keys_reader *r, const struct key *k, const struct node *n,
                        void *field)
{
    return read_list(r, k, n, field, read_figure);
}

const struct key_type key_body = {
    "fields",
    "a mapping of fields of the API",
    "\"type\":\"object\"",
    read_body,
};
const struct key_type key_messages = {
    "messages",
    "a list of messages, as [{ role: user, content: Say hi. }]",
    "\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"required\":["
    "\"role\"]}",
    read_messages,
};
const struct key_type key_sizes = {
    "sizes",
    "a count, or one of uniform, normal, lognormal and exponential, as { lognormal: { "
    "mean: "
    "900, cv: 0.6 } }",
    "\"type\":[\"integer\",\"string\",\"object\"]",
    read_sizes,
};
const struct key_type key_matrix = {
    "matrix",
    "a list of values for each key, as { model: [a, b] }",
    "\"type\":\"object\",\"minProperties\":1,\"additionalProperties\":{\"type\":\"array\","
    "\"minItems\":1}",
    read_matrix,
};
const struct key_type key_slos = {
    "objectives",
    "a list of objectives, as ttft p95 < 400ms",
    "\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\"}",
    read_slos,
};
const struct key_type key_figures = {
    "figures",
    "a list of figures, as ttft p50",
    "\"type\":[\"array\",\"string\"],\"items\":{\"type\":\"string\"}",
    read_figures,
};
