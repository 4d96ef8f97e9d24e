#include "reports/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct gate_verdict_row gate_verdicts[N_GATE_VERDICTS] = {
    [GATE_PASS] = { "pass", "PASS", "✓", STYLE_GREEN, false },
    [GATE_NO_DATA] = { "no-data", "NO DATA", "–", STYLE_YELLOW, false },
    [GATE_INCONCLUSIVE] = { "inconclusive", "INCONCLUSIVE", "?", STYLE_YELLOW, false },
    [GATE_FAIL] = { "fail", "FAIL", "✗", STYLE_RED, true },
    [GATE_INVALID] = { "invalid", "INVALID", "!", STYLE_RED, true },
};

const struct gate_format gate_formats[] = {
    { "text", "for people", gate_put_text },
    { "md", "Markdown, as the comment of a pull request", gate_put_markdown },
    { "json", "for machines, figures unrounded", gate_put_json },
    { "junit", "JUnit XML, a test case a row", gate_put_junit },
    { "github", "annotations of GitHub Actions", gate_put_github },
};
const size_t n_gate_formats = sizeof(gate_formats) / sizeof(gate_formats[0]);

const struct gate_format *gate_format_find(const char *name, size_t n)
{
    for (size_t i = 0; i < n_gate_formats; i++)
        if (strlen(gate_formats[i].name) == n && !memcmp(gate_formats[i].name, name, n))
            return &gate_formats[i];
    return NULL;
}

void gate_init(struct gate *g, const char *command, const struct gate_column *columns,
               size_t n_columns)
{
    *g = (struct gate){ .command = command,
                        .subject = "",
                        .headline = "",
                        .columns = columns,
                        .n_columns = n_columns };
}

void gate_free(struct gate *g)
{
    free(g->groups);
    free(g->rows);
    free(g->notes);
    arena_free(&g->arena);
}

size_t gate_add_group(struct gate *g, const char *name)
{
    g->groups = mem_grow(g->groups, g->n_groups, &g->groups_cap, sizeof(*g->groups));
    g->groups[g->n_groups] =
        (struct gate_group){ .name = arena_strdup(&g->arena, name), .line = "" };
    return g->n_groups++;
}

struct gate_row *gate_add_row(struct gate *g)
{
    struct gate_row *r;

    g->rows = mem_grow(g->rows, g->n_rows, &g->rows_cap, sizeof(*g->rows));
    r = &g->rows[g->n_rows++];
    *r = (struct gate_row){
        .group = g->n_groups - 1, .name = "", .where = "", .sentence = "", .json = "{}"
    };
    for (size_t i = 0; i < GATE_MOST_COLUMNS; i++)
        r->cells[i] = "";
    return r;
}

void gate_note(struct gate *g, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < g->n_notes; i++)
        if (!strcmp(g->notes[i], text))
            return;
    g->notes = mem_grow(g->notes, g->n_notes, &g->notes_cap, sizeof(*g->notes));
    g->notes[g->n_notes++] = arena_strdup(&g->arena, text);
}

const char *gate_text(struct gate *g, struct buf *text)
{
    const char *kept = arena_strndup(&g->arena, text->len ? text->p : "", text->len);

    buf_free(text);
    return kept;
}

size_t gate_count(const struct gate *g, enum gate_verdict v)
{
    size_t n = 0;

    for (size_t i = 0; i < g->n_rows; i++)
        n += g->rows[i].verdict == v && !g->rows[i].watched;
    return n;
}

enum gate_verdict gate_worst(const struct gate *g)
{
    for (int v = N_GATE_VERDICTS - 1; v > GATE_PASS; v--)
        if (gate_count(g, (enum gate_verdict)v))
            return (enum gate_verdict)v;
    return g->n_rows ? GATE_PASS : GATE_NO_DATA;
}
