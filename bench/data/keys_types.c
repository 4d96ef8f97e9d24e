#include "data/keys.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "data/nearest.h"

static int out_of_range(struct keys_reader *r, const struct key *k, const struct node *n)
{
    if (!k->most)
        return keys_wrong(r, k, n, "%.60s is too little; expected at least %s", n->text.p,
                          k->least);
    return keys_wrong(r, k, n, "%.60s is out of range; expected %s to %s", n->text.p,
                      k->least ? k->least : "0", k->most);
}

static int read_boolean(struct keys_reader *r, const struct key *k, const struct node *n,
                        void *field)
{
    bool *v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (node_scalar_type(n) != SCALAR_BOOL)
        return keys_wrong(r, k, n, "\"%.60s\" is neither true nor false", n->text.p);
    *v = *n->text.p == 't' || *n->text.p == 'T';
    return 0;
}

static uint64_t count_of(const char *text, uint64_t absent)
{
    struct err ignored;
    uint64_t v = absent;

    if (text)
        units_count(str_of(text), &v, &ignored);
    return v;
}

static int read_count(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    uint64_t *v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (units_count(n->text, v, r->err))
        return keys_fail(r, k, n);
    if (*v < count_of(k->least, 0) || *v > count_of(k->most, INT64_MAX))
        return out_of_range(r, k, n);
    return 0;
}

static int read_small(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    unsigned *small = field;
    uint64_t v;

    if (read_count(r, k, n, &v))
        return -1;
    *small = (unsigned)v;
    return 0;
}

/* Plain decimals: what strtod takes beyond them (hex, inf, nan) is no number to a person.
 */
static int read_number(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    double *v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (!n->text.n || strspn(n->text.p, "+-.0123456789eE") != n->text.n ||
        node_scalar_type(&(struct node){ NODE_SCALAR, .text = n->text, .plain = true }) !=
            SCALAR_NUMBER)
        return keys_wrong(r, k, n, "\"%.60s\" is not a number", n->text.p);
    *v = strtod(n->text.p, NULL);
    if (!isfinite(*v) || (k->least && *v < strtod(k->least, NULL)) ||
        (k->most && *v > strtod(k->most, NULL)))
        return out_of_range(r, k, n);
    return 0;
}

static ns_t duration_of(const char *text, ns_t absent)
{
    struct err ignored;
    ns_t v = absent;

    if (text)
        units_duration(str_of(text), &v, &ignored);
    return v;
}

static int read_duration(struct keys_reader *r, const struct key *k, const struct node *n,
                         void *field)
{
    ns_t *v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (units_duration(n->text, v, r->err))
        return keys_fail(r, k, n);
    if (*v < duration_of(k->least, 0) || *v > duration_of(k->most, INT64_MAX))
        return out_of_range(r, k, n);
    return 0;
}

static int64_t money_of(const char *text, int64_t absent)
{
    struct err ignored;
    int64_t v = absent;

    if (text)
        units_money(str_of(text), &v, &ignored);
    return v;
}

static int read_money(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    int64_t *v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (units_money(n->text, v, r->err))
        return keys_fail(r, k, n);
    if (*v < money_of(k->least, 0) || *v > money_of(k->most, INT64_MAX))
        return out_of_range(r, k, n);
    return 0;
}

static int read_text(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    const char **v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (!n->text.n)
        return keys_wrong(r, k, n, "is empty; expected %s", k->type->expected);
    *v = n->text.p;
    return 0;
}

static int read_word(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char rest[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_.-";
    const char **v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    if (!n->text.n || n->text.n > 64 || strspn(n->text.p, rest) != n->text.n ||
        (!strchr(letters, *n->text.p) && (*n->text.p < '0' || *n->text.p > '9')))
        return keys_wrong(r, k, n, "\"%.60s\" cannot be a name; expected %s", n->text.p,
                          k->type->expected);
    *v = n->text.p;
    return 0;
}

static int read_texts(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    struct texts *v = field;
    const char **p;

    if (keys_want(r, k, n, NODE_LIST))
        return -1;
    p = arena_alloc(r->arena, n->n * sizeof(*p));
    for (size_t i = 0; i < n->n; i++)
        if (read_text(r, k, n->items[i], &p[i]))
            return -1;
    *v = (struct texts){ p, n->n };
    return 0;
}

static int no_such_choice(struct keys_reader *r, const struct key *k, const struct node *n)
{
    struct nearest near = nearest_to(n->text);
    char list[160] = "";
    size_t used = 0;

    for (const char *const *c = k->choices; *c; c++) {
        const char *sep = c == k->choices ? "" : c[1] ? ", " : " or ";
        int put = snprintf(list + used, sizeof(list) - used, "%s%s", sep, *c);

        used += (size_t)put < sizeof(list) - used ? (size_t)put : 0;
        nearest_try(&near, *c);
    }
    err_set(r->err, ERR_PARSE, "\"%.60s\" is none of its choices; expected %s", n->text.p,
            list);
    nearest_hint(&near, r->err);
    return keys_fail(r, k, n);
}

static int read_choice(struct keys_reader *r, const struct key *k, const struct node *n,
                       void *field)
{
    unsigned *v = field;

    if (keys_want(r, k, n, NODE_SCALAR))
        return -1;
    for (unsigned i = 0; k->choices[i]; i++)
        if (str_is(n->text, k->choices[i])) {
            *v = i;
            return 0;
        }
    return no_such_choice(r, k, n);
}

static int read_named(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    const char **v = field;
    unsigned i;

    if (read_choice(r, k, n, &i))
        return -1;
    *v = k->choices[i];
    return 0;
}

static int read_path(struct keys_reader *r, const struct key *k, const struct node *n,
                     const char **v)
{
    struct stat st;
    char *whole;

    if (read_text(r, k, n, v))
        return -1;
    if (**v != '/' && r->folder && n->mark.file == r->file)
        *v = arena_printf(r->arena, "%s/%s", r->folder, *v);
    if (access(*v, R_OK) || stat(*v, &st))
        return keys_wrong(r, k, n, "%.200s: %s; expected a file that can be read", *v,
                          strerror(errno));
    if (S_ISDIR(st.st_mode))
        return keys_wrong(r, k, n, "%.200s is a folder; expected a file", *v);
    whole = realpath(*v, NULL);
    if (whole)
        *v = arena_strdup(r->arena, whole);
    free(whole);
    return 0;
}

static int read_file(struct keys_reader *r, const struct key *k, const struct node *n,
                     void *field)
{
    return read_path(r, k, n, field);
}

static int read_files(struct keys_reader *r, const struct key *k, const struct node *n,
                      void *field)
{
    struct texts *v = field;
    const char **p;

    if (keys_want(r, k, n, NODE_LIST))
        return -1;
    p = arena_alloc(r->arena, (n->n + 1) * sizeof(*p));
    for (size_t i = 0; i < n->n; i++)
        if (read_path(r, k, n->items[i], &p[i]))
            return -1;
    *v = (struct texts){ p, n->n };
    return 0;
}

static int read_tree(struct keys_reader *r __attribute__((unused)),
                     const struct key *k __attribute__((unused)), const struct node *n,
                     void *field)
{
    const struct node **v = field;

    *v = n;
    return 0;
}

const struct key_type key_boolean = {
    "boolean",
    "true or false",
    "\"type\":\"boolean\"",
    read_boolean,
};
const struct key_type key_count = {
    "count",
    "a whole number, as 4000, 4k or 1.5M",
    "\"type\":[\"integer\",\"string\"]",
    read_count,
};
const struct key_type key_small = {
    "count",
    "a whole number",
    "\"type\":[\"integer\",\"string\"]",
    read_small,
};
const struct key_type key_number = {
    "number",
    "a number",
    "\"type\":\"number\"",
    read_number,
};
const struct key_type key_duration = {
    "duration",
    "a number with a unit, as 500ms, 30s, 2m or 1h30m",
    "\"type\":[\"string\",\"integer\"],\"pattern\":\"^(0|([0-9.]+(ns|us|ms|s|m|min|h))+)$"
    "\"",
    read_duration,
};
const struct key_type key_money = {
    "money",
    "dollars, as $1.50 or 0.0005",
    "\"type\":[\"string\",\"number\"],\"pattern\":\"^[$]?[0-9.]+$\"",
    read_money,
};
const struct key_type key_word = {
    "name",
    "letters, digits and - _ . (at most 64)",
    "\"type\":[\"string\",\"integer\"],\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9_.-]*$\"",
    read_word,
};
const struct key_type key_text = { "text", "text", "\"type\":\"string\"", read_text };
const struct key_type key_texts = {
    "texts",
    "a list of texts",
    "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
    read_texts,
};
const struct key_type key_choice = {
    "choice",
    "one of its choices",
    "\"type\":[\"string\",\"number\"]",
    read_choice,
};
const struct key_type key_named = {
    "choice",
    "one of its choices",
    "\"type\":[\"string\",\"number\"]",
    read_named,
};
const struct key_type key_file = {
    "file",
    "the path of a file",
    "\"type\":\"string\"",
    read_file,
};
const struct key_type key_files = {
    "files",
    "a list of paths of files",
    "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
    read_files,
};
const struct key_type key_tree = { "anything", "anything", "", read_tree };
