#include "data/cell_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What is known of all cells, and how much of their names may be left out. */
struct naming {
    const struct cell_key *const *cells;
    size_t n_cells;
    size_t n_keys;
    bool *constant; /* each key: all cells have the same value, it tells nothing */
    bool places;    /* a long value is called by its place */
    bool ownerless; /* a model without its owner */
    bool last_word; /* of a key its last word: "effort" of reasoning_effort */
};

static bool is_constant(const struct cell_key *const *cells, size_t n_cells, size_t key)
{
    for (size_t c = 1; c < n_cells; c++)
        if (strcmp(cells[c][key].text, cells[0][key].text))
            return false;
    return n_cells > 1;
}

static struct naming naming_of(const struct cell_key *const *cells, size_t n_cells,
                               size_t n_keys)
{
    struct naming n = { .cells = cells, .n_cells = n_cells, .n_keys = n_keys };

    n.constant = mem_array(n_keys + 1, sizeof(*n.constant));
    for (size_t i = 0; i < n_keys; i++)
        n.constant[i] = is_constant(cells, n_cells, i);
    return n;
}

static bool speaks_for_itself(const char *key)
{
    return !strcmp(key, "model") || !strcmp(key, "service_tier");
}

static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot ? dot + 1 : key;
}

static const char *key_word(const struct naming *n, const char *key)
{
    const char *name = last_part(key), *line = strrchr(name, '_');

    return n->last_word && line ? line + 1 : name;
}

enum { LONG_VALUE = 24 };

/* "#2": the second of its values, in the order of the cells. */
static size_t place_of(const struct naming *n, size_t cell, size_t key)
{
    size_t place = 1;

    for (size_t c = 0; c < n->n_cells; c++) {
        size_t seen = 0;

        if (!strcmp(n->cells[c][key].text, n->cells[cell][key].text))
            return place;
        while (strcmp(n->cells[seen][key].text, n->cells[c][key].text) != 0)
            seen++;
        place += seen == c;
    }
    return place;
}

static void put_value(struct buf *out, const struct naming *n, size_t cell, size_t key)
{
    const struct cell_key *k = &n->cells[cell][key];
    const char *slash =
        n->ownerless && !strcmp(k->key, "model") ? strrchr(k->text, '/') : NULL;

    if (n->places && !speaks_for_itself(k->key) && strlen(k->text) > LONG_VALUE)
        buf_printf(out, "#%zu", place_of(n, cell, key));
    else
        buf_str(out, slash ? slash + 1 : k->text);
}

static void put_name(struct buf *out, const struct naming *n, size_t cell)
{
    size_t before;

    buf_str(out, "");
    before = out->len;
    for (size_t i = 0; i < n->n_keys; i++) {
        const struct cell_key *k = &n->cells[cell][i];

        if (n->constant[i])
            continue;
        buf_str(out, out->len > before ? " " : "");
        if (!speaks_for_itself(k->key))
            buf_printf(out, "%s=", key_word(n, k->key));
        put_value(out, n, cell, i);
    }
}

void cell_name_put(struct buf *out, const struct cell_key *const *cells, size_t n_cells,
                   size_t n_keys, size_t cell)
{
    struct naming n = naming_of(cells, n_cells, n_keys);

    put_name(out, &n, cell);
    free(n.constant);
}

/* --- short --------------------------------------------------------------------------- */

static size_t characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Is every cell's name no wider than that, and its own? */
static bool fits(const struct naming *n, size_t columns)
{
    char **names = mem_array(n->n_cells + 1, sizeof(*names));
    bool good = true;

    for (size_t c = 0; c < n->n_cells; c++) {
        struct buf name = { 0 };

        put_name(&name, n, c);
        good &= characters(name.p) <= columns;
        names[c] = buf_take(&name);
    }
    qsort(names, n->n_cells, sizeof(*names), by_text);
    for (size_t c = 1; c < n->n_cells; c++)
        good &= strcmp(names[c - 1], names[c]) != 0;
    for (size_t c = 0; c < n->n_cells; c++)
        free(names[c]);
    free(names);
    return good;
}

void cell_name_put_short(struct buf *out, const struct cell_key *const *cells,
                         size_t n_cells, size_t n_keys, size_t cell, size_t columns)
{
    struct naming n = naming_of(cells, n_cells, n_keys);

    n.places = !fits(&n, columns);
    n.ownerless = n.places && !fits(&n, columns);
    n.last_word = n.ownerless && !fits(&n, columns);
    put_name(out, &n, cell);
    free(n.constant);
}
