#ifndef REPORTS_GATE_H
#define REPORTS_GATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "reports/table.h"

/*
 * What a gate (`check`, `compare`) has to say, ready for any format: the verdict first,
 * then row by row what was judged and how sure that is. check.c and compare.c fill it; the
 * table gate_formats is the only list of its forms. Owns its text.
 *
 *     struct gate g;
 *     gate_init(&g, "check", check_columns);
 *     gate_group(&g, "runs/a", "");
 *     struct gate_row *r = gate_row(&g, VERDICT, ...);
 *     gate_conclude(&g);
 *     gate_formats[i].put(&out, &g, colour);
 *     gate_free(&g);
 */
enum gate_verdict {
    GATE_PASS,
    GATE_NO_DATA,      /* the sample cannot bear the claim */
    GATE_INCONCLUSIVE, /* neither can be excluded: more trials would tell */
    GATE_FAIL,
    GATE_INVALID, /* what was measured says nothing about the API */
    N_GATE_VERDICTS
};

struct gate_verdict_row {
    const char *name; /* "pass" */
    const char *word; /* "PASS" */
    const char *mark; /* "✓" */
    enum style style;
    bool blocks; /* an error in annotations and the like; else a warning */
};
extern const struct gate_verdict_row gate_verdicts[N_GATE_VERDICTS];

enum { GATE_MOST_COLUMNS = 10 };

/* A column of the table, left out where all its cells are empty. */
struct gate_column {
    const char *head;
    char align; /* 'l' or 'r' */
};

struct gate_row {
    size_t group;
    enum gate_verdict verdict;
    bool watched;         /* tells, but does not gate */
    const char *name;     /* what was judged: "ttft p95 < 400ms", "ttft p95" */
    const char *where;    /* the cell, a phase: "gpt-oss-20b, steady"; "" */
    const char *sentence; /* what came out, in one line */
    const char *cells[GATE_MOST_COLUMNS];
    const char *json; /* an object of all its figures */
};

/* A run, or a pair of sides. */
struct gate_group {
    const char *name;
    const char *line; /* about it as a whole; "" */
    const char *json; /* an object; NULL */
};

struct gate {
    struct arena arena;
    const char *command;
    const char *subject;  /* the name of the scenario */
    const char *headline; /* behind the verdict */
    enum gate_verdict verdict;
    const struct gate_column *columns; /* the one of the verdict's mark is not among them */
    size_t n_columns;
    struct gate_group *groups;
    size_t n_groups, groups_cap;
    struct gate_row *rows;
    size_t n_rows, rows_cap;
    const char **notes; /* what to know beside the rows, and what to do next */
    size_t n_notes, notes_cap;
};

void gate_init(struct gate *g, const char *command, const struct gate_column *columns,
               size_t n_columns);
void gate_free(struct gate *g);
size_t gate_add_group(struct gate *g, const char *name);
struct gate_row *gate_add_row(struct gate *g); /* of the latest group; texts are "" */
/* Once, however often it is said. */
void gate_note(struct gate *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The bytes of a buf as text of the gate; the buf is emptied. */
const char *gate_text(struct gate *g, struct buf *text);

/* How many gating rows have that verdict. */
size_t gate_count(const struct gate *g, enum gate_verdict v);

/*
 * The verdict of all: the worst of its rows, but pass where nothing was judged only if
 * nothing was to be judged.
 */
enum gate_verdict gate_worst(const struct gate *g);

struct gate_format {
    const char *name;
    const char *help;
    void (*put)(struct buf *out, const struct gate *g, bool colour);
};
extern const struct gate_format gate_formats[];
extern const size_t n_gate_formats;

const struct gate_format *gate_format_find(const char *name, size_t n);

/* The formats, one a file. */
void gate_put_text(struct buf *out, const struct gate *g, bool colour);
void gate_put_markdown(struct buf *out, const struct gate *g, bool colour);
void gate_put_json(struct buf *out, const struct gate *g, bool colour);
void gate_put_junit(struct buf *out, const struct gate *g, bool colour);
void gate_put_github(struct buf *out, const struct gate *g, bool colour);

#endif
