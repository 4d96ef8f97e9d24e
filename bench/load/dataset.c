#include "load/dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "load/dataset_row.h"

/* A file being cut into rows. */
struct reader {
    struct dataset *d;
    size_t cap; /* of d->rows */
    struct dataset_rows *rows;
    struct buf line; /* the row that has not ended yet */
    size_t number;   /* of the lines that have */
};

static struct str trimmed(struct str s)
{
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
        s.n--;
    while (s.n && strchr(" \t", *s.p))
        s.p++, s.n--;
    return s;
}

static int line_end(struct reader *rd, struct err *err)
{
    struct dataset *d = rd->d;
    struct str line = trimmed((struct str){ rd->line.p, rd->line.len });

    rd->number++;
    if (rd->number == 1 && line.n >= 3 && !memcmp(line.p, "\xEF\xBB\xBF", 3))
        line = trimmed((struct str){ line.p + 3, line.n - 3 });
    if (line.n) {
        d->rows = mem_grow(d->rows, d->n_rows, &rd->cap, sizeof(*d->rows));
        if (dataset_row_read(rd->rows, line, &d->rows[d->n_rows], err))
            return -1;
        d->n_rows++;
    }
    buf_clear(&rd->line);
    return 0;
}

static int feed(struct reader *rd, struct str chunk, struct err *err)
{
    while (chunk.n) {
        const char *lf = memchr(chunk.p, '\n', chunk.n);
        size_t n = lf ? (size_t)(lf - chunk.p) : chunk.n;

        if (buf_add(&rd->line, chunk.p, n)) {
            rd->number++;
            return err_set(err, ERR_LIMIT, "row longer than %d MiB", DATASET_MAX_ROW >> 20);
        }
        if (!lf)
            return 0;
        if (line_end(rd, err))
            return -1;
        chunk = (struct str){ lf + 1, chunk.n - n - 1 };
    }
    return 0;
}

static int read_lines(struct reader *rd, FILE *f, struct err *err)
{
    char chunk[64 * 1024];
    size_t n;

    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        if (feed(rd, (struct str){ chunk, n }, err))
            return -1;
    if (ferror(f))
        return err_set(err, ERR_IO, "cannot be read: %s", strerror(errno));
    return rd->line.len ? line_end(rd, err) : 0;
}

static int open_file(const char *path, FILE **f, struct err *err)
{
    struct stat st;

    *f = fopen(path, "re");
    if (!*f)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (fstat(fileno(*f), &st))
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        err_set(err, ERR_IO, "%s: not a regular file", path);
    else if (st.st_size > DATASET_MAX_FILE)
        err_set(err, ERR_LIMIT, "%s: larger than %d MiB", path, DATASET_MAX_FILE >> 20);
    else
        return 0;
    fclose(*f);
    return -1;
}

int dataset_open(struct dataset *d, const char *path, const char *scenario_body,
                 struct err *err)
{
    struct reader rd = { .d = d };
    FILE *f;
    int rc;

    *d = (struct dataset){ 0 };
    if (open_file(path, &f, err))
        return -1;
    buf_init(&rd.line, DATASET_MAX_ROW);
    rd.rows = dataset_rows_open(&d->arena, scenario_body);
    rc = read_lines(&rd, f, err);
    if (rc)
        err_at(err, "%s:%zu", path, rd.number);
    else if (!d->n_rows)
        rc = err_set(err, ERR_PARSE, "%s: empty; expected one JSON object a line", path);
    dataset_rows_close(rd.rows);
    buf_free(&rd.line);
    fclose(f);
    if (rc)
        dataset_close(d);
    return rc;
}

void dataset_close(struct dataset *d)
{
    arena_free(&d->arena);
    free(d->rows);
    *d = (struct dataset){ 0 };
}
