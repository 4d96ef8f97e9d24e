#include "cmd/explain.h"

#include <stdio.h>

#include "base/json.h"
#include "data/scenario_keys.h"

/*
 * A JSON Schema (2020-12) for editors. It is a help in writing: what it takes may still be
 * refused by the program, which knows more.
 */

static void put_type(struct jsonw *w, const struct key_type *type)
{
    if (*type->schema)
        jsonw_raw(w, str_of(type->schema)); /* members of the object we are in */
}

static void put_ref(struct jsonw *w, const char *ref)
{
    jsonw_key(w, "$ref");
    jsonw_string(w, ref);
}

/* A phase alone, or a list of them. */
static void put_phases(struct jsonw *w)
{
    jsonw_key(w, "anyOf");
    jsonw_array(w);
    jsonw_object(w);
    put_ref(w, "#/$defs/phase");
    jsonw_end(w);
    jsonw_object(w);
    jsonw_raw(w, str_of("\"type\":\"array\",\"minItems\":1"));
    jsonw_key(w, "items");
    jsonw_object(w);
    put_ref(w, "#/$defs/phase");
    jsonw_end(w);
    jsonw_end(w);
    jsonw_end(w);
}

static void put_choices(struct jsonw *w, const struct key *k)
{
    jsonw_key(w, "enum");
    jsonw_array(w);
    for (const char *const *c = k->choices; *c; c++) {
        jsonw_string(w, *c);
        if (strspn(*c, "0123456789.") == strlen(*c))
            jsonw_raw(w, str_of(*c));
    }
    jsonw_end(w);
}

static void put_key(struct jsonw *w, const struct key *k)
{
    jsonw_key(w, key_leaf(k));
    jsonw_object(w);
    jsonw_key(w, "description");
    jsonw_string(w, k->help);
    if (k->fallback) {
        jsonw_key(w, "default");
        if (!strcmp(k->fallback, "true") || !strcmp(k->fallback, "false"))
            jsonw_raw(w, str_of(k->fallback));
        else
            jsonw_string(w, k->fallback);
    }
    if (!strcmp(k->path, "load"))
        put_phases(w);
    else if (k->choices)
        put_choices(w, k);
    else
        put_type(w, k->type);
    jsonw_end(w);
}

/* Properties of the rows [*i, ...) below prefix; *i ends behind them. */
static void put_properties(struct jsonw *w, const char *prefix, size_t *i)
{
    size_t n = strlen(prefix);
    char deeper[128];

    jsonw_raw(w, str_of("\"type\":\"object\",\"additionalProperties\":false"));
    jsonw_key(w, "properties");
    jsonw_object(w);
    while (*i < n_scenario_keys && !strncmp(scenario_keys[*i].path, prefix, n)) {
        const struct key *k = &scenario_keys[*i];
        const char *rest = k->path + n;
        size_t part = strcspn(rest, ".");

        if (strpbrk(rest, "[*")) {
            ++*i;
        } else if (!rest[part]) {
            put_key(w, k);
            ++*i;
        } else {
            snprintf(deeper, sizeof(deeper), "%.*s", (int)part, rest);
            jsonw_key(w, deeper);
            snprintf(deeper, sizeof(deeper), "%s%.*s.", prefix, (int)part, rest);
            jsonw_object(w);
            put_properties(w, deeper, i);
            jsonw_end(w);
        }
    }
    jsonw_end(w);
}

static size_t first_below(const char *prefix)
{
    size_t i = 0;

    while (strncmp(scenario_keys[i].path, prefix, strlen(prefix)) != 0)
        i++;
    return i;
}

void explain_schema(struct buf *out)
{
    size_t phase = first_below("load[].");
    size_t i = 0;
    struct jsonw w;

    jsonw_init(&w, out, 2);
    jsonw_object(&w);
    jsonw_key(&w, "$schema");
    jsonw_string(&w, "https://json-schema.org/draft/2020-12/schema");
    jsonw_key(&w, "title");
    jsonw_string(&w, "tokdyno scenario");
    put_properties(&w, "", &i);
    jsonw_key(&w, "$defs");
    jsonw_object(&w);
    jsonw_key(&w, "phase");
    jsonw_object(&w);
    put_properties(&w, "load[].", &phase);
    jsonw_end(&w);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}
