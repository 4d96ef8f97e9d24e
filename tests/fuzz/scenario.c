/* Scenarios: no file does harm, and what was read resolves to itself. */
#include "data/scenario.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct scenario *s)
{
    struct scenario again;
    struct err err;

    if (scenario_parse(&again, s->file, s->resolved, strlen(s->resolved), NULL, 0, &err))
        abort();
    if (strcmp(again.resolved, s->resolved) != 0 || strcmp(again.json, s->json) != 0 ||
        again.n_cells != s->n_cells)
        abort();
    for (size_t i = 0; i < s->n_cells; i++)
        if (strcmp(again.cells[i].name, s->cells[i].name) != 0 ||
            strcmp(again.cells[i].request.body, s->cells[i].request.body) != 0)
            abort();
    scenario_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario s;
    struct err err;

    if (!scenario_parse(&s, "fuzz.yaml", (const char *)data, size, NULL, 0, &err)) {
        check(&s);
        scenario_free(&s);
    } else if (!*err.msg) {
        abort();
    }
    return 0;
}
