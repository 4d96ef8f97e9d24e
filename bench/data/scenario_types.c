#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "data/nearest.h"
#include "data/scenario_draft.h"

static int want(struct keys_reader *r, const struct key *k, const struct node *n,
                enum node_kind kind)
{
    if (n->kind == kind)
        return 0;
    return keys_wrong(r, k, n, "is %s; expected %s", node_kinds[n->kind],
                      k->type->expected);
}

bool is_sim(const char *base_url)
{
    return !strcmp(base_url, "sim:");
}

/* What follows the scheme, where it is one of those given; NULL where it is not. */
static const char *behind_scheme(const char *url, const char *const *schemes)
{
    for (; *schemes; schemes++)
        if (!strncmp(url, *schemes, strlen(*schemes)))
            return url + strlen(*schemes);
    return NULL;
}

/* Messages about addresses never show them: they may hold a password. */
static int check_authority(struct keys_reader *r, const struct key *k, const struct node *n,
                           const char *rest)
{
    size_t len = strcspn(rest, "/?#");

    if (memchr(rest, '@', len))
        return keys_wrong(r, k, n,
                          "the address holds a user name or password; expected it "
                          "without, and the key in a variable");
    if (!len || *rest == ':')
        return keys_wrong(r, k, n, "the address has no host; expected %s",
                          k->type->expected);
    for (const char *p = rest; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '"' || *p == '\\')
            return keys_wrong(r, k, n, "the address holds a character that none may hold");
    return 0;
}

static int read_target(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    static const char *const schemes[] = { "http://", "https://", NULL };
    const char **v = field;
    const char *rest;
    size_t len;

    if (want(r, k, n, NODE_SCALAR))
        return -1;
    if (str_is(n->text, "sim:") || str_is(n->text, "sim")) {
        *v = "sim:";
        return 0;
    }
    rest = behind_scheme(n->text.p, schemes);
    if (!rest)
        return keys_wrong(r, k, n,
                          "the address does not start with http:// or https://; "
                          "expected %s",
                          k->type->expected);
    if (check_authority(r, k, n, rest))
        return -1;
    if (strpbrk(rest, "?#"))
        return keys_wrong(r, k, n,
                          "the address holds a ? or #; expected it up to and "
                          "without the path of the endpoint");
    for (len = n->text.n; n->text.p[len - 1] == '/'; len--)
        ;
    *v = arena_strndup(r->arena, n->text.p, len);
    return 0;
}

static int read_proxy(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    static const char *const schemes[] = { "http://",    "https://",  "socks4://",
                                           "socks5h://", "socks5://", NULL };
    const char **v = field;
    const char *rest;

    if (want(r, k, n, NODE_SCALAR))
        return -1;
    rest = behind_scheme(n->text.p, schemes);
    if (!rest)
        return keys_wrong(r, k, n, "the address has no known scheme; expected %s",
                          k->type->expected);
    if (check_authority(r, k, n, rest))
        return -1;
    *v = n->text.p;
    return 0;
}

/* Not shown where wrong: people put the key itself here. */
static int read_variable(struct keys_reader *r, const struct key *k, const struct node *n,
                         void *field)
{
    const char **v = field;
    bool good = n->kind == NODE_SCALAR && n->text.n && n->text.n <= 128 &&
                !isdigit((unsigned char)*n->text.p) && strncmp(n->text.p, "gsk_", 4) != 0;

    for (size_t i = 0; good && i < n->text.n; i++)
        good = isalnum((unsigned char)n->text.p[i]) || n->text.p[i] == '_';
    if (!good)
        return keys_wrong(r, k, n, "this is not the name of a variable; expected %s",
                          k->type->expected);
    *v = n->text.p;
    return 0;
}

/* Headers that carry credentials have their own keys, and those that we write ourselves. */
static const char *refused_header(const char *header, size_t n)
{
    static const struct {
        const char *name;
        const char *instead;
    } rows[] = {
        { "authorization", "target.api_key_env" },
        { "proxy-authorization", "target.api_key_env" },
        { "cookie", "target.api_key_env" },
        { "api-key", "target.api_key_env" },
        { "x-api-key", "target.api_key_env" },
        { "host", "target.base_url" },
        { "content-length", "no header that the program writes itself" },
        { "content-type", "no header that the program writes itself" },
        { "transfer-encoding", "no header that the program writes itself" },
        { "connection", "connection.policy" },
        { "expect", "no header that the program writes itself" },
        { "accept-encoding", "no header that the program writes itself" },
        { "x-tokdyno-id", "target.id_header" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strlen(rows[i].name) == n && !strncasecmp(header, rows[i].name, n))
            return rows[i].instead;
    return NULL;
}

static int read_headers(struct keys_reader *r, const struct key *k, const struct node *n,
                        void *field)
{
    static const char token[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "!#$%&'*+-.^_`|~";
    struct texts *v = field;

    if (key_texts.read(r, k, n, field))
        return -1;
    for (size_t i = 0; i < v->n; i++) {
        const char *header = v->p[i];
        size_t len = strspn(header, token);
        const char *instead = refused_header(header, len);

        if (!len || header[len] != ':')
            return keys_wrong(r, k, n->items[i], "item %zu is not a header; expected %s",
                              i + 1, k->type->expected);
        if (instead)
            return keys_wrong(r, k, n->items[i], "%.*s cannot be set here; expected %s",
                              (int)len, header, instead);
        for (const char *p = header + len; *p; p++)
            if ((unsigned char)*p < ' ' || *p == 0x7f)
                return keys_wrong(r, k, n->items[i], "%.*s holds a control character",
                                  (int)len, header);
    }
    return 0;
}

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

    if (want(r, k, n, NODE_MAP))
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

    if (want(r, k, n, NODE_LIST))
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

static int read_matrix(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    const struct node **v = field;

    if (want(r, k, n, NODE_MAP))
        return -1;
    if (!n->n)
        return keys_wrong(r, k, n, "is empty; expected %s", k->type->expected);
    for (size_t i = 0; i < n->n; i++) {
        const struct node *list = n->members[i].value;

        if (list->kind != NODE_LIST || !list->n)
            return node_err(r->err, list->mark,
                            "matrix.%s is %s; expected a list of values", n->members[i].key,
                            list->kind == NODE_LIST ? "empty" : node_kinds[list->kind]);
    }
    *v = n;
    return 0;
}

static int read_slo(struct keys_reader *r, const struct key *k, const struct node *n,
                    struct slo *slo)
{
    bool relative = !strcmp(k->path, "regression");

    if (n->kind != NODE_SCALAR)
        return keys_wrong(r, k, n, "is %s; expected %s", node_kinds[n->kind],
                          k->type->expected);
    if (slo_parse(slo, n->text, r->arena, r->err))
        return keys_fail(r, k, n);
    if (slo->relative != relative)
        return keys_wrong(r, k, n, "\"%.80s\" belongs under %s", slo->text,
                          relative ? "slo" : "regression");
    return 0;
}

static int read_slos(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    struct slos *v = field;

    if (n->kind == NODE_MAP)
        return keys_wrong(r, k, n, "is a mapping; expected %s", k->type->expected);
    v->n = n->kind == NODE_LIST ? n->n : 1;
    v->p = arena_alloc(r->arena, v->n * sizeof(*v->p));
    for (size_t i = 0; i < v->n; i++)
        if (read_slo(r, k, n->kind == NODE_LIST ? n->items[i] : n, &v->p[i]))
            return -1;
    return 0;
}

const struct key_type key_target = {
    "address",
    "https://..., http://... or \"sim:\"",
    "\"type\":\"string\",\"pattern\":\"^(sim:?|https?://[^@?#]+)$\"",
    read_target,
};
const struct key_type key_proxy = {
    "proxy",
    "http://HOST:PORT or socks5://HOST:PORT",
    "\"type\":\"string\"",
    read_proxy,
};
const struct key_type key_variable = {
    "variable",
    "the name of an environment variable, as GROQ_API_KEY, never the key itself",
    "\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$\"",
    read_variable,
};
const struct key_type key_headers = {
    "headers",
    "a list of \"Name: value\"",
    "\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^[^: ]+:\"}",
    read_headers,
};
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
