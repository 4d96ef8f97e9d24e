#include "api/schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A model could put out what takes for ever to compare: so much of it, and no more. */
enum { MAX_DEPTH = 200, MAX_STEPS = 100000 };

/* Where we are: the whole schema, for references, how deep, and how much may still be done.
 */
struct at {
    const json_t *root;
    int depth;
    int *steps;
};

static enum schema_fit check(struct at at, const json_t *schema, const json_t *value);

static enum schema_fit fit(bool yes)
{
    return yes ? SCHEMA_FITS : SCHEMA_FITS_NOT;
}

/* Both must fit; what cannot be told weighs less than what does not fit. */
static enum schema_fit both(enum schema_fit a, enum schema_fit b)
{
    if (a == SCHEMA_FITS_NOT || b == SCHEMA_FITS_NOT)
        return SCHEMA_FITS_NOT;
    return a == SCHEMA_NO_END || b == SCHEMA_NO_END ? SCHEMA_NO_END : SCHEMA_FITS;
}

/* --- any value ------------------------------------------------------------------------ */

static bool is_whole(const json_t *v)
{
    double d = json_number_value(v);

    return json_is_integer(v) || (json_is_real(v) && d <= floor(d));
}

static bool is_of_type(const char *type, const json_t *v)
{
    static const struct {
        const char *name;
        json_type type;
    } types[] = {
        { "object", JSON_OBJECT },
        { "array", JSON_ARRAY },
        { "string", JSON_STRING },
        { "null", JSON_NULL },
    };

    if (!type)
        return false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (!strcmp(types[i].name, type))
            return json_typeof(v) == types[i].type;
    if (!strcmp(type, "number"))
        return json_is_number(v);
    if (!strcmp(type, "integer"))
        return is_whole(v);
    return !strcmp(type, "boolean") && json_is_boolean(v);
}

static enum schema_fit check_type(struct at at, const json_t *arg, const json_t *schema,
                                  const json_t *v)
{
    (void)at, (void)schema;
    if (json_is_string(arg))
        return fit(is_of_type(json_string_value(arg), v));
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (is_of_type(json_string_value(json_array_get(arg, i)), v))
            return SCHEMA_FITS;
    return SCHEMA_FITS_NOT;
}

/* 1 and 1.0 are one number to JSON Schema, but two to the library. */
static bool equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b) &&
        !(json_is_integer(a) && json_is_integer(b))) {
        double x = json_number_value(a), y = json_number_value(b);

        return x <= y && x >= y;
    }
    return json_equal(a, b);
}

static enum schema_fit check_const(struct at at, const json_t *arg, const json_t *schema,
                                   const json_t *v)
{
    (void)at, (void)schema;
    return fit(equal(arg, v));
}

static enum schema_fit check_enum(struct at at, const json_t *arg, const json_t *schema,
                                  const json_t *v)
{
    (void)at, (void)schema;
    for (size_t i = 0; i < json_array_size(arg); i++)
        if (equal(json_array_get(arg, i), v))
            return SCHEMA_FITS;
    return SCHEMA_FITS_NOT;
}

/* --- objects -------------------------------------------------------------------------- */

static enum schema_fit check_properties(struct at at, const json_t *arg,
                                        const json_t *schema, const json_t *v)
{
    enum schema_fit all = SCHEMA_FITS;
    const char *key;
    json_t *rule;

    (void)schema;
    json_object_foreach((json_t *)arg, key, rule)
    {
        const json_t *member = json_object_get(v, key);

        if (member)
            all = both(all, check(at, rule, member));
    }
    return all;
}

static enum schema_fit check_required(struct at at, const json_t *arg, const json_t *schema,
                                      const json_t *v)
{
    (void)at, (void)schema;
    if (!json_is_object(v))
        return SCHEMA_FITS;
    for (size_t i = 0; i < json_array_size(arg); i++) {
        const char *name = json_string_value(json_array_get(arg, i));

        if (name && !json_object_get(v, name))
            return SCHEMA_FITS_NOT;
    }
    return SCHEMA_FITS;
}

/* Members that `properties` does not name. */
static enum schema_fit check_additional(struct at at, const json_t *arg,
                                        const json_t *schema, const json_t *v)
{
    const json_t *named = json_object_get(schema, "properties");
    enum schema_fit all = SCHEMA_FITS;
    const char *key;
    json_t *member;

    json_object_foreach((json_t *)v, key, member)
    {
        if (!json_object_get(named, key))
            all = both(all, check(at, arg, member));
    }
    return all;
}

/* --- arrays --------------------------------------------------------------------------- */

static enum schema_fit check_prefix(struct at at, const json_t *arg, const json_t *schema,
                                    const json_t *v)
{
    enum schema_fit all = SCHEMA_FITS;

    (void)schema;
    for (size_t i = 0; i < json_array_size(arg) && i < json_array_size(v); i++)
        all = both(all, check(at, json_array_get(arg, i), json_array_get(v, i)));
    return all;
}

static enum schema_fit check_items(struct at at, const json_t *arg, const json_t *schema,
                                   const json_t *v)
{
    size_t first = json_array_size(json_object_get(schema, "prefixItems"));
    enum schema_fit all = SCHEMA_FITS;

    for (size_t i = first; i < json_array_size(v); i++)
        all = both(all, check(at, arg, json_array_get(v, i)));
    return all;
}

static enum schema_fit check_unique(struct at at, const json_t *arg, const json_t *schema,
                                    const json_t *v)
{
    (void)schema;
    for (size_t i = 0; json_is_true(arg) && i < json_array_size(v); i++)
        for (size_t k = 0; k < i; k++) {
            if (equal(json_array_get(v, i), json_array_get(v, k)))
                return SCHEMA_FITS_NOT;
            if (--*at.steps < 0)
                return SCHEMA_NO_END;
        }
    return SCHEMA_FITS;
}

/* --- sizes and numbers ---------------------------------------------------------------- */

/* Length in characters, as JSON Schema counts, not in bytes. */
static double length_of(const json_t *v)
{
    const char *s = json_string_value(v);
    size_t n = 0;

    for (size_t i = 0; i < json_string_length(v); i++)
        n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return (double)n;
}

static double size_of(const json_t *v)
{
    return json_is_string(v)   ? length_of(v)
           : json_is_array(v)  ? (double)json_array_size(v)
           : json_is_object(v) ? (double)json_object_size(v)
                               : json_number_value(v);
}

static enum schema_fit check_least(struct at at, const json_t *arg, const json_t *schema,
                                   const json_t *v)
{
    (void)at, (void)schema;
    return fit(size_of(v) >= json_number_value(arg));
}

static enum schema_fit check_most(struct at at, const json_t *arg, const json_t *schema,
                                  const json_t *v)
{
    (void)at, (void)schema;
    return fit(size_of(v) <= json_number_value(arg));
}

static enum schema_fit check_above(struct at at, const json_t *arg, const json_t *schema,
                                   const json_t *v)
{
    (void)at, (void)schema;
    return fit(json_number_value(v) > json_number_value(arg));
}

static enum schema_fit check_below(struct at at, const json_t *arg, const json_t *schema,
                                   const json_t *v)
{
    (void)at, (void)schema;
    return fit(json_number_value(v) < json_number_value(arg));
}

/* Decimal fractions are not exact in binary: 0.3 is a multiple of 0.1 all the same. */
static enum schema_fit check_multiple(struct at at, const json_t *arg, const json_t *schema,
                                      const json_t *v)
{
    double quotient = json_number_value(v) / json_number_value(arg);

    (void)at, (void)schema;
    return fit(fabs(quotient - nearbyint(quotient)) <= 1e-9 * fmax(1, fabs(quotient)));
}

/* --- schemas of schemas --------------------------------------------------------------- */

struct votes {
    size_t fit;
    size_t unknown;
    size_t all;
};

static struct votes vote(struct at at, const json_t *rules, const json_t *v)
{
    struct votes n = { .all = json_array_size(rules) };

    for (size_t i = 0; i < n.all; i++) {
        enum schema_fit one = check(at, json_array_get(rules, i), v);

        n.fit += one == SCHEMA_FITS;
        n.unknown += one == SCHEMA_NO_END;
    }
    return n;
}

static enum schema_fit check_any(struct at at, const json_t *arg, const json_t *schema,
                                 const json_t *v)
{
    struct votes n = vote(at, arg, v);

    (void)schema;
    return n.fit ? SCHEMA_FITS : n.unknown ? SCHEMA_NO_END : SCHEMA_FITS_NOT;
}

static enum schema_fit check_one(struct at at, const json_t *arg, const json_t *schema,
                                 const json_t *v)
{
    struct votes n = vote(at, arg, v);

    (void)schema;
    return n.fit > 1 ? SCHEMA_FITS_NOT : n.unknown ? SCHEMA_NO_END : fit(n.fit == 1);
}

static enum schema_fit check_all(struct at at, const json_t *arg, const json_t *schema,
                                 const json_t *v)
{
    struct votes n = vote(at, arg, v);

    (void)schema;
    if (n.fit + n.unknown < n.all)
        return SCHEMA_FITS_NOT;
    return n.unknown ? SCHEMA_NO_END : SCHEMA_FITS;
}

static enum schema_fit check_not(struct at at, const json_t *arg, const json_t *schema,
                                 const json_t *v)
{
    enum schema_fit one = check(at, arg, v);

    (void)schema;
    return one == SCHEMA_NO_END ? SCHEMA_NO_END : fit(one == SCHEMA_FITS_NOT);
}

/* One name of a JSON pointer, with its ~0 and ~1; false where it is too long. */
static bool pointer_name(const char **p, char *name, size_t size)
{
    size_t n = 0;

    for (; **p && **p != '/'; ++*p) {
        char c = **p;

        if (c == '~' && ((*p)[1] == '0' || (*p)[1] == '1'))
            c = *++*p == '0' ? '~' : '/';
        if (n + 1 == size)
            return false;
        name[n++] = c;
    }
    name[n] = '\0';
    return true;
}

/* "#", "#/$defs/place": what it names; NULL where it leads nowhere, or elsewhere. */
static const json_t *follow(const json_t *root, const char *ref)
{
    const json_t *at = root;
    char name[256];

    if (!ref || *ref++ != '#')
        return NULL;
    while (at && *ref == '/') {
        ref++;
        if (!pointer_name(&ref, name, sizeof(name)))
            return NULL;
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(name, NULL, 10))
                               : json_object_get(at, name);
    }
    return *ref ? NULL : at;
}

static enum schema_fit check_ref(struct at at, const json_t *arg, const json_t *schema,
                                 const json_t *v)
{
    const json_t *to = follow(at.root, json_string_value(arg));

    (void)schema;
    return to ? check(at, to, v) : SCHEMA_NO_END;
}

/* --- the keywords --------------------------------------------------------------------- */

enum applies {
    TO_ALL = 0,
    TO_OBJECTS = 1,
    TO_ARRAYS = 2,
    TO_TEXTS = 4,
    TO_NUMBERS = 8,
};

/* What a keyword holds, where it holds schemas. */
enum holds { HOLDS_NONE, HOLDS_ONE, HOLDS_LIST, HOLDS_MAP };

static const struct keyword {
    const char *name;
    enum applies to; /* a value of another type fits */
    enum holds holds;
    enum schema_fit (*check)(struct at at, const json_t *arg, const json_t *schema,
                             const json_t *v); /* NULL: it only describes */
} keywords[] = {
    { "type", TO_ALL, HOLDS_NONE, check_type },
    { "enum", TO_ALL, HOLDS_NONE, check_enum },
    { "const", TO_ALL, HOLDS_NONE, check_const },
    { "properties", TO_OBJECTS, HOLDS_MAP, check_properties },
    { "required", TO_OBJECTS, HOLDS_NONE, check_required },
    { "additionalProperties", TO_OBJECTS, HOLDS_ONE, check_additional },
    { "minProperties", TO_OBJECTS, HOLDS_NONE, check_least },
    { "maxProperties", TO_OBJECTS, HOLDS_NONE, check_most },
    { "items", TO_ARRAYS, HOLDS_ONE, check_items },
    { "prefixItems", TO_ARRAYS, HOLDS_LIST, check_prefix },
    { "minItems", TO_ARRAYS, HOLDS_NONE, check_least },
    { "maxItems", TO_ARRAYS, HOLDS_NONE, check_most },
    { "uniqueItems", TO_ARRAYS, HOLDS_NONE, check_unique },
    { "minLength", TO_TEXTS, HOLDS_NONE, check_least },
    { "maxLength", TO_TEXTS, HOLDS_NONE, check_most },
    { "minimum", TO_NUMBERS, HOLDS_NONE, check_least },
    { "maximum", TO_NUMBERS, HOLDS_NONE, check_most },
    { "exclusiveMinimum", TO_NUMBERS, HOLDS_NONE, check_above },
    { "exclusiveMaximum", TO_NUMBERS, HOLDS_NONE, check_below },
    { "multipleOf", TO_NUMBERS, HOLDS_NONE, check_multiple },
    { "anyOf", TO_ALL, HOLDS_LIST, check_any },
    { "oneOf", TO_ALL, HOLDS_LIST, check_one },
    { "allOf", TO_ALL, HOLDS_LIST, check_all },
    { "not", TO_ALL, HOLDS_ONE, check_not },
    { "$ref", TO_ALL, HOLDS_NONE, check_ref },
    { "$defs", TO_ALL, HOLDS_MAP, NULL },
    { "definitions", TO_ALL, HOLDS_MAP, NULL },
    { "$schema", TO_ALL, HOLDS_NONE, NULL },
    { "$id", TO_ALL, HOLDS_NONE, NULL },
    { "$comment", TO_ALL, HOLDS_NONE, NULL },
    { "title", TO_ALL, HOLDS_NONE, NULL },
    { "description", TO_ALL, HOLDS_NONE, NULL },
    { "default", TO_ALL, HOLDS_NONE, NULL },
    { "examples", TO_ALL, HOLDS_NONE, NULL },
    { "format", TO_ALL, HOLDS_NONE, NULL },
    { "deprecated", TO_ALL, HOLDS_NONE, NULL },
    { "readOnly", TO_ALL, HOLDS_NONE, NULL },
    { "writeOnly", TO_ALL, HOLDS_NONE, NULL },
};

enum { N_KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

static bool concerns(enum applies to, const json_t *v)
{
    switch (to) {
    case TO_OBJECTS:
        return json_is_object(v);
    case TO_ARRAYS:
        return json_is_array(v);
    case TO_TEXTS:
        return json_is_string(v);
    case TO_NUMBERS:
        return json_is_number(v);
    case TO_ALL:
        break;
    }
    return true;
}

static enum schema_fit check(struct at at, const json_t *schema, const json_t *value)
{
    enum schema_fit all = SCHEMA_FITS;

    if (json_is_boolean(schema))
        return fit(json_is_true(schema));
    if (++at.depth > MAX_DEPTH || --*at.steps < 0)
        return SCHEMA_NO_END;
    for (size_t i = 0; i < N_KEYWORDS && all != SCHEMA_FITS_NOT; i++) {
        const json_t *arg = json_object_get(schema, keywords[i].name);

        if (arg && keywords[i].check && concerns(keywords[i].to, value))
            all = both(all, keywords[i].check(at, arg, schema, value));
    }
    return all;
}

enum schema_fit schema_check(const json_t *schema, const json_t *value)
{
    int steps = MAX_STEPS;

    return check((struct at){ .root = schema, .steps = &steps }, schema, value);
}

/* --- what is not checked -------------------------------------------------------------- */

static const struct keyword *find(const char *name)
{
    for (size_t i = 0; i < N_KEYWORDS; i++)
        if (!strcmp(keywords[i].name, name))
            return &keywords[i];
    return NULL;
}

static bool is_told(const struct buf *out, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = out->p; at && (at = strstr(at, name)); at += n)
        if ((at == out->p || at[-1] == ' ') && (!at[n] || at[n] == ','))
            return true;
    return false;
}

static void look(const json_t *schema, int depth, struct buf *out);

static void look_within(enum holds holds, json_t *arg, int depth, struct buf *out)
{
    const char *key;
    json_t *one;
    size_t i;

    switch (holds) {
    case HOLDS_NONE:
        return;
    case HOLDS_ONE:
        look(arg, depth, out);
        return;
    case HOLDS_LIST:
        json_array_foreach(arg, i, one)
        {
            look(one, depth, out);
        }
        return;
    case HOLDS_MAP:
        json_object_foreach(arg, key, one)
        {
            look(one, depth, out);
        }
        return;
    }
}

static void look(const json_t *schema, int depth, struct buf *out)
{
    const char *key;
    json_t *arg;

    if (depth > MAX_DEPTH)
        return;
    json_object_foreach((json_t *)schema, key, arg)
    {
        const struct keyword *k = find(key);

        if (k)
            look_within(k->holds, arg, depth + 1, out);
        else if (!is_told(out, key))
            buf_printf(out, "%s%s", out->len ? ", " : "", key);
    }
}

void schema_unchecked(const json_t *schema, struct buf *out)
{
    look(schema, 0, out);
}
