#include "data/replay_rows.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

enum { MAX_FIELDS = 256 };

const struct replay_shape replay_shapes[] = {
    { "mooncake",
      { "timestamp", "input_length", "output_length", "hash_ids" },
      NS_PER_MS,
      512,
      "Mooncake: milliseconds; equal hash_ids are equal blocks of 512 tokens" },
    { "azure",
      { "TIMESTAMP", "ContextTokens", "GeneratedTokens", NULL },
      0,
      0,
      "Azure LLM inference: date and time of day" },
    { "burstgpt",
      { "Timestamp", "Request tokens", "Response tokens", NULL },
      NS_PER_S,
      0,
      "BurstGPT: seconds" },
    { "plain",
      { "seconds", "input_tokens", "output_tokens", NULL },
      NS_PER_S,
      0,
      "of your own making: seconds" },
    { NULL, { NULL, NULL, NULL, NULL }, 0, 0, NULL },
};

void replay_rows_free(struct replay_rows *rows)
{
    free(rows->rows);
    free(rows->blocks);
    *rows = (struct replay_rows){ 0 };
}

/* --- the first line --------------------------------------------------------------------
 */

/* Names of columns, with those that a shape must have among them. */
struct names {
    struct str of[MAX_FIELDS];
    size_t at[MAX_FIELDS]; /* column of the line, from 0 */
    size_t n;
};

static size_t find(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (str_is(names->of[i], name))
            return i;
    return SIZE_MAX;
}

static bool fits(const struct replay_shape *shape, const struct names *names)
{
    for (int c = 0; c < REPLAY_BLOCKS; c++)
        if (find(names, shape->columns[c]) == SIZE_MAX)
            return false;
    return true;
}

static int no_shape(struct err *err)
{
    struct buf list = { 0 };
    int rc;

    for (const struct replay_shape *s = replay_shapes; s->name; s++)
        buf_printf(&list, "%s %s, %s, %s",
                   s == replay_shapes ? ""
                   : s[1].name        ? ";"
                                      : "; or",
                   s->columns[REPLAY_TIME], s->columns[REPLAY_INPUT],
                   s->columns[REPLAY_OUTPUT]);
    rc = err_set(err, ERR_PARSE, "no trace by its columns; expected%s", list.p);
    buf_free(&list);
    return rc;
}

static int take_shape(struct replay_rows *rows, const struct names *names, struct err *err)
{
    for (const struct replay_shape *s = replay_shapes; s->name; s++)
        if (fits(s, names)) {
            rows->shape = s;
            for (int c = 0; c < N_REPLAY_COLUMNS; c++)
                rows->places[c] = s->columns[c] ? find(names, s->columns[c]) : SIZE_MAX;
            return 0;
        }
    return no_shape(err);
}

/* --- rows ------------------------------------------------------------------------------
 */

static int read_value(const struct replay_rows *rows, enum replay_column c, struct str text,
                      struct replay_row *row, struct err *err)
{
    int rc;

    if (c == REPLAY_TIME)
        rc = replay_time(text, rows->shape->unit, &row->at, err);
    else
        rc = replay_tokens(text, c == REPLAY_INPUT ? &row->input : &row->output, err);
    return rc ? err_at(err, "%s", rows->shape->columns[c]) : 0;
}

static int add_row(struct replay_rows *rows, struct replay_row row, struct err *err)
{
    if (rows->n_rows == REPLAY_MAX_ROWS)
        return err_set(err, ERR_LIMIT, "more than %d rows; expected a part of the trace",
                       REPLAY_MAX_ROWS);
    row.input = row.input ? row.input : 1;
    row.output = row.output ? row.output : 1;
    rows->rows = mem_grow(rows->rows, rows->n_rows, &rows->cap_rows, sizeof(*rows->rows));
    rows->rows[rows->n_rows++] = row;
    return 0;
}

/* --- CSV --------------------------------------------------------------------------------
 */

/* One field off the line; quoted ones as they are between the quotes. */
static struct str field(struct str *rest)
{
    struct str f = { rest->p, 0 };
    size_t used;

    if (rest->n && *rest->p == '"') {
        const char *end = memchr(rest->p + 1, '"', rest->n - 1);

        f = (struct str){ rest->p + 1, end ? (size_t)(end - rest->p - 1) : rest->n - 1 };
        used = end ? f.n + 2 : rest->n;
        while (used < rest->n && rest->p[used] != ',')
            used++;
    } else {
        const char *comma = memchr(rest->p, ',', rest->n);

        f.n = used = comma ? (size_t)(comma - rest->p) : rest->n;
    }
    rest->p += used;
    rest->n -= used;
    return f;
}

static void split(struct str line, struct names *out)
{
    struct str rest = line;

    out->n = 0;
    while (out->n < MAX_FIELDS) {
        out->at[out->n] = (size_t)(rest.p - line.p);
        out->of[out->n++] = str_trim(field(&rest));
        if (!rest.n)
            return;
        rest.p++;
        rest.n--;
    }
}

static int csv_row(struct replay_rows *rows, const struct names *fields, struct str line,
                   size_t *column, struct err *err)
{
    struct replay_row row = { 0 };

    for (int c = 0; c < REPLAY_BLOCKS; c++) {
        size_t place = rows->places[c];

        *column = (place < fields->n ? fields->at[place] : line.n) + 1;
        if (place >= fields->n)
            return err_set(err, ERR_PARSE, "no field %zu; expected %s there", place + 1,
                           rows->shape->columns[c]);
        if (read_value(rows, (enum replay_column)c, fields->of[place], &row, err))
            return -1;
    }
    return add_row(rows, row, err);
}

/* --- JSON lines -------------------------------------------------------------------------
 */

static void json_names(struct str line, struct names *out)
{
    struct json j;
    struct str key;

    out->n = 0;
    json_init(&j, line.p, line.n);
    if (!json_open_object(&j))
        return;
    while (json_key(&j, &key)) {
        if (out->n < MAX_FIELDS)
            out->of[out->n++] = key;
        json_skip(&j);
    }
}

static int read_blocks(struct replay_rows *rows, struct json *j, struct replay_row *row,
                       struct err *err)
{
    row->block = (uint32_t)rows->n_blocks;
    if (!json_open_array(j))
        return err_set(err, ERR_PARSE, "%s is no array",
                       rows->shape->columns[REPLAY_BLOCKS]);
    while (json_item(j)) {
        int64_t id = 0;

        if (!json_int(j, &id) || id < 0 || id > UINT32_MAX)
            return err_set(err, ERR_PARSE, "%s holds what is no whole number",
                           rows->shape->columns[REPLAY_BLOCKS]);
        if (rows->n_blocks == REPLAY_MAX_BLOCKS)
            return err_set(err, ERR_LIMIT, "more than %d %s; expected a part of the trace",
                           REPLAY_MAX_BLOCKS, rows->shape->columns[REPLAY_BLOCKS]);
        rows->blocks = mem_grow(rows->blocks, rows->n_blocks, &rows->cap_blocks,
                                sizeof(*rows->blocks));
        rows->blocks[rows->n_blocks++] = (uint32_t)id;
        row->n_blocks++;
    }
    return 0;
}

static enum replay_column column_of(const struct replay_shape *shape, struct str key)
{
    for (int c = 0; c < N_REPLAY_COLUMNS; c++)
        if (shape->columns[c] && str_is(key, shape->columns[c]))
            return (enum replay_column)c;
    return N_REPLAY_COLUMNS;
}

static int json_value(struct replay_rows *rows, enum replay_column c, struct json *j,
                      struct replay_row *row, struct err *err)
{
    struct str text = { "", 0 };

    if (c == REPLAY_BLOCKS)
        return read_blocks(rows, j, row, err);
    if (json_kind(j) == JSON_IS_STRING)
        json_text(j, &text);
    else
        json_raw(j, &text);
    return read_value(rows, c, text, row, err);
}

static int json_row(struct replay_rows *rows, struct str line, size_t *column,
                    struct err *err)
{
    struct replay_row row = { 0 };
    bool seen[N_REPLAY_COLUMNS + 1] = { false };
    struct json j;
    struct str key;

    *column = 1;
    json_init(&j, line.p, line.n);
    if (!json_open_object(&j))
        return err_set(err, ERR_PARSE, "no JSON object");
    while (json_key(&j, &key)) {
        enum replay_column c = column_of(rows->shape, key);

        *column = (size_t)(key.p - line.p);
        seen[c] = true;
        if (c == N_REPLAY_COLUMNS)
            json_skip(&j);
        else if (json_value(rows, c, &j, &row, err))
            return -1;
    }
    *column = (size_t)(j.p - line.p) + 1;
    if (!json_done(&j))
        return err_set(err, ERR_PARSE, "no JSON from here");
    *column = 1;
    for (int c = 0; c < REPLAY_BLOCKS; c++)
        if (!seen[c])
            return err_set(err, ERR_PARSE, "no %s; expected it in every row",
                           rows->shape->columns[c]);
    return add_row(rows, row, err);
}

int replay_rows_line(struct replay_rows *rows, struct str line, size_t *column,
                     struct err *err)
{
    struct names names;
    bool first = !rows->shape;

    *column = 1;
    if (first) {
        rows->json = *line.p == '{';
        if (rows->json)
            json_names(line, &names);
        else
            split(line, &names);
        if (take_shape(rows, &names, err))
            return -1;
    }
    if (rows->json)
        return json_row(rows, line, column, err);
    if (first)
        return 0;
    split(line, &names);
    return csv_row(rows, &names, line, column, err);
}
