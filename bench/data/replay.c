#include "data/replay.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "data/replay_rows.h"

static int line_end(struct replay_rows *rows, const char *path, struct str line,
                    size_t number, struct err *err)
{
    size_t column;

    if (number == 1 && line.n >= 3 && !memcmp(line.p, "\xEF\xBB\xBF", 3))
        line = (struct str){ line.p + 3, line.n - 3 };
    while (line.n && strchr(" \t\r", line.p[line.n - 1]))
        line.n--;
    if (!line.n || !replay_rows_line(rows, line, &column, err))
        return 0;
    return err_at(err, "%s:%zu:%zu", path, number, column);
}

static int read_lines(struct replay_rows *rows, const char *path, FILE *f, struct err *err)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;

    for (size_t number = 1; !rc; number++) {
        ssize_t n = getline(&line, &cap, f);

        if (n < 0)
            break;
        if (n > REPLAY_MAX_LINE)
            rc = err_set(err, ERR_LIMIT, "%s:%zu:1: a line longer than %d KiB", path,
                         number, REPLAY_MAX_LINE >> 10);
        else
            rc = line_end(rows, path,
                          (struct str){ line, (size_t)n - (line[n - 1] == '\n') }, number,
                          err);
    }
    free(line);
    if (!rc && ferror(f))
        rc = err_set(err, ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    if (!rc && !rows->n_rows)
        rc = err_set(err, ERR_PARSE, "%s: no rows; expected a trace of requests", path);
    return rc;
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Rows of one moment in an order that does not depend on how it is sorted. */
static int by_time(const void *a, const void *b)
{
    const struct replay_row *x = a, *y = b;

    if (x->at != y->at)
        return order(x->at, y->at);
    if (x->block != y->block)
        return order(x->block, y->block);
    return x->input != y->input ? order(x->input, y->input) : order(x->output, y->output);
}

static bool in_order(const struct replay_rows *rows)
{
    for (size_t i = 1; i < rows->n_rows; i++)
        if (rows->rows[i].at < rows->rows[i - 1].at)
            return false;
    return true;
}

static struct replay *keep(struct arena *arena, const char *path,
                           const struct replay_rows *rows)
{
    struct replay *r = arena_alloc(arena, sizeof(*r));
    struct replay_row *kept = arena_alloc(arena, rows->n_rows * sizeof(*kept));
    uint32_t *blocks = arena_alloc(arena, (rows->n_blocks + 1) * sizeof(*blocks));

    memcpy(kept, rows->rows, rows->n_rows * sizeof(*kept));
    if (rows->n_blocks)
        memcpy(blocks, rows->blocks, rows->n_blocks * sizeof(*blocks));
    for (size_t i = rows->n_rows; i-- > 0;)
        kept[i].at -= kept[0].at;
    *r = (struct replay){ .file = arena_strdup(arena, path),
                          .shape = rows->shape,
                          .rows = kept,
                          .n_rows = rows->n_rows,
                          .blocks = blocks };
    return r;
}

static struct replay *read_file(struct arena *arena, const char *path, struct err *err)
{
    struct replay_rows rows = { 0 };
    FILE *f = fopen(path, "re");
    struct replay *r = NULL;

    if (!f) {
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (!read_lines(&rows, path, f, err)) {
        if (!in_order(&rows))
            qsort(rows.rows, rows.n_rows, sizeof(*rows.rows), by_time);
        r = keep(arena, path, &rows);
    }
    fclose(f);
    replay_rows_free(&rows);
    return r;
}

const struct replay *replay_get(void *cache, struct arena *arena, const char *path,
                                struct err *err)
{
    const struct replay **first = cache;
    struct replay *r;

    for (const struct replay *known = *first; known; known = known->next)
        if (!strcmp(known->file, path))
            return known;
    r = read_file(arena, path, err);
    if (r) {
        r->next = *first;
        *first = r;
    }
    return r;
}

ns_t replay_due(const struct replay *r, size_t i, double speed)
{
    return llround((double)r->rows[i].at / speed);
}

/* The first gap is from the beginning of the phase, and none. */
static void gaps(const struct replay *r, double speed, struct replay_facts *f)
{
    double n = (double)f->rows - 1, mean, squares = 0;
    ns_t span = replay_due(r, f->rows - 1, speed);

    f->rate = span > 0 ? n * NS_PER_S / (double)span : (double)f->rows;
    if (span <= 0 || n < 2)
        return;
    mean = (double)span / n;
    for (size_t i = 1; i < f->rows; i++) {
        double gap = (double)(replay_due(r, i, speed) - replay_due(r, i - 1, speed));

        squares += (gap - mean) * (gap - mean);
    }
    f->cv = sqrt(squares / (n - 1)) / mean;
}

struct replay_facts replay_facts(const struct replay *r, double speed, ns_t duration,
                                 uint64_t most)
{
    struct replay_facts f = { 0 };

    while (f.rows < r->n_rows && (!most || f.rows < most) &&
           (duration == NS_ABSENT || replay_due(r, f.rows, speed) <= duration)) {
        f.input += (double)r->rows[f.rows].input;
        f.output += (double)r->rows[f.rows].output;
        f.rows++;
    }
    f.input /= (double)f.rows; /* the first row is due at once: there is one */
    f.output /= (double)f.rows;
    gaps(r, speed, &f);
    return f;
}
