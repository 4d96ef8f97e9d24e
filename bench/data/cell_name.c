#include "data/cell_name.h"

#include <string.h>

static bool is_constant(const struct cell_key *const *cells, size_t n_cells, size_t key)
{
    for (size_t c = 1; c < n_cells; c++)
        if (strcmp(cells[c][key].text, cells[0][key].text))
            return false;
    return n_cells > 1;
}

static bool speaks_for_itself(const char *key)
{
    return !strcmp(key, "model") || !strcmp(key, "service_tier");
}

void cell_name_put(struct buf *out, const struct cell_key *const *cells, size_t n_cells,
                   size_t n_keys, size_t cell)
{
    size_t before;

    buf_str(out, "");
    before = out->len;
    for (size_t i = 0; i < n_keys; i++) {
        const struct cell_key *k = &cells[cell][i];
        const char *dot = strrchr(k->key, '.');

        if (is_constant(cells, n_cells, i))
            continue;
        buf_str(out, out->len > before ? " " : "");
        if (!speaks_for_itself(k->key))
            buf_printf(out, "%s=", dot ? dot + 1 : k->key);
        buf_str(out, k->text);
    }
}
