/* Lines of a trace: whatever they hold, what becomes a row is within bounds. */
#include <stdlib.h>
#include <string.h>

#include "data/replay_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From memory of its own length, so that a byte read too much is seen. */
static void feed(struct replay_rows *rows, const char *p, size_t n)
{
    char *own = malloc(n);
    size_t column = 0;
    struct err err;

    memcpy(own, p, n);
    if (replay_rows_line(rows, (struct str){ own, n }, &column, &err) && column > n + 1)
        abort();
    free(own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct replay_rows rows = { 0 };
    const char *p = (const char *)data, *end = p + size;

    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((lf ? lf : end) - p);

        if (n)
            feed(&rows, p, n);
        p += n + (lf != NULL);
    }
    for (size_t i = 0; i < rows.n_rows; i++)
        if (!rows.rows[i].input || !rows.rows[i].output || rows.rows[i].at < 0 ||
            rows.rows[i].block + rows.rows[i].n_blocks > rows.n_blocks)
            abort();
    replay_rows_free(&rows);
    return 0;
}
